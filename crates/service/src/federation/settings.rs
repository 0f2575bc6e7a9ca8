//! The settings of the provider.

use std::fmt;

/// The provider at which customers may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct FederationSettings {
    /// Its issuer: the URL under which its document is.
    pub issuer: String,
    /// The id of this installation at the provider.
    pub client_id: String,
    /// The secret of this installation at the provider.
    pub client_secret: String,
    /// Its name, as customers know it.
    pub name: String,
}

impl fmt::Debug for FederationSettings {
    /// Leaves out the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the provider {} for the client {}", self.issuer, self.client_id)
    }
}
