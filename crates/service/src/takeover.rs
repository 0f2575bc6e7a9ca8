//! A unit that another customer has is set up again: who is mailed, who is asked, and what the earlier owner answers.
//!
//! What it is: attempts are counted and the earlier owner is mailed before a unit changes hands ([`begin_takeover`]), and the
//! owner's answer by the link in that mail ([`answer_takeover`]). What it is not: the change itself, which is a sign-up's end
//! ([`crate::login::signup::complete`]), nor the rules ([`opendrs_domain::takeover`]). Invariant: no customer takes over a
//! unit whose owner was not mailed before; what an owner takes back is as it was, tokens included, since the device has no
//! others (docs/spec/registrations.md#takeover-limits).

mod begin;
mod other_registration;
mod respond;
mod settings;

pub use begin::{TakeoverStatus, begin_takeover, is_owned_by_another};
pub(crate) use other_registration::find_other_registration;
pub use respond::{TakeoverLink, answer_takeover, find_takeover_link};
pub use settings::TakeoverSettings;
