//! Mail at its edge: the words of a letter ([`words`]), and the mail server that takes it ([`smtp`]).
//!
//! Invariant: every attempt of a mail says the same under the same Message-ID, so that one that comes twice is seen for
//! what it is.

pub mod compose;
pub mod smtp;

pub use smtp::{SmtpMailer, SmtpSecurity, SmtpSettings};

use opendrs_domain::mail::MailOutcome;
use opendrs_service::mail::{MailFuture, MailMessage, Mailer};

/// No mail server: mails stay in the store, where a page and the command line show them.
pub struct MailSink;

impl Mailer for MailSink {
    fn send<'a>(&'a self, _: &'a MailMessage) -> MailFuture<'a> {
        Box::pin(std::future::ready(MailOutcome::Kept))
    }

    fn is_sending(&self) -> bool {
        false
    }
}
