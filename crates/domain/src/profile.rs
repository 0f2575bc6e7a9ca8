//! A security profile and its Login with Amazon clients.
//!
//! Not here: which redirect a client may use at a given moment ([`crate::login::redirect`]). Invariant: a public
//! client has no secret, a web client always has one, stored only as its hash (decisions 25).

use crate::id::{ClientId, MakerId, ProfileId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What kind of program a client is; it decides how the client proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// A web site or cloud: confidential, has a secret.
    Web,
    /// An Android app: public, must use PKCE.
    Android,
    /// An iOS app: public, must use PKCE.
    Ios,
    /// A device of its own: public, must use PKCE.
    Device,
}

impl ClientKind {
    /// Every kind.
    pub const ALL: [ClientKind; 4] = [ClientKind::Web, ClientKind::Android, ClientKind::Ios, ClientKind::Device];

    /// The word of the seed file and the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ClientKind::Web => "web",
            ClientKind::Android => "android",
            ClientKind::Ios => "ios",
            ClientKind::Device => "device",
        }
    }

    /// Reads the word.
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

/// By which rules a client lives (decisions 21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Those of Login with Amazon, which shipped clients need.
    #[default]
    Lwa,
    /// Those of RFC 9700.
    Strict,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 2] = [Mode::Lwa, Mode::Strict];

    /// The word of the seed file and the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Lwa => "lwa",
            Mode::Strict => "strict",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

/// A security profile: what the customer consents to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `amzn1.application.<32 hex>`.
    pub id: ProfileId,
    /// Whose it is.
    pub maker: MakerId,
    /// Name, shown at consent.
    pub name: String,
    /// The maker's privacy notice, linked at consent.
    pub privacy_url: Option<String>,
}

/// An LwA client of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// `amzn1.application-oa2-client.<32 hex>`.
    pub id: ClientId,
    /// The profile it belongs to.
    pub profile: ProfileId,
    /// The profile's maker.
    pub maker: MakerId,
    /// Its kind.
    pub kind: ClientKind,
    /// SHA-256 of its secret; `None` for public clients.
    pub secret_hash: Option<[u8; 32]>,
    /// Where answers may be sent.
    pub redirect_uris: Vec<String>,
    /// By which rules it lives.
    pub mode: Mode,
}

/// The hash under which a secret of at least 160 random bits is kept.
#[must_use]
pub fn hash_secret(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Client {
    /// Whether it lives by RFC 9700.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.mode == Mode::Strict
    }

    /// Whether its authorize requests must bring a proof key's challenge: where no secret proves who exchanges the code, and
    /// always where the client is strict.
    #[must_use]
    pub fn must_prove_codes(&self) -> bool {
        self.is_strict() || !self.kind.is_confidential()
    }

    /// Compares a presented secret with the stored hash, in constant time. Hashes also where there is nothing to
    /// compare with, so that public clients are not told apart by time.
    #[must_use]
    pub fn secret_is(&self, presented: &str) -> bool {
        let stored = self.secret_hash.unwrap_or_default();
        bool::from(stored.ct_eq(&hash_secret(presented))) && self.secret_hash.is_some()
    }
}
