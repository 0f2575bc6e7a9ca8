//! The operator's token, by which an operator's programs are authenticated.
//!
//! Invariant: only the hash of the token is stored, and a comparison takes the same time however much of a token
//! matches.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The shortest token, in bytes: a shorter one may be guessed.
const MIN_TOKEN_LEN: usize = 32;

/// The hash of the operator's token.
#[derive(Clone, Debug)]
pub struct OperatorToken([u8; 32]);

impl OperatorToken {
    /// Checks and hashes a token.
    ///
    /// # Errors
    /// A sentence that states what is wrong with the token, and does not contain it.
    pub fn new(token: &str) -> Result<Self, String> {
        let plain = token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.len() >= MIN_TOKEN_LEN && plain {
            Ok(Self(hash_token(token)))
        } else {
            Err(format!(
                "a token has {MIN_TOKEN_LEN} characters or more, without blanks: `opendrs keys operator` makes one"
            ))
        }
    }

    /// Whether this is the token.
    #[must_use]
    pub fn matches(&self, shown: &str) -> bool {
        hash_token(shown).ct_eq(&self.0).into()
    }
}

fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_known_again_and_no_other() {
        let token = "0123456789abcdef0123456789abcdef";
        let operator = OperatorToken::new(token).unwrap();
        assert!(operator.matches(token) && !format!("{operator:?}").contains(token));
        for other in ["", &token[1..], &format!("{token}0"), &token.to_uppercase()] {
            assert!(!operator.matches(other), "{other}");
        }
    }

    #[test]
    fn a_token_that_may_be_guessed_is_none() {
        for token in ["", "secret", &"a ".repeat(40), &"0".repeat(31)] {
            let why = OperatorToken::new(token).unwrap_err();
            assert!(why.contains("opendrs keys operator") && (token.is_empty() || !why.contains(token)), "{why}");
        }
    }
}
