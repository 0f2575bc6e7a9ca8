//! A customer's sign-in in one browser.

use crate::id::CustomerId;
use crate::time::{Span, Time};

/// A signed-in browser. Its cookie's value is never stored, only the value's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie.
    pub id: [u8; 32],
    /// Who signed in.
    pub customer: CustomerId,
    /// When.
    pub created_at: Time,
    /// When it ends, whatever happens.
    pub expires_at: Time,
    /// How often the customer's sign-ins had been ended before it; it is good as long as no more were.
    pub generation: u32,
}

/// How long a sign-in lasts: one day, or 30 days with "remember me".
#[must_use]
pub fn session_lifetime(remember: bool) -> Span {
    Span::from_hours(if remember { 30 * 24 } else { 24 })
}
