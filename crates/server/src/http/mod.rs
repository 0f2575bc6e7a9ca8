//! HTTP/1.1 as the field's clients need it: listener, connection, path, and what every answer carries.
//!
//! Invariant: every answer, also to what is no request, has a request id (`x-amzn-RequestId`), a date (`x-amz-Date`), a
//! `Content-Length` and no chunks; header names go out in title case, since small firmware looks for `Content-Length`
//! letter by letter.

mod credentials;
mod forwarded;
mod guard;
mod listener;
pub(crate) mod path;
mod per_address;
pub(crate) mod route;
mod threads;
mod traced;
mod wire;

pub(crate) use credentials::{AccessToken, TwoTokens, access_token, bearer, has_two_tokens, only_bearer};
pub use forwarded::Proxies;
pub(crate) use forwarded::{source, source_in, source_of};
pub(crate) use listener::{DRAIN, stopped};
pub use listener::{Limits, Listener};

use crate::api::problem::Problem;
use crate::site::Site;
use crate::testing::faults;
use crate::{Routes, api};
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use opendrs_domain::login::form;
use opendrs_domain::time::Time;
use opendrs_store::span;
use std::borrow::Cow;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;
use tower::ServiceExt;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// The request's id on its answer.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// When it was answered, RFC 2822.
pub(crate) const DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Bounds on bodies.
#[derive(Clone, Copy, Debug)]
pub struct Bodies {
    /// The largest that is read, in bytes (docs/spec/limits.md#request-size).
    pub bytes: usize,
    /// How long one may take to arrive.
    pub timeout: Duration,
}

/// Answers a request that came from an address: the one way in.
pub async fn answer(site: &Site, routes: &Routes, request: Request, peer: SocketAddr) -> Response {
    if span::wanted() {
        return Box::pin(traced::answer(site, routes, request, peer)).await;
    }
    respond(site, routes, request, peer).await
}

async fn respond(site: &Site, routes: &Routes, mut request: Request, peer: SocketAddr) -> Response {
    path::normalise(request.uri_mut());
    #[expect(clippy::disallowed_methods, reason = "the edge may measure how long an answer took")]
    let started = (site.meters.is_some() || tracing::enabled!(tracing::Level::DEBUG)).then(std::time::Instant::now);
    let line =
        tracing::enabled!(tracing::Level::DEBUG).then(|| (request.method().clone(), request.uri().path().to_owned()));
    let uri = request.uri().clone();
    let route = api::find(request.method(), uri.path()).filter(|_| routes.api);
    let place = site.meters.as_ref().map(|meters| match &route {
        Some(api::Route::Call(spec, _)) => spec.endpoint as usize,
        _ => meters.place(uri.path()),
    });
    // Of a body that does not tell its size.
    let chunked = axum::body::HttpBody::size_hint(request.body()).exact().is_none();
    let ambiguous = ambiguity(request.headers());
    let planned = match site.app.faults.is_armed() {
        true => Box::pin(faults::before(site, uri.path())).await,
        false => faults::Planned::default(),
    };
    let mut response = match (ambiguous, planned.instead, route) {
        (Some(why), _, _) => Problem::Ambiguous(why).into_response(),
        (None, Some(response), _) => *response,
        (None, None, Some(route)) => api::answer(site, route, request, peer).await,
        (None, None, None) => {
            request.extensions_mut().insert(ConnectInfo(peer));
            match routes.others.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    };
    if let Some(wait) = planned.after {
        Box::pin(faults::wait(site, wait)).await;
    }
    let (id, value, date) = stamp(site);
    response.headers_mut().insert(REQUEST_ID, value);
    response.headers_mut().insert(DATE, date);
    // The library drops a Content-Length behind a Transfer-Encoding. What a proxy that went by it sends behind the body is
    // no request of ours.
    if chunked || site.is_leaving() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let (Some(meters), Some(place), Some(started)) = (&site.meters, place, started) {
        meters.answered(place, response.status().as_u16(), started.elapsed());
    }
    if let (Some(started), Some((method, path))) = (started, line) {
        // The query is never logged: it may hold a token.
        tracing::debug!(%method, path, status = response.status().as_u16(), took = ?started.elapsed(), %id, "answered");
    }
    response
}

/// What every answer carries: its request's id, as it is and as it is written, and the date.
fn stamp(site: &Site) -> (Uuid, HeaderValue, HeaderValue) {
    let id = site.app.passing.random();
    let mut text = [0_u8; Hyphenated::LENGTH];
    let written = HeaderValue::from_str(id.hyphenated().encode_lower(&mut text));
    (id, written.unwrap_or(HeaderValue::from_static("")), date(site.app.now()))
}

/// Why a proxy before this server may have read another request than this one, if it may (RFC 9112, 3.2).
fn ambiguity(headers: &HeaderMap) -> Option<&'static str> {
    // As many names as values: no header comes twice, as nearly always.
    let twice = headers.len() != headers.keys_len() && headers.get_all(HOST).iter().nth(1).is_some();
    twice.then_some("The request has two Host headers: send one.")
}

/// `x-amz-Date`, written once a second on each thread.
fn date(now: Time) -> HeaderValue {
    thread_local! {
        static WRITTEN: RefCell<(i64, HeaderValue)> = const { RefCell::new((i64::MIN, HeaderValue::from_static(""))) };
    }
    WRITTEN.with_borrow_mut(|(second, value)| {
        if *second != now.secs()
            && let Ok(text) = HeaderValue::try_from(now.to_rfc2822())
        {
            (*second, *value) = (now.secs(), text);
        }
        value.clone()
    })
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadBody {
    /// Over so many bytes.
    TooLarge(usize),
    /// It stopped arriving.
    Cut,
}

/// Reads a whole body, within limits of size and time.
pub(crate) async fn read(body: Body, Bodies { bytes, timeout }: Bodies) -> Result<Bytes, BadBody> {
    if axum::body::HttpBody::is_end_stream(&body) {
        return Ok(Bytes::new());
    }
    // A body that announces its size is not waited for, nor is the client that asks first told to send it.
    if axum::body::HttpBody::size_hint(&body).lower() > bytes as u64 {
        return Err(BadBody::TooLarge(bytes));
    }
    let mut whole = std::pin::pin!(Limited::new(body, bytes).collect());
    // Nearly always the body came with the head, and no timer is needed.
    let at_once = std::future::poll_fn(|cx| std::task::Poll::Ready(whole.as_mut().poll(cx))).await;
    let read = match at_once {
        std::task::Poll::Ready(read) => Ok(read),
        std::task::Poll::Pending => tokio::time::timeout(timeout, whole).await,
    };
    match read {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(BadBody::TooLarge(bytes)),
        Ok(Err(_)) | Err(_) => Err(BadBody::Cut),
    }
}

/// What is left of a body without a byte order mark before it, and blanks around it or the end of a C string, which
/// firmware counts in.
pub(crate) fn bare(body: &[u8]) -> &[u8] {
    let mut text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    while let [rest @ .., 0] = text {
        text = rest;
    }
    text.trim_ascii()
}

/// The pairs of an address's query; none where it cannot be read.
pub(crate) fn query(uri: &Uri) -> Vec<(String, String)> {
    form::decode(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default()
}

/// A header's value as text; what is no UTF-8 becomes replacement characters, which no rule accepts.
pub(crate) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<Cow<'h, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
