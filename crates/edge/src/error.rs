//! The common handling of a use case's error by all interfaces: the log line, and `Retry-After`.
//!
//! What it is not: the status and the text, which each interface chooses. Invariant: an error is logged once and only
//! here, and only if the server or the store caused it.

use axum::http::HeaderValue;
use opendrs_service::{Error, ErrorKind};

/// The seconds after which a client may retry while the store is unavailable.
const RETRY_SECONDS: &str = "5";

/// Returns `Retry-After` for an error that goes away with time.
pub fn retry_after(error: &Error) -> Option<HeaderValue> {
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

/// Logs an error of the server or the store.
pub fn log(error: &Error) {
    let why = error.hidden_cause().unwrap_or_default();
    match error.kind() {
        ErrorKind::Internal => tracing::error!(why, "an operation failed with an internal error"),
        // The store itself logs the beginning and the end of its unavailability, once for all calls.
        ErrorKind::Unavailable => tracing::debug!(why, "the store cannot be reached"),
        ErrorKind::Unauthorized
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Closed
        | ErrorKind::Invalid
        | ErrorKind::RateLimited(_) => {}
    }
}
