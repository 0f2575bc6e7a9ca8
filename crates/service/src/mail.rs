//! Mail to customers: written with the change that it is about, and sent by the worker.
//!
//! What it is: [`queue`] adds the mail of a change, [`send`] sends what is due, [`stored`] lists and resends. What it
//! is not: it has no texts and knows no mail server (both belong to the [`Mailer`]). Invariant: a change and its mail
//! commit together.

mod mailer;
mod message;
pub(crate) mod queue;
mod send;
mod settings;
mod stored;

pub use mailer::{MailDevice, MailFuture, MailMessage, Mailer};
pub use message::build_message;
pub use send::{MailAttempt, send_due};
pub(crate) use send::{next_due, send_all_due};
pub use settings::MailSettings;
pub use stored::{ResendSelection, find, list_newest, list_newest_failed, resend};
