//! The port to the mail server and to the texts of mails.
//!
//! Not here: when a mail is sent. Invariant: a mailer gets all data that a mail's text needs, and nothing else.

use opendrs_domain::brand::MakerBrand;
use opendrs_domain::device::NamedDevice;
use opendrs_domain::id::{CustomerId, MailId};
use opendrs_domain::language::Language;
use opendrs_domain::mail::{MailContent, MailOutcome};
use opendrs_domain::text::Email;
use opendrs_domain::time::Time;
use opendrs_domain::zone::Zone;
use opendrs_store::picture::StoredPicture;
use std::pin::Pin;

/// A mail with all data that its text needs.
#[derive(Clone, Debug)]
pub struct MailMessage {
    /// The id of the mail: the same at every attempt.
    pub id: MailId,
    /// The time of the change that the mail is about.
    pub at: Time,
    /// The recipient's mail address.
    pub to: Email,
    /// The customer's language.
    pub language: Language,
    /// The customer's time zone.
    pub zone: Zone,
    /// The customer's name; empty before there is an account.
    pub name: String,
    /// The device that the mail is about, if it is about one.
    pub device: Option<MailDevice>,
    /// The shipping address: the order's, or else the customer's; `N/A` for a test device; `None` where there is none.
    pub address: Option<String>,
    /// The content of the mail.
    pub content: MailContent,
    /// The link that cancels the order, where it could be cancelled when the mail was written.
    pub cancel_url: Option<String>,
    /// The page of the order, which needs a sign-in; test orders have none.
    pub order_url: Option<String>,
    /// The page at which a takeover of the device is answered.
    pub takeover_url: Option<String>,
    /// The link of a mail about an account.
    pub account_url: Option<String>,
    /// The code that proves a new account's address.
    pub code: Option<String>,
    /// The page of the customer's settings.
    pub settings_url: String,
    /// The maker of the device, and the brand of the mail.
    pub brand: MakerBrand,
    /// The logo of that brand.
    pub logo: Option<StoredPicture>,
}

/// A device as a mail names it.
#[derive(Clone, Debug)]
pub struct MailDevice {
    /// Its name: the owner's own, or else that of its model.
    pub name: String,
    /// The same with the name of its model.
    pub full_name: String,
    /// Its serial.
    pub serial: String,
    /// Whether it is a test device.
    pub is_test: bool,
}

impl MailDevice {
    /// The device as a mail to a customer names it. Nobody but its owner reads the owner's name of it, so a mail to the
    /// other side of a takeover has the model's.
    #[must_use]
    pub fn for_customer(of: &NamedDevice, reader: CustomerId) -> Self {
        let is_owner = of.device.customer == reader;
        let (name, full_name) = if is_owner {
            (of.name().to_owned(), of.full_name())
        } else {
            (of.model_name.clone(), of.model_name.clone())
        };
        Self { name, full_name, serial: of.device.serial.to_string(), is_test: of.device.test }
    }
}

/// The future of a mail that is being sent.
pub type MailFuture<'a> = Pin<Box<dyn Future<Output = MailOutcome> + Send + 'a>>;

/// The mail server, and the texts. Sending ends within half a minute, with or without success.
pub trait Mailer: Send + Sync {
    /// Writes the text of a mail and sends it.
    fn send<'a>(&'a self, letter: &'a MailMessage) -> MailFuture<'a>;

    /// Whether it sends mails, or only stores them. A mail that is not sent is not counted.
    fn is_sending(&self) -> bool {
        true
    }
}
