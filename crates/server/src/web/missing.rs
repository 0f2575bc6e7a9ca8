//! Pages for browsers at addresses that have none: the root, unknown paths, and paths that take forms alone.
//!
//! Invariant: programs get the JSON that they know; only who asks for HTML gets a page, with the same status and headers.
//! Nothing is looked up for it, so that addresses that somebody guesses cost no query.

use opendrs_http::request::header;
use super::page;
use super::shown::{Other, Said, Shown, here};
use super::signin::is_local;
use crate::api::problem::Problem;
use crate::state::Site;
use opendrs_texts::{Missing, Texts};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    title: &'a str,
    text: &'a str,
    devices: String,
}

/// Whether who asks shows pages to a person.
pub(crate) fn wants_page(parts: &Parts) -> bool {
    header(&parts.headers, "accept").is_some_and(|accept| accept.contains("text/html"))
}

/// The page at the root of the customer pages.
pub(crate) fn home(site: &Arc<Site>, parts: &Parts) -> Response {
    write(site, parts, StatusCode::OK, |texts| (texts.home_title, texts.home_text))
}

/// Answers a path that does not exist.
pub(crate) async fn not_found(State(site): State<Arc<Site>>, parts: Parts) -> Response {
    match wants_page(&parts) {
        true => write(&site, &parts, StatusCode::NOT_FOUND, |texts| (texts.title, texts.text)),
        false => Problem::NotFound.into_response(),
    }
}

/// Answers a method that a path does not take.
pub(crate) async fn method_not_allowed(State(site): State<Arc<Site>>, parts: Parts) -> Response {
    match wants_page(&parts) {
        true => write(&site, &parts, StatusCode::METHOD_NOT_ALLOWED, |texts| (texts.form_title, texts.form_text)),
        false => Problem::MethodNotAllowed.into_response(),
    }
}

fn write(
    site: &Arc<Site>,
    parts: &Parts,
    status: StatusCode,
    says: fn(&Missing) -> (&'static str, &'static str),
) -> Response {
    let shown: Shown = Said::by(site, parts).shown(site, None);
    let (title, text) = says(&shown.texts.missing);
    // A path that could not be read was left as it came, and a browser may read a host in it.
    let switch = if is_local(here(parts)) { shown.switch(here(parts)) } else { Vec::new() };
    let devices = site.web_address("/settings");
    page(&shown, status, &MissingPage { texts: shown.texts, switch, title, text, devices }, None)
}
