//! A small HTTP/1.1 client over plain connections: for the command line, the demo and tests.
//!
//! Not a client for the open internet: no TLS, no redirects followed by itself, answers of bounded size.

mod browser;

pub use browser::{Browser, Form};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The largest answer that is read.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Reply {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sends one request on a connection of its own. `url` is absolute, with `http`.
///
/// # Errors
/// A sentence that names the address.
pub async fn send(method: Method, url: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Result<Reply, String> {
    let uri: Uri = url.parse().map_err(|e| format!("{url} is no address: {e}"))?;
    let (Some("http"), Some(host)) = (uri.scheme_str(), uri.authority()) else {
        return Err(format!("{url}: write the address as http://host:port"));
    };
    let address = (host.host().trim_matches(['[', ']']), host.port_u16().unwrap_or(80));
    let failed = |e: &dyn std::fmt::Display| format!("no answer from {host}: {e}. Is the server running there?");
    let stream = TcpStream::connect(address).await.map_err(|e| failed(&e))?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|e| failed(&e))?;
    let driver = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    let mut request = Request::builder().method(method).uri(path).header("host", host.as_str());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).map_err(|e| format!("{url}: {e}"))?;
    let (parts, body) = sender.send_request(request).await.map_err(|e| failed(&e))?.into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(|e| failed(&e))?.to_bytes();
    driver.abort();
    Ok(Reply { status: parts.status, headers: parts.headers, body })
}
