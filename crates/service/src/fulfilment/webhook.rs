//! The back end that is another system: signed calls to it, and its signed word back.
//!
//! Signatures are those of Standard Webhooks in both directions: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature`, an HMAC-SHA256 of `id.timestamp.body` with a shared secret. Invariant: nothing is read from a
//! body whose signature was not checked; the same call has the same id however often it is made.

use super::Job;
use crate::outbound::{Answer, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::date;
use opendrs_domain::fulfilment::{Report, Wanted, tracking};
use opendrs_domain::order::Problem;
use opendrs_domain::time::{Span, Time};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use std::fmt;
use std::time::Duration;

/// How far a signature's time may lie from now.
const TOLERANCE: Span = Span::from_mins(5);
/// The largest answer that is read.
const MAX_ANSWER: usize = 16 * 1024;

/// A shared secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads `whsec_` and the Base64 of 24 to 64 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }
}

/// Where orders are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The address that is called.
    pub url: String,
    /// Secrets that sign: several while they are exchanged. Never empty.
    pub secrets: Vec<Secret>,
}

/// The headers of a signed body.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'h> {
    /// `webhook-id`
    pub id: &'h str,
    /// `webhook-timestamp`
    pub timestamp: &'h str,
    /// `webhook-signature`
    pub signature: &'h str,
}

impl Hook {
    /// The headers that sign a body.
    #[must_use]
    pub fn sign(&self, id: &str, now: Time, body: &[u8]) -> Vec<(String, String)> {
        let timestamp = now.secs().to_string();
        let macs = self.secrets.iter().filter_map(|secret| secret.mac(id, &timestamp, body));
        let signatures: Vec<_> =
            macs.map(|mac| format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))).collect();
        [("webhook-id", id), ("webhook-timestamp", &timestamp), ("webhook-signature", &signatures.join(" "))]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    /// Whether a body was signed with one of the secrets, and not long ago.
    #[must_use]
    pub fn has_signed(&self, signed: Signed<'_>, now: Time, body: &[u8]) -> bool {
        let Signed { id, timestamp, signature } = signed;
        let fresh = timestamp.parse().ok().map(Time::from_secs).is_some_and(|at| {
            let apart = if at > now { at.since(now) } else { now.since(at) };
            apart <= TOLERANCE
        });
        let given = signature.split(' ').filter_map(|text| STANDARD.decode(text.strip_prefix("v1,")?).ok());
        fresh
            && given.take(8).any(|given| {
                let mut macs = self.secrets.iter().filter_map(|secret| secret.mac(id, timestamp, body));
                macs.any(|mac| mac.verify_slice(&given).is_ok())
            })
    }

    /// The call that asks for an order to be taken or given up.
    #[must_use]
    pub fn request(&self, wanted: Wanted, job: &Job, now: Time, deadline: Duration) -> Request {
        let Job { order, device, customer, .. } = job;
        let instance = order.instance().to_string();
        let body = match wanted {
            Wanted::Cancel => json!({ "type": "order.cancel", "data": { "eventInstanceId": instance } }),
            Wanted::Place => json!({
                "type": "order.place",
                "data": {
                    "eventInstanceId": instance,
                    "model": device.model_code.as_str(), "serial": device.serial.as_str(), "slotId": order.slot.as_str(),
                    "item": {
                        "asin": order.item.asin.as_str(), "title": order.item.title,
                        "quantity": order.item.quantity, "unit": order.item.unit,
                    },
                    "price": { "amount": order.item.price.amount(), "currency": order.item.price.currency },
                    "shipTo": { "name": customer.name, "address": customer.address },
                },
            }),
        }
        .to_string()
        .into_bytes();
        let mut headers = self.sign(&format!("{}.{}", wanted.as_str(), order.id), now, &body);
        headers.push(("content-type".into(), "application/json".into()));
        Request { method: "POST", url: self.url.clone(), headers, body, deadline, limit: MAX_ANSWER }
    }
}

/// A back end's word as it is written, in the answer to a call and in its own calls.
#[derive(Debug, Deserialize)]
struct Written {
    status: String,
    problem: Option<String>,
    tracking: Option<String>,
    #[serde(rename = "expectedDeliveryDate")]
    expected: Option<String>,
    #[serde(rename = "eventInstanceId")]
    instance: Option<String>,
}

/// Reads a word: the order it names, if it does, and what it says; nothing for `pending`.
fn word(body: &[u8]) -> Result<(Option<String>, Option<Report>), String> {
    const STATUS: &str = "accepted, pending, problem, shipped, delivered or cancelled";
    let written: Written = serde_json::from_slice(body).map_err(|e| format!("the body cannot be read: {e}"))?;
    let expected_at = match &written.expected {
        None => None,
        Some(text) => Some(date::parse(text).ok_or("expectedDeliveryDate is no date: write RFC 3339")?),
    };
    let report = match written.status.as_str() {
        "pending" => None,
        "accepted" => Some(Report::Accepted { expected_at }),
        "problem" => {
            let known = [Problem::OutOfStock, Problem::Payment, Problem::Address];
            let named = known.into_iter().find(|p| Some(p.as_str()) == written.problem.as_deref());
            Some(Report::Problem(named.ok_or("write problem as out_of_stock, payment or address")?))
        }
        "shipped" => Some(Report::Shipped { expected_at, tracking: written.tracking.as_deref().and_then(tracking) }),
        "delivered" => Some(Report::Delivered),
        "cancelled" => Some(Report::Cancelled),
        _ => return Err(format!("write status as {STATUS}")),
    };
    Ok((written.instance, report))
}

/// What the back end says of its own accord: which order, and what.
///
/// # Errors
/// A sentence that says what is wrong with the body.
pub fn told(body: &[u8]) -> Result<(String, Option<Report>), String> {
    let (instance, report) = word(body)?;
    Ok((instance.ok_or("eventInstanceId is missing")?, report))
}

/// What it answered to a call: its word, nothing if it will say later, or what is wrong and so tried again.
pub(super) fn answered(wanted: Wanted, answer: &Answer) -> Result<Option<Report>, String> {
    match wanted {
        // An order that it does not know, or gave up before, is given up.
        Wanted::Cancel if answer.is_success() || matches!(answer.status, 404 | 409 | 410) => Ok(None),
        Wanted::Place if answer.is_success() && answer.truncated => Err("the answer is too long".into()),
        Wanted::Place if answer.is_success() => word(&answer.body).map(|(_, report)| report),
        _ => Err(format!("it answered with status {}", answer.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(secrets: &[&str]) -> Hook {
        let secrets = secrets.iter().map(|text| Secret::parse(text).unwrap()).collect();
        Hook { url: "https://shop.example/drs".into(), secrets }
    }

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        // The example of the specification's reference libraries.
        let body = br#"{"test": 2432232314}"#;
        let headers = hook(&[SECRET]).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", Time::from_secs(1_614_265_330), body);
        assert_eq!(headers[1].1, "1614265330");
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_signature_is_good_for_its_body_its_id_and_five_minutes() {
        let (now, body) = (Time::from_secs(1_614_265_330), b"{}");
        let headers = hook(&[OTHER, SECRET]).sign("a", now, body);
        let [id, timestamp, signature] = [0, 1, 2].map(|at: usize| headers[at].1.as_str());
        let signed = Signed { id, timestamp, signature };
        let ours = hook(&[SECRET]);
        for minutes in [0, 5] {
            let apart = Span::from_mins(minutes);
            assert!(ours.has_signed(signed, now + apart, body) && ours.has_signed(signed, now - apart, body));
        }
        let late = Span::from_secs(301);
        assert!(!ours.has_signed(signed, now + late, body) && !ours.has_signed(signed, now - late, body));
        assert!(!ours.has_signed(signed, now, b"{ }"));
        assert!(!ours.has_signed(Signed { id: "b", ..signed }, now, body));
        assert!(!ours.has_signed(Signed { timestamp: "1614265331", ..signed }, now, body));
        for none in ["", "v1,", "v1,AAAA", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="] {
            assert!(!ours.has_signed(Signed { signature: none, ..signed }, now, body), "{none}");
        }
        assert!(!hook(&["whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"]).has_signed(signed, now, body));
    }

    #[test]
    fn secrets_are_long_enough_and_marked() {
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
            assert!(Secret::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn words_are_read_and_what_cannot_be_meant_is_said() {
        let read = |text: &str| word(text.as_bytes());
        assert_eq!(read(r#"{"status":"pending","more":1}"#), Ok((None, None)));
        let shipped =
            r#"{"eventInstanceId":"x","status":"shipped","tracking":"1Z","expectedDeliveryDate":"2026-07-01"}"#;
        let expected_at = date::parse("2026-07-01");
        let report = Report::Shipped { expected_at, tracking: Some("1Z".into()) };
        assert_eq!(read(shipped), Ok((Some("x".into()), Some(report))));
        let problem = Report::Problem(Problem::Payment);
        assert_eq!(read(r#"{"status":"problem","problem":"payment"}"#), Ok((None, Some(problem))));
        for (text, says) in [
            ("", "cannot be read"),
            ("[]", "cannot be read"),
            (r#"{"status":"done"}"#, "write status as"),
            (r#"{"status":"problem","problem":"ask"}"#, "write problem as"),
            (r#"{"status":"accepted","expectedDeliveryDate":"soon"}"#, "is no date"),
        ] {
            assert!(read(text).unwrap_err().contains(says), "{text}");
        }
        assert!(told(br#"{"status":"accepted"}"#).unwrap_err().contains("eventInstanceId is missing"));
    }
}
