//! Mail to customers: the SMTP client that sends it ([`smtp`]). Its texts are composed in [`opendrs_texts::compose`].
//!
//! Invariant: every attempt of a mail has the same content and the same Message-ID, so that a duplicate is recognised.

pub mod smtp;

pub use smtp::{SmtpMailer, SmtpSecurity, SmtpSettings};

use opendrs_domain::mail::MailOutcome;
use opendrs_service::mail::{MailFuture, MailMessage, Mailer};

/// The mailer without a mail server: mails stay in the store, where a page and the command line show them.
pub struct MailSink;

impl Mailer for MailSink {
    fn send<'a>(&'a self, _: &'a MailMessage) -> MailFuture<'a> {
        Box::pin(std::future::ready(MailOutcome::Kept))
    }

    fn is_sending(&self) -> bool {
        false
    }
}
