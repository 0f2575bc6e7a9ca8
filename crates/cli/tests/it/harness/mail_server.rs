//! A mail server: a socket that speaks as much SMTP as it needs, records mails, and gives queued answers.

use opendrs_config::{SmtpSecurity, SmtpSettings};
use opendrs_server::mail::SmtpMailer;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A mail as it arrived.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    /// `MAIL FROM` and `RCPT TO`.
    pub envelope: Vec<String>,
    /// The credentials with which the sender authenticated.
    pub login: Option<String>,
    /// Whether the connection used TLS.
    pub secure: bool,
    /// Head and body.
    pub message: String,
}

impl ReceivedMail {
    /// A header of the message, unfolded.
    pub fn header(&self, name: &str) -> String {
        let head = self.message.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        let found = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned));
        found.unwrap_or_else(|| panic!("no {name} in {head}"))
    }

    /// The message with quoted-printable lines decoded.
    pub fn decoded_message(&self) -> String {
        let joined = self.message.replace("=\r\n", "");
        let mut parts = joined.split('=');
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            match part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => {
                    bytes.push(byte);
                    bytes.extend_from_slice(&part.as_bytes()[2..]);
                }
                None => bytes.extend([b"=", part.as_bytes()].concat()),
            }
        }
        String::from_utf8(bytes).unwrap()
    }
}

#[derive(Clone)]
struct MailServerState {
    security: SmtpSecurity,
    tls: TlsAcceptor,
    script: Arc<Mutex<VecDeque<&'static str>>>,
    received: UnboundedSender<ReceivedMail>,
}

/// A mail server on a port of its own.
pub struct MailServer {
    port: u16,
    security: SmtpSecurity,
    /// The certificate of its authority, PEM.
    pub pem: Vec<u8>,
    script: Arc<Mutex<VecDeque<&'static str>>>,
    received: tokio::sync::Mutex<UnboundedReceiver<ReceivedMail>>,
}

impl MailServer {
    pub async fn start(security: SmtpSecurity) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, got) = unbounded_channel();
        let script = Arc::new(Mutex::new(VecDeque::new()));
        let means = MailServerState {
            security,
            tls: TlsAcceptor::from(Arc::new(config)),
            script: script.clone(),
            received: tell,
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve_connection(stream, means.clone()));
            }
        });
        Self { port, security, pem: cert.pem().into_bytes(), script, received: tokio::sync::Mutex::new(got) }
    }

    /// The settings for this server.
    pub fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: "localhost".into(),
            port: Some(self.port),
            security: self.security,
            from: "Aqua Appliances <orders@aqua.example>".parse().unwrap(),
            login: None,
            ca_pem: Some(self.pem.clone()),
        }
    }

    pub fn mailer(&self) -> Arc<SmtpMailer> {
        Arc::new(SmtpMailer::new(self.settings()).unwrap())
    }

    /// Queues the answers to the next mails; later mails are accepted. `""` closes the connection without an answer.
    pub fn queue_replies(&self, answers: &[&'static str]) {
        self.script.lock().unwrap().extend(answers);
    }

    /// The mails since the last call.
    pub async fn take_received(&self) -> Vec<ReceivedMail> {
        let mut got = self.received.lock().await;
        std::iter::from_fn(|| got.try_recv().ok()).collect()
    }

    /// The only mail that arrived.
    pub async fn take_only_received(&self) -> ReceivedMail {
        let mut all = self.take_received().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }
}

async fn serve_connection(stream: TcpStream, means: MailServerState) {
    match means.security {
        SmtpSecurity::None => drop(speak_smtp(BufStream::new(stream), &means, false, true).await),
        SmtpSecurity::Tls => {
            if let Ok(stream) = means.tls.accept(stream).await {
                speak_smtp(BufStream::new(stream), &means, true, true).await;
            }
        }
        SmtpSecurity::StartTls => {
            if let Some(stream) = speak_smtp(BufStream::new(stream), &means, false, true).await
                && let Ok(stream) = means.tls.accept(stream.into_inner()).await
            {
                speak_smtp(BufStream::new(stream), &means, true, false).await;
            }
        }
    }
}

/// Speaks SMTP until the client closes. Returns the stream if the client asks for TLS.
async fn speak_smtp<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufStream<S>,
    means: &MailServerState,
    secure: bool,
    greet: bool,
) -> Option<BufStream<S>> {
    let (mut envelope, mut login) = (Vec::new(), None);
    if greet {
        write_line(&mut stream, "220 here").await?;
    }
    loop {
        let line = read_line(&mut stream).await?;
        let verb = line.split(' ').next().unwrap().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" if means.security == SmtpSecurity::StartTls && !secure => "250-here\r\n250 STARTTLS",
            "EHLO" => "250-here\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "STARTTLS" if means.security == SmtpSecurity::StartTls && !secure => {
                write_line(&mut stream, "220 go on").await?;
                return Some(stream);
            }
            "AUTH" => {
                login = Some(line);
                "235 it is you"
            }
            "MAIL" | "RCPT" => {
                envelope.push(line);
                "250 well"
            }
            "DATA" => {
                write_line(&mut stream, "354 go on").await?;
                let mut message = String::new();
                loop {
                    let line = read_line(&mut stream).await?;
                    if line == "." {
                        break;
                    }
                    message += line.strip_prefix('.').unwrap_or(&line);
                    message += "\r\n";
                }
                let answer = means.script.lock().unwrap().pop_front();
                let envelope = std::mem::take(&mut envelope);
                let _ = means.received.send(ReceivedMail { envelope, login: login.clone(), secure, message });
                match answer {
                    Some("") => return None,
                    Some(answer) => answer,
                    None => "250 taken",
                }
            }
            "RSET" | "NOOP" => "250 well",
            "QUIT" => "221 bye",
            _ => "502 what",
        };
        write_line(&mut stream, answer).await?;
    }
}

async fn write_line(stream: &mut (impl AsyncWrite + Unpin), text: &str) -> Option<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

async fn read_line(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await {
        Ok(read) if read > 0 => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
        _ => None,
    }
}
