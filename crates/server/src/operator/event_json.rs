//! The JSON of events for programs, which the command line and the operator API share.
//!
//! What it is not: the messages to makers, which are in `opendrs_domain::wire`. Invariant: both have the same shape.

use opendrs_domain::delivery::{DeliveryState, EventDeliveryState};
use opendrs_domain::id::EventId;
use opendrs_domain::notification::Event;
use opendrs_domain::time::Time;
use opendrs_domain::version::Version;
use opendrs_domain::{date, wire};
use opendrs_service::delivery::{EventHistory, ReceiverDelivery};
use opendrs_store::delivery::DeliveryAttempt;
use serde_json::{Value, json};

/// Returns an event with its delivery state and its message in both versions.
pub fn event_json(event: &Event, state: EventDeliveryState) -> Value {
    let message = |version| serde_json::from_str::<Value>(&wire::notification_json(event, version)).unwrap_or_default();
    json!({
        "id": event.id.to_string(),
        "at": event.at.to_rfc3339_millis(),
        "type": event.notification_type().wire_name(),
        "model": event.model,
        "serial": event.serial,
        "state": state.as_str(),
        "versions": { "1.0": message(Version::V1), "2.0": message(Version::V2) },
    })
}

/// Returns an event with its deliveries and their attempts.
pub fn event_history_json(history: &EventHistory) -> Value {
    let mut json = event_json(&history.event, history.state());
    json["deliveries"] = history
        .deliveries
        .iter()
        .map(|ReceiverDelivery { receiver, delivery, attempts }| {
            json!({
                "topic": receiver.arn,
                "endpoint": receiver.redacted_endpoint(),
                "version": delivery.version,
                "state": delivery.state.as_str(),
                "due": delivery.due_at.filter(|_| delivery.state == DeliveryState::Waiting).map(|at| at.to_rfc3339_millis()),
                "reason": delivery.reason,
                "attempts": attempts.iter().map(attempt_json).collect::<Value>(),
            })
        })
        .collect();
    json
}

fn attempt_json(attempt: &DeliveryAttempt) -> Value {
    let DeliveryAttempt { number, at, duration_micros: took, status, error: problem, response: answer } = attempt;
    json!({ "number": number, "at": at.to_rfc3339_millis(), "took_us": took, "status": status, "problem": problem, "answer": answer })
}

/// Parses an event's id, as the command line prints it or as it is in the event's message.
pub fn parse_event_id(text: &str) -> Result<EventId, String> {
    let bare = text.strip_prefix("amzn1.dash.notification.v1.").unwrap_or(text);
    EventId::parse(bare).map_err(|e| e.to_string())
}

/// Parses a time, as people write it.
pub fn parse_moment(text: &str) -> Result<Time, String> {
    date::parse(text).ok_or_else(|| format!("`{text}` is not a time: write it as 2018-03-02T07:00:00Z"))
}
