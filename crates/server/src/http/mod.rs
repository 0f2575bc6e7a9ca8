//! HTTP/1.1 as the field's clients need it: listener, connection, path, and what every answer carries.
//!
//! Invariant: every answer has a request id (`x-amzn-RequestId`), a `Content-Length` and no chunks; header names go out
//! in title case, since small firmware looks for `Content-Length` letter by letter.

mod listener;
pub(crate) mod path;
mod per_address;
pub(crate) mod route;
mod threads;
mod traced;
mod wire;

pub(crate) use listener::{DRAIN, stopped};
pub use listener::{Limits, Listener};

use crate::site::Site;
use crate::testing::faults;
use crate::{Routes, api};
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use http_body_util::{BodyExt, Limited};
use opendrs_domain::login::form;
use opendrs_domain::time::Time;
use opendrs_store::span;
use std::borrow::Cow;
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tower::ServiceExt;

/// The request's id on its answer.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// When it was answered, RFC 2822.
pub(crate) const DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Bounds on bodies.
#[derive(Clone, Copy, Debug)]
pub struct Bodies {
    /// The largest that is read, in bytes (decisions 6).
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
    let planned = match site.app.faults.is_armed() {
        true => Box::pin(faults::before(site, uri.path())).await,
        false => faults::Planned::default(),
    };
    let mut response = match (planned.instead, route) {
        (Some(response), _) => *response,
        (None, Some(route)) => api::answer(site, route, request, peer).await,
        (None, None) => {
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
    let id = site.app.passing.random();
    let mut text = [0_u8; uuid::fmt::Hyphenated::LENGTH];
    if let Ok(value) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response.headers_mut().insert(DATE, date(site.app.now()));
    if site.is_leaving() {
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

/// The bearer token of a request. Two `Authorization` headers are none: which one is meant is not guessed.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut values = headers.get_all("authorization").iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    // A client that encoded the token for a URL sends its bar encoded.
    scheme.eq_ignore_ascii_case("bearer").then(|| match token.contains('%') {
        true => Cow::Owned(token.replacen("%7C", "|", 1).replacen("%7c", "|", 1)),
        false => Cow::Borrowed(token),
    })
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Where a request came from, for the brake on guessing: the address at the other end; or, where that is a proxy of ours,
/// the last one in `X-Forwarded-For` that is none. Whatever stands before it was written by who knows whom.
pub(crate) fn source(site: &Site, request: &axum::http::request::Parts) -> String {
    match request.extensions.get::<ConnectInfo<SocketAddr>>() {
        Some(ConnectInfo(peer)) => source_of(site, &request.headers, *peer),
        None => "local".into(),
    }
}

/// The same, where the address at the other end is known.
pub(crate) fn source_of(site: &Site, headers: &HeaderMap, peer: SocketAddr) -> String {
    let mut from = peer.ip();
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut named = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    while site.is_proxy(from) {
        let Some(Ok(before)) = named.next().map(|text| text.trim().parse()) else { break };
        from = before;
    }
    network(from)
}

/// An address, or for version 6 the network that it belongs to, as text.
fn network(address: IpAddr) -> String {
    match per_address::network(address) {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(network) => format!("{network}/64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_version_6_is_told_by_its_network() {
        let told = |text: &str| network(text.parse().unwrap());
        assert_eq!(told("192.0.2.7"), "192.0.2.7");
        assert_eq!(told("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(told("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(told("2001:db8:1:2::9"), "2001:db8:1:2::/64");
    }
}
