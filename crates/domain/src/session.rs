//! A customer's session in one browser.
//!
//! Invariant: the cookie's value is never stored, only its hash.

use crate::id::CustomerId;
use crate::time::{Span, Time};

/// A session of a browser. Only the hash of its cookie's value is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie.
    pub id: [u8; 32],
    /// The customer who signed in.
    pub customer: CustomerId,
    /// When the customer signed in.
    pub created_at: Time,
    /// When it expires, independent of its use.
    pub expires_at: Time,
    /// The customer's generation at sign-in. The session is valid while the generation is the same.
    pub generation: u32,
    /// When it was used last, to the hour.
    pub used_at: Time,
    /// What the browser calls itself; empty if it is not known.
    pub agent: String,
}

impl Session {
    /// Whether it is valid at a time, where an unused session ends after `idle`.
    #[must_use]
    pub fn is_valid_at(&self, now: Time, idle: Span) -> bool {
        now < self.expires_at && now.since(self.used_at) < idle
    }

    /// Whether its use has to be recorded: an hour after the last record.
    #[must_use]
    pub fn has_stale_use(&self, now: Time) -> bool {
        now.since(self.used_at) >= Span::from_hours(1)
    }
}

/// The lifetime of a session: one day, or 30 days with "remember me".
#[must_use]
pub fn session_lifetime(remember: bool) -> Span {
    Span::from_hours(if remember { 30 * 24 } else { 24 })
}
