//! Reading the head of a request.
//!
//! What it is not: credentials ([`credentials`](crate::credentials)) and the source of a request
//! ([`forwarded`](crate::forwarded)).
//!
//! Invariant: nothing here fails. Unreadable text becomes text that no rule accepts, or is left out.

use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use opendrs_domain::login::form;
use std::borrow::Cow;

/// Returns an error text if a proxy in front of this server may have read a different request (RFC 9112, 3.2).
pub fn ambiguity(headers: &HeaderMap) -> Option<&'static str> {
    // If there are as many names as values, no header is repeated. That is nearly always so.
    let twice = headers.len() != headers.keys_len() && headers.get_all(HOST).iter().nth(1).is_some();
    twice.then_some("The request has two Host headers: send one.")
}

/// Returns the pairs of a URI's query, or none if the query cannot be decoded.
pub fn query(uri: &Uri) -> Vec<(String, String)> {
    form::decode_pairs(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default()
}

/// Returns a header's value as text. Bytes that are not UTF-8 become replacement characters, which no rule accepts.
pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<Cow<'h, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}
