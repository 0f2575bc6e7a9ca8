//! The port to the mail server and to the words of mails.
//!
//! Not here: when a mail is sent. Invariant: a mailer sees all that a mail's words need, and nothing else.

use opendrs_domain::id::MailId;
use opendrs_domain::language::Language;
use opendrs_domain::mail::{MailContent, MailOutcome};
use opendrs_domain::text::Email;
use opendrs_domain::time::Time;
use std::pin::Pin;

/// A mail with all that its words need.
#[derive(Clone, Debug)]
pub struct MailMessage {
    /// The mail's id: the same at every attempt.
    pub id: MailId,
    /// When what it tells happened.
    pub at: Time,
    /// To whom.
    pub to: Email,
    /// The customer's language.
    pub language: Language,
    /// The customer's name.
    pub name: String,
    /// The name of the device's model.
    pub model: String,
    /// The device's serial.
    pub serial: String,
    /// It is a test device.
    pub is_test_device: bool,
    /// Where parcels go: the order's address, or else the customer's; `N/A` for a test device; `None` where there is none.
    pub address: Option<String>,
    /// What it tells.
    pub content: MailContent,
    /// The link by which the order can be cancelled, where it could be when the mail was written.
    pub cancel_url: Option<String>,
    /// The page of the order that it is about, after signing in; test orders have none.
    pub order_url: Option<String>,
    /// The page at which a takeover of the device is answered.
    pub takeover_url: Option<String>,
    /// The customer's settings.
    pub settings_url: String,
}

/// What sending a mail will have come to.
pub type MailFuture<'a> = Pin<Box<dyn Future<Output = MailOutcome> + Send + 'a>>;

/// The mail server, and the words. It ends within half a minute, one way or the other.
pub trait Mailer: Send + Sync {
    /// Writes a letter out and sends it.
    fn send<'a>(&'a self, letter: &'a MailMessage) -> MailFuture<'a>;

    /// Whether it sends at all, or keeps what it is given; what is not sent is not counted.
    fn is_sending(&self) -> bool {
        true
    }
}
