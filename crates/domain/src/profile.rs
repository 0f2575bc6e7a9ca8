//! A security profile and its Login with Amazon clients.
//!
//! Not here: which redirect URI a client may use in a request ([`crate::login::redirect`]). Invariant: a public client
//! has no secret. A web client always has one, stored only as its hash (docs/spec/identifiers.md#client-secrets).

use crate::id::{ClientId, MakerId, ProfileId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The kind of a client, which decides how it authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// A web site or cloud: confidential, has a secret.
    Web,
    /// An Android app: public, must use PKCE.
    Android,
    /// An iOS app: public, must use PKCE.
    Ios,
    /// The device itself: public, must use PKCE.
    Device,
}

impl ClientKind {
    /// Every kind.
    pub const ALL: [ClientKind; 4] = [ClientKind::Web, ClientKind::Android, ClientKind::Ios, ClientKind::Device];

    /// The name in the seed file and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ClientKind::Web => "web",
            ClientKind::Android => "android",
            ClientKind::Ios => "ios",
            ClientKind::Device => "device",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether it can keep a secret.
    #[must_use]
    pub fn is_confidential(self) -> bool {
        self == ClientKind::Web
    }
}

/// The rules for a client (docs/spec/login.md#client-modes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientMode {
    /// Those of Login with Amazon, which shipped clients need.
    #[default]
    Lwa,
    /// Those of RFC 9700.
    Strict,
}

impl ClientMode {
    /// Every mode.
    pub const ALL: [ClientMode; 2] = [ClientMode::Lwa, ClientMode::Strict];

    /// The name in the seed file and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ClientMode::Lwa => "lwa",
            ClientMode::Strict => "strict",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

/// Whether a client may sign customers in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ClientState {
    /// It may.
    #[default]
    Enabled,
    /// It may not until it is enabled again.
    Disabled,
    /// It never may again.
    Removed,
}

impl ClientState {
    const ALL: [ClientState; 3] = [ClientState::Enabled, ClientState::Disabled, ClientState::Removed];

    /// The name in the store and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ClientState::Enabled => "enabled",
            ClientState::Disabled => "disabled",
            ClientState::Removed => "removed",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What decides whether a client's tokens are accepted, besides the rows that each token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ClientAccess {
    /// Whether it may sign customers in, and its tokens are accepted.
    pub state: ClientState,
    /// How often its tokens were revoked. Codes and tokens carry the generation of their issue and are accepted in no
    /// other. So no clock is needed, and no revoked token becomes valid again.
    pub generation: u32,
}

impl ClientAccess {
    /// Whether codes and tokens of a generation are accepted.
    #[must_use]
    pub fn accepts_generation(self, generation: u32) -> bool {
        self.state == ClientState::Enabled && self.generation == generation
    }

    /// The access after a revocation of all tokens.
    #[must_use]
    pub fn with_tokens_revoked(self, state: ClientState) -> Self {
        Self { state, generation: self.generation + 1 }
    }
}

/// A security profile, to which customers consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `amzn1.application.<32 hex>`.
    pub id: ProfileId,
    /// The profile's maker.
    pub maker: MakerId,
    /// Name, displayed at consent.
    pub name: String,
    /// The maker's privacy notice, linked at consent.
    pub privacy_url: Option<String>,
}

/// A client of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// `amzn1.application-oa2-client.<32 hex>`.
    pub id: ClientId,
    /// The client's profile.
    pub profile: ProfileId,
    /// The profile's maker.
    pub maker: MakerId,
    /// Its kind.
    pub kind: ClientKind,
    /// SHA-256 of its secret; `None` for public clients.
    pub secret_hash: Option<[u8; 32]>,
    /// The registered redirect URIs.
    pub redirect_uris: Vec<String>,
    /// The client's mode.
    pub mode: ClientMode,
    /// SHA-256 of the previous secret, while both are accepted.
    pub former_secret_hash: Option<[u8; 32]>,
    /// Whether it may sign customers in, and its generation.
    pub access: ClientAccess,
}

/// The hash under which a secret of at least 160 random bits is stored.
#[must_use]
pub fn hash_secret(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Client {
    /// Whether it is strict (RFC 9700).
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.mode == ClientMode::Strict
    }

    /// Whether its authorization requests must have a PKCE challenge: if no secret authenticates the exchange, and
    /// always if the client is strict.
    #[must_use]
    pub fn requires_pkce(&self) -> bool {
        self.is_strict() || !self.kind.is_confidential()
    }

    /// Whether it may sign customers in.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.access.state == ClientState::Enabled
    }

    /// Compares a presented secret with the stored hashes, in constant time. It hashes also where there is nothing to
    /// compare with, so that the time does not reveal public clients.
    #[must_use]
    pub fn verify_secret(&self, presented: &str) -> bool {
        let presented = hash_secret(presented);
        let [present, former] = [self.secret_hash, self.former_secret_hash]
            .map(|stored| bool::from(stored.unwrap_or_default().ct_eq(&presented)) & stored.is_some());
        present | former
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn sample_client(secrets: [Option<&str>; 2]) -> Client {
        let [secret_hash, former_secret_hash] = secrets.map(|secret| secret.map(hash_secret));
        let id = Uuid::nil();
        Client {
            id: ClientId(id),
            profile: ProfileId(id),
            maker: MakerId(id),
            kind: ClientKind::Web,
            secret_hash,
            redirect_uris: Vec::new(),
            mode: ClientMode::Lwa,
            former_secret_hash,
            access: ClientAccess::default(),
        }
    }

    #[test]
    fn both_secrets_are_accepted_and_no_other() {
        for (secrets, accepted) in
            [([None, None], &[][..]), ([Some("new"), None], &["new"]), ([Some("new"), Some("old")], &["new", "old"])]
        {
            let found: Vec<_> =
                ["new", "old", "", "x"].into_iter().filter(|s| sample_client(secrets).verify_secret(s)).collect();
            assert_eq!(found, accepted);
        }
    }

    #[test]
    fn ended_tokens_stay_ended_when_a_client_is_enabled_again() {
        let first = ClientAccess::default();
        let disabled = first.with_tokens_revoked(ClientState::Disabled);
        let enabled = ClientAccess { state: ClientState::Enabled, ..disabled };
        assert!(first.accepts_generation(0) && !disabled.accepts_generation(0) && !disabled.accepts_generation(1));
        assert!(!enabled.accepts_generation(0) && enabled.accepts_generation(1));
        assert_eq!(ClientState::parse("removed"), Some(ClientState::Removed));
    }
}
