//! Connections for exact bytes to and from the server.

use super::{LinkedDevice, Server};
use futures_util::FutureExt;
use opendrs_config::{CA_CERTIFICATE_FILE, CertificateSource};
use opendrs_domain::time::Time;
use opendrs_domain::version::{ApiEndpoint, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER, versioned_type_name};
use opendrs_server::tls::ListenerTls;
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

/// The time after which a test fails if an expected byte has not arrived.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// A stream of bytes in both directions.
pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for S {}

/// A connection, plain or TLS.
pub struct RawConnection(Box<dyn ByteStream>);

impl RawConnection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::from_stream(stream)
    }

    pub fn from_stream(stream: impl ByteStream + 'static) -> Self {
        Self(Box::new(stream))
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next bytes, in one piece; empty at the end.
    pub async fn read_piece(&mut self) -> String {
        let mut buffer = vec![0; 256 * 1024];
        let read = tokio::time::timeout(READ_TIMEOUT, self.0.read(&mut buffer)).await;
        buffer.truncate(read.expect("the server says something, or closes").unwrap());
        String::from_utf8(buffer).unwrap()
    }

    /// Sends the same bytes repeatedly without reading, until the server closes. Returns the number of repetitions.
    pub async fn send_until_refused(&mut self, bytes: &str) -> usize {
        let sending = async {
            let mut count = 0;
            while self.0.write_all(bytes.as_bytes()).await.is_ok() {
                count += 1;
            }
            count
        };
        tokio::time::timeout(READ_TIMEOUT, sending).await.expect("the server closes")
    }

    /// Whether anything has arrived.
    pub fn has_data(&mut self) -> bool {
        self.0.read(&mut [0; 1]).now_or_never().is_some()
    }

    /// Reads an answer, which must arrive in one piece.
    pub async fn read_response(&mut self) -> RawResponse {
        RawResponse::parse_only(&self.read_piece().await)
    }

    /// Reads everything until the server closes.
    pub async fn read_until_close(&mut self) -> String {
        let mut all = String::new();
        loop {
            match self.read_piece().await.as_str() {
                "" => return all,
                piece => all.push_str(piece),
            }
        }
    }

    /// Whether the server closes the connection without an answer or with a timeout answer. It may reset a TLS
    /// connection.
    pub async fn closes_without_response(&mut self) -> bool {
        let mut all = Vec::new();
        let read = tokio::time::timeout(READ_TIMEOUT, self.0.read_to_end(&mut all)).await;
        drop(read.expect("the server closes"));
        all.is_empty() || all.starts_with(b"HTTP/1.1 408 ")
    }

    /// Closes the sending direction; answers are still read.
    pub async fn half_close(&mut self) {
        self.0.shutdown().await.unwrap();
    }
}

/// An answer, split into its exact parts.
#[derive(Clone, Debug)]
pub struct RawResponse {
    pub status_line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl RawResponse {
    /// Parses the first answer of a text. Returns it and the rest of the text.
    pub fn parse_first(text: &str) -> (Self, &str) {
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

    /// Parses a text that is one answer and nothing else.
    pub fn parse_only(text: &str) -> Self {
        let (answer, rest) = Self::parse_first(text);
        assert_eq!(rest, "", "something follows the body");
        answer
    }

    /// A header's value, by its exact name; empty if the header is missing.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_default();
        assert_eq!(values.next(), None, "{name} stands twice");
        value
    }

    /// Checks what small firmware needs of every answer (docs/spec/calls.md#success-answers).
    #[track_caller]
    pub fn assert_suits_firmware(&self) {
        self.assert_suits_token_client();
        assert!(self.size_on_wire() < 1000, "{} bytes", self.size_on_wire());
    }

    fn size_on_wire(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 4);
        self.status_line.len() + 2 + headers.sum::<usize>() + 2 + self.body.len()
    }

    /// Checks the same except for the size, which two tokens exceed.
    #[track_caller]
    pub fn assert_suits_token_client(&self) {
        let head = format!("{}{:?}", self.status_line, self.headers);
        assert!(!head.contains('{') && self.header("Transfer-Encoding").is_empty(), "{head}");
        assert!(
            serde_json::from_str::<serde_json::Value>(&self.body).is_ok_and(|body| body.is_object()),
            "{}",
            self.body
        );
    }

    /// Checks that the answer is a success with this body.
    #[track_caller]
    pub fn assert_success(&self, body: &str) {
        self.assert_suits_firmware();
        assert_eq!((self.status_line.as_str(), self.body.as_str()), ("HTTP/1.1 200 OK", body));
        assert_eq!(self.header("Content-Type"), "application/json");
    }
}

/// The TLS address of a server, with a certificate of its own authority.
pub struct TlsEndpoint {
    pub address: SocketAddr,
    pub tls: ListenerTls,
    folder: TempDir,
}

/// A time by the real clock, with which a client checks certificates.
pub fn days_ago(days: i64) -> Time {
    Time::from_secs(SystemClock.now().as_secs() - days * 24 * 3600)
}

impl TlsEndpoint {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let names = vec!["127.0.0.1".into(), "localhost".into()];
        let source = CertificateSource::Local { folder: folder.path().to_owned(), names };
        // Old enough that a new certificate is due.
        let tls = ListenerTls::open(source, days_ago(31)).unwrap();
        Self { address: ([127, 0, 0, 1], 0).into(), tls, folder }
    }

    pub fn at_address(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    /// The configuration of a client that trusts the server's authority.
    pub fn client_config(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        trusting_client_config(&self.folder.path().join(CA_CERTIFICATE_FILE), versions)
    }

    /// Connects and finishes the handshake.
    pub async fn connect_client(
        &self,
        client: &Arc<ClientConfig>,
        name: &str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        connect_tls(self.address, client, name).await
    }
}

/// The configuration of a client that trusts the certificate of a file.
fn trusting_client_config(root: &Path, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(root).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_protocol_versions(versions).unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

async fn connect_tls(
    address: SocketAddr,
    client: &Arc<ClientConfig>,
    name: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(client.clone()).connect(name, stream).await
}

impl RawConnection {
    /// Opens a TLS connection to a program whose authority's certificate is in a file.
    pub async fn open_tls(address: &str, root: &Path) -> Self {
        let client = Arc::new(trusting_client_config(root, &[&version::TLS12, &version::TLS13]));
        Self::from_stream(connect_tls(address.parse().unwrap(), &client, "127.0.0.1").await.unwrap())
    }
}

impl Server {
    pub async fn open_raw_connection(&self) -> RawConnection {
        match &self.tls_endpoint {
            None => RawConnection::open(self.address).await,
            Some(protected) => {
                let client = Arc::new(protected.client_config(&[&version::TLS12, &version::TLS13]));
                RawConnection::from_stream(protected.connect_client(&client, "127.0.0.1").await.unwrap())
            }
        }
    }

    /// Sends bytes on a new connection. The answer must arrive in one piece, with nothing after it.
    pub async fn exchange(&self, bytes: impl AsRef<[u8]>) -> RawResponse {
        let mut wire = self.open_raw_connection().await;
        wire.send(bytes).await;
        let answer = wire.read_response().await;
        wire.half_close().await;
        assert_eq!(wire.read_until_close().await, "", "something follows the answer");
        answer
    }
}

impl LinkedDevice {
    /// The three headers of a call as lines.
    pub fn header_lines(&self, endpoint: ApiEndpoint) -> String {
        let spec = endpoint.spec();
        format!(
            "Authorization: Bearer {}\r\n{INPUT_VERSION_HEADER}: {}\r\n{RESULT_VERSION_HEADER}: {}\r\n",
            self.access,
            versioned_type_name(spec.input_type, spec.input_versions[0]),
            versioned_type_name(spec.result_type, spec.result_versions[0]),
        )
    }
}
