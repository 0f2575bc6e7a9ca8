//! Mail at its edge: the words of a letter ([`words`]), and the mail server that takes it ([`smtp`]).
//!
//! Invariant: every attempt of a mail says the same under the same Message-ID, so that one that comes twice is seen for
//! what it is.

pub mod smtp;
pub mod words;

pub use smtp::{Security, Smtp, SmtpSettings};

use opendrs_domain::mail::Outcome;
use opendrs_service::mail::{Letter, Pending, Post};

/// No mail server: mails stay in the store, where a page and the command line show them.
pub struct Sink;

impl Post for Sink {
    fn send<'a>(&'a self, _: &'a Letter) -> Pending<'a> {
        Box::pin(std::future::ready(Outcome::Kept))
    }

    fn sends(&self) -> bool {
        false
    }
}
