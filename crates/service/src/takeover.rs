//! Takeovers: the set-up of a unit that another customer has, the mails and requests to the earlier owner, and their
//! answers.
//!
//! What it is: attempts are counted and the earlier owner gets a mail before a unit changes hands ([`begin_takeover`]).
//! The owner answers by the link in that mail ([`answer_takeover`]). What it is not: the change itself, which is a
//! sign-up's end ([`crate::login::signup::complete`]), nor the rules ([`opendrs_domain::takeover`]). Invariant: no
//! takeover happens without an earlier mail to the owner. After an undo everything is as it was, tokens included,
//! because the device has no others (docs/spec/registrations.md#takeover-limits).

mod begin;
mod other_registration;
mod respond;
mod settings;

pub use begin::{TakeoverStatus, begin_takeover, is_owned_by_another};
pub(crate) use other_registration::find_other_registration;
pub use respond::{TakeoverLink, answer_takeover, find_takeover_link};
pub use settings::TakeoverSettings;
