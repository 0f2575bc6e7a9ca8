//! Where a mail's link leads: one order, and the button that cancels it.
//!
//! Invariant: looking changes nothing, since those who check mails for harm open every link; the button's form is bound
//! to the browser's cookie like any other. The link is all that is needed: the page shows the order, and nothing of who
//! it is for.

use super::browser::{Browser, Form};
use super::shown::{Other, Shown, here};
use super::{Refused, asked, message, page};
use crate::state::Site;
use opendrs_texts::Texts;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::order::State as Standing;
use opendrs_service::mail::{self, Linked};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "cancel.html")]
struct CancelPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    token: &'a str,
    title: &'a str,
    number: String,
    price: String,
    placed: String,
    until: String,
}

fn cancelled(shown: &Shown) -> Response {
    let texts = &shown.texts.orders;
    message(shown, StatusCode::OK, texts.cancelled_title, texts.cancelled_text)
}

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let token = &asked(&parts, "token");
    let browser = Browser::of(&site, &parts).await?;
    let Browser { shown, .. } = &browser;
    let Linked { order, refusal, .. } = mail::linked(&site.app, token).await.map_err(Refused::by(shown))?;
    if order.state == Standing::Cancelled {
        return Ok(cancelled(shown));
    }
    if let Some(why) = refusal {
        let why = (shown.texts.refusal)(&why.into());
        return Ok(message(shown, StatusCode::OK, shown.texts.orders.not_cancelled, &why));
    }
    let template = CancelPage {
        texts: shown.texts,
        switch: shown.switch(here(&parts)),
        csrf: &browser.form_token(&site),
        token,
        title: &order.item.title,
        number: order.number().to_string(),
        price: shown.texts.money(&order.item.price),
        placed: shown.texts.moment(&order.opened_at),
        until: shown.texts.moment(&order.window_ends_at),
    };
    Ok(browser.remember(&site, page(shown, StatusCode::OK, &template, None)))
}

/// Cancels the order.
pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    mail::cancel(&site.app, form.get("token").unwrap_or_default()).await.map_err(Refused::by(&browser.shown))?;
    Ok(cancelled(&browser.shown))
}
