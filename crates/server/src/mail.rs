//! Mail to customers: the SMTP client that sends it ([`smtp`]). Its texts are composed in [`opendrs_texts::compose`].
//!
//! Invariant: every attempt of a mail has the same content and the same Message-ID, so that a duplicate is recognised.

pub mod smtp;

pub use smtp::SmtpMailer;

use opendrs_config::Config;
use opendrs_domain::mail::MailOutcome;
use opendrs_service::mail::{MailFuture, MailMessage, Mailer};
use std::sync::Arc;

/// Returns the mail server of the settings, or the sink. It needs a runtime, which maintains its connections.
///
/// # Errors
/// A text that names the wrong setting.
pub fn open_mailer(config: &Config) -> Result<Arc<dyn Mailer>, String> {
    Ok(match config.smtp_settings()? {
        Some(settings) => Arc::new(SmtpMailer::new(settings)?),
        None => Arc::new(MailSink),
    })
}

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
