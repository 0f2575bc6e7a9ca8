//! Exact bytes to the server, exact bytes back.

use super::{Device, Server};
use futures_util::FutureExt;
use opendrs_domain::time::Time;
use opendrs_domain::version::{Endpoint, INPUT_HEADER, RESULT_HEADER, full_name};
use opendrs_server::tls::{CERTIFICATE_FILE, Source, Tls};
use opendrs_service::clock::{Clock, SystemClock};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};

/// After so long without a byte that must come, a test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What carries bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A connection, plain or protected.
pub struct Wire(Box<dyn Stream>);

impl Wire {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }

    pub fn over(stream: impl Stream + 'static) -> Self {
        Self(Box::new(stream))
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// What arrives next, in one piece; empty at the end.
    pub async fn piece(&mut self) -> String {
        let mut buffer = vec![0; 256 * 1024];
        let read = tokio::time::timeout(PATIENCE, self.0.read(&mut buffer)).await;
        buffer.truncate(read.expect("the server says something, or closes").unwrap());
        String::from_utf8(buffer).unwrap()
    }

    /// Sends the same bytes again and again without reading a byte, until the server closes; how often they were sent.
    pub async fn send_until_refused(&mut self, bytes: &str) -> usize {
        let sending = async {
            let mut count = 0;
            while self.0.write_all(bytes.as_bytes()).await.is_ok() {
                count += 1;
            }
            count
        };
        tokio::time::timeout(PATIENCE, sending).await.expect("the server closes")
    }

    /// Whether anything has arrived.
    pub fn has_something(&mut self) -> bool {
        self.0.read(&mut [0; 1]).now_or_never().is_some()
    }

    /// An answer, which must arrive in one piece.
    pub async fn answer(&mut self) -> Answer {
        Answer::only(&self.piece().await)
    }

    /// Everything until the server closes.
    pub async fn rest(&mut self) -> String {
        let mut all = String::new();
        loop {
            match self.piece().await.as_str() {
                "" => return all,
                piece => all.push_str(piece),
            }
        }
    }

    /// Whether the server lets the connection go, without a word or with one about time; a protected one it may cut off.
    pub async fn gone(&mut self) -> bool {
        let mut all = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut all)).await;
        drop(read.expect("the server closes"));
        all.is_empty() || all.starts_with(b"HTTP/1.1 408 ")
    }

    /// Says that nothing more will come; answers are still taken.
    pub async fn half_close(&mut self) {
        self.0.shutdown().await.unwrap();
    }
}

/// An answer, taken apart by the letter.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status_line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// Reads the first answer of a text; what follows it is handed back.
    pub fn first(text: &str) -> (Self, &str) {
        let (head, rest) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {text:?}"));
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap().to_owned();
        let header = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned()));
        let headers: Vec<_> = lines.map(|line| header(line).unwrap_or_else(|| panic!("{line:?}"))).collect();
        let mut answer = Self { status_line, headers, body: String::new() };
        let length: usize = answer.header("Content-Length").parse().expect("a Content-Length");
        assert!(rest.len() >= length, "the body is cut: {text:?}");
        let (body, rest) = rest.split_at(length);
        body.clone_into(&mut answer.body);
        (answer, rest)
    }

    /// Reads a text that is one answer and nothing else.
    pub fn only(text: &str) -> Self {
        let (answer, rest) = Self::first(text);
        assert_eq!(rest, "", "something follows the body");
        answer
    }

    /// A header's value, its name compared letter by letter; nothing where it is not there.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_default();
        assert_eq!(values.next(), None, "{name} stands twice");
        value
    }

    /// What small firmware needs of every answer (docs/spec/calls.md#success-answers).
    #[track_caller]
    pub fn suits_firmware(&self) {
        self.suits_a_token_client();
        assert!(self.size() < 1000, "{} bytes", self.size());
    }

    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 4);
        self.status_line.len() + 2 + headers.sum::<usize>() + 2 + self.body.len()
    }

    /// The same but for its size, which two tokens need.
    #[track_caller]
    pub fn suits_a_token_client(&self) {
        let head = format!("{}{:?}", self.status_line, self.headers);
        assert!(!head.contains('{') && self.header("Transfer-Encoding").is_empty(), "{head}");
        assert!(
            serde_json::from_str::<serde_json::Value>(&self.body).is_ok_and(|body| body.is_object()),
            "{}",
            self.body
        );
    }

    /// A success with this body.
    #[track_caller]
    pub fn is(&self, body: &str) {
        self.suits_firmware();
        assert_eq!((self.status_line.as_str(), self.body.as_str()), ("HTTP/1.1 200 OK", body));
        assert_eq!(self.header("Content-Type"), "application/json");
    }
}

/// Where a server speaks TLS, with a certificate of an authority of its own.
pub struct Protected {
    pub address: SocketAddr,
    pub tls: Tls,
    folder: TempDir,
}

/// By the real clock, which a client's look at a certificate goes by.
pub fn days_ago(days: i64) -> Time {
    Time::from_secs(SystemClock.now().secs() - days * 24 * 3600)
}

impl Protected {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let names = vec!["127.0.0.1".into(), "localhost".into()];
        let source = Source::Local { folder: folder.path().to_owned(), names };
        // So long ago that a new certificate is due.
        let tls = Tls::open(source, days_ago(31)).unwrap();
        Self { address: ([127, 0, 0, 1], 0).into(), tls, folder }
    }

    pub fn at(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    /// A client that trusts the server's authority.
    pub fn client(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        client(&self.folder.path().join(CERTIFICATE_FILE), versions)
    }

    /// A connection after its handshake.
    pub async fn connect(&self, client: &Arc<ClientConfig>, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        connect(self.address, client, name).await
    }
}

/// A client that trusts the certificate of a file.
fn client(root: &Path, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(root).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_protocol_versions(versions).unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

async fn connect(address: SocketAddr, client: &Arc<ClientConfig>, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(client.clone()).connect(name, stream).await
}

impl Wire {
    /// A protected connection to a program, whose authority's certificate is in a file.
    pub async fn protected(address: &str, root: &Path) -> Self {
        let client = Arc::new(client(root, &[&version::TLS12, &version::TLS13]));
        Self::over(connect(address.parse().unwrap(), &client, "127.0.0.1").await.unwrap())
    }
}

impl Server {
    pub async fn wire(&self) -> Wire {
        match &self.protected {
            None => Wire::open(self.address).await,
            Some(protected) => {
                let client = Arc::new(protected.client(&[&version::TLS12, &version::TLS13]));
                Wire::over(protected.connect(&client, "127.0.0.1").await.unwrap())
            }
        }
    }

    /// Sends bytes on a connection of their own; the answer must come in one piece, and nothing after it.
    pub async fn exchange(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut wire = self.wire().await;
        wire.send(bytes).await;
        let answer = wire.answer().await;
        wire.half_close().await;
        assert_eq!(wire.rest().await, "", "something follows the answer");
        answer
    }
}

impl Device {
    /// The three headers of a call, as lines.
    pub fn headers(&self, endpoint: Endpoint) -> String {
        let spec = endpoint.spec();
        format!(
            "Authorization: Bearer {}\r\n{INPUT_HEADER}: {}\r\n{RESULT_HEADER}: {}\r\n",
            self.access,
            full_name(spec.input, spec.inputs[0]),
            full_name(spec.result, spec.results[0]),
        )
    }
}
