//! Sealing: what the store keeps so that the master key alone opens it.
//!
//! What it is: AES-256-GCM with a random nonce, under a key derived from the master key. What it is not: a decision about what
//! is sealed. Invariant: what is sealed for one purpose and owner opens for no other.

use crate::{Error, Result};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use opendrs_domain::token::derive_key;

/// What is sealed; each purpose has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Private keys that sign notifications.
    SigningKeys,
    /// User names, passwords and queries in the addresses of receivers.
    Receivers,
    /// Keys that were derived from an earlier master key.
    KeptKeys,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::SigningKeys => "signing keys",
            Purpose::Receivers => "receivers",
            Purpose::KeptKeys => "kept keys",
        }
    }
}

/// Seals and opens for one purpose.
#[derive(Clone, Copy)]
pub(crate) struct Sealer {
    key: [u8; 32],
    purpose: Purpose,
}

impl Sealer {
    pub(crate) fn new(master: &[u8; 32], purpose: Purpose) -> Self {
        Self { key: derive_key(master, purpose.as_str(), 0), purpose }
    }

    fn cipher(&self) -> Result<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.key).map_err(|_| Error::Internal("sealing key".into()))
    }

    /// Seals a text for an owner: a nonce, the encrypted text, and a code that proves both and the owner.
    pub(crate) fn seal(&self, owner: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let nonce = self.cipher()?.seal_in_place_append_tag(Aad::from(owner), &mut sealed);
        let nonce = nonce.map_err(|_| Error::Internal("sealing failed".into()))?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for the same owner.
    ///
    /// # Errors
    /// [`Error::Internal`] if it was sealed with another master key, for another purpose or owner, or altered.
    pub(crate) fn open(&self, owner: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let purpose = self.purpose.as_str();
        let broken = || {
            Error::Internal(format!(
                "what the store keeps sealed of {purpose} cannot be opened: it was sealed with another master key, or altered"
            ))
        };
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut text = text.to_vec();
        let plain = self.cipher()?.open_in_place(nonce, Aad::from(owner), &mut text).map_err(|_| broken())?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_master_key_purpose_and_owner_alone() {
        let sealer = Sealer::new(&[7; 32], Purpose::Receivers);
        let sealed = sealer.seal(b"arn", b"user:password").unwrap();
        assert_eq!(sealer.open(b"arn", &sealed).unwrap(), b"user:password");
        assert!(!sealed.windows(8).any(|part| part == b"password"));
        assert_ne!(sealed, sealer.seal(b"arn", b"user:password").unwrap(), "no nonce is used twice");
        let mut altered = sealed.clone();
        altered[NONCE_LEN] ^= 1;
        for (other, owner, text) in [
            (Sealer::new(&[8; 32], Purpose::Receivers), &b"arn"[..], &sealed),
            (Sealer::new(&[7; 32], Purpose::KeptKeys), b"arn", &sealed),
            (sealer, b"other", &sealed),
            (sealer, b"arn", &altered),
            (sealer, b"arn", &sealed[..9].to_vec()),
        ] {
            assert!(matches!(other.open(owner, text), Err(Error::Internal(_))));
        }
    }
}
