//! Where a mail's link leads: one order, and the button that cancels it.
//!
//! Invariant: looking changes nothing, since those who check mails for harm open every link; the button's form is bound
//! to the browser's cookie like any other. The link is all that is needed: the page shows the order, and nothing of who
//! it is for.

use super::browser::{Browser, Form};
use super::{Message, Refused, page};
use crate::site::Site;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::login::form;
use opendrs_domain::order::State as Standing;
use opendrs_service::mail::{self, Linked};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "cancel.html")]
struct CancelPage<'a> {
    csrf: &'a str,
    token: &'a str,
    title: &'a str,
    price: String,
    placed: String,
    until: String,
}

const CANCELLED: Message<'static> =
    Message { title: "Your order is cancelled", text: "Nothing is sent and nothing is charged." };

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let pairs = form::decode(parts.uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let token = pairs.iter().find(|(name, _)| name == "token").map_or("", |(_, value)| value);
    let Linked { order, refusal, .. } = mail::linked(&site.app, token).await.map_err(Refused::by(&site))?;
    if order.state == Standing::Cancelled {
        return Ok(page(&site, StatusCode::OK, &CANCELLED, None));
    }
    if let Some(why) = refusal {
        let template = Message { title: "This order cannot be cancelled", text: &why.to_string() };
        return Ok(page(&site, StatusCode::OK, &template, None));
    }
    let browser = Browser::of(&site, &parts).await?;
    let template = CancelPage {
        csrf: &browser.form_token(&site),
        token,
        title: &order.item.title,
        price: order.item.price.to_string(),
        placed: order.opened_at.to_reading_text(),
        until: order.window_ends_at.to_reading_text(),
    };
    Ok(browser.remember(&site, page(&site, StatusCode::OK, &template, None)))
}

/// Cancels the order.
pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    mail::cancel(&site.app, form.get("token").unwrap_or_default()).await.map_err(Refused::by(&site))?;
    Ok(page(&site, StatusCode::OK, &CANCELLED, None))
}
