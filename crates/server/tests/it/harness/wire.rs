//! Exact bytes to the server, exact bytes back.

use super::{Device, Server};
use opendrs_domain::version::{Endpoint, INPUT_HEADER, RESULT_HEADER, full_name};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// After so long without a byte that must come, a test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection.
pub struct Wire(TcpStream);

impl Wire {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
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
    pub fn has_something(&self) -> bool {
        self.0.try_read(&mut [0; 1]).is_ok()
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

    /// What small firmware needs of every answer (service-api 1.5; decisions 5).
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

impl Server {
    pub async fn wire(&self) -> Wire {
        Wire::open(self.address).await
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
