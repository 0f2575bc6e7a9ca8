//! The settings of mail.
//!
//! Not here: the mail server, which belongs to the [`super::Mailer`]. Invariant: a mail that is written where mails are
//! only stored is never sent.

use opendrs_domain::time::Span;

/// The settings of mail.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The base URL of the customer pages, without a slash at the end, for links.
    pub base_url: String,
    /// How long mails are kept after they were sent.
    pub retention: Span,
    /// Whether a page shows the newest mails to anybody, as on a server with a test clock.
    pub show_page: bool,
    /// Whether mails are only stored, because this process would send them and has no mail server.
    pub store_only: bool,
}
