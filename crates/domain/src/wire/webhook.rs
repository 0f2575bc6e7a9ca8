//! Standard Webhooks 1.0: three headers that authenticate a body (docs/spec/delivery.md#webhook-headers).
//!
//! Not here: storage of secrets, and signatures other than the shared secret's (`v1`). Invariant: the signed content is
//! `id.timestamp.body`, byte by byte; secrets are compared in constant time and never printed.

use crate::time::{Span, Time};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The greatest difference between a signature's time and now.
const TIMESTAMP_TOLERANCE: Span = Span::from_mins(5);
/// The most signatures of a header that are checked.
const MAX_SIGNATURES: usize = 8;

/// A shared secret.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl From<[u8; 32]> for WebhookSecret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes.into())
    }
}

impl WebhookSecret {
    /// Reads `whsec_` and the Base64 of 24 to 64 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The text form, to reveal it to its receiver.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(&signed_content(id, timestamp, body));
        Some(mac)
    }

    /// One signature: `v1,` and the Base64 of an HMAC-SHA256.
    #[must_use]
    pub fn sign(&self, id: &str, at: Time, body: &[u8]) -> String {
        let mac = self.mac(id, &at.as_secs().to_string(), body);
        let mac = mac.map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("v1,{}", STANDARD.encode(mac))
    }
}

/// The signed content.
#[must_use]
pub fn signed_content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

/// The three headers of a body that is sent at a time. There are several signatures during a rotation of secrets.
#[must_use]
pub fn headers(id: &str, at: Time, signatures: &[String]) -> [(&'static str, String); 3] {
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at.as_secs().to_string()),
        ("webhook-signature", signatures.join(" ")),
    ]
}

/// The headers of a received signed body.
#[derive(Clone, Copy, Debug)]
pub struct SignedHeaders<'h> {
    /// `webhook-id`
    pub id: &'h str,
    /// `webhook-timestamp`
    pub timestamp: &'h str,
    /// `webhook-signature`
    pub signature: &'h str,
}

impl SignedHeaders<'_> {
    /// Whether a body was signed with one of the secrets, and recently.
    #[must_use]
    pub fn verify(self, secrets: &[WebhookSecret], now: Time, body: &[u8]) -> bool {
        let fresh = self.timestamp.parse().ok().map(Time::from_secs).is_some_and(|at| {
            let apart = if at > now { at.since(now) } else { now.since(at) };
            apart <= TIMESTAMP_TOLERANCE
        });
        let given = self.signature.split(' ').filter_map(|text| STANDARD.decode(text.strip_prefix("v1,")?).ok());
        fresh
            && given.take(MAX_SIGNATURES).any(|given| {
                let mut macs = secrets.iter().filter_map(|secret| secret.mac(self.id, self.timestamp, body));
                macs.any(|mac| mac.verify_slice(&given).is_ok())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::parse(text).unwrap()
    }

    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        // The example of the specification's reference libraries.
        let (id, at) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", Time::from_secs(1_614_265_330));
        let signature = secret(SECRET).sign(id, at, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let [_, timestamp, both] = headers(id, at, &[signature.clone(), "v1a,x".into()]);
        assert_eq!((timestamp.1.as_str(), both.1), ("1614265330", format!("{signature} v1a,x")));
    }

    #[test]
    fn a_signature_is_good_for_its_body_its_id_and_five_minutes() {
        let (now, body) = (Time::from_secs(1_614_265_330), b"{}");
        let signatures = [OTHER, SECRET].map(|text| secret(text).sign("a", now, body));
        let sent = headers("a", now, &signatures);
        let [id, timestamp, signature] = [0, 1, 2].map(|at: usize| sent[at].1.as_str());
        let signed = SignedHeaders { id, timestamp, signature };
        let ours = [secret(SECRET)];
        for minutes in [0, 5] {
            let apart = Span::from_mins(minutes);
            assert!(signed.verify(&ours, now + apart, body) && signed.verify(&ours, now - apart, body));
        }
        let late = Span::from_secs(301);
        assert!(!signed.verify(&ours, now + late, body) && !signed.verify(&ours, now - late, body));
        assert!(!signed.verify(&ours, now, b"{ }"));
        assert!(!SignedHeaders { id: "b", ..signed }.verify(&ours, now, body));
        assert!(!SignedHeaders { timestamp: "1614265331", ..signed }.verify(&ours, now, body));
        for none in ["", "v1,", "v1,AAAA", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="] {
            assert!(!SignedHeaders { signature: none, ..signed }.verify(&ours, now, body), "{none}");
        }
        assert!(!signed.verify(&[secret("whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB")], now, body));
    }

    #[test]
    fn secrets_are_long_enough_and_marked() {
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
            assert!(WebhookSecret::parse(text).is_none(), "{text}");
        }
        assert_eq!((secret(SECRET).reveal().as_str(), format!("{:?}", secret(SECRET)).as_str()), (SECRET, "Secret"));
    }
}
