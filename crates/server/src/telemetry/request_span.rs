//! A request as a span of a trace.
//!
//! Invariant: a span says which route was asked and how it was answered: no path as it was written, no query, header,
//! body or address of the caller, since those hold serials, tokens and names.

use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use opendrs_http::request::header;
use opendrs_http::response::REQUEST_ID;
use opendrs_store::span::TARGET;
use tracing::Instrument;
use tracing::field::Empty;

/// What balancers and collectors ask all day.
const DULL: [&str; 3] = ["/-/health", "/-/ready", "/-/metrics"];

/// Records a request as a span: of the caller's trace, where the headers name one, or of a new one.
pub(crate) async fn record(
    method: &Method,
    uri: &Uri,
    route: Option<&'static str>,
    headers: &HeaderMap,
    answer: impl Future<Output = Response>,
) -> Response {
    if DULL.contains(&uri.path()) {
        return answer.await;
    }
    // A caller's own word is no method: it could say anything.
    let method = match method {
        known @ (&Method::GET | &Method::POST | &Method::PUT | &Method::DELETE | &Method::HEAD | &Method::OPTIONS) => {
            known.as_str()
        }
        _ => "_OTHER",
    };
    let span = tracing::trace_span!(
        target: TARGET,
        "request",
        otel.name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        opendrs.request_id = Empty,
    );
    #[cfg(feature = "otel")]
    super::otlp::set_parent_from_headers(&span, headers);
    let response = answer.instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if let Some(id) = header(response.headers(), REQUEST_ID.as_str()) {
        span.record("opendrs.request_id", &*id);
    }
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}
