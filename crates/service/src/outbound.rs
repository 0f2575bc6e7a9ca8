//! Outgoing requests: the only way in which a use case reaches another server.
//!
//! What it is: the shape of a request and of its result. The network itself is a parameter of the application, so that
//! tests replace it. What it is not: retries. Invariant: a request ends by its deadline with an [`OutboundResponse`] or
//! an [`OutboundError`]. No redirect is followed and no response is read beyond its limit. A status suffices for a
//! response. An error of the body afterwards is a part of it ([`OutboundResponse::body_error`]), and only callers that
//! need the body check it ([`OutboundResponse::complete_body`]).

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

/// A request to another server.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    /// Method, such as `POST`.
    pub method: &'static str,
    /// The URL: absolute, `http` or `https`. A user name and password in it become an `Authorization` header.
    pub url: String,
    /// The headers; `Host`, `Content-Length` and, if it is missing, `User-Agent` are added.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The timeout for everything, from the name lookup to the last byte of the response.
    pub timeout: Duration,
    /// How many bytes of the response body are read; the rest is left unread.
    pub max_response_bytes: usize,
    /// The timeout for the body after the status, within the whole timeout; `None`: no shorter one.
    pub body_timeout: Option<Duration>,
}

impl fmt::Debug for OutboundRequest {
    /// Leaves out headers, body and the query of the URL, because they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} request of {} bytes", self.method, self.body.len())
    }
}

/// The response of another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundResponse {
    /// The status code.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, at most [`OutboundRequest::max_response_bytes`] bytes.
    pub body: Vec<u8>,
    /// Whether the body was longer than that.
    pub is_truncated: bool,
    /// Why the body ended early, if it did: the connection was lost, or the time was over.
    pub body_error: Option<OutboundError>,
}

impl OutboundResponse {
    /// Whether the status means success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, for callers that need all of it.
    ///
    /// # Errors
    /// A sentence that states why the body is incomplete.
    pub fn complete_body(&self) -> Result<&[u8], String> {
        match &self.body_error {
            Some(failure) => Err(format!("the answer with status {} broke off: {failure}", self.status)),
            None if self.is_truncated => Err("the answer is too long".into()),
            None => Ok(&self.body),
        }
    }

    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no response. The texts are for an operator: the owner of an endpoint must not learn what is behind an
/// address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The URL cannot be used.
    #[error("the address cannot be used: {0}")]
    BadUrl(String),
    /// A header's name or value has characters that cannot be sent.
    #[error("the header `{0}` cannot be sent")]
    BadHeader(String),
    /// The name resolves to an address that the outbound guard refuses; see `[outbound] allow`.
    #[error("{0} is a private or reserved address; list it in outbound.allow if it is meant")]
    AddressRefused(IpAddr),
    /// The name cannot be resolved.
    #[error("the host name cannot be resolved: {0}")]
    Unresolved(String),
    /// The connection failed.
    #[error("no connection: {0}")]
    Connect(String),
    /// The certificate is not trusted, or no cipher is shared.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// The deadline passed.
    #[error("not done in time")]
    TimedOut,
    /// The connection ended before the response did, or the body is malformed.
    #[error("the connection was closed before the answer was complete")]
    ConnectionClosed,
    /// The response is not HTTP, or its head is too large.
    #[error("the answer is no readable HTTP: {0}")]
    Unreadable(String),
}

impl OutboundError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self, OutboundError::BadUrl(_) | OutboundError::BadHeader(_))
    }
}

/// The future of a request.
pub type OutboundFuture<'a> = Pin<Box<dyn Future<Output = Result<OutboundResponse, OutboundError>> + Send + 'a>>;

/// The port to the network.
pub trait Outbound: Send + Sync {
    /// Sends a request.
    fn send(&self, request: OutboundRequest) -> OutboundFuture<'_>;
}
