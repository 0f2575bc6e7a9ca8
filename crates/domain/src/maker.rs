//! A maker: a company that builds devices. It owns security profiles, device models and receivers of notifications.
//!
//! Invariant: a maker's name is unique.

use crate::id::MakerId;

/// A device maker's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Identifier.
    pub id: MakerId,
    /// Unique name, displayed to customers at consent.
    pub name: String,
}
