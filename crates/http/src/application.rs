//! The application that a listener serves, as a trait.
//!
//! Invariant: a listener uses nothing of an application but this trait, so it can serve any application.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};

/// The headers that every answer has.
#[derive(Clone, Debug)]
pub struct AnswerHeaders {
    /// `x-amzn-RequestId`: a UUID.
    pub request_id: HeaderValue,
    /// `x-amz-Date`: the time of the answer, in the format of RFC 2822.
    pub date: HeaderValue,
}

/// An application, from the view of a listener. Each connection has its own clone.
pub trait Application: Clone + Send + Sync + Unpin + 'static {
    /// Exists while a connection is open; dropping it uncounts the connection.
    type ConnectionGuard: Send;

    /// Prepares the current thread, which then serves connections. The listener calls it once on each thread, inside
    /// the thread's runtime.
    fn prepare_thread(&self);

    /// Counts a connection.
    fn count_connection(&self) -> Self::ConnectionGuard;

    /// Whether the address belongs to a trusted proxy. The connections of trusted proxies are not limited per address.
    fn is_trusted_proxy(&self, address: IpAddr) -> bool;

    /// Reports a connection that was refused because its network has `limit` open connections.
    fn report_refused_connection(&self, network: &str, limit: u32);

    /// Answers a request. `peer` is the address at the other end of the connection.
    fn answer(&self, request: Request, peer: SocketAddr) -> impl Future<Output = Response> + Send;

    /// Makes the headers of an answer that the listener writes itself, because the received bytes are no request.
    fn answer_headers(&self) -> AnswerHeaders;

    /// Returns the application for a client that speaks plain HTTP to a TLS listener.
    #[must_use]
    fn tls_required(&self) -> Self;
}
