//! The stylesheet of the pages.
//!
//! Invariant: its path names its content, so that browsers may keep it for ever and never show a page with an older
//! one.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const STYLESHEET: &str = include_str!("../static/style.css");

static PATH: LazyLock<String> = LazyLock::new(|| {
    let name: String = Sha256::digest(STYLESHEET)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("/-/style-{name}.css")
});

/// Returns the path of the stylesheet.
pub fn stylesheet_path() -> &'static str {
    &PATH
}

pub(super) async fn get() -> Response {
    let mut response = STYLESHEET.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
