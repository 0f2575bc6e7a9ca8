//! A small HTTP/1.1 client for the command line, the demo and tests.
//!
//! What it is not: a client for the open internet. It follows no redirects by itself, and limits the size of responses.
//! With `https` it trusts the system's certificate authorities, or those in the file that `SSL_CERT_FILE` names.

mod browser;

pub use browser::{BrowserClient, HtmlForm, page_heading};

use axum::body::{Body, Bytes};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use opendrs_store::trust::{TrustedCertificates, explain_tls_error};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The maximum size of a response body, in bytes.
const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;

/// A response with its whole body.
#[derive(Clone, Debug)]
pub struct ClientResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl ClientResponse {
    /// Returns the body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON, or null if it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the value of a header, or an empty text if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sends one request on its own connection. `url` is absolute, with `http` or `https`. Its host becomes the `Host`
/// header, unless `headers` has one.
///
/// # Errors
/// A text that names the address.
pub async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Result<ClientResponse, String> {
    send_with_tls(system_trust_config, method, url, headers, body).await
}

/// Does the same as [`send`], with its own TLS configuration for `https`.
pub async fn send_with_tls(
    tls: impl FnOnce() -> Result<ClientConfig, String>,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Result<ClientResponse, String> {
    let uri: Uri =
        url.parse().map_err(|e| format!("{url} is not an address ({e}): write http://host:port or https://"))?;
    let (Some(scheme @ ("http" | "https")), Some(host)) = (uri.scheme_str(), uri.authority()) else {
        return Err(format!("{url}: write the address as http://host:port or https://host:port"));
    };
    let (name, default) = (host.host().trim_matches(['[', ']']), if scheme == "https" { 443 } else { 80 });
    let failed = |e: &dyn std::fmt::Display| format!("no answer from {host}: {e}. Is the server running there?");
    let stream = TcpStream::connect((name, host.port_u16().unwrap_or(default))).await.map_err(|e| failed(&e))?;
    let (mut sender, driver) = match scheme {
        "https" => connect_http1(connect_tls(tls()?, stream, name, host).await?).await,
        _ => connect_http1(stream).await,
    }
    .map_err(|e| failed(&e))?;
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request = request.header("host", host.as_str());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).map_err(|e| format!("{url}: {e}"))?;
    let (parts, body) = sender.send_request(request).await.map_err(|e| failed(&e))?.into_parts();
    let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await.map_err(|e| failed(&e))?.to_bytes();
    driver.abort();
    Ok(ClientResponse { status: parts.status, headers: parts.headers, body })
}

type Http1Connection = (SendRequest<Body>, JoinHandle<hyper::Result<()>>);

async fn connect_http1(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> hyper::Result<Http1Connection> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    Ok((sender, tokio::spawn(connection)))
}

/// Makes a TLS configuration that trusts the system's authorities.
fn system_trust_config() -> Result<ClientConfig, String> {
    let mut trust = TrustedCertificates::default();
    trust.add_system();
    trust.into_client_config()
}

/// Performs the TLS handshake of a connection.
async fn connect_tls(
    config: ClientConfig,
    stream: TcpStream,
    name: &str,
    at: &Authority,
) -> Result<TlsStream<TcpStream>, String> {
    let server = ServerName::try_from(name.to_owned()).map_err(|e| format!("{name}: {e}"))?;
    let made = TlsConnector::from(Arc::new(config)).connect(server, stream).await;
    made.map_err(|e| {
        // The text of plain HTTP cannot be parsed as a TLS record.
        let tls = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidMessage(_)) = tls {
            return format!(
                "what answers at {at} speaks no TLS: write http:// instead of https://, or name another port"
            );
        }
        if tls.is_none() {
            return format!("no TLS with {at}: {e}. Is the server running there?");
        }
        let why = explain_tls_error(e.to_string());
        format!(
            "{name} has no certificate that is trusted here: {why}. For an authority of its own: SSL_CERT_FILE=FILE"
        )
    })
}
