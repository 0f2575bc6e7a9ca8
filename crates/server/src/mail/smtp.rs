//! The mail server: SMTP, with TLS and a login.
//!
//! Invariant: certificates are always checked; with `starttls` a server that offers none gets no mail. An attempt ends by
//! its deadline.

use super::words::Words;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use opendrs_domain::mail::Outcome;
use opendrs_domain::text::ascii_domain;
use opendrs_service::mail::{Letter, Pending, Post};
use opendrs_store::trust::explained;
use serde::Deserialize;
use std::error::Error as _;
use std::time::{Duration, SystemTime};

/// How long the mail server may take for one answer.
const ANSWER: Duration = Duration::from_secs(20);
/// How long one mail may take in all.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long a connection is kept for the next mail.
const IDLE: Duration = Duration::from_secs(20);
/// How many connections there are at most.
const CONNECTIONS: u32 = 8;
/// How much is kept of why a mail was not sent.
const WHY: usize = 500;

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// It begins in the clear and goes on under TLS, or ends.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Not at all.
    None,
}

/// Which mail server.
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port, if not the usual one.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Security,
    /// Who mails are from.
    pub from: Mailbox,
    /// Name and password.
    pub login: Option<(String, String)>,
    /// Certificate authorities that are trusted besides the system's, PEM.
    pub authorities: Option<Vec<u8>>,
}

/// A mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// A mail server of these settings; nothing is connected yet. Within a runtime.
    ///
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn new(settings: SmtpSettings) -> Result<Self, String> {
        let SmtpSettings { host, port, security, from, login, authorities } = settings;
        let host = ascii_domain(&host).ok_or_else(|| format!("mail.host `{host}` is no host name"))?;
        let from = in_ascii(from)?;
        let tls = || {
            let mut tls = TlsParameters::builder(host.clone());
            if let Some(pem) = &authorities {
                let more = Certificate::from_pem(pem).map_err(|e| format!("outbound.ca_file cannot be read: {e}"))?;
                tls = tls.add_root_certificate(more);
            }
            tls.build_rustls().map_err(|e| format!("mail.host `{host}` cannot be reached by TLS: {e}"))
        };
        let (tls, usual) = match security {
            Security::StartTls => (Tls::Required(tls()?), 587),
            Security::Tls => (Tls::Wrapper(tls()?), 465),
            Security::None => (Tls::None, 25),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port.unwrap_or(usual))
            .tls(tls)
            .timeout(Some(ANSWER))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
        if let Some((user, password)) = login {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Whether the mail server answers, is protected as it should be and takes the login; nothing is sent.
    ///
    /// # Errors
    /// A sentence that says why not.
    pub async fn check(&self) -> Result<(), String> {
        match tokio::time::timeout(DEADLINE, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("it took the connection and closed it again".into()),
            Ok(Err(error)) => Err(words(&error)),
            Err(_) => Err(format!("it did not answer within {} seconds", DEADLINE.as_secs())),
        }
    }

    /// The letter as a message, or why it cannot be one.
    fn message(&self, letter: &Letter) -> Result<Message, String> {
        let words = Words::of(letter);
        let text = words.text().map_err(|e| e.to_string())?;
        let html = words.html().map_err(|e| e.to_string())?;
        let to: Address = letter.to.as_str().parse().map_err(|e| format!("no address to mail to: {e}"))?;
        let name = words.name.clone();
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(letter.at.micros().try_into().unwrap_or_default());
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let language = HeaderName::new_from_ascii_str("Content-Language");
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(name), to))
            .subject(words.subject)
            .date(at)
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.email.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
            .raw_header(HeaderValue::new(language, letter.language.tag().into()))
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|e| e.to_string())
    }
}

impl Post for Smtp {
    fn send<'a>(&'a self, letter: &'a Letter) -> Pending<'a> {
        Box::pin(async move {
            let message = match self.message(letter) {
                Ok(message) => message,
                Err(why) => return Outcome::Final(why),
            };
            match tokio::time::timeout(DEADLINE, self.transport.send(message)).await {
                Ok(Ok(_)) => Outcome::Sent,
                Ok(Err(error)) => refused(&error),
                Err(_) => Outcome::Passing("the mail server did not take it in time".into()),
            }
        })
    }
}

/// The sender with its domain in A-labels, as mail servers know it: not every one takes addresses in other scripts.
fn in_ascii(from: Mailbox) -> Result<Mailbox, String> {
    let Mailbox { name, email } = from;
    let refuse = || format!("mail.from `{email}` is no address to send mail from");
    let domain = ascii_domain(email.domain()).ok_or_else(refuse)?;
    let email = Address::new(email.user(), domain).map_err(|_| refuse())?;
    Ok(Mailbox { name, email })
}

/// A 5xx is the mail server's last word on a mail, unless it is about our login: that is for the operator to mend.
fn refused(error: &Error) -> Outcome {
    let login = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
    let why = words(error);
    if error.is_permanent() && !login { Outcome::Final(why) } else { Outcome::Passing(why) }
}

fn words(error: &Error) -> String {
    let mut why = error.to_string();
    if let Some(source) = error.source().map(ToString::to_string).filter(|source| !why.contains(source.as_str())) {
        why = format!("{why}: {source}");
    }
    // NUL is text that PostgreSQL does not store.
    explained(why).chars().map(|c| if c.is_control() { ' ' } else { c }).take(WHY).collect()
}
