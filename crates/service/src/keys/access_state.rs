//! The state by which tokens are judged: the token keys and the restricted clients, as of one access version.
//!
//! Not here: when it is read again ([`super::installation_keys`]). Invariant: it never changes. A change of keys or
//! clients makes a new one with another version.

use crate::derived_keys::DerivedKeys;
use opendrs_domain::id::ClientId;
use opendrs_domain::profile::ClientAccess;
use opendrs_domain::token::{Claims, Keyring, TokenError, TokenType};
use opendrs_store::access::AccessVersion;
use opendrs_store::installation::TokenKeyRow;
use std::collections::HashMap;

/// The purpose for which token keys are derived.
pub(crate) const TOKEN_PURPOSE: &str = "token";

/// The token keys and restricted clients of one access version.
pub(crate) struct AccessState {
    pub(crate) version: AccessVersion,
    pub(super) keys: Vec<TokenKeyRow>,
    keyring: Keyring,
    /// Clients whose tokens were ended at least once.
    clients: HashMap<ClientId, ClientAccess>,
}

impl AccessState {
    pub(super) fn new(
        derived: &DerivedKeys,
        version: AccessVersion,
        keys: Vec<TokenKeyRow>,
        clients: HashMap<ClientId, ClientAccess>,
    ) -> Self {
        let valid = keys.iter().filter(|key| key.retired_at.is_none());
        let numbers = valid.filter_map(|key| u32::try_from(key.number).ok());
        let ring = Keyring::from_keys(numbers.map(|number| (number, derived.key(TOKEN_PURPOSE, number))).collect());
        Self { version, keys, keyring: ring, clients }
    }

    /// Opens a token's text. It does not check the token's client.
    pub(crate) fn open_token(&self, text: &str, wanted: TokenType) -> Result<Claims, TokenError> {
        self.keyring.verify(text, wanted)
    }

    /// Whether the store may hold a key of this number that was added after this state was read.
    pub(crate) fn is_possibly_new_key(&self, number: u32) -> bool {
        !self.keys.iter().any(|key| key.number == i64::from(number))
    }

    /// Whether the client of the token accepts it.
    pub(crate) fn accepts(&self, claims: &Claims) -> bool {
        let access = self.clients.get(&claims.client).copied().unwrap_or_default();
        access.accepts_generation(claims.generations.client)
    }

    /// Writes a token with the newest key.
    pub(crate) fn seal_token(&self, claims: &Claims, filler: &[u8; opendrs_domain::token::FILLER_BYTES]) -> String {
        self.keyring.issue(claims, filler)
    }
}
