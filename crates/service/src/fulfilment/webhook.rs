//! The back end that is another system: signed calls to it, and its signed word back.
//!
//! Signatures are those of Standard Webhooks in both directions: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature`, an HMAC-SHA256 of `id.timestamp.body` with a shared secret. Invariant: nothing is read from a
//! body whose signature was not checked; the same call has the same id however often it is made.

use super::Job;
use super::connector::{Asking, Connector, Outcome, Said};
use crate::App;
use crate::outbound::{Answer, Request};
use opendrs_domain::date;
use opendrs_domain::fulfilment::{Report, Wanted, tracking};
use opendrs_domain::order::Problem;
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
        let Job { order, device, customer, sku, .. } = job;
        let instance = order.instance().to_string();
        let body = match wanted {
            Wanted::Cancel => json!({ "type": "order.cancel", "data": { "eventInstanceId": instance } }),
            // Such a system tells of its own accord how an order stands: it is asked about none.
            Wanted::Place | Wanted::Watch => json!({
                "type": "order.place",
                "data": {
                    "eventInstanceId": instance,
                    "model": device.model_code.as_str(), "serial": device.serial.as_str(), "slotId": order.slot.as_str(),
                    "item": {
                        "asin": order.item.asin.as_str(), "sku": sku, "title": order.item.title,
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
