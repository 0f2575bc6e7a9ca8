//! Reading request bodies within limits of size and time.
//!
//! What it is not: parsing a body.
//!
//! Invariant: reading a body never takes more memory or time than its limits allow.

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;

/// Limits on request bodies.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// The largest body that is read, in bytes (docs/spec/limits.md#request-size).
    pub bytes: usize,
    /// The maximum time that a body may take to arrive.
    pub timeout: Duration,
}

/// The reason why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The body is larger than the limit. The value is the limit in bytes.
    TooLarge(usize),
    /// The body ended early or did not arrive in time.
    Incomplete,
}

/// Reads a whole body within the limits.
pub async fn read_body(body: Body, BodyLimits { bytes, timeout }: BodyLimits) -> Result<Bytes, BodyError> {
    if HttpBody::is_end_stream(&body) {
        return Ok(Bytes::new());
    }
    // A body that announces too large a size is refused before it arrives; a client that sent `Expect` gets no `100`.
    if HttpBody::size_hint(&body).lower() > bytes as u64 {
        return Err(BodyError::TooLarge(bytes));
    }
    let mut whole = std::pin::pin!(Limited::new(body, bytes).collect());
    // Nearly every body arrives together with its head, and then needs no timer.
    let first_poll = std::future::poll_fn(|cx| std::task::Poll::Ready(whole.as_mut().poll(cx))).await;
    let read = match first_poll {
        std::task::Poll::Ready(read) => Ok(read),
        std::task::Poll::Pending => tokio::time::timeout(timeout, whole).await,
    };
    match read {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge(bytes)),
        Ok(Err(_)) | Err(_) => Err(BodyError::Incomplete),
    }
}

/// Removes the padding that firmware sends around a body: a byte order mark, blanks, and the zero bytes that end a C
/// string.
pub fn trim_body(body: &[u8]) -> &[u8] {
    let mut text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    while let [rest @ .., 0] = text {
        text = rest;
    }
    text.trim_ascii()
}
