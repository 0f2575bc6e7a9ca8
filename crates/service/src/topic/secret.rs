//! A topic's webhook secrets, and what they sign.
//!
//! Invariant: a secret is derived from the master key and its number. It is stored nowhere, unless it was carried over from
//! an earlier master key, and then sealed.

use super::signed_by_sns;
use crate::{App, Error, Result};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_domain::id::TopicId;
use opendrs_domain::time::Time;
use opendrs_domain::topic::Topic;
use opendrs_domain::wire::webhook::{self, Secret};

/// A topic's webhook secrets of a number: the shared one, and the pair of Ed25519.
fn webhook_secret(app: &App, topic: &Topic, number: i64) -> Result<(Secret, Ed25519KeyPair)> {
    let number = u32::try_from(number).unwrap_or_default();
    let [shared, seed] = secret_purposes(topic.id).map(|purpose| app.keys.derive(&purpose, number));
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|e| Error::Internal(e.to_string()))?;
    Ok((shared.into(), pair))
}

/// The purposes that a topic's secrets are derived for: the shared one, and the seed of the pair of Ed25519.
pub(crate) fn secret_purposes(topic: TopicId) -> [String; 2] {
    [format!("webhook {topic}"), format!("webhook ed25519 {topic}")]
}

/// What a receiver needs to verify Standard Webhooks signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// `whsec_...`: for HMAC-SHA256.
    pub secret: String,
    /// `whpk_...`: for Ed25519.
    pub public_key: String,
}

/// The secrets of a topic that sign now, newest first.
///
/// # Errors
/// [`Error::BadCommand`] if it has none; [`Error::Internal`].
pub fn secrets(app: &App, topic: &Topic) -> Result<Vec<Secrets>> {
    if topic.published_to().is_some() {
        return Err(signed_by_sns(topic));
    }
    let written = |number| {
        let (secret, pair) = webhook_secret(app, topic, number)?;
        let public_key = format!("whpk_{}", STANDARD.encode(pair.public_key()));
        Ok(Secrets { secret: secret.reveal(), public_key })
    };
    topic.secrets(app.now()).into_iter().map(written).collect()
}

/// The secrets of a topic that sign now: both kinds, newest first.
pub(crate) struct Webhook(Vec<(Secret, Ed25519KeyPair)>);

impl Webhook {
    /// Derives them. Dearer than a signature, so once for many messages.
    pub(crate) fn of(app: &App, topic: &Topic) -> Result<Self> {
        let keys = topic.secrets(app.now()).into_iter().map(|number| webhook_secret(app, topic, number));
        Ok(Self(keys.collect::<Result<_>>()?))
    }

    /// The headers of Standard Webhooks 1.0 for a body that is sent at a moment: both kinds of signature, for each secret.
    pub(crate) fn headers(&self, id: &str, at: Time, body: &[u8]) -> [(&'static str, String); 3] {
        let mut signatures = Vec::new();
        for (secret, pair) in &self.0 {
            signatures.push(secret.sign(id, at, body));
            let signed = pair.sign(&webhook::signed_bytes(id, &at.secs().to_string(), body));
            signatures.push(format!("v1a,{}", STANDARD.encode(signed)));
        }
        webhook::headers(id, at, &signatures)
    }
}
