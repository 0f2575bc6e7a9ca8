//! A maker: who builds devices. It owns security profiles, device models and receivers of notifications.

use crate::id::MakerId;

/// A device maker's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Identifier.
    pub id: MakerId,
    /// Name, unique; shown to customers at consent.
    pub name: String,
}
