//! What a listener serves.
//!
//! Invariant: a listener asks an application for nothing but what is declared here, so that it can serve any.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};

/// The headers that every answer carries.
#[derive(Clone, Debug)]
pub struct AnswerHeaders {
    /// `x-amzn-RequestId`: a UUID.
    pub request_id: HeaderValue,
    /// `x-amz-Date`: the time of the answer, in the format of RFC 2822.
    pub date: HeaderValue,
}

/// An application, as a listener sees it. Each connection has a clone of its own.
pub trait Application: Clone + Send + Sync + Unpin + 'static {
    /// Held as long as a connection is open; dropping it uncounts the connection.
    type ConnectionGuard: Send;

    /// Prepares the current thread, which serves connections from now on. Called once a thread, inside its runtime.
    fn prepare_thread(&self);

    /// Counts a connection.
    fn count_connection(&self) -> Self::ConnectionGuard;

    /// Whether this is the address of a trusted proxy, whose connections are not limited per address.
    fn is_trusted_proxy(&self, address: IpAddr) -> bool;

    /// Reports that a connection was refused, since its network has `limit` connections open.
    fn report_refused_connection(&self, network: &str, limit: u32);

    /// Answers a request from the address of a peer.
    fn answer(&self, request: Request, peer: SocketAddr) -> impl Future<Output = Response> + Send;

    /// Makes the headers of an answer that the listener writes itself: to bytes that are no request.
    fn answer_headers(&self) -> AnswerHeaders;

    /// What is served to a client that speaks plain HTTP to a listener that speaks TLS.
    #[must_use]
    fn tls_required(&self) -> Self;
}
