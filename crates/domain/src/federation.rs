//! Federated sign-in: a customer signs in at an OpenID provider (OpenID Connect Core 1.0), the brand's shop for instance.
//!
//! What it is: the rules for what a provider publishes, for its answer to the browser, and for its ID tokens. What it is
//! not: requests, signatures and accounts. Invariant: everything from a provider is checked against the sign-in that
//! this installation began, and a refusal names no person.

mod answer;
mod claims;
mod provider;

pub use answer::{AnswerParams, FederationFlow};
pub use claims::{ExpectedToken, IdTokenClaims, ProfileClaims, SignatureAlgorithm, TokenRefusal, UserInfo};
pub use provider::{AuthorizationUrl, ClientAuthentication, ProviderMetadata, discovery_url, is_provider_url};

use crate::text::Email;
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// How long a customer may take at the provider.
pub const FLOW_LIFETIME: Span = Span::from_mins(10);
/// How long a customer may take to create an account, or to link one, after the provider's answer.
pub const PENDING_LIFETIME: Span = Span::from_mins(30);

/// Who somebody is at a provider. The pair never changes and is never given to another person (OpenID Connect Core, 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderIdentity {
    /// The provider's issuer.
    pub issuer: String,
    /// The subject: the provider's id of the person.
    pub subject: String,
}

/// An identity that a provider proved, and that belongs to no customer yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingIdentity {
    /// The identity.
    pub identity: ProviderIdentity,
    /// The verified mail address.
    pub email: Email,
    /// The name; empty if the provider gave none.
    pub name: String,
    /// The page at which the browser continues: a path of this server.
    pub return_to: String,
    /// When the provider's answer arrived.
    pub proved_at: Time,
}

impl PendingIdentity {
    /// Whether it is still accepted.
    #[must_use]
    pub fn is_valid_at(&self, now: Time) -> bool {
        now < self.proved_at + PENDING_LIFETIME
    }

    /// Whether a session began after the provider's answer, so that the customer signed in for the sake of the link.
    #[must_use]
    pub fn is_before(&self, session_created_at: Time) -> bool {
        session_created_at >= self.proved_at
    }
}

/// Why a federated sign-in was refused, for the log. No variant names a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FederationRefusal {
    /// No provider is set.
    #[error("no provider is set")]
    NotConfigured,
    /// The customer cancelled at the provider.
    #[error("cancelled at the provider")]
    Cancelled,
    /// The answer belongs to another browser or another sign-in, came twice, or came too late.
    #[error("the state belongs to no sign-in of this browser, or that sign-in is over")]
    UnknownState,
    /// The answer has a repeated parameter, or no code.
    #[error("the provider's answer is malformed")]
    Malformed,
    /// The answer is of another provider (RFC 9207).
    #[error("the answer is of another issuer")]
    OtherIssuer,
    /// The provider answered with an error: its code, if it is a known one.
    #[error("the provider answered with the error {0}")]
    ProviderError(&'static str),
    /// The provider did not answer, or not as it should; the reason.
    #[error("the provider is not usable: {0}")]
    Unusable(String),
    /// The ID token is not acceptable.
    #[error("the ID token is refused: {0}")]
    Token(#[from] TokenRefusal),
    /// The provider gives no mail address that it verified.
    #[error("the provider gave no verified mail address")]
    NoVerifiedEmail,
}

impl FederationRefusal {
    /// Whether the answer or its token was made or changed by somebody else than the provider.
    #[must_use]
    pub fn is_forgery(&self) -> bool {
        matches!(self, FederationRefusal::Malformed | FederationRefusal::OtherIssuer | FederationRefusal::Token(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_identity_ends_and_needs_a_later_session() {
        let at = Time::from_secs(1_700_000_000);
        let pending = PendingIdentity {
            identity: ProviderIdentity { issuer: "https://id.example".into(), subject: "7".into() },
            email: Email::parse("ann@example.com").unwrap(),
            name: String::new(),
            return_to: "/settings".into(),
            proved_at: at,
        };
        assert!(pending.is_valid_at(at) && pending.is_valid_at(at + PENDING_LIFETIME - Span::from_secs(1)));
        assert!(!pending.is_valid_at(at + PENDING_LIFETIME));
        assert!(pending.is_before(at) && !pending.is_before(at - Span::from_secs(1)));
    }
}
