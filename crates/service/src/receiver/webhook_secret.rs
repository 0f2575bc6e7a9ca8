//! The webhook secrets of a receiver, and the signatures they make.
//!
//! Invariant: a secret is derived from the master key and its number. It is not stored, unless it was made under an
//! earlier master key; then it is stored sealed.

use super::sns_endpoint::signed_by_sns_error;
use crate::{App, Error, Result};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_domain::id::ReceiverId;
use opendrs_domain::receiver::Receiver;
use opendrs_domain::time::Time;
use opendrs_domain::wire::webhook::{self, WebhookSecret};

/// A receiver's webhook secrets of a number: the shared secret, and the Ed25519 key pair.
fn derive_secret_pair(app: &App, receiver: &Receiver, number: i64) -> Result<(WebhookSecret, Ed25519KeyPair)> {
    let number = u32::try_from(number).unwrap_or_default();
    let [shared, seed] = secret_purposes(receiver.id).map(|purpose| app.keys.derive_key(&purpose, number));
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|e| Error::Internal(e.to_string()))?;
    Ok((shared.into(), pair))
}

/// The purposes for which a receiver's secrets are derived: the shared secret, and the seed of the Ed25519 key pair.
pub(crate) fn secret_purposes(receiver: ReceiverId) -> [String; 2] {
    [format!("webhook {receiver}"), format!("webhook ed25519 {receiver}")]
}

/// The secrets with which a receiver verifies the signatures of Standard Webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecrets {
    /// `whsec_...`: for HMAC-SHA256.
    pub secret: String,
    /// `whpk_...`: for Ed25519.
    pub public_key: String,
}

/// The secrets of a receiver that sign now, newest first.
///
/// # Errors
/// [`Error::InvalidCommand`] if the receiver has none; [`Error::Internal`].
pub fn list_webhook_secrets(app: &App, receiver: &Receiver) -> Result<Vec<WebhookSecrets>> {
    if receiver.sns_topic_arn().is_some() {
        return Err(signed_by_sns_error(receiver));
    }
    let written = |number| {
        let (secret, pair) = derive_secret_pair(app, receiver, number)?;
        let public_key = format!("whpk_{}", STANDARD.encode(pair.public_key()));
        Ok(WebhookSecrets { secret: secret.reveal(), public_key })
    };
    receiver.active_secret_numbers(app.now()).into_iter().map(written).collect()
}

/// The secrets of a receiver that sign now: both kinds, newest first.
pub(crate) struct WebhookSigner(Vec<(WebhookSecret, Ed25519KeyPair)>);

impl WebhookSigner {
    /// Derives the secrets. This costs more than a signature, so it is done once for many messages.
    pub(crate) fn new(app: &App, receiver: &Receiver) -> Result<Self> {
        let keys = receiver
            .active_secret_numbers(app.now())
            .into_iter()
            .map(|number| derive_secret_pair(app, receiver, number));
        Ok(Self(keys.collect::<Result<_>>()?))
    }

    /// The headers of Standard Webhooks 1.0 for a body that is sent at `at`: both kinds of signature, for each secret.
    pub(crate) fn sign_headers(&self, id: &str, at: Time, body: &[u8]) -> [(&'static str, String); 3] {
        let mut signatures = Vec::new();
        for (secret, pair) in &self.0 {
            signatures.push(secret.sign(id, at, body));
            let signed = pair.sign(&webhook::signed_content(id, &at.as_secs().to_string(), body));
            signatures.push(format!("v1a,{}", STANDARD.encode(signed)));
        }
        webhook::headers(id, at, &signatures)
    }
}
