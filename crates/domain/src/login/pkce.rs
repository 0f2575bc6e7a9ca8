//! PKCE, proof key for code exchange: RFC 7636, with `plain` as the default method (docs/spec/login.md#pkce).
//!
//! Invariant: a challenge and a verifier are compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A challenge of an authorization request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// base64url(SHA-256(verifier)), without padding.
    S256(String),
}

fn is_valid_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method`.
    ///
    /// # Errors
    /// A sentence for the developer of the client.
    pub fn parse(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, &'static str> {
        let Some(text) = challenge else {
            return match method {
                None => Ok(None),
                Some(_) => Err("code_challenge_method was sent without code_challenge"),
            };
        };
        match method.unwrap_or("plain") {
            "S256" if text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok() => {
                Ok(Some(Challenge::S256(text.to_owned())))
            }
            "S256" => Err("code_challenge is not the unpadded base64url of a SHA-256 digest (43 characters)"),
            "plain" if is_valid_verifier(text) => Ok(Some(Challenge::Plain(text.to_owned()))),
            "plain" => Err("code_challenge must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~"),
            _ => Err("code_challenge_method must be S256 or plain"),
        }
    }

    /// Whether the verifier matches the challenge, compared in constant time.
    #[must_use]
    pub fn verify(&self, verifier: &str) -> bool {
        if !is_valid_verifier(verifier) {
            return false;
        }
        match self {
            Challenge::Plain(text) => text.as_bytes().ct_eq(verifier.as_bytes()).into(),
            Challenge::S256(text) => {
                text.as_bytes().ct_eq(URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)).as_bytes()).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const S256: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_published_vector() {
        let challenge = Challenge::parse(Some(S256), Some("S256")).unwrap().unwrap();
        assert!(challenge.verify(VERIFIER));
        assert!(!challenge.verify(S256), "the challenge is not its own verifier");
    }

    #[test]
    fn plain_is_the_default() {
        let challenge = Challenge::parse(Some(VERIFIER), None).unwrap().unwrap();
        assert_eq!(challenge, Challenge::Plain(VERIFIER.into()));
        assert!(challenge.verify(VERIFIER) && !challenge.verify(&VERIFIER.replace('d', "e")));
    }

    #[test]
    fn lengths_characters_and_methods_are_checked() {
        let short = "a".repeat(42);
        let long = "a".repeat(129);
        for (challenge, method) in [
            (Some(short.as_str()), None),
            (Some(long.as_str()), Some("plain")),
            (Some(VERIFIER), Some("s256")),
            (Some(VERIFIER), Some("S512")),
            (Some(short.as_str()), Some("S256")),
            (None, Some("S256")),
        ] {
            assert!(Challenge::parse(challenge, method).is_err(), "{challenge:?} {method:?}");
        }
        assert!(!Challenge::Plain(short.clone()).verify(&short), "a short verifier never fits");
        assert_eq!(Challenge::parse(None, None), Ok(None));
    }
}
