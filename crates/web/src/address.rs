//! The page on which a customer changes their shipping address.
//!
//! Invariant: only the customer's sign-in opens the page. A refused form keeps what the customer typed.

use super::browser::{BrowserSession, PostedForm, PostedPage};
use super::field_problem::FieldProblem;
use super::page_context::PageFrame;
use super::saved::SavedChange;
use super::signin::{is_local_path, sign_in_page};
use super::{PageError, query_param, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::{Address, AddressError};
use opendrs_domain::id::CustomerId;
use opendrs_domain::login::form;
use opendrs_domain::order::Order;
use opendrs_edge::state::AppState;
use opendrs_service::{Error, FormError, customer, order};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

/// The target after a change if the request names no page to return to.
const DEFAULT_RETURN_PATH: &str = "/settings";

#[derive(Template)]
#[template(path = "address.html")]
struct AddressPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    return_to: &'a str,
    typed: &'a Address,
    problems: FieldProblem,
    kept: Vec<KeptOrderRow>,
}

/// An open order that keeps the address with which it was placed.
pub(super) struct KeptOrderRow {
    pub(super) line: String,
    pub(super) instance: String,
}

/// Lists the open orders that a new address does not change.
pub(super) async fn list_kept_orders(
    state: &AppState,
    customer: CustomerId,
    texts: &ReaderTexts,
) -> Result<Vec<KeptOrderRow>, Error> {
    let mut open = order::list_open_for_customer(&state.app, customer).await?;
    order::translate(&state.app, &mut open, texts.language).await?;
    let row = |order: &Order| {
        let address = order.shipping_address()?.to_single_line();
        let line = (texts.settings.kept_order)(&order.number().to_string(), &order.item.title, &address);
        Some(KeptOrderRow { line, instance: order.instance_id().to_string() })
    };
    Ok(open.iter().filter_map(row).collect())
}

/// Returns the URL of this page. `return_to` is the local path to which the page returns.
pub(super) fn page_url(return_to: &str) -> String {
    format!("/settings/address?return_to={}", form::percent_encode(return_to, ""))
}

/// Reads an address from the fields of a form.
pub(super) fn parse_address(form: &PostedForm) -> Address {
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

/// Returns the problem of a refused address, at its field.
pub(super) fn address_problem(refused: Option<AddressError>, typed: &Address, texts: &ReaderTexts) -> FieldProblem {
    let problem =
        refused.map(|why| FieldProblem::in_address(why, typed, (texts.error_message)(&FormError::Address(why).into())));
    problem.unwrap_or_default()
}

fn render_form(
    state: &AppState,
    browser: &BrowserSession,
    frame: PageFrame,
    return_to: &str,
    typed: &Address,
    kept: Vec<KeptOrderRow>,
    refused: Option<AddressError>,
) -> Response {
    let texts = browser.context.texts;
    let template = AddressPage {
        texts,
        frame,
        csrf: &browser.form_token(state),
        return_to,
        typed,
        problems: address_problem(refused, typed, texts),
        kept,
    };
    let status = if refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    render_page(&browser.context, status, &template, None)
}

pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let return_to = query_param(&parts, "return_to");
    let return_to = if is_local_path(&return_to) { return_to.as_str() } else { DEFAULT_RETURN_PATH };
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &page_url(return_to), None, "").await;
    };
    let refused = PageError::with_context(&browser.context);
    let owner = customer::load(&state.app, session.customer).await.map_err(&refused)?;
    let kept = list_kept_orders(&state, session.customer, browser.context.texts).await.map_err(&refused)?;
    let frame = browser.context.frame(&page_url(return_to));
    Ok(render_form(&state, &browser, frame, return_to, &owner.address.unwrap_or_default(), kept, None))
}

/// Changes the address, then redirects back.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let return_to = form.get("return_to").filter(|target| is_local_path(target)).unwrap_or(DEFAULT_RETURN_PATH);
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &page_url(return_to), None, "").await;
    };
    let typed = parse_address(&form);
    match order::set_address(&state.app, session.customer, typed.clone()).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Address.url(return_to))),
        Err(Error::InvalidForm(FormError::Address(why))) => {
            let kept = list_kept_orders(&state, session.customer, browser.context.texts).await;
            let kept = kept.map_err(PageError::with_context(&browser.context))?;
            let frame = browser.context.frame(&page_url(return_to));
            Ok(render_form(&state, &browser, frame, return_to, &typed, kept, Some(why)))
        }
        Err(error) => Err(PageError::with_context(&browser.context)(error)),
    }
}
