//! Pages for browsers at the root, at unknown paths, and at paths that accept forms only.
//!
//! Invariant: programs get the JSON that they expect. Only a request that accepts HTML gets a page, with the same
//! status and headers. The page needs no query, so guessed paths cost the store nothing.

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

/// Whether the request accepts HTML, so that it comes from a browser.
pub(crate) fn accepts_html(parts: &Parts) -> bool {
    header(&parts.headers, "accept").is_some_and(|accept| accept.contains("text/html"))
}

/// Renders the page at the root of the customer pages.
pub(crate) fn home_page(state: &Arc<AppState>, parts: &Parts) -> Response {
    write_page(state, parts, StatusCode::OK, |texts| (texts.home_title, texts.home_text))
}

/// Responds to a path that does not exist.
pub(crate) async fn not_found(State(state): State<Arc<AppState>>, parts: Parts) -> Response {
    if accepts_html(&parts) {
        write_page(&state, &parts, StatusCode::NOT_FOUND, |texts| (texts.title, texts.text))
    } else {
        ApiError::NotFound.into_response()
    }
}

/// Responds to a method that a path does not accept.
pub(crate) async fn method_not_allowed(State(state): State<Arc<AppState>>, parts: Parts) -> Response {
    if accepts_html(&parts) {
        write_page(&state, &parts, StatusCode::METHOD_NOT_ALLOWED, |texts| (texts.form_title, texts.form_text))
    } else {
        ApiError::MethodNotAllowed.into_response()
    }
}

fn write_page(
    state: &Arc<AppState>,
    parts: &Parts,
    status: StatusCode,
    says: fn(&NotFoundTexts) -> (&'static str, &'static str),
) -> Response {
    let shown: PageContext = LanguageHints::from_request(state, parts).page_context(state, None);
    let (title, text) = says(&shown.texts.missing);
    // A path that cannot be decoded stays unchanged, and a browser may interpret a part of it as a host.
    let switch =
        if is_local_path(current_path(parts)) { shown.language_links(current_path(parts)) } else { Vec::new() };
    let devices = state.web_url("/settings");
    render_page(&shown, status, &NotFoundPage { texts: shown.texts, switch, title, text, devices }, None)
}
