//! The outbound HTTP/1.1 client of the use cases. It reaches allowed addresses only, and every request has a timeout.
//!
//! A received status remains valid: if the body breaks off or is too slow, the response records that.
//!
//! Invariant: every connection passes the guard ([`guard`]) with the address to which it is made. Certificates are
//! always checked. Redirects are not followed. No proxy is used, because a proxy would bypass the guard.

mod connect;
mod guard;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use connect::{GuardedConnector, RefusedAddress, UnresolvedName};
use guard::AddressGuard;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opendrs_service::outbound::{Outbound, OutboundError, OutboundFuture, OutboundRequest, OutboundResponse};
use opendrs_store::trust;
use rustls::ClientConfig;
use std::error::Error as _;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use url::Url;

/// How long an idle connection is kept for the next request to the same server.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum number of idle connections per server: the number of messages that one receiver gets concurrently.
const MAX_IDLE_PER_HOST: usize = 24;
/// The maximum size of a response's head, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

type HttpsClient = Client<HttpsConnector<GuardedConnector>, Full<Bytes>>;
/// Builds a client, or returns an error text.
type ClientInit = Box<dyn FnOnce() -> Result<HttpsClient, String> + Send>;

/// The outbound client of the settings. It loads the system's certificate authorities with the first request. There are
/// more than a hundred of them, and many servers never send a request.
pub struct GuardedHttpClient {
    client: LazyLock<Result<HttpsClient, String>, ClientInit>,
}

/// Checks that every item of `outbound.allow` can be parsed.
///
/// # Errors
/// A text that names the wrong item.
pub fn check_allow_list(allow: &[String]) -> Result<(), String> {
    AddressGuard::parse(allow).map(drop)
}

impl GuardedHttpClient {
    /// Makes a client that reaches public addresses and those in `allow`. It trusts the system's certificate
    /// authorities and those in `ca_files`.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn new<'p>(allow: &[String], ca_files: impl IntoIterator<Item = &'p Path>) -> Result<Self, String> {
        let guard = Arc::new(AddressGuard::parse(allow)?);
        let trust = OutboundTrust::new(ca_files)?;
        Ok(Self { client: LazyLock::new(Box::new(move || build_client(guard, trust))) })
    }

    async fn send_request(&self, request: OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        let OutboundRequest { max_response_bytes: limit, timeout: deadline, body_timeout: body_within, .. } = request;
        let client = self.client.as_ref().map_err(|why| OutboundError::Tls(why.clone()))?;
        let mut over = pin!(timeout_after(deadline));
        let response = tokio::select! {
            response = client.request(build_request(request)?) => response.map_err(|e| failure_of(&e))?,
            () = &mut over => return Err(OutboundError::TimedOut),
        };
        let (parts, body) = response.into_parts();
        let headers = parts.headers.iter();
        let mut answer = OutboundResponse {
            status: parts.status.as_u16(),
            headers: headers
                .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
                .collect(),
            body: Vec::new(),
            is_truncated: false,
            body_error: None,
        };
        let broken = tokio::select! {
            read = read_response_body(body, limit, &mut answer) => read.err(),
            () = over => Some(OutboundError::TimedOut),
            () = timeout_after(body_within.unwrap_or(deadline)) => Some(OutboundError::TimedOut),
        };
        Ok(OutboundResponse { body_error: broken, ..answer })
    }
}

/// Reads a body into a response, up to the limit.
async fn read_response_body(
    mut body: Incoming,
    limit: usize,
    answer: &mut OutboundResponse,
) -> Result<(), OutboundError> {
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| OutboundError::ConnectionClosed)?.into_data() else { continue };
        let room = limit - answer.body.len();
        answer.body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            // The rest stays unread, so the connection is closed.
            answer.is_truncated = true;
            break;
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a bound on waiting for a peer, not a delay")]
async fn timeout_after(period: Duration) {
    tokio::time::sleep(period).await;
}

impl Outbound for GuardedHttpClient {
    fn send(&self, request: OutboundRequest) -> OutboundFuture<'_> {
        Box::pin(self.send_request(request))
    }
}

/// Builds the client for a guard and the trusted authorities.
fn build_client(guard: Arc<AddressGuard>, trust: OutboundTrust) -> Result<HttpsClient, String> {
    let https = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(trust.client_config()?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(GuardedConnector::new(guard));
    let client = Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
        .http1_max_buf_size(MAX_HEAD_BYTES)
        .build(https);
    Ok(client)
}

/// The trust in servers: each needs a certificate of one of the system's authorities, or of one in a file.
pub struct OutboundTrust(trust::TrustedCertificates);

impl OutboundTrust {
    /// Reads the files. The system's authorities are read by [`OutboundTrust::client_config`].
    pub fn new<'p>(ca_files: impl IntoIterator<Item = &'p Path>) -> Result<Self, String> {
        let mut trust = trust::TrustedCertificates::default();
        for path in ca_files {
            trust.add_file(path).map_err(|why| format!("outbound.ca_file {}: {why}", path.display()))?;
        }
        // An unusable configuration fails now, not with the first request.
        trust.clone().into_client_config()?;
        Ok(Self(trust))
    }

    /// Builds the TLS configuration of a client.
    ///
    /// # Errors
    /// A text that states why TLS is not available.
    pub fn client_config(self) -> Result<ClientConfig, String> {
        let mut trust = self.0;
        trust.add_system();
        trust.into_client_config()
    }
}

fn build_request(request: OutboundRequest) -> Result<hyper::Request<Full<Bytes>>, OutboundError> {
    // The URL is parsed as browsers do it. An unusual spelling of an address becomes that address before the check.
    let mut url = Url::parse(&request.url).map_err(|e| OutboundError::BadUrl(e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(OutboundError::BadUrl("write it with http:// or https://".into()));
    }
    if url.fragment().is_some() {
        return Err(OutboundError::BadUrl("it must have no # part".into()));
    }
    let credentials = basic_credentials(&url)?;
    let stripped = url.set_username("").and_then(|()| url.set_password(None));
    stripped.map_err(|()| OutboundError::BadUrl("it names no host".into()))?;
    let mut builder = hyper::Request::builder().method(request.method).uri(url.as_str());
    if let Some(value) = credentials {
        builder = builder.header(AUTHORIZATION, value);
    }
    if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent")) {
        builder = builder.header(USER_AGENT, concat!("OpenDRS/", env!("CARGO_PKG_VERSION")));
    }
    for (name, value) in request.headers {
        let pair = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::try_from(value).ok());
        let (header, value) = pair.ok_or(OutboundError::BadHeader(name))?;
        builder = builder.header(header, value);
    }
    builder.body(Full::from(request.body)).map_err(|e| OutboundError::BadUrl(e.to_string()))
}

/// Returns the `Authorization` header for the user name and password in a URL.
fn basic_credentials(url: &Url) -> Result<Option<HeaderValue>, OutboundError> {
    use base64::Engine as _;
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let plain = |text: &str| opendrs_domain::login::form::percent_decode(text.as_bytes(), false);
    let parts = plain(url.username()).zip(plain(url.password().unwrap_or_default()));
    let (user, password) =
        parts.ok_or_else(|| OutboundError::BadUrl("its user name or password is not readable".into()))?;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    let value = format!("Basic {pair}");
    let mut value = HeaderValue::try_from(value).map_err(|_| OutboundError::BadHeader("authorization".into()))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// Finds the reason of a failure in a client error's chain of causes.
fn failure_of(error: &legacy::Error) -> OutboundError {
    let mut cause = error.source();
    let mut last = error.to_string();
    while let Some(error) = cause {
        if let Some(RefusedAddress(address)) = error.downcast_ref() {
            return OutboundError::AddressRefused(*address);
        }
        if let Some(name) = error.downcast_ref::<UnresolvedName>() {
            return OutboundError::Unresolved(name.to_string());
        }
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return OutboundError::Tls(trust::explain_tls_error(tls.to_string()));
        }
        if let Some(http) = error.downcast_ref::<hyper::Error>()
            && http.is_parse()
        {
            return OutboundError::Unreadable(http.to_string());
        }
        last = error.to_string();
        // An I/O error has its cause inside itself, not as its source.
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = inside.map(|inside| inside as _).or_else(|| error.source());
    }
    if error.is_connect() { OutboundError::Connect(last) } else { OutboundError::ConnectionClosed }
}
