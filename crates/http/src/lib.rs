//! HTTP/1.1 as the clients in the field need it: listener, connection, request, body, path and route.
//!
//! What it is not: it knows no use case, no page and no store; what it serves is an [`Application`]. Invariant: every
//! answer, also to bytes that are no request, has a request ID (`x-amzn-RequestId`), a date (`x-amz-Date`), a
//! `Content-Length` and no chunks. Header names are sent in title case, since small firmware looks for `Content-Length`
//! letter by letter.

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
pub use listener::{ConnectionLimits, Listener};
