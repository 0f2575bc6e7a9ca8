//! What a browser keeps of a federated sign-in: the values of its cookies.
//!
//! Invariant: only this installation reads or makes them, and one of one step does not open at another.

use crate::sealing::SealingPurpose;
use crate::{App, Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest value, in bytes. Browsers drop cookies of more than 4,096 bytes with their names.
const MAX_SEALED_BYTES: usize = 3900;

/// A step of the sign-in.
#[derive(Clone, Copy, Debug)]
pub(super) enum SealedStep {
    /// The browser is at the provider.
    AtProvider,
    /// The provider proved an identity that belongs to no customer yet.
    Pending,
}

impl SealedStep {
    fn place(self) -> &'static [u8] {
        match self {
            Self::AtProvider => b"at the provider",
            Self::Pending => b"pending",
        }
    }
}

/// Seals a value; `None` if it is too long for a cookie.
pub(super) fn seal(app: &App, step: SealedStep, value: &impl Serialize) -> Result<Option<String>> {
    let plain = serde_json::to_vec(value).map_err(|e| Error::Internal(e.to_string()))?;
    let sealer = app.keys.derived_keys().sealer(SealingPurpose::FederatedSignIn);
    let sealed = URL_SAFE_NO_PAD.encode(sealer.seal(step.place(), &plain)?);
    Ok(Some(sealed).filter(|sealed| sealed.len() <= MAX_SEALED_BYTES))
}

/// Opens a value; `None` if it is not authentic, or of another step.
pub(super) fn open<T: DeserializeOwned>(app: &App, step: SealedStep, sealed: &str) -> Option<T> {
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let plain = app.keys.derived_keys().sealer(SealingPurpose::FederatedSignIn).open(step.place(), &sealed)?;
    serde_json::from_slice(&plain).ok()
}
