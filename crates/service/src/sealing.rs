//! Sealing: encryption of the secrets in the store, with keys derived from the master key.
//!
//! What it is: AES-256-GCM; a sealed value is a random nonce, the ciphertext and its tag. What it is not: it does not
//! know where a value is stored. Invariant: each purpose has its own key, and a value that was sealed for one place
//! opens at no other place of its purpose.

use crate::{Error, Result};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use opendrs_domain::token::derive_key;

/// The kinds of sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealingPurpose {
    /// The private keys that sign notifications. Their place is empty, because the certificate identifies the key.
    SigningKeys,
    /// Receivers' endpoints; the place is the receiver's id.
    Endpoints,
    /// Keys that were carried over from an earlier master key; the place is their purpose and number.
    DerivedKeys,
    /// What a browser keeps of a federated sign-in; the place is its step.
    FederatedSignIn,
}

impl SealingPurpose {
    fn name(self) -> &'static str {
        match self {
            Self::SigningKeys => "signing keys",
            Self::Endpoints => "topic endpoints",
            Self::DerivedKeys => "derived keys",
            Self::FederatedSignIn => "federated sign-in",
        }
    }
}

/// The key of a purpose.
#[derive(Clone, Copy)]
pub(crate) struct Sealer([u8; 32]);

impl Sealer {
    /// Derives the key of a purpose from the master key.
    pub(crate) fn derive(master: &[u8; 32], purpose: SealingPurpose) -> Self {
        Self(derive_key(master, purpose.name(), 0))
    }

    fn cipher(&self) -> Option<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0).ok()
    }

    /// Seals a value for a place.
    ///
    /// # Errors
    /// [`Error::Internal`] where the system has no randomness.
    pub(crate) fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let mut text = plain.to_vec();
        let nonce = self.cipher().and_then(|cipher| cipher.seal_in_place_append_tag(Aad::from(place), &mut text).ok());
        let nonce = nonce.ok_or_else(|| Error::Internal("sealing failed".into()))?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    /// Opens a value that was sealed for a place; `None` if it was sealed with another key, for another place, or was
    /// altered.
    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let plain = self.cipher()?.open_in_place(nonce, Aad::from(place), &mut text).ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_at_its_place_alone() {
        let sealer = Sealer::derive(&[7; 32], SealingPurpose::Endpoints);
        let sealed = sealer.seal(b"here", b"https://a:b@c").unwrap();
        assert_eq!(sealer.open(b"here", &sealed).as_deref(), Some(b"https://a:b@c".as_slice()));
        assert_ne!(sealer.seal(b"here", b"https://a:b@c").unwrap(), sealed, "each nonce is another");
        let others = [
            Sealer::derive(&[8; 32], SealingPurpose::Endpoints),
            Sealer::derive(&[7; 32], SealingPurpose::SigningKeys),
        ];
        assert!(others.iter().all(|other| other.open(b"here", &sealed).is_none()));
        assert_eq!(sealer.open(b"there", &sealed), None);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(sealer.open(b"here", &altered), None, "byte {at}");
            assert_eq!(sealer.open(b"here", &sealed[..at]), None, "cut at {at}");
        }
    }
}
