//! Where a customer changes the address that parcels go to.
//!
//! Invariant: the customer's sign-in alone opens it; what was typed is lost by no refusal.

use super::browser::{Browser, Form};
use super::shown::Other;
use super::signin::{is_local, sign_in_page};
use super::{Refused, asked, page, redirect_to};
use crate::state::Site;
use opendrs_texts::Texts;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::Address;
use opendrs_domain::id::CustomerId;
use opendrs_domain::login::form;
use opendrs_domain::order::Order;
use opendrs_service::{Error, customer, order};
use std::sync::Arc;

/// Where one goes on who came from nowhere.
const HOME: &str = "/settings";

#[derive(Template)]
#[template(path = "address.html")]
struct AddressPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    return_to: &'a str,
    typed: &'a Address,
    problem: Option<&'a str>,
    kept: Vec<KeptRow>,
}

/// An open order that keeps the address it was placed with.
pub(super) struct KeptRow {
    pub(super) line: String,
    pub(super) instance: String,
}

/// The open orders that a new address is not for.
pub(super) async fn kept(site: &Site, customer: CustomerId, texts: &Texts) -> Result<Vec<KeptRow>, Error> {
    let open = order::open_of_customer(&site.app, customer).await?;
    let row = |order: &Order| {
        let address = order.address()?.one_line();
        let line = (texts.settings.kept_order)(&order.number().to_string(), &order.item.title, &address);
        Some(KeptRow { line, instance: order.instance().to_string() })
    };
    Ok(open.iter().filter_map(row).collect())
}

/// The page's own address, for those who come back to a page of ours.
pub(super) fn address(return_to: &str) -> String {
    format!("/settings/address?return_to={}", form::escape(return_to, ""))
}

/// The address that a form's fields make.
pub(super) fn typed(form: &Form) -> Address {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    Address {
        line1: text("line1"),
        line2: form.get("line2").map(str::to_owned),
        city: text("city"),
        region: form.get("region").map(str::to_owned),
        postal_code: text("postal_code"),
        country: text("country"),
    }
}

fn show(
    site: &Site,
    browser: &Browser,
    switch: Vec<Other>,
    return_to: &str,
    typed: &Address,
    kept: Vec<KeptRow>,
    problem: Option<&Error>,
) -> Response {
    let words = problem.map(browser.shown.texts.refusal);
    let template = AddressPage {
        texts: browser.shown.texts,
        switch,
        csrf: &browser.form_token(site),
        return_to,
        typed,
        problem: words.as_deref(),
        kept,
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page(&browser.shown, status, &template, None)
}

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let return_to = asked(&parts, "return_to");
    let return_to = if is_local(&return_to) { return_to.as_str() } else { HOME };
    let browser = Browser::of(&site, &parts).await?;
    let Some(session) = &browser.session else {
        return sign_in_page(&site, &browser, &address(return_to), None, "").await;
    };
    let refused = Refused::by(&browser.shown);
    let owner = customer::get(&site.app, session.customer).await.map_err(&refused)?;
    let kept = kept(&site, session.customer, browser.shown.texts).await.map_err(&refused)?;
    let switch = browser.shown.switch(&address(return_to));
    Ok(show(&site, &browser, switch, return_to, &owner.address.unwrap_or_default(), kept, None))
}

/// Changes it, then goes back.
pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    let return_to = form.get("return_to").filter(|target| is_local(target)).unwrap_or(HOME);
    let Some(session) = &browser.session else {
        return sign_in_page(&site, &browser, &address(return_to), None, "").await;
    };
    let typed = typed(&form);
    match order::set_address(&site.app, session.customer, typed.clone()).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, return_to)),
        Err(error @ Error::BadChoice(_)) => {
            let kept = kept(&site, session.customer, browser.shown.texts).await;
            let kept = kept.map_err(Refused::by(&browser.shown))?;
            let switch = browser.shown.switch(&address(return_to));
            Ok(show(&site, &browser, switch, return_to, &typed, kept, Some(&error)))
        }
        Err(error) => Err(Refused::by(&browser.shown)(error)),
    }
}
