//! The page of the cancel link in a mail: one order, and the button that cancels it.
//!
//! Invariant: opening the page changes nothing, because mail scanners open every link. The button's form is bound to
//! the browser's cookie, as every form is. The link alone opens the page, so the page shows the order but nothing about
//! its recipient.

use super::browser::{BrowserSession, PostedPage};
use super::page_context::{PageContext, PageFrame, current_path};
use super::{PageError, message_page, query_param, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::order::OrderState;
use opendrs_edge::state::AppState;
use opendrs_service::order::{self, CancelLink};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "cancel.html")]
struct CancelPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    token: &'a str,
    title: &'a str,
    number: String,
    price: String,
    placed: String,
    until: String,
}

fn cancelled_page(shown: &PageContext) -> Response {
    let texts = &shown.texts.orders;
    message_page(shown, StatusCode::OK, texts.cancelled_title, texts.cancelled_text)
}

pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let token = &query_param(&parts, "token");
    let BrowserSession { context: shown, .. } = &browser;
    let found = order::find_cancel_link(&state.app, token).await.map_err(PageError::with_context(shown))?;
    let shown = &shown.in_zone_of(found.owner()).await?;
    let CancelLink { mut order, cancel_error: refusal, .. } = found;
    if order.state == OrderState::Cancelled {
        return Ok(cancelled_page(shown));
    }
    if let Some(why) = refusal {
        let why = (shown.texts.error_message)(&why.into());
        return Ok(message_page(shown, StatusCode::OK, shown.texts.orders.not_cancelled, &why));
    }
    let (only, language) = (std::slice::from_mut(&mut order), shown.texts.language);
    order::translate(&state.app, only, language).await.map_err(PageError::with_context(shown))?;
    let template = CancelPage {
        texts: shown.texts,
        frame: shown.frame(current_path(&parts)),
        csrf: &browser.form_token(&state),
        token,
        title: &order.item.title,
        number: order.number().to_string(),
        price: shown.texts.money(&order.item.price),
        placed: shown.texts.moment(&order.opened_at),
        until: shown.texts.moment(&order.window_ends_at),
    };
    Ok(browser.with_session_cookie(&state, render_page(shown, StatusCode::OK, &template, None)))
}

/// Cancels the order.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    order::cancel_by_link(&state.app, form.get("token").unwrap_or_default())
        .await
        .map_err(PageError::with_context(&browser.context))?;
    Ok(cancelled_page(&browser.context))
}
