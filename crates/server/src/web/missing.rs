//! Pages for browsers at addresses that have none: the root, unknown paths, and paths that take forms alone.
//!
//! Invariant: programs get the JSON that they know; only who asks for HTML gets a page, with the same status and headers.
//! Nothing is looked up for it, so that addresses that somebody guesses cost no query.

use super::page_context::{LanguageHints, LanguageLink, PageContext, current_path};
use super::render_page;
use super::signin::is_local_path;
use crate::api::error::ApiError;
use crate::state::AppState;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use opendrs_http::request::header;
use opendrs_texts::{NotFoundTexts, Texts};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "missing.html")]
struct NotFoundPage<'a> {
    texts: &'static Texts,
    switch: Vec<LanguageLink>,
    title: &'a str,
    text: &'a str,
    devices: String,
}

/// Whether who asks shows pages to a person.
pub(crate) fn accepts_html(parts: &Parts) -> bool {
    header(&parts.headers, "accept").is_some_and(|accept| accept.contains("text/html"))
}

/// The page at the root of the customer pages.
pub(crate) fn home_page(site: &Arc<AppState>, parts: &Parts) -> Response {
    write_page(site, parts, StatusCode::OK, |texts| (texts.home_title, texts.home_text))
}

/// Answers a path that does not exist.
pub(crate) async fn not_found(State(site): State<Arc<AppState>>, parts: Parts) -> Response {
    match accepts_html(&parts) {
        true => write_page(&site, &parts, StatusCode::NOT_FOUND, |texts| (texts.title, texts.text)),
        false => ApiError::NotFound.into_response(),
    }
}

/// Answers a method that a path does not take.
pub(crate) async fn method_not_allowed(State(site): State<Arc<AppState>>, parts: Parts) -> Response {
    match accepts_html(&parts) {
        true => write_page(&site, &parts, StatusCode::METHOD_NOT_ALLOWED, |texts| (texts.form_title, texts.form_text)),
        false => ApiError::MethodNotAllowed.into_response(),
    }
}

fn write_page(
    site: &Arc<AppState>,
    parts: &Parts,
    status: StatusCode,
    says: fn(&NotFoundTexts) -> (&'static str, &'static str),
) -> Response {
    let shown: PageContext = LanguageHints::from_request(site, parts).page_context(site, None);
    let (title, text) = says(&shown.texts.missing);
    // A path that could not be read was left as it came, and a browser may read a host in it.
    let switch =
        if is_local_path(current_path(parts)) { shown.language_links(current_path(parts)) } else { Vec::new() };
    let devices = site.web_url("/settings");
    render_page(&shown, status, &NotFoundPage { texts: shown.texts, switch, title, text, devices }, None)
}
