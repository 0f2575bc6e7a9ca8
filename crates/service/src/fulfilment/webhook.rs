//! The back end that is another system: signed calls to it, and its signed word back.
//!
//! Signatures are those of Standard Webhooks in both directions: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature`, an HMAC-SHA256 of `id.timestamp.body` with a shared secret. Invariant: nothing is read from a
//! body whose signature was not checked; the same call has the same id however often it is made.

use super::Job;
use super::connector::{Asking, Connector, Outcome, Said};
use crate::App;
use crate::outbound::{Answer, Request};
use opendrs_domain::fulfilment::{Report, Wanted};
use opendrs_domain::money::{BadMoney, Money};
use opendrs_domain::order::parcel::{expected, is_link};
use opendrs_domain::order::{Cancellation, CancelledBy, PriceParts, Problem, Recipient, Tracking};
use opendrs_domain::time::{Span, Time};
use opendrs_domain::wire::webhook::{self, Secret};
use opendrs_store::fulfilment::Call;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// The largest answer that is read.
const MAX_ANSWER: usize = 16 * 1024;

/// Where orders are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The address that is called.
    pub url: String,
    /// Secrets that sign: several while they are exchanged. Never empty.
    pub secrets: Vec<Secret>,
}

impl Hook {
    /// The headers that sign a body.
    #[must_use]
    pub fn sign(&self, id: &str, now: Time, body: &[u8]) -> Vec<(String, String)> {
        let signatures: Vec<_> = self.secrets.iter().map(|secret| secret.sign(id, now, body)).collect();
        webhook::headers(id, now, &signatures).map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// The call that asks for an order to be taken or given up.
    #[must_use]
    pub fn request(&self, wanted: Wanted, job: &Job, now: Time, deadline: Duration) -> Request {
        let Job { order, device, recipient, sku, .. } = job;
        let (instance, number) = (order.instance().to_string(), order.number().to_string());
        let Recipient { name, email, address } = recipient;
        let body = match wanted {
            Wanted::Cancel => {
                let cancellation = order.cancellation.as_ref();
                // A hold that ran out is nobody's decision.
                let by = cancellation.map_or("expired", |cancellation| cancellation.by.as_str());
                let reason = cancellation.and_then(|cancellation| cancellation.reason.as_ref());
                json!({
                    "type": "order.cancel",
                    "data": { "eventInstanceId": instance, "orderNumber": number, "cancelledBy": by, "reason": reason },
                })
            }
            // Such a system tells of its own accord how an order stands: it is asked about none.
            Wanted::Place | Wanted::Watch => json!({
                "type": "order.place",
                "data": {
                    "eventInstanceId": instance, "orderNumber": number,
                    "model": device.model_code.as_str(), "serial": device.serial.as_str(), "slotId": order.slot.as_str(),
                    "item": {
                        "asin": order.item.asin.as_str(), "sku": sku, "title": order.item.title,
                        "quantity": order.item.quantity, "unit": order.item.unit,
                    },
                    "price": { "amount": order.item.price.amount(), "currency": order.item.price.currency },
                    "customer": { "reference": device.directed_customer, "name": name, "email": email.as_str() },
                    "shipTo": { "name": name, "address": address },
                },
            }),
        }
        .to_string()
        .into_bytes();
        let mut headers = self.sign(&format!("{}.{}", wanted.as_str(), order.id), now, &body);
        headers.push(("content-type".into(), "application/json".into()));
        Request { method: "POST", url: self.url.clone(), headers, body, deadline, limit: MAX_ANSWER, body_within: None }
    }

    /// Makes a call.
    async fn ask(&self, app: &App, wanted: Wanted, job: &Job) -> Said {
        let request = self.request(wanted, job, app.real_time(), app.settings.request_timeout);
        let answer = app.outbound.send(request).await.map_err(|failure| failure.to_string())?;
        Ok(Outcome { reports: answered(wanted, &answer)?.into_iter().collect(), ..Outcome::default() })
    }
}

impl Connector for Hook {
    fn place<'a>(&'a self, app: &'a App, job: &'a Job, _: &'a Call) -> Asking<'a, Said> {
        Box::pin(self.ask(app, Wanted::Place, job))
    }

    fn cancel<'a>(&'a self, app: &'a App, job: &'a Job, _: &'a Call) -> Asking<'a, Said> {
        Box::pin(self.ask(app, Wanted::Cancel, job))
    }

    /// It tells of its own accord how an order stands: it is asked about none.
    fn status<'a>(&'a self, _: &'a App, calls: &'a [&'a Call]) -> Asking<'a, Vec<Said>> {
        Box::pin(std::future::ready(calls.iter().map(|_| Ok(Outcome::default())).collect()))
    }

    fn requests(&self) -> i64 {
        1
    }

    fn poll(&self) -> Span {
        Span::default()
    }
}

/// A back end's word as it is written, in the answer to a call and in its own calls.
#[derive(Debug, Deserialize)]
struct Written {
    status: String,
    problem: Option<String>,
    tracking: Option<String>,
    carrier: Option<String>,
    #[serde(rename = "trackingUrl")]
    tracking_url: Option<String>,
    reason: Option<String>,
    #[serde(rename = "priceParts")]
    parts: Option<WrittenParts>,
    #[serde(rename = "expectedDeliveryDate")]
    expected: Option<String>,
    #[serde(rename = "eventInstanceId")]
    instance: Option<String>,
}

/// What the price consists of, as it is written.
#[derive(Debug, Deserialize)]
struct WrittenParts {
    shipping: Option<String>,
    tax: Option<String>,
    currency: String,
}

impl WrittenParts {
    fn read(&self) -> Result<PriceParts, String> {
        let money =
            |amount: &Option<String>| amount.as_ref().map(|text| Money::parse(text, &self.currency)).transpose();
        let bad = |e: BadMoney| format!("priceParts: {e}");
        Ok(PriceParts { shipping: money(&self.shipping).map_err(bad)?, tax: money(&self.tax).map_err(bad)? })
    }
}

/// Reads a word: the order it names, if it does, and what it says; nothing for `pending`.
fn word(body: &[u8]) -> Result<(Option<String>, Option<Report>), String> {
    const STATUS: &str = "accepted, pending, problem, shipped, delivered or cancelled";
    let written: Written = serde_json::from_slice(body).map_err(|e| format!("the body cannot be read: {e}"))?;
    let expected_at = match &written.expected {
        None => None,
        Some(text) => Some(expected(text).ok_or("expectedDeliveryDate is no date: write RFC 3339")?),
    };
    let link = written.tracking_url.as_deref();
    if link.is_some_and(|link| !is_link(link.trim())) {
        return Err("trackingUrl is no link: write an http or https address of at most 500 characters".into());
    }
    let tracking = Tracking::new(written.tracking.as_deref(), written.carrier.as_deref(), link);
    let report = match written.status.as_str() {
        "pending" => None,
        "accepted" => {
            let parts = written.parts.as_ref().map(WrittenParts::read).transpose()?.unwrap_or_default();
            Some(Report::Accepted { expected_at, parts })
        }
        "problem" => {
            let known = [Problem::OutOfStock, Problem::Payment, Problem::Address];
            let named = known.into_iter().find(|p| Some(p.as_str()) == written.problem.as_deref());
            Some(Report::Problem(named.ok_or("write problem as out_of_stock, payment or address")?))
        }
        "shipped" => Some(Report::Shipped { expected_at, tracking }),
        "delivered" => Some(Report::Delivered),
        "cancelled" => Some(Report::Cancelled(Cancellation::new(CancelledBy::Shop, written.reason.as_deref()))),
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
fn answered(wanted: Wanted, answer: &Answer) -> Result<Option<Report>, String> {
    match wanted {
        // An order that it does not know, or gave up before, is given up.
        Wanted::Cancel if answer.is_success() || matches!(answer.status, 404 | 409 | 410) => Ok(None),
        _ if answer.is_success() => word(answer.whole()?).map(|(_, report)| report),
        _ => Err(format!("it answered with status {}", answer.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Failure;
    use opendrs_domain::date;

    #[test]
    fn words_are_read_and_what_cannot_be_meant_is_said() {
        let read = |text: &str| word(text.as_bytes());
        assert_eq!(read(r#"{"status":"pending","more":1}"#), Ok((None, None)));
        let shipped =
            r#"{"eventInstanceId":"x","status":"shipped","tracking":"1Z","expectedDeliveryDate":"2026-07-01"}"#;
        let expected_at = date::parse("2026-07-01T12:00:00Z");
        let report = Report::Shipped { expected_at, tracking: Tracking::new(Some("1Z"), None, None) };
        assert_eq!(read(shipped), Ok((Some("x".into()), Some(report))));
        let followed = r#"{"status":"shipped","tracking":"1Z","carrier":"DHL","trackingUrl":"https://dhl.example/1Z"}"#;
        let tracking = Tracking::new(Some("1Z"), Some("DHL"), Some("https://dhl.example/1Z"));
        assert_eq!(read(followed), Ok((None, Some(Report::Shipped { expected_at: None, tracking }))));
        let why = Report::Cancelled(Cancellation::new(CancelledBy::Shop, Some("No longer made")));
        assert_eq!(read(r#"{"status":"cancelled","reason":"No longer made"}"#), Ok((None, Some(why))));
        let usd = |text| Money::parse(text, "USD").ok();
        let parts = PriceParts { shipping: usd("3.90"), tax: usd("1.99") };
        let accepted = r#"{"status":"accepted","priceParts":{"shipping":"3.90","tax":"1.99","currency":"USD"}}"#;
        assert_eq!(read(accepted), Ok((None, Some(Report::Accepted { expected_at: None, parts }))));
        let problem = Report::Problem(Problem::Payment);
        assert_eq!(read(r#"{"status":"problem","problem":"payment"}"#), Ok((None, Some(problem))));
        for (text, says) in [
            ("", "cannot be read"),
            ("[]", "cannot be read"),
            (r#"{"status":"done"}"#, "write status as"),
            (r#"{"status":"problem","problem":"ask"}"#, "write problem as"),
            (r#"{"status":"accepted","expectedDeliveryDate":"soon"}"#, "is no date"),
            (r#"{"status":"shipped","trackingUrl":"javascript:alert(1)"}"#, "trackingUrl is no link"),
            (r#"{"status":"accepted","priceParts":{"tax":"x","currency":"USD"}}"#, "priceParts: "),
        ] {
            assert!(read(text).unwrap_err().contains(says), "{text}");
        }
        let broken = |status, wanted| {
            let (body, broken) = (br#"{"status":"acc"#.to_vec(), Some(Failure::Closed));
            answered(wanted, &Answer { status, headers: Vec::new(), body, truncated: false, broken })
        };
        assert_eq!(broken(200, Wanted::Cancel), Ok(None), "the status says it");
        assert!(broken(200, Wanted::Place).unwrap_err().contains("the answer with status 200 broke off"));
        assert_eq!(broken(503, Wanted::Place), Err("it answered with status 503".into()));
        assert!(told(br#"{"status":"accepted"}"#).unwrap_err().contains("eventInstanceId is missing"));
    }
}
