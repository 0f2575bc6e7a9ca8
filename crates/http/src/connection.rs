//! The byte stream of a connection. It corrects the behaviour of the HTTP library that disturbs old clients
//! (docs/spec/calls.md#success-answers, docs/spec/calls.md#request-framing).
//!
//! * An answer is sent in one write, with head and body together.
//! * The status line begins with `HTTP/1.1`, whatever version the client speaks.
//! * Stray bytes after a complete request get no answer of their own, so nothing follows the answer that the client
//!   expects.
//! * A closing connection still delivers its last answer, even if bytes of the client were never read.
//!
//! Invariant: the answer of the application passes unchanged, except for its version. Only the error answers of the
//! library are replaced, by answers with the headers that all answers have.

use crate::application::{AnswerHeaders, Application};
use crate::response::ERROR_NAMESPACE;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long a closing connection still reads, so that the kernel does not discard the last answer with a reset.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);
/// The maximum number of bytes that a closing connection reads and discards.
const LINGER_BYTES: usize = 256 * 1024;
/// A part of a header that every answer of the application has. Answers of the library do not have it.
const REQUEST_ID_MARK: &[u8] = b"-requestid:";

/// The message of the answer to bytes that are no HTTP request.
const UNREADABLE_MESSAGE: &str = "The request is not readable HTTP/1.1. Percent-encode blanks, quotes, < and > in its target, \
                          and write each header as Name: value.";

/// The byte stream of a connection, either plain or TLS.
pub(crate) struct ConnectionStream<S, A> {
    inner: S,
    /// Makes the headers of the answers that this stream writes itself.
    application: A,
    answered: bool,
    replacement: Option<ReplacementWrite>,
    linger: Option<(Pin<Box<tokio::time::Sleep>>, usize)>,
}

/// The bytes that are written in place of bytes of the library.
struct ReplacementWrite {
    bytes: Vec<u8>,
    /// The number of bytes written so far.
    out: usize,
    /// The number of the library's bytes that they replace.
    replaced: usize,
}

impl<S, A> ConnectionStream<S, A> {
    pub(crate) fn new(inner: S, application: A) -> Self {
        Self { inner, application, answered: false, replacement: None, linger: None }
    }
}

/// Whether these bytes are the library's own answer to bytes that it could not read.
fn is_library_error(head: &[u8]) -> bool {
    let status = head.starts_with(b"HTTP/1.1 4") || head.starts_with(b"HTTP/1.0 4");
    let end = head.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(head.len());
    status && !head[..end].windows(REQUEST_ID_MARK.len()).any(|w| w.eq_ignore_ascii_case(REQUEST_ID_MARK))
}

/// Rewrites an answer in HTTP/1.0 as HTTP/1.1, or returns `None` if that is not needed. A server answers with its own
/// version (RFC 9110, 6.2), and clients in the field compare the whole status line.
fn as_http_1_1(answer: &[u8]) -> Option<Vec<u8>> {
    let rest = answer.strip_prefix(b"HTTP/1.0 ")?;
    Some([b"HTTP/1.1 ", rest].concat())
}

/// Makes an answer with the library's status, the headers of every answer, and a JSON body.
fn library_error(head: &[u8], own: &AnswerHeaders) -> Vec<u8> {
    let line = head.split(|b| *b == b'\r').next().unwrap_or_default();
    let line = as_http_1_1(line).unwrap_or_else(|| line.to_vec());
    let message = match line.get(9..12) {
        Some(b"414") => "The request's target is too long.",
        Some(b"431") => "The request's target and headers are too large.",
        Some(b"408") => "The request did not arrive in time.",
        _ => UNREADABLE_MESSAGE,
    };
    let body = format!("{{\"message\":\"{message}\"}}");
    let (length, error_type) = (body.len().to_string(), format!("ValidationException:{ERROR_NAMESPACE}"));
    let headers: [(&str, &[u8]); 7] = [
        ("Content-Type", b"application/json"),
        ("X-Content-Type-Options", b"nosniff"),
        ("X-Amzn-Errortype", error_type.as_bytes()),
        ("X-Amzn-Requestid", own.request_id.as_bytes()),
        ("X-Amz-Date", own.date.as_bytes()),
        ("Content-Length", length.as_bytes()),
        ("Connection", b"close"),
    ];
    let headers = headers.iter().flat_map(|(name, value)| [b"\r\n", name.as_bytes(), b": ", value].concat());
    line.into_iter().chain(headers).chain(*b"\r\n\r\n").chain(body.into_bytes()).collect()
}

impl<S: AsyncRead + Unpin, A: Unpin> AsyncRead for ConnectionStream<S, A> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, A: Application> AsyncWrite for ConnectionStream<S, A> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.replacement.is_none() {
            let bytes = match is_library_error(buf) {
                true if this.answered => Some(Vec::new()),
                true => Some(library_error(buf, &this.application.answer_headers())),
                false => as_http_1_1(buf),
            };
            this.replacement = bytes.map(|bytes| ReplacementWrite { bytes, out: 0, replaced: buf.len() });
        }
        if let Some(ReplacementWrite { bytes, out, replaced }) = &mut this.replacement {
            while *out < bytes.len() {
                *out += ready!(Pin::new(&mut this.inner).poll_write(cx, &bytes[*out..]))?;
            }
            let done = *replaced;
            this.replacement = None;
            this.answered = true;
            return Poll::Ready(Ok(done));
        }
        this.answered = true;
        Pin::new(&mut this.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    #[expect(clippy::disallowed_methods, reason = "a bound on waiting for a peer, not a delay")]
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
            this.linger = Some((Box::pin(tokio::time::sleep(LINGER_TIMEOUT)), 0));
        }
        let Some((deadline, seen)) = &mut this.linger else { return Poll::Ready(Ok(())) };
        let mut scratch = [0_u8; 8192];
        while *seen < LINGER_BYTES {
            let mut buf = ReadBuf::new(&mut scratch);
            match Pin::new(&mut this.inner).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if buf.filled().is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => *seen += buf.filled().len(),
                Poll::Ready(Err(_)) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    ready!(deadline.as_mut().poll(cx));
                    return Poll::Ready(Ok(()));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Vectored writes are off, so that each answer is one write: some clients take each packet for a whole body.
    fn is_write_vectored(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_librarys_answers_are_told_from_ours() {
        let library = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let ours = b"HTTP/1.1 400 Bad Request\r\nX-Amzn-Requestid: 1\r\nContent-Length: 2\r\n\r\n{}";
        assert!(is_library_error(library) && !is_library_error(ours));
        assert!(!is_library_error(b"HTTP/1.1 200 OK\r\n\r\n"));
        let (request_id, date) = (HeaderValue::from_static("an-id"), HeaderValue::from_static("a date"));
        let spoken = library_error(library, &AnswerHeaders { request_id, date });
        let spoken = String::from_utf8(spoken).unwrap();
        assert!(spoken.starts_with("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"), "{spoken}");
        assert!(spoken.contains("\r\nX-Amzn-Requestid: an-id\r\nX-Amz-Date: a date\r\n"), "{spoken}");
        assert!(spoken.contains("\r\nX-Amzn-Errortype: ValidationException:http://"), "{spoken}");
        assert!(spoken.ends_with(&format!("\r\n\r\n{{\"message\":\"{UNREADABLE_MESSAGE}\"}}")), "{spoken}");
    }

    #[test]
    fn answers_are_in_our_version() {
        assert_eq!(as_http_1_1(b"HTTP/1.0 200 OK\r\n\r\n{}").unwrap(), b"HTTP/1.1 200 OK\r\n\r\n{}");
        assert_eq!(as_http_1_1(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.0 "), None);
    }
}
