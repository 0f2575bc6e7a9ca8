//! The common handling of a use case's error by all interfaces: the log line, and `Retry-After`.
//!
//! What it is not: the status and the text, which each interface chooses. Invariant: an error is logged once and only
//! here, and only if the server or the store caused it.

use axum::http::HeaderValue;
use opendrs_service::Error;

/// The seconds after which a client may retry while the store is unavailable.
const RETRY_SECONDS: &str = "5";

/// Returns `Retry-After` for an error that goes away with time.
pub(crate) fn retry_after(error: &Error) -> Option<HeaderValue> {
    match error {
        Error::Throttled(seconds) | Error::RateLimited(seconds) | Error::OrderLimitReached(seconds) => {
            Some(HeaderValue::from(*seconds))
        }
        Error::Unavailable(_) => Some(HeaderValue::from_static(RETRY_SECONDS)),
        _ => None,
    }
}

/// Logs an error of the server or the store.
pub(crate) fn log(error: &Error) {
    match error {
        Error::Internal(why) => tracing::error!(why, "an operation failed with an internal error"),
        // The store itself logs the beginning and the end of its unavailability, once for all calls.
        Error::Unavailable(why) => tracing::debug!(why, "the store cannot be reached"),
        _ => {}
    }
}
