//! What an operator decided about mail.
//!
//! Not here: the mail server, which is the [`super::Mailer`]'s. Invariant: a mail that is written where mails are only
//! stored is never sent.

use opendrs_domain::time::Span;

/// What an operator decided about mail.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Where links lead: the customer pages' address, without a slash at the end.
    pub base_url: String,
    /// How long mails are kept after they were sent.
    pub retention: Span,
    /// Whether the newest mails are shown on a page to whoever asks, as where the clock can be moved.
    pub show_page: bool,
    /// Whether mails are kept as they are written: who writes them would send them, and there is no mail server.
    pub store_only: bool,
}
