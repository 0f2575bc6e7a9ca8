//! HTTP/1.1 as the clients in the field need it: listener, connection, request, body, path and route.
//!
//! What it is not: it knows no use case, page or store. It serves an [`Application`].
//!
//! Invariant: every answer has a request ID (`x-amzn-RequestId`), a date (`x-amz-Date`) and a `Content-Length`, and is
//! not chunked. This includes answers to bytes that are no request. Header names are sent in title case, because small
//! firmware compares `Content-Length` with regard to case.

mod address_limiter;
pub mod application;
pub mod body;
mod connection;
pub mod credentials;
pub mod forwarded;
mod handshake;
mod idle;
pub mod listener;
pub mod path;
pub mod request;
pub mod response;
pub mod route;
mod threads;

pub use application::{AnswerHeaders, Application};
pub use body::BodyLimits;
pub use forwarded::{ClientSources, TrustedProxies};
pub use listener::{BoundAddress, ConnectionLimits, Listener};
