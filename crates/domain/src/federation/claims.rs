//! The claims of ID tokens: what must be true before one is believed (OpenID Connect Core, 3.1.3.7).
//!
//! Not here: the signature, which the caller has checked. Invariant: a token is believed for one client, one provider,
//! one sign-in and a short time.

use crate::text::Email;
use crate::time::Time;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

/// How far the provider's clock may differ, in seconds.
const CLOCK_TOLERANCE_SECS: f64 = 60.0;
/// How long ago a token may have been made, in seconds. It comes directly from the provider.
const MAX_AGE_SECS: f64 = 3600.0;
/// The longest subject (OpenID Connect Core, 2), in bytes.
const MAX_SUBJECT_BYTES: usize = 255;
/// The longest name that is proposed for an account, in characters.
const MAX_NAME_CHARS: usize = 120;

/// An algorithm that an ID token may be signed with. `none` and those with a shared key are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSA with PKCS #1 padding and SHA-256.
    Rs256,
    /// RSA with PSS padding and SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// Why an ID token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// It is no signed token, or a claim is missing or has a wrong type.
    #[error("it cannot be read")]
    Unreadable,
    /// It is signed with no algorithm, a shared key, or an algorithm that is not used here.
    #[error("its algorithm is not allowed")]
    Algorithm,
    /// The provider publishes no such key.
    #[error("its key is unknown")]
    UnknownKey,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// It is of another provider.
    #[error("it is of another issuer")]
    Issuer,
    /// It is for another client.
    #[error("it is for another client")]
    Audience,
    /// It expired, or was made too long ago or in the future.
    #[error("it is not valid at this time")]
    Time,
    /// It belongs to another sign-in.
    #[error("it belongs to another sign-in")]
    Nonce,
    /// It belongs to another access token.
    #[error("it belongs to another access token")]
    AccessToken,
    /// The subject is empty or too long, or that of the user information is another.
    #[error("its subject is wrong")]
    Subject,
}

/// One audience or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// A truth value, which some providers write as a text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Flag {
    Plain(bool),
    Text(String),
}

/// What a provider tells about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ProfileClaims {
    email: Option<String>,
    email_verified: Option<Flag>,
    name: Option<String>,
}

impl ProfileClaims {
    /// The mail address, if the provider verified it.
    #[must_use]
    pub fn verified_email(&self) -> Option<Email> {
        let is_verified = match &self.email_verified {
            Some(Flag::Plain(is_verified)) => *is_verified,
            Some(Flag::Text(text)) => text == "true",
            None => false,
        };
        self.email.as_deref().filter(|_| is_verified).and_then(|email| Email::parse(email).ok())
    }

    /// Whether there is a mail address, verified or not.
    #[must_use]
    pub fn has_email(&self) -> bool {
        self.email.is_some()
    }

    /// The name as a proposal for an account: one line, or empty.
    #[must_use]
    pub fn proposed_name(&self) -> String {
        let words: Vec<_> = self.name.as_deref().unwrap_or_default().split_whitespace().collect();
        words.join(" ").chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect()
    }
}

/// The answer of a provider's UserInfo endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UserInfo {
    sub: String,
    #[serde(flatten)]
    profile: ProfileClaims,
}

impl UserInfo {
    /// What it tells about the subject of an ID token.
    ///
    /// # Errors
    /// [`TokenRefusal::Subject`] if it is about another person (OpenID Connect Core, 5.3.2).
    pub fn about(self, subject: &str) -> Result<ProfileClaims, TokenRefusal> {
        if self.sub == subject { Ok(self.profile) } else { Err(TokenRefusal::Subject) }
    }
}

/// The claims of an ID token. Times are seconds since 1970, and may have fractions.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IdTokenClaims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
    #[serde(flatten)]
    profile: ProfileClaims,
}

/// What an ID token must fit.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedToken<'a> {
    /// The provider's issuer.
    pub issuer: &'a str,
    /// The id of this installation at the provider.
    pub client_id: &'a str,
    /// The nonce of the sign-in.
    pub nonce: &'a str,
    /// The access token that came with it, if one did.
    pub access_token: Option<&'a str>,
    /// With what it was signed.
    pub algorithm: SignatureAlgorithm,
    /// The present time.
    pub now: Time,
}

impl IdTokenClaims {
    /// Checks the claims.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn check(&self, expected: &ExpectedToken<'_>) -> Result<(), TokenRefusal> {
        if self.iss != expected.issuer {
            return Err(TokenRefusal::Issuer);
        }
        self.check_audience(expected.client_id)?;
        self.check_time(expected.now)?;
        let nonce = self.nonce.as_deref().unwrap_or_default();
        if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
            return Err(TokenRefusal::Nonce);
        }
        if let (Some(found), Some(token)) = (&self.at_hash, expected.access_token)
            && *found != hash_access_token(token, expected.algorithm)
        {
            return Err(TokenRefusal::AccessToken);
        }
        if self.sub.is_empty() || self.sub.len() > MAX_SUBJECT_BYTES {
            return Err(TokenRefusal::Subject);
        }
        Ok(())
    }

    /// The token is for this client. One for several clients names the client that requested it.
    fn check_audience(&self, client_id: &str) -> Result<(), TokenRefusal> {
        let (is_for_client, are_several) = match &self.aud {
            Audience::One(one) => (one == client_id, false),
            Audience::Many(all) => (all.iter().any(|one| one == client_id), all.len() > 1),
        };
        let is_requested = match &self.azp {
            Some(requester) => requester == client_id,
            None => !are_several,
        };
        if is_for_client && is_requested { Ok(()) } else { Err(TokenRefusal::Audience) }
    }

    fn check_time(&self, now: Time) -> Result<(), TokenRefusal> {
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit into the digits of a float")]
        let now = now.as_secs() as f64;
        let is_current = self.exp > now - CLOCK_TOLERANCE_SECS
            && self.iat <= now + CLOCK_TOLERANCE_SECS
            && self.iat >= now - MAX_AGE_SECS
            && self.nbf.is_none_or(|from| from <= now + CLOCK_TOLERANCE_SECS);
        if is_current { Ok(()) } else { Err(TokenRefusal::Time) }
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.sub
    }

    /// What the token tells about the person.
    #[must_use]
    pub fn profile(&self) -> &ProfileClaims {
        &self.profile
    }
}

/// The left half of the token's hash, with the hash function of the signature (OpenID Connect Core, 3.1.3.6).
fn hash_access_token(token: &str, algorithm: SignatureAlgorithm) -> String {
    match algorithm {
        SignatureAlgorithm::Rs256 | SignatureAlgorithm::Ps256 | SignatureAlgorithm::Es256 => {
            URL_SAFE_NO_PAD.encode(&Sha256::digest(token)[..16])
        }
        SignatureAlgorithm::EdDsa => URL_SAFE_NO_PAD.encode(&Sha512::digest(token)[..32]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_700_000_000;

    /// A good token with some claims changed; `null` removes one.
    fn claims(changes: &Value) -> IdTokenClaims {
        let mut all = json!({
            "iss": "https://id.example", "sub": "7", "aud": "drs", "exp": NOW + 300, "iat": NOW, "nonce": "n-1",
        });
        for (name, value) in changes.as_object().unwrap() {
            all[name] = value.clone();
        }
        all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        serde_json::from_value(all).unwrap()
    }

    fn expected() -> ExpectedToken<'static> {
        ExpectedToken {
            issuer: "https://id.example",
            client_id: "drs",
            nonce: "n-1",
            access_token: Some("token"),
            algorithm: SignatureAlgorithm::Es256,
            now: Time::from_secs(NOW),
        }
    }

    #[test]
    fn a_token_is_for_one_client_one_provider_one_sign_in_and_a_short_time() {
        use TokenRefusal::{AccessToken, Audience, Issuer, Nonce, Subject, Time};
        let good = hash_access_token("token", SignatureAlgorithm::Es256);
        let cases = [
            (json!({}), Ok(())),
            (json!({ "iss": "https://id.example/" }), Err(Issuer)),
            (json!({ "iss": "https://evil.example" }), Err(Issuer)),
            (json!({ "aud": ["drs"] }), Ok(())),
            (json!({ "aud": "other" }), Err(Audience)),
            (json!({ "aud": [] }), Err(Audience)),
            (json!({ "aud": ["drs", "other"] }), Err(Audience)),
            (json!({ "aud": ["drs", "other"], "azp": "drs" }), Ok(())),
            (json!({ "aud": ["drs", "other"], "azp": "other" }), Err(Audience)),
            (json!({ "azp": "other" }), Err(Audience)),
            (json!({ "aud": "other", "azp": "drs" }), Err(Audience)),
            (json!({ "exp": NOW - 59 }), Ok(())),
            (json!({ "exp": NOW - 60 }), Err(Time)),
            (json!({ "exp": NOW as f64 + 0.5 }), Ok(())),
            (json!({ "iat": NOW + 60 }), Ok(())),
            (json!({ "iat": NOW + 61 }), Err(Time)),
            (json!({ "iat": NOW - 3601 }), Err(Time)),
            (json!({ "nbf": NOW + 61 }), Err(Time)),
            (json!({ "nbf": NOW }), Ok(())),
            (json!({ "nonce": "n-2" }), Err(Nonce)),
            (json!({ "nonce": null }), Err(Nonce)),
            (json!({ "at_hash": good }), Ok(())),
            (json!({ "at_hash": "x" }), Err(AccessToken)),
            (json!({ "sub": "" }), Err(Subject)),
            (json!({ "sub": "7".repeat(256) }), Err(Subject)),
        ];
        for (changes, outcome) in cases {
            assert_eq!(claims(&changes).check(&expected()), outcome, "{changes}");
        }
    }

    #[test]
    fn the_hash_of_an_access_token_is_that_of_the_signature() {
        // OpenID Connect Core, A.3 and A.4: the example's token.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(hash_access_token(token, SignatureAlgorithm::Rs256), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(hash_access_token(token, SignatureAlgorithm::EdDsa).len(), 43);
        // Without an access token there is nothing to compare.
        let without = ExpectedToken { access_token: None, ..expected() };
        assert_eq!(claims(&json!({ "at_hash": "x" })).check(&without), Ok(()));
    }

    #[test]
    fn only_a_verified_address_counts() {
        let email = |claims: Value| serde_json::from_value::<ProfileClaims>(claims).unwrap().verified_email();
        let ann = Email::parse("ann@example.com").ok();
        assert_eq!(email(json!({ "email": "Ann@Example.com", "email_verified": true })), ann);
        assert_eq!(email(json!({ "email": "ann@example.com", "email_verified": "true" })), ann);
        for claims in [
            json!({ "email": "ann@example.com" }),
            json!({ "email": "ann@example.com", "email_verified": false }),
            json!({ "email": "ann@example.com", "email_verified": "no" }),
            json!({ "email": "ann", "email_verified": true }),
            json!({ "email_verified": true }),
        ] {
            assert_eq!(email(claims.clone()), None, "{claims}");
        }
    }

    #[test]
    fn a_name_becomes_one_line() {
        let name = |name: &str| ProfileClaims { name: Some(name.into()), ..ProfileClaims::default() }.proposed_name();
        assert_eq!(name(" Ann\n\tExample\u{7} "), "Ann Example");
        assert_eq!(name(&"a".repeat(500)).len(), MAX_NAME_CHARS);
        assert_eq!(ProfileClaims::default().proposed_name(), "");
    }

    #[test]
    fn user_information_is_about_the_subject_of_the_token() {
        let info: UserInfo = serde_json::from_value(json!({ "sub": "7", "name": "Ann" })).unwrap();
        assert_eq!(info.clone().about("7").unwrap().proposed_name(), "Ann");
        assert_eq!(info.about("8"), Err(TokenRefusal::Subject));
    }
}
