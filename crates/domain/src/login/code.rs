//! Authorization codes (docs/spec/login.md#authorization-codes): 20 characters that begin with `AN`, valid once, for
//! five minutes.
//!
//! Not here: the tokens that a code is exchanged for. Invariant: a code is stored only as its hash.

use super::pkce::Challenge;
use super::scope::Scopes;
use crate::device::DeviceRef;
use crate::id::{ClientId, CustomerId};
use crate::profile::hash_secret;
use crate::time::{Span, Time};
use crate::token::TokenGenerations;

/// How long a code is valid before its exchange.
pub const CODE_LIFETIME: Span = Span::from_mins(5);
/// The number of random bytes that [`generate`] takes. There are enough that usable ones do not run out.
pub const RANDOM_BYTES: usize = 64;

/// Generates a code: `AN` and 18 of 62 characters, 107 bits.
#[must_use]
pub fn generate(random: &[u8; RANDOM_BYTES]) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // Bytes from 248 on would favour the first letters. 64 bytes contain 18 below that with practical certainty. The
    // chained rest keeps the length fixed even otherwise.
    let fair = random.iter().filter(|b| **b < 248).chain(random.iter());
    let letters = fair.take(18).map(|b| char::from(ALPHABET[usize::from(*b) % 62]));
    format!("AN{}", letters.collect::<String>())
}

/// The hash under which a code is stored.
#[must_use]
pub fn hash_code(code: &str) -> [u8; 32] {
    hash_secret(code)
}

/// An issued code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// The registration that it is for, and its shard.
    pub device: Option<DeviceRef>,
    /// The customer who granted it.
    pub customer: CustomerId,
    /// The client to which it was issued.
    pub client: ClientId,
    /// The redirect URI to which it was sent. A `redirect_uri` in the exchange must be equal.
    pub redirect_uri: String,
    /// The PKCE challenge.
    pub challenge: Option<Challenge>,
    /// The granted scopes.
    pub scopes: Scopes,
    /// The family of its tokens.
    pub family: u64,
    /// The generations of its tokens.
    pub generations: TokenGenerations,
    /// When it expires.
    pub expires_at: Time,
    /// When it was used.
    pub used_at: Option<Time>,
}

/// What an authenticated client presents in a code exchange.
#[derive(Clone, Copy, Debug)]
pub struct CodeRedemption<'a> {
    /// The client.
    pub client: ClientId,
    /// Whether it authenticated with a secret.
    pub authenticated_by_secret: bool,
    /// Whether it is strict. Then it must prove the code by S256 and send the redirect URI, whatever rules the code was
    /// issued under.
    pub strict: bool,
    /// Whether the code's redirect URI is still one of the client's.
    pub redirect_uri_registered: bool,
    /// `redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub verifier: Option<&'a str>,
}

/// The parameter for which an exchange is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// The code itself: unknown, another client's, expired, used, or issued under rules that no longer apply to the
    /// client.
    Code,
    /// The redirect URI: not the one of the request, or no longer one of the client's.
    RedirectUri,
    /// The PKCE verifier: wrong, missing, or sent without a challenge.
    CodeVerifier,
}

impl GrantError {
    /// The parameter's name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            GrantError::Code => "code",
            GrantError::RedirectUri => "redirect_uri",
            GrantError::CodeVerifier => "code_verifier",
        }
    }
}

/// The outcome of a code exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedemptionOutcome {
    /// Tokens are issued and the code is used.
    Accepted,
    /// Refused without further effect: unknown to this client, expired, or its redirect URI is no longer registered.
    Refused(GrantError),
    /// Refused, and the code is used: the right client failed the proof, and no second guess is allowed.
    Invalidated(GrantError),
    /// Refused, and the tokens of the first use are revoked.
    Replayed,
}

impl AuthorizationCode {
    /// Decides the outcome. The order of checks is specified (docs/spec/login.md#token-errors).
    #[must_use]
    pub fn check_redemption(&self, with: CodeRedemption<'_>, now: Time) -> RedemptionOutcome {
        let loose = matches!(self.challenge, None | Some(Challenge::Plain(_)));
        let proven = match (&self.challenge, with.verifier) {
            (Some(challenge), Some(verifier)) => challenge.verify(verifier),
            (Some(_), None) | (None, Some(_)) => false,
            (None, None) => true,
        };
        let redirect = match with.redirect_uri {
            Some(uri) => uri == self.redirect_uri,
            None => with.authenticated_by_secret && !with.strict,
        };
        if self.client != with.client {
            RedemptionOutcome::Refused(GrantError::Code)
        } else if self.used_at.is_some() {
            RedemptionOutcome::Replayed
        } else if now >= self.expires_at {
            RedemptionOutcome::Refused(GrantError::Code)
        } else if !with.redirect_uri_registered {
            RedemptionOutcome::Refused(GrantError::RedirectUri)
        } else if !redirect {
            RedemptionOutcome::Invalidated(GrantError::RedirectUri)
        } else if with.strict && loose {
            RedemptionOutcome::Invalidated(GrantError::Code)
        } else if !proven {
            RedemptionOutcome::Invalidated(GrantError::CodeVerifier)
        } else {
            RedemptionOutcome::Accepted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn sample_code() -> AuthorizationCode {
        AuthorizationCode {
            hash: hash_code("AN"),
            device: None,
            customer: CustomerId(Uuid::nil()),
            client: ClientId(Uuid::from_u128(1)),
            redirect_uri: "https://a/".into(),
            challenge: None,
            scopes: Scopes::from_bits(1),
            family: 1,
            generations: TokenGenerations::default(),
            expires_at: Time::from_secs(300),
            used_at: None,
        }
    }

    fn web_redemption(client: u128) -> CodeRedemption<'static> {
        let client = ClientId(Uuid::from_u128(client));
        CodeRedemption {
            client,
            authenticated_by_secret: true,
            strict: false,
            redirect_uri_registered: true,
            redirect_uri: None,
            verifier: None,
        }
    }

    #[test]
    fn codes_have_twenty_characters_and_begin_with_an() {
        let code = generate(&std::array::from_fn(|n| u8::try_from(n * 4).unwrap()));
        assert_eq!(code.len(), 20);
        assert!(code.starts_with("AN") && code.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(generate(&[255; RANDOM_BYTES]).len(), 20);
    }

    #[test]
    fn a_code_is_presented() {
        let verifier = "a".repeat(43);
        let now = Time::from_secs(10);
        let challenged = AuthorizationCode { challenge: Some(Challenge::Plain(verifier.clone())), ..sample_code() };
        let spent = AuthorizationCode { used_at: Some(now), ..sample_code() };
        let with = |redirect_uri, verifier| CodeRedemption { redirect_uri, verifier, ..web_redemption(1) };
        for (name, code, presented, at, outcome) in [
            ("plainly", sample_code(), web_redemption(1), now, RedemptionOutcome::Accepted),
            ("with its redirect", sample_code(), with(Some("https://a/"), None), now, RedemptionOutcome::Accepted),
            (
                "with another redirect",
                sample_code(),
                with(Some("https://a"), None),
                now,
                RedemptionOutcome::Invalidated(GrantError::RedirectUri),
            ),
            (
                "by a public client without redirect",
                sample_code(),
                CodeRedemption { authenticated_by_secret: false, ..web_redemption(1) },
                now,
                RedemptionOutcome::Invalidated(GrantError::RedirectUri),
            ),
            (
                "when its redirect was taken from the client",
                sample_code(),
                CodeRedemption {
                    redirect_uri_registered: false,
                    redirect_uri: Some("https://b/"),
                    ..web_redemption(1)
                },
                now,
                RedemptionOutcome::Refused(GrantError::RedirectUri),
            ),
            (
                "twice, when its redirect was taken from the client",
                spent.clone(),
                CodeRedemption { redirect_uri_registered: false, ..web_redemption(1) },
                now,
                RedemptionOutcome::Replayed,
            ),
            (
                "with another redirect and no verifier",
                challenged.clone(),
                with(Some("https://b/"), None),
                now,
                RedemptionOutcome::Invalidated(GrantError::RedirectUri),
            ),
            ("by another client", sample_code(), web_redemption(2), now, RedemptionOutcome::Refused(GrantError::Code)),
            (
                "too late",
                sample_code(),
                web_redemption(1),
                Time::from_secs(300),
                RedemptionOutcome::Refused(GrantError::Code),
            ),
            ("twice", spent.clone(), web_redemption(1), now, RedemptionOutcome::Replayed),
            ("twice, by another client", spent, web_redemption(2), now, RedemptionOutcome::Refused(GrantError::Code)),
            (
                "with its verifier",
                challenged.clone(),
                with(None, Some(verifier.as_str())),
                now,
                RedemptionOutcome::Accepted,
            ),
            (
                "without its verifier",
                challenged,
                web_redemption(1),
                now,
                RedemptionOutcome::Invalidated(GrantError::CodeVerifier),
            ),
            (
                "with a verifier nobody asked for",
                sample_code(),
                with(None, Some(verifier.as_str())),
                now,
                RedemptionOutcome::Invalidated(GrantError::CodeVerifier),
            ),
        ] {
            assert_eq!(code.check_redemption(presented, at), outcome, "{name}");
        }
    }

    #[test]
    fn a_strict_client_proves_whatever_its_code_was_issued_under() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let digest = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let now = Time::from_secs(10);
        let s256 = || Some(Challenge::S256(digest.into()));
        for (challenge, redirect_uri, verifier, outcome) in [
            (s256(), Some("https://a/"), Some(verifier), RedemptionOutcome::Accepted),
            (s256(), None, Some(verifier), RedemptionOutcome::Invalidated(GrantError::RedirectUri)),
            (s256(), Some("https://a"), Some(verifier), RedemptionOutcome::Invalidated(GrantError::RedirectUri)),
            (s256(), Some("https://a/"), None, RedemptionOutcome::Invalidated(GrantError::CodeVerifier)),
            (
                Some(Challenge::Plain(verifier.into())),
                Some("https://a/"),
                Some(verifier),
                RedemptionOutcome::Invalidated(GrantError::Code),
            ),
            (None, Some("https://a/"), None, RedemptionOutcome::Invalidated(GrantError::Code)),
            (None, Some("https://a/"), Some(verifier), RedemptionOutcome::Invalidated(GrantError::Code)),
        ] {
            let presented = CodeRedemption { strict: true, redirect_uri, verifier, ..web_redemption(1) };
            let code = AuthorizationCode { challenge: challenge.clone(), ..sample_code() };
            assert_eq!(code.check_redemption(presented, now), outcome, "{challenge:?} {presented:?}");
        }
    }
}
