//! Building answers.
//!
//! Invariant: a JSON answer has the header `X-Content-Type-Options: nosniff`, so that no browser renders it as a page.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;

/// The header with the ID of the request, a UUID.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// The header with the time of the answer, in the format of RFC 2822.
pub const DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// The text after the name of an exception in `x-amzn-ErrorType` (docs/spec/calls.md#error-answers).
pub const ERROR_NAMESPACE: &str = "http://internal.amazon.com/coral/com.amazon.parkeraccioservice/";

/// Builds a JSON answer.
pub fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
