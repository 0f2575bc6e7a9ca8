//! The span of a request in a trace.
//!
//! Invariant: a span contains the route and the status of the answer. It contains no literal path, query, header, body
//! or client address, since those contain serials, tokens and names.

use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use opendrs_http::request::header;
use opendrs_http::response::REQUEST_ID;
use opendrs_store::span::TARGET;
use tracing::Instrument;
use tracing::field::Empty;

/// The paths that load balancers and collectors request periodically. They get no spans.
const DULL: [&str; 3] = ["/-/health", "/-/ready", "/-/metrics"];

/// Records a request as a span. It belongs to the caller's trace if the headers name one, and to a new trace otherwise.
pub(crate) async fn record(
    method: &Method,
    uri: &Uri,
    route: Option<&'static str>,
    #[cfg_attr(not(feature = "otel"), expect(unused_variables, reason = "only traces read them"))] headers: &HeaderMap,
    answer: impl Future<Output = Response>,
) -> Response {
    if DULL.contains(&uri.path()) {
        return answer.await;
    }
    // An unknown method could contain any text, so it is replaced.
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
