//! Pages for browsers at the root, at unknown paths, and at paths that accept forms only.
//!
//! Not here: the answers to programs, which the server gives in JSON. Invariant: a page needs no query, so guessed paths
//! cost the store nothing.

use super::page_context::{LanguageHints, PageContext, PageFrame, current_path};
use super::render_page;
use super::signin::is_local_path;
use askama::Template;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_http::request::header;
use opendrs_texts::{NotFoundTexts, ReaderTexts};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "message.html")]
struct NotFoundPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    title: &'a str,
    text: &'a str,
    devices: String,
}

/// Whether the request accepts HTML, so that it comes from a browser.
pub fn accepts_html(parts: &Parts) -> bool {
    header(&parts.headers, "accept").is_some_and(|accept| accept.contains("text/html"))
}

/// Renders the page at the root of the customer pages.
pub fn home_page(state: &Arc<AppState>, parts: &Parts) -> Response {
    write_page(state, parts, StatusCode::OK, |texts| (texts.home_title, texts.home_text))
}

/// Renders the page for a path that does not exist.
pub fn not_found_page(state: &Arc<AppState>, parts: &Parts) -> Response {
    write_page(state, parts, StatusCode::NOT_FOUND, |texts| (texts.title, texts.text))
}

/// Renders the page for a method that a path does not accept.
pub fn method_not_allowed_page(state: &Arc<AppState>, parts: &Parts) -> Response {
    write_page(state, parts, StatusCode::METHOD_NOT_ALLOWED, |texts| (texts.form_title, texts.form_text))
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
    let here = current_path(parts);
    let frame = if is_local_path(here) { shown.frame(here) } else { shown.frame_without_languages() };
    let devices = state.web_url("/settings");
    render_page(&shown, status, &NotFoundPage { texts: shown.texts, frame, title, text, devices }, None)
}
