//! What all edges do with an error of a use case: the log's line, and `Retry-After`.
//!
//! Not here: status and text, which each edge has its own of. Invariant: an error is logged once, here, and only where it is
//! ours or the store's.

use axum::http::HeaderValue;
use opendrs_service::{Error, ErrorKind};

/// Seconds after which a client may try again when the store is out of reach.
const RETRY_SECONDS: &str = "5";

/// `Retry-After` of a refusal, where waiting helps.
pub(crate) fn retry_after(error: &Error) -> Option<HeaderValue> {
    match error.kind() {
        ErrorKind::RateLimited(seconds) => Some(HeaderValue::from(seconds)),
        ErrorKind::Unavailable => Some(HeaderValue::from_static(RETRY_SECONDS)),
        ErrorKind::Unauthorized
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Closed
        | ErrorKind::Invalid
        | ErrorKind::Internal => None,
    }
}

/// Writes the log's line of an error that is ours or the store's; nothing else logs it.
pub(crate) fn log(error: &Error) {
    let why = error.hidden_cause().unwrap_or_default();
    match error.kind() {
        ErrorKind::Internal => tracing::error!(why, "a call failed"),
        // The store itself says in the log when that begins and when it ends, once for all calls.
        ErrorKind::Unavailable => tracing::debug!(why, "the store is out of reach"),
        ErrorKind::Unauthorized
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Closed
        | ErrorKind::Invalid
        | ErrorKind::RateLimited(_) => {}
    }
}
