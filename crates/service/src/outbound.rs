//! Asking others: the one way in which a use case reaches another server.
//!
//! What it is: the shape of a request and of what comes of it; the network itself is a parameter of the application, so
//! that tests replace it. What it is not: it decides nothing about retries. Invariant: a request ends by its deadline
//! with an [`Answer`] or a [`Failure`]; no redirect is followed and no answer is read beyond its limit. There is an answer
//! as soon as there is a status: what becomes of the body afterwards is a part of it ([`Answer::broken`]), and only those
//! who need the body ask for it ([`Answer::whole`]).

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

/// A request to another server.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    /// Method, such as `POST`.
    pub method: &'static str,
    /// Where to: absolute, `http` or `https`. A user name and password in it become an `Authorization` header.
    pub url: String,
    /// Headers; `Host`, `Content-Length` and, if not here, `User-Agent` are added.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long all of it may take, from the look-up of the name to the last byte of the answer.
    pub timeout: Duration,
    /// How many bytes of the answer's body are read; the rest is left unread.
    pub max_response_bytes: usize,
    /// How long the body may take once the status is there, within the deadline; `None`: as long as that.
    pub body_timeout: Option<Duration>,
}

impl fmt::Debug for OutboundRequest {
    /// Without headers and body, which may hold secrets, and without the address's query, which may too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} request of {} bytes", self.method, self.body.len())
    }
}

/// What another server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundResponse {
    /// Its status.
    pub status: u16,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its body, at most [`Request::limit`] bytes.
    pub body: Vec<u8>,
    /// The body was longer than that.
    pub is_truncated: bool,
    /// Why the body ended early, if it did: the connection was lost, or time was over.
    pub body_error: Option<OutboundError>,
}

impl OutboundResponse {
    /// Whether the status says that all is well.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, for those who can do nothing without all of it.
    ///
    /// # Errors
    /// A sentence that says why there is less.
    pub fn complete_body(&self) -> Result<&[u8], String> {
        match &self.body_error {
            Some(failure) => Err(format!("the answer with status {} broke off: {failure}", self.status)),
            None if self.is_truncated => Err("the answer is too long".into()),
            None => Ok(&self.body),
        }
    }

    /// A header's value, by its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer. The texts are for an operator: who subscribed an address is not told what lies behind it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// Not an address that can be asked.
    #[error("the address cannot be used: {0}")]
    BadUrl(String),
    /// A header's name or value has characters that cannot be sent.
    #[error("the header `{0}` cannot be sent")]
    BadHeader(String),
    /// The name leads to an address that is kept from being asked; see `[outbound] allow`.
    #[error("{0} is a private or reserved address; list it in outbound.allow if it is meant")]
    AddressRefused(IpAddr),
    /// The name leads nowhere.
    #[error("the host name cannot be resolved: {0}")]
    Unresolved(String),
    /// Nobody listens, or no way there.
    #[error("no connection: {0}")]
    Connect(String),
    /// The certificate is not trusted, or no cipher is shared.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// Not done by the deadline.
    #[error("not done in time")]
    TimedOut,
    /// The connection ended before the answer did, or what came is no body.
    #[error("the connection was closed before the answer was complete")]
    ConnectionClosed,
    /// What came back is no HTTP, or its head is too large.
    #[error("the answer is no readable HTTP: {0}")]
    Unreadable(String),
}

impl OutboundError {
    /// Whether the same request could fare better later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self, OutboundError::BadUrl(_) | OutboundError::BadHeader(_))
    }
}

/// What a request will have come to.
pub type OutboundFuture<'a> = Pin<Box<dyn Future<Output = Result<OutboundResponse, OutboundError>> + Send + 'a>>;

/// The network.
pub trait Outbound: Send + Sync {
    /// Sends a request.
    fn send(&self, request: OutboundRequest) -> OutboundFuture<'_>;
}
