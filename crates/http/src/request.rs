//! Reading the head of a request.
//!
//! Not here: credentials (`credentials`) and where a request came from (`forwarded`). Invariant: nothing here fails; what
//! cannot be read becomes text that no rule accepts, or nothing.

use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use opendrs_domain::login::form;
use std::borrow::Cow;

/// Why a proxy before this server may have read another request than this one, if it may (RFC 9112, 3.2).
pub fn ambiguity(headers: &HeaderMap) -> Option<&'static str> {
    // As many names as values: no header comes twice, as nearly always.
    let twice = headers.len() != headers.keys_len() && headers.get_all(HOST).iter().nth(1).is_some();
    twice.then_some("The request has two Host headers: send one.")
}

/// The pairs of an address's query; none where it cannot be read.
pub fn query(uri: &Uri) -> Vec<(String, String)> {
    form::decode_pairs(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default()
}

/// A header's value as text; what is no UTF-8 becomes replacement characters, which no rule accepts.
pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<Cow<'h, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}
