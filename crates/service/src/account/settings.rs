//! The settings of customers' accounts.

use opendrs_domain::time::Span;

/// The settings of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountSettings {
    /// Whether anybody may create an account.
    pub open: bool,
    /// How long a session may be unused before it ends.
    pub session_idle: Span,
    /// How long a customer may think again after asking to delete the account.
    pub deletion_wait: Span,
}
