//! The back end that is another system: signed calls to it, and signed reports from it.
//!
//! Signatures are those of Standard Webhooks in both directions: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature`, an HMAC-SHA256 of `id.timestamp.body` with a shared secret. Invariant: nothing is read from a
//! body whose signature was not checked. A repeated call has the same id.

use super::connector::{ConnectorFuture, ConnectorOutcome, ConnectorResult, FulfilmentConnector};
use super::job::FulfilmentJob;
pub use super::settings::FulfilmentWebhook;
use crate::App;
use crate::outbound::{OutboundRequest, OutboundResponse};
use opendrs_domain::fulfilment::{BackendCallKind, BackendReport};
use opendrs_domain::money::{Money, ParseMoneyError};
use opendrs_domain::order::tracking::{is_tracking_link, parse_expected_delivery};
use opendrs_domain::order::{Cancellation, CancelledBy, OrderProblem, PriceParts, Recipient, Tracking};
use opendrs_domain::time::{Span, Time};
use opendrs_domain::wire::webhook;
use opendrs_store::fulfilment::BackendCall;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// The largest response that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 16 * 1024;

impl FulfilmentWebhook {
    /// The headers that sign a body.
    #[must_use]
    pub fn sign_headers(&self, id: &str, now: Time, body: &[u8]) -> Vec<(String, String)> {
        let signatures: Vec<_> = self.secrets.iter().map(|secret| secret.sign(id, now, body)).collect();
        webhook::headers(id, now, &signatures).map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// The request that asks the system to place or to cancel an order, or informs it of a withdrawal.
    ///
    /// # Errors
    /// A sentence for the operator, if an order to be placed has no recipient.
    pub fn build_request(
        &self,
        wanted: BackendCallKind,
        job: &FulfilmentJob,
        now: Time,
        deadline: Duration,
    ) -> Result<OutboundRequest, String> {
        let FulfilmentJob { order, device, sku, .. } = job;
        let (instance, number) = (order.instance_id().to_string(), order.number().to_string());
        let body = match wanted {
            BackendCallKind::Cancel => {
                let cancellation = order.cancellation.as_ref();
                // Nobody decides the expiry of a hold.
                let by = cancellation.map_or("expired", |cancellation| cancellation.by.as_str());
                let reason = cancellation.and_then(|cancellation| cancellation.reason.as_ref());
                json!({
                    "type": "order.cancel",
                    "data": { "eventInstanceId": instance, "orderNumber": number, "cancelledBy": by, "reason": reason },
                })
            }
            BackendCallKind::Withdraw => {
                let withdrawal = order.withdrawal.as_ref();
                json!({
                    "type": "order.withdraw",
                    "data": {
                        "eventInstanceId": instance, "orderNumber": number,
                        "withdrawnAt": withdrawal.map(|withdrawal| withdrawal.at.to_rfc3339_millis()),
                        "reason": withdrawal.and_then(|withdrawal| withdrawal.reason.as_ref()),
                    },
                })
            }
            // Such a system reports without being polled.
            BackendCallKind::Place | BackendCallKind::Watch => {
                let Recipient { name, email, address } = job.named_recipient()?;
                json!({
                "type": "order.place",
                "data": {
                    "eventInstanceId": instance, "orderNumber": number,
                    "model": device.model_code.as_str(), "serial": device.serial.as_str(), "slotId": order.slot.as_str(),
                    "item": {
                        "asin": order.item.asin.as_str(), "sku": sku, "title": order.item.title,
                        "quantity": order.item.quantity, "unit": order.item.unit,
                    },
                    "price": { "amount": order.item.price.to_decimal_text(), "currency": order.item.price.currency },
                    "customer": { "reference": device.directed_customer_id, "name": name, "email": email.as_str() },
                    "shipTo": { "name": name, "address": address },
                },
            })
            }
        }
        .to_string()
        .into_bytes();
        let mut headers = self.sign_headers(&format!("{}.{}", wanted.as_str(), order.id), now, &body);
        headers.push(("content-type".into(), "application/json".into()));
        Ok(OutboundRequest {
            method: "POST",
            url: self.url.clone(),
            headers,
            body,
            timeout: deadline,
            max_response_bytes: MAX_RESPONSE_BYTES,
            body_timeout: None,
        })
    }

    /// Makes a call.
    async fn send_call(&self, app: &App, wanted: BackendCallKind, job: &FulfilmentJob) -> ConnectorResult {
        let request = self.build_request(wanted, job, app.system_time(), app.settings.request_timeout)?;
        let answer = app.outbound.send(request).await.map_err(|failure| failure.to_string())?;
        Ok(ConnectorOutcome {
            reports: parse_response(wanted, &answer)?.into_iter().collect(),
            ..ConnectorOutcome::default()
        })
    }
}

impl FulfilmentConnector for FulfilmentWebhook {
    fn place<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        _: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult> {
        Box::pin(self.send_call(app, BackendCallKind::Place, job))
    }

    fn cancel<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        _: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult> {
        Box::pin(self.send_call(app, BackendCallKind::Cancel, job))
    }

    fn withdraw<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        _: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult> {
        Box::pin(self.send_call(app, BackendCallKind::Withdraw, job))
    }

    /// Such a system reports without being polled, so nothing is requested.
    fn order_statuses<'a>(
        &'a self,
        _: &'a App,
        calls: &'a [&'a BackendCall],
    ) -> ConnectorFuture<'a, Vec<ConnectorResult>> {
        Box::pin(std::future::ready(calls.iter().map(|_| Ok(ConnectorOutcome::default())).collect()))
    }

    fn max_requests(&self) -> i64 {
        1
    }

    fn poll_interval(&self) -> Span {
        Span::default()
    }
}

/// A report as JSON, in the response to a call and in the back end's own calls.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct WebhookReportBody {
    status: String,
    problem: Option<String>,
    tracking: Option<String>,
    carrier: Option<String>,
    #[serde(rename = "trackingUrl")]
    tracking_url: Option<String>,
    reason: Option<String>,
    #[serde(rename = "priceParts")]
    parts: Option<WebhookPriceParts>,
    /// What was refunded so far.
    refund: Option<WebhookAmount>,
    #[serde(rename = "expectedDeliveryDate")]
    expected: Option<String>,
    #[serde(rename = "eventInstanceId")]
    instance: Option<String>,
}

/// An amount of money, as JSON.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct WebhookAmount {
    amount: String,
    currency: String,
}

/// The price parts, as JSON.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct WebhookPriceParts {
    shipping: Option<String>,
    tax: Option<String>,
    currency: String,
}

impl WebhookPriceParts {
    fn to_price_parts(&self) -> Result<PriceParts, String> {
        let money =
            |amount: &Option<String>| amount.as_ref().map(|text| Money::parse(text, &self.currency)).transpose();
        let bad = |e: ParseMoneyError| format!("priceParts: {e}");
        Ok(PriceParts { shipping: money(&self.shipping).map_err(bad)?, tax: money(&self.tax).map_err(bad)? })
    }
}

/// A report of a back end.
#[derive(Debug, PartialEq)]
struct WebhookReport {
    /// The order that it names, if it names one.
    instance: Option<String>,
    /// The report; `None` for `pending`.
    report: Option<BackendReport>,
}

fn parse_report(body: &[u8]) -> Result<WebhookReport, String> {
    const STATUS: &str = "accepted, pending, problem, shipped, delivered, cancelled, returned or refunded";
    let written: WebhookReportBody =
        opendrs_domain::json::parse_object(body).map_err(|e| format!("the body cannot be read: {e}"))?;
    let expected_at = match &written.expected {
        None => None,
        Some(text) => Some(
            parse_expected_delivery(text)
                .ok_or("expectedDeliveryDate is not a date: write 2018-03-02 or 2018-03-02T07:00:00Z")?,
        ),
    };
    let link = written.tracking_url.as_deref();
    if link.is_some_and(|link| !is_tracking_link(link.trim())) {
        return Err("trackingUrl is no link: write an http or https address of at most 500 characters".into());
    }
    let tracking = Tracking::new(written.tracking.as_deref(), written.carrier.as_deref(), link);
    let report = match written.status.as_str() {
        "pending" => None,
        "accepted" => {
            let parts = written.parts.as_ref().map(WebhookPriceParts::to_price_parts).transpose()?.unwrap_or_default();
            Some(BackendReport::Accepted { expected_at, price_parts: parts })
        }
        "problem" => {
            let known = [OrderProblem::OutOfStock, OrderProblem::PaymentFailed, OrderProblem::MissingAddress];
            let named = known.into_iter().find(|p| Some(p.as_str()) == written.problem.as_deref());
            Some(BackendReport::Problem(named.ok_or("write problem as out_of_stock, payment or address")?))
        }
        "shipped" => Some(BackendReport::Shipped { expected_at, tracking }),
        "delivered" => Some(BackendReport::Delivered),
        "cancelled" => Some(BackendReport::Cancelled(Cancellation::new(CancelledBy::Shop, written.reason.as_deref()))),
        "returned" => Some(BackendReport::Returned),
        "refunded" => {
            let WebhookAmount { amount, currency } =
                written.refund.as_ref().ok_or("write refund as an object with amount and currency")?;
            Some(BackendReport::Refunded(Money::parse(amount, currency).map_err(|e| format!("refund: {e}"))?))
        }
        _ => return Err(format!("write status as {STATUS}")),
    };
    Ok(WebhookReport { instance: written.instance, report })
}

/// A report that a back end sends on its own.
#[derive(Clone, Debug)]
pub struct UnsolicitedReport {
    /// The order.
    pub instance: String,
    /// The report; `None` for `pending`.
    pub report: Option<BackendReport>,
}

/// Parses a report that the back end sends on its own.
///
/// # Errors
/// A sentence that states what is wrong with the body.
pub fn parse_unsolicited_report(body: &[u8]) -> Result<UnsolicitedReport, String> {
    let WebhookReport { instance, report } = parse_report(body)?;
    Ok(UnsolicitedReport { instance: instance.ok_or("eventInstanceId is missing")?, report })
}

/// Parses the response to a call: the report, `None` if it follows later, or an error after which the call is retried.
fn parse_response(wanted: BackendCallKind, answer: &OutboundResponse) -> Result<Option<BackendReport>, String> {
    match wanted {
        // An order that the system does not know, or cancelled before, counts as cancelled.
        BackendCallKind::Cancel if answer.is_success() || matches!(answer.status, 404 | 409 | 410) => Ok(None),
        // The status says it. A system that has settled everything at once may add a report.
        BackendCallKind::Withdraw if answer.is_success() => {
            Ok(answer.complete_body().ok().and_then(|body| parse_report(body).ok()).and_then(|body| body.report))
        }
        _ if answer.is_success() => parse_report(answer.complete_body()?).map(|body| body.report),
        _ => Err(format!("it answered with status {}", answer.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::OutboundError;
    use opendrs_domain::date;

    #[test]
    fn words_are_read_and_what_cannot_be_meant_is_said() {
        let read = |text: &str| parse_report(text.as_bytes()).map(|body| (body.instance, body.report));
        assert_eq!(read(r#"{"status":"pending","more":1}"#), Ok((None, None)));
        let shipped =
            r#"{"eventInstanceId":"x","status":"shipped","tracking":"1Z","expectedDeliveryDate":"2026-07-01"}"#;
        let expected_at = date::parse("2026-07-01T12:00:00Z");
        let report = BackendReport::Shipped { expected_at, tracking: Tracking::new(Some("1Z"), None, None) };
        assert_eq!(read(shipped), Ok((Some("x".into()), Some(report))));
        let followed = r#"{"status":"shipped","tracking":"1Z","carrier":"DHL","trackingUrl":"https://dhl.example/1Z"}"#;
        let tracking = Tracking::new(Some("1Z"), Some("DHL"), Some("https://dhl.example/1Z"));
        assert_eq!(read(followed), Ok((None, Some(BackendReport::Shipped { expected_at: None, tracking }))));
        let why = BackendReport::Cancelled(Cancellation::new(CancelledBy::Shop, Some("No longer made")));
        assert_eq!(read(r#"{"status":"cancelled","reason":"No longer made"}"#), Ok((None, Some(why))));
        let usd = |text| Money::parse(text, "USD").ok();
        let parts = PriceParts { shipping: usd("3.90"), tax: usd("1.99") };
        let accepted = r#"{"status":"accepted","priceParts":{"shipping":"3.90","tax":"1.99","currency":"USD"}}"#;
        assert_eq!(read(accepted), Ok((None, Some(BackendReport::Accepted { expected_at: None, price_parts: parts }))));
        let refunded = r#"{"status":"refunded","refund":{"amount":"24.99","currency":"USD"}}"#;
        assert_eq!(read(refunded), Ok((None, usd("24.99").map(BackendReport::Refunded))));
        assert_eq!(read(r#"{"status":"returned"}"#), Ok((None, Some(BackendReport::Returned))));
        let problem = BackendReport::Problem(OrderProblem::PaymentFailed);
        assert_eq!(read(r#"{"status":"problem","problem":"payment"}"#), Ok((None, Some(problem))));
        for (text, says) in [
            ("", "cannot be read"),
            ("[]", "cannot be read"),
            (r#"{"status":"done"}"#, "write status as"),
            (r#"{"status":"problem","problem":"ask"}"#, "write problem as"),
            (r#"{"status":"accepted","expectedDeliveryDate":"soon"}"#, "is not a date"),
            (r#"{"status":"shipped","trackingUrl":"javascript:alert(1)"}"#, "trackingUrl is no link"),
            (r#"{"status":"refunded"}"#, "write refund as"),
            (r#"{"status":"refunded","refund":{"amount":"1,0","currency":"USD"}}"#, "refund: "),
            (r#"{"status":"accepted","priceParts":{"tax":"x","currency":"USD"}}"#, "priceParts: "),
        ] {
            assert!(read(text).unwrap_err().contains(says), "{text}");
        }
        let broken = |status, wanted| {
            let (body, broken) = (br#"{"status":"acc"#.to_vec(), Some(OutboundError::ConnectionClosed));
            parse_response(
                wanted,
                &OutboundResponse { status, headers: Vec::new(), body, is_truncated: false, body_error: broken },
            )
        };
        assert_eq!(broken(200, BackendCallKind::Cancel), Ok(None), "the status says it");
        assert_eq!(broken(204, BackendCallKind::Withdraw), Ok(None), "and here");
        assert_eq!(broken(404, BackendCallKind::Withdraw), Err("it answered with status 404".into()));
        assert!(broken(200, BackendCallKind::Place).unwrap_err().contains("the answer with status 200 broke off"));
        assert_eq!(broken(503, BackendCallKind::Place), Err("it answered with status 503".into()));
        assert!(
            parse_unsolicited_report(br#"{"status":"accepted"}"#).unwrap_err().contains("eventInstanceId is missing")
        );
    }
}
