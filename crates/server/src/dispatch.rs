//! The entry point of every request of every listener.
//!
//! The device API has its own table of routes; all other paths go to the router. Invariant: every answer has a request
//! ID and a date, and is counted once.

use crate::api::{self, error::ApiError};
use crate::routes::{self, Routes};
use crate::telemetry::request_span;
use crate::test_control::faults;
use axum::body::HttpBody;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CONNECTION, HeaderValue};
use axum::response::{IntoResponse, Response};
use opendrs_domain::time::Time;
use opendrs_edge::refusal_log::RefusalKind;
use opendrs_edge::state::AppState;
use opendrs_http::request::ambiguity;
use opendrs_http::response::{DATE, REQUEST_ID};
use opendrs_http::{AnswerHeaders, Application, path};
use opendrs_store::span;
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tower::ServiceExt;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// An application with the routes of one listener.
#[derive(Clone)]
pub struct Dispatcher {
    state: Arc<AppState>,
    routes: Routes,
}

impl Dispatcher {
    /// Makes a dispatcher for these routes.
    #[must_use]
    pub fn new(state: Arc<AppState>, routes: Routes) -> Self {
        Self { state, routes }
    }
}

impl Application for Dispatcher {
    type ConnectionGuard = Option<OpenConnection>;

    fn prepare_thread(&self) {
        self.state.app.db.register_thread();
    }

    fn count_connection(&self) -> Option<OpenConnection> {
        self.state.metrics.as_ref()?.connection_opened();
        Some(OpenConnection(self.state.clone()))
    }

    fn is_trusted_proxy(&self, address: IpAddr) -> bool {
        self.state.sources.proxies().contains(address)
    }

    fn report_refused_connection(&self, network: &str, limit: u32) {
        let (refusals, now) = (&self.state.refusal_log, self.state.app.system_time());
        refusals.record(now, RefusalKind::Connection, network, "", format_args!("{limit} connections are open"));
    }

    async fn answer(&self, request: Request, peer: SocketAddr) -> Response {
        if span::is_enabled() {
            return Box::pin(traced(&self.state, &self.routes, request, peer)).await;
        }
        respond(&self.state, &self.routes, request, peer).await
    }

    fn answer_headers(&self) -> AnswerHeaders {
        answer_headers(&self.state).1
    }

    fn tls_required(&self) -> Self {
        Self { state: self.state.clone(), routes: routes::https_required_routes() }
    }
}

/// A connection that is counted as open. Dropping it uncounts the connection.
pub struct OpenConnection(Arc<AppState>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        if let Some(meters) = &self.0.metrics {
            meters.connection_closed();
        }
    }
}

/// Answers a request within a span.
async fn traced(state: &AppState, routes: &Routes, request: Request, peer: SocketAddr) -> Response {
    let mut uri = request.uri().clone();
    path::normalize_path(&mut uri);
    let route = match api::find_route(request.method(), uri.path()).filter(|_| routes.api) {
        Some(api::ApiRoute::Call(spec, _)) => spec.paths.first().copied(),
        Some(api::ApiRoute::MethodNotAllowed(_)) => None,
        None => routes::pattern(uri.path()),
    };
    let (method, headers) = (request.method().clone(), request.headers().clone());
    request_span::record(&method, &uri, route, &headers, respond(state, routes, request, peer)).await
}

async fn respond(state: &AppState, routes: &Routes, mut request: Request, peer: SocketAddr) -> Response {
    path::normalize_path(request.uri_mut());
    #[expect(clippy::disallowed_methods, reason = "the edge may measure how long an answer took")]
    let started = (state.metrics.is_some() || tracing::enabled!(tracing::Level::DEBUG)).then(std::time::Instant::now);
    let line =
        tracing::enabled!(tracing::Level::DEBUG).then(|| (request.method().clone(), request.uri().path().to_owned()));
    let uri = request.uri().clone();
    let route = api::find_route(request.method(), uri.path()).filter(|_| routes.api);
    let place = state.metrics.as_ref().map(|meters| match &route {
        Some(api::ApiRoute::Call(spec, _)) => spec.endpoint as usize,
        _ => meters.endpoint_index(uri.path()),
    });
    // The size of the body is unknown in advance.
    let chunked = HttpBody::size_hint(request.body()).exact().is_none();
    let ambiguous = ambiguity(request.headers());
    let planned = if state.app.faults.is_armed() {
        Box::pin(faults::apply_before_call(state, uri.path())).await
    } else {
        faults::PlannedFault::default()
    };
    let mut response = match (ambiguous, planned.response, route) {
        (Some(why), _, _) => ApiError::AmbiguousRequest(why).into_response(),
        (None, Some(response), _) => *response,
        (None, None, Some(route)) => api::respond(state, route, request, peer).await,
        (None, None, None) => {
            request.extensions_mut().insert(ConnectInfo(peer));
            match routes.router_routes.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    };
    if let Some(wait) = planned.delay {
        Box::pin(faults::wait_for_delay(state, wait)).await;
    }
    let (id, AnswerHeaders { request_id, date }) = answer_headers(state);
    response.headers_mut().insert(REQUEST_ID, request_id);
    response.headers_mut().insert(DATE, date);
    // The HTTP library ignores a `Content-Length` beside a `Transfer-Encoding`, but a proxy may have used it. Bytes
    // that such a proxy sends after the body are not a request.
    if chunked || state.is_shutting_down() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let (Some(meters), Some(place), Some(started)) = (&state.metrics, place, started) {
        meters.record_request(place, response.status().as_u16(), started.elapsed());
    }
    if let (Some(started), Some((method, path))) = (started, line) {
        // The query is never logged, because it may contain a token.
        tracing::debug!(%method, path, status = response.status().as_u16(), took = ?started.elapsed(), %id, "answered");
    }
    response
}

/// Makes the headers of an answer: a new request ID, which is also returned as a UUID, and the date.
fn answer_headers(state: &AppState) -> (Uuid, AnswerHeaders) {
    let id = state.app.ephemeral_ids.random_uuid();
    let mut text = [0_u8; Hyphenated::LENGTH];
    let written = HeaderValue::from_str(id.hyphenated().encode_lower(&mut text));
    let request_id = written.unwrap_or(HeaderValue::from_static(""));
    (id, AnswerHeaders { request_id, date: date(state.app.now()) })
}

/// The value of `x-amz-Date`, formatted once a second on each thread.
fn date(now: Time) -> HeaderValue {
    thread_local! {
        static WRITTEN: RefCell<(i64, HeaderValue)> = const { RefCell::new((i64::MIN, HeaderValue::from_static(""))) };
    }
    WRITTEN.with_borrow_mut(|(second, value)| {
        if *second != now.as_secs()
            && let Ok(text) = HeaderValue::try_from(now.to_rfc2822())
        {
            (*second, *value) = (now.as_secs(), text);
        }
        value.clone()
    })
}
