//! `/-/clock`: shows, freezes and moves the clock.
//!
//! Invariant: the answer to a move lists everything that fell due, in the order of time.

use crate::api::error::ApiError;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::delivery::DeliveryDecision;
use opendrs_domain::json::parse_object;
use opendrs_domain::mail as rules;
use opendrs_domain::time::Span;
use opendrs_edge::state::AppState;
use opendrs_http::body::read_body;
use opendrs_http::response::json;
use opendrs_service::Error;
use opendrs_service::delivery::DeliveryAttemptSummary;
use opendrs_service::fulfilment::backend_call::BackendCallReport;
use opendrs_service::mail::MailAttempt;
use opendrs_service::order::OrderTransition;
use opendrs_service::schedule::{self, ClockAdvanceReport, ClockStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

fn clock_status_json(shown: ClockStatus) -> Value {
    json!({ "now": shown.now.to_rfc3339_millis(), "frozen": shown.frozen, "ahead": shown.offset.to_string() })
}

pub(super) async fn show_clock(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    Ok(json(StatusCode::OK, clock_status_json(schedule::clock_status(&state.app)?).to_string()))
}

/// A change of the clock: one of `{"advance":"25h"}`, `{"freeze":true}`, `{"freeze":false}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "an object")]
struct ClockChangeRequest {
    advance: Option<String>,
    freeze: Option<bool>,
}

/// Returns everything that happened, in the order of time.
fn advance_report_json(happened: &ClockAdvanceReport) -> Value {
    let orders = happened.orders.iter().map(|event| (event.at, order_transition_json(event)));
    let sent = happened.deliveries.iter().map(|attempt| (attempt.at, delivery_attempt_json(attempt)));
    let mailed = happened.mails.iter().map(|attempt| (attempt.at, mail_attempt_json(attempt)));
    let called = happened.backend_calls.iter().map(|call| (call.at, backend_call_json(call)));
    let mut all: Vec<_> = called.chain(orders).chain(sent).chain(mailed).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, what)| what).collect()
}

/// Returns one attempt of a delivery.
fn delivery_attempt_json(sent: &DeliveryAttemptSummary) -> Value {
    let (outcome, reason) = match &sent.next {
        DeliveryDecision::Delivered => ("delivered", None),
        DeliveryDecision::Retry(_) => ("retry", None),
        DeliveryDecision::Dead(why) | DeliveryDecision::ReceiverGone(why) => ("dead", Some(why)),
    };
    json!({
        "at": sent.at.to_rfc3339_millis(),
        "topicArn": sent.arn,
        "messageId": sent.message_id,
        "message": sent.message_type,
        "attempt": sent.attempt,
        "outcome": outcome,
        "reason": reason,
    })
}

/// Returns one call to a back end.
fn backend_call_json(call: &BackendCallReport) -> Value {
    json!({
        "at": call.at.to_rfc3339_millis(),
        "eventInstanceId": call.instance.to_string(),
        "call": call.wanted.as_str(),
        "backend": call.backend.as_str(),
        "outcome": if call.error.is_some() { "failed" } else { "answered" },
        "reason": call.error,
    })
}

/// Returns one attempt of a mail.
fn mail_attempt_json(mailed: &MailAttempt) -> Value {
    let (outcome, reason) = match &mailed.next {
        rules::MailDecision::Finished(state, why) => (state.as_str(), why.as_ref()),
        rules::MailDecision::Retry(_, why) => ("retry", Some(why)),
    };
    json!({
        "at": mailed.at.to_rfc3339_millis(),
        "mailId": mailed.id,
        "mail": mailed.kind,
        "recipient": mailed.to,
        "attempt": mailed.attempt,
        "outcome": outcome,
        "reason": reason,
    })
}

/// Returns one transition of an order.
fn order_transition_json(event: &OrderTransition) -> Value {
    json!({
        "at": event.at.to_rfc3339_millis(),
        "eventInstanceId": event.instance.to_string(),
        "slotId": event.slot.as_str(),
        "from": event.change.from.as_str(),
        "to": event.change.to.as_str(),
        "notification": event.change.notification.map(|notification| opendrs_domain::notification::NotificationType::from(notification).wire_name()),
    })
}

pub(super) async fn change_clock(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    const USAGE: &str = "Send one of {\"advance\":\"25h\"}, {\"freeze\":true}, {\"freeze\":false}.";
    let body = read_body(request.into_body(), state.body_limits).await.map_err(ApiError::of_body)?;
    let bad = |why: String| ApiError::BadBody(format!("{why} {USAGE}"));
    let change: ClockChangeRequest = parse_object(&body).map_err(|e| bad(format!("The body cannot be read: {e}.")))?;
    let mut happened = ClockAdvanceReport::default();
    match (change.advance, change.freeze) {
        (Some(by), None) => {
            let by = Span::parse(&by).map_err(|e| ApiError::BadBody(e.to_string()))?;
            happened = schedule::advance_clock(&state.app, by).await?;
        }
        (None, Some(frozen)) => {
            schedule::set_clock_frozen(&state.app, frozen).await?;
        }
        _ => return Err(ApiError::BadBody(USAGE.into())),
    }
    let mut answer = clock_status_json(schedule::clock_status(&state.app).map_err(|e: Error| ApiError::from(e))?);
    answer["fired"] = advance_report_json(&happened);
    Ok(json(StatusCode::OK, answer.to_string()))
}
