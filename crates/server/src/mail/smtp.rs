//! The SMTP client, with TLS and a login.
//!
//! Invariant: certificates are always checked. With `starttls`, a server that does not offer TLS gets no mail. An
//! attempt ends by its timeout.

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use opendrs_config::{SmtpSecurity, SmtpSettings};
use opendrs_domain::mail::MailOutcome;
use opendrs_domain::text::{Email, to_ascii_domain, to_single_line};
use opendrs_service::mail::{MailFuture, MailMessage, Mailer};
use opendrs_service::picture::StoredPicture;
use opendrs_store::trust::explain_tls_error;
use opendrs_texts::compose::{ComposedMail, LOGO_CONTENT_ID};
use std::error::Error as _;
use std::time::{Duration, SystemTime};

/// The maximum time for one response of the mail server.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);
/// The maximum time for sending one mail.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an idle connection is kept for the next mail.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// The maximum number of connections.
const MAX_CONNECTIONS: u32 = 8;
/// The maximum length of the stored reason of a failure, in characters.
const MAX_REASON_CHARS: usize = 500;

/// A mailer that sends by SMTP.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    /// Makes a mailer without connecting yet. It needs a runtime.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn new(settings: SmtpSettings) -> Result<Self, String> {
        let SmtpSettings { host, port, security, from, login, ca_pem: authorities } = settings;
        let host = to_ascii_domain(&host).ok_or_else(|| format!("mail.host `{host}` is not a host name"))?;
        let from = to_ascii_mailbox(from)?;
        let tls = || {
            let mut tls = TlsParameters::builder(host.clone());
            if let Some(pem) = &authorities {
                let more = Certificate::from_pem(pem).map_err(|e| format!("outbound.ca_file cannot be read: {e}"))?;
                tls = tls.add_root_certificate(more);
            }
            tls.build_rustls().map_err(|e| format!("mail.host `{host}` cannot be reached by TLS: {e}"))
        };
        let (tls, usual) = match security {
            SmtpSecurity::StartTls => (Tls::Required(tls()?), 587),
            SmtpSecurity::Tls => (Tls::Wrapper(tls()?), 465),
            SmtpSecurity::None => (Tls::None, 25),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port.unwrap_or(usual))
            .tls(tls)
            .timeout(Some(RESPONSE_TIMEOUT))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .pool_config(PoolConfig::new().max_size(MAX_CONNECTIONS).idle_timeout(IDLE_TIMEOUT));
        if let Some((user, password)) = login {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Checks that the mail server responds, has the required protection and accepts the login. It sends no mail.
    ///
    /// # Errors
    /// A text that states what failed.
    pub async fn check(&self) -> Result<(), String> {
        match tokio::time::timeout(SEND_TIMEOUT, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("it accepted the connection and closed it again".into()),
            Ok(Err(error)) => Err(error_reason(&error)),
            Err(_) => Err(format!("it did not answer within {} seconds", SEND_TIMEOUT.as_secs())),
        }
    }

    /// The sender: the maker's own address with its name, or else the operator's.
    fn sender(&self, message: &MailMessage) -> Result<Mailbox, String> {
        let sender = &message.brand.brand.sender;
        let name = sender.name.as_ref().map(|name| to_single_line(name.as_str()));
        Ok(match &sender.address {
            Some(address) => {
                let maker = || message.brand.maker.as_deref().map(to_single_line);
                Mailbox::new(name.or_else(maker), parse_address(address)?)
            }
            None => Mailbox::new(name.or_else(|| self.from.name.clone()), self.from.email.clone()),
        })
    }

    /// Builds the message of a mail, or returns why that is impossible.
    fn build_message(&self, message: &MailMessage) -> Result<Message, String> {
        let words = ComposedMail::compose(message);
        let text = words.to_text().map_err(|e| e.to_string())?;
        let html = words.to_html().map_err(|e| e.to_string())?;
        let to = parse_address(&message.to)?;
        let name = words.name.clone();
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(message.at.as_micros().try_into().unwrap_or_default());
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let language = HeaderName::new_from_ascii_str("Content-Language");
        let sender = &message.brand.brand.sender;
        let mut builder = Message::builder().from(self.sender(message)?);
        if let Some(address) = &sender.reply_to {
            builder = builder.reply_to(Mailbox::new(None, parse_address(address)?));
        }
        let alternative = MultiPart::alternative().singlepart(SinglePart::plain(text));
        let alternative = match &message.logo {
            Some(logo) => alternative.multipart(related_part(html, logo)?),
            None => alternative.singlepart(SinglePart::html(html)),
        };
        builder
            .to(Mailbox::new(Some(name), to))
            .subject(words.subject)
            .date(at)
            .message_id(Some(format!("<{}@{}>", message.id, self.from.email.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
            .raw_header(HeaderValue::new(language, message.language.tag().into()))
            .multipart(alternative)
            .map_err(|e| e.to_string())
    }
}

/// The HTML with the logo, which it names by its content id. So a mail shows it where pictures from servers are blocked.
fn related_part(html: String, logo: &StoredPicture) -> Result<MultiPart, String> {
    let media_type = ContentType::parse(logo.format.media_type()).map_err(|e| e.to_string())?;
    let picture = Attachment::new_inline(LOGO_CONTENT_ID.to_owned()).body(logo.bytes.clone(), media_type);
    Ok(MultiPart::related().singlepart(SinglePart::html(html)).singlepart(picture))
}

fn parse_address(address: &Email) -> Result<Address, String> {
    address.as_str().parse().map_err(|e| format!("the address {address} is not valid for mail: {e}"))
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, message: &'a MailMessage) -> MailFuture<'a> {
        Box::pin(async move {
            let message = match self.build_message(message) {
                Ok(message) => message,
                Err(why) => return MailOutcome::PermanentFailure(why),
            };
            match tokio::time::timeout(SEND_TIMEOUT, self.transport.send(message)).await {
                Ok(Ok(_)) => MailOutcome::Sent,
                Ok(Err(error)) => outcome_of_error(&error),
                Err(_) => MailOutcome::TransientFailure("the mail server did not accept it in time".into()),
            }
        })
    }
}

/// Converts the sender's domain to A-labels, because not every mail server accepts addresses in other scripts.
fn to_ascii_mailbox(from: Mailbox) -> Result<Mailbox, String> {
    let Mailbox { name, email } = from;
    let refuse = || format!("mail.from `{email}` is not a valid sender address");
    let domain = to_ascii_domain(email.domain()).ok_or_else(refuse)?;
    let email = Address::new(email.user(), domain).map_err(|_| refuse())?;
    Ok(Mailbox { name, email })
}

/// A status 5xx is permanent, unless it is about the login. The operator can fix the login.
fn outcome_of_error(error: &Error) -> MailOutcome {
    let login = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
    let why = error_reason(error);
    if error.is_permanent() && !login { MailOutcome::PermanentFailure(why) } else { MailOutcome::TransientFailure(why) }
}

fn error_reason(error: &Error) -> String {
    let mut why = error.to_string();
    if let Some(source) = error.source().map(ToString::to_string).filter(|source| !why.contains(source.as_str())) {
        why = format!("{why}: {source}");
    }
    // PostgreSQL cannot store a NUL character.
    explain_tls_error(why).chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REASON_CHARS).collect()
}
