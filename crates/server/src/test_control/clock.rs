//! `/-/clock`: shows, freezes and moves the clock.
//!
//! Invariant: an answer to a move lists everything that fell due by it, in the order of time.

use crate::api::problem::Problem;
use crate::state::Site;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::delivery::Next;
use opendrs_domain::mail as rules;
use opendrs_domain::time::Span;
use opendrs_http::body::read_body;
use opendrs_http::response::json;
use opendrs_service::Error;
use opendrs_service::delivery::Sent;
use opendrs_service::fulfilment::call::Called;
use opendrs_service::mail::Mailed;
use opendrs_service::order::Fired;
use opendrs_service::schedule::{self, Happened, Shown};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

fn shown(shown: Shown) -> Value {
    json!({ "now": shown.now.to_millis_text(), "frozen": shown.frozen, "ahead": shown.ahead.to_string() })
}

pub(super) async fn show(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, shown(schedule::show(&site.app)?).to_string()))
}

/// What may be asked of the clock: one of `{"advance":"25h"}`, `{"freeze":true}`, `{"freeze":false}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    advance: Option<String>,
    freeze: Option<bool>,
}

/// What happened, in the order of time, for people and programs.
fn told(happened: &Happened) -> Value {
    let orders = happened.orders.iter().map(|event| (event.at, fired(event)));
    let sent = happened.sent.iter().map(|attempt| (attempt.at, delivered(attempt)));
    let mailed = happened.mailed.iter().map(|attempt| (attempt.at, mailed(attempt)));
    let called = happened.called.iter().map(|call| (call.at, called(call)));
    let mut all: Vec<_> = called.chain(orders).chain(sent).chain(mailed).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, what)| what).collect()
}

/// A message that was sent, or tried.
fn delivered(sent: &Sent) -> Value {
    let (outcome, reason) = match &sent.next {
        Next::Delivered => ("delivered", None),
        Next::Retry(_) => ("retry", None),
        Next::Dead(why) | Next::Gone(why) => ("dead", Some(why)),
    };
    json!({
        "at": sent.at.to_millis_text(),
        "topicArn": sent.arn,
        "messageId": sent.message_id,
        "message": sent.what,
        "attempt": sent.attempt,
        "outcome": outcome,
        "reason": reason,
    })
}

/// A call to a back end.
fn called(call: &Called) -> Value {
    json!({
        "at": call.at.to_millis_text(),
        "eventInstanceId": call.instance.to_string(),
        "call": call.wanted.as_str(),
        "backend": call.backend.as_str(),
        "outcome": if call.trouble.is_some() { "failed" } else { "answered" },
        "reason": call.trouble,
    })
}

/// A mail to a customer that was sent, or tried.
fn mailed(mailed: &Mailed) -> Value {
    let (outcome, reason) = match &mailed.next {
        rules::Next::Over(state, why) => (state.as_str(), why.as_ref()),
        rules::Next::Retry(_, why) => ("retry", Some(why)),
    };
    json!({
        "at": mailed.at.to_millis_text(),
        "mailId": mailed.id,
        "mail": mailed.kind,
        "recipient": mailed.to,
        "attempt": mailed.attempt,
        "outcome": outcome,
        "reason": reason,
    })
}

/// An order that moved on.
fn fired(event: &Fired) -> Value {
    json!({
        "at": event.at.to_millis_text(),
        "eventInstanceId": event.instance.to_string(),
        "slotId": event.slot.as_str(),
        "from": event.change.from.as_str(),
        "to": event.change.to.as_str(),
        "notification": event.change.told.map(|told| opendrs_domain::notification::Kind::from(told).wire_name()),
    })
}

pub(super) async fn change(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Problem> {
    const USAGE: &str = "Send one of {\"advance\":\"25h\"}, {\"freeze\":true}, {\"freeze\":false}.";
    let body = read_body(request.into_body(), site.bodies).await.map_err(Problem::of_body)?;
    let bad = |why: String| Problem::BadBody(format!("{why} {USAGE}"));
    let change: Change = serde_json::from_slice(&body).map_err(|e| bad(format!("The body cannot be read: {e}.")))?;
    let mut happened = Happened::default();
    match (change.advance, change.freeze) {
        (Some(by), None) => {
            let by = Span::parse(&by).map_err(|e| Problem::BadBody(e.to_string()))?;
            happened = schedule::advance(&site.app, by).await?;
        }
        (None, Some(frozen)) => {
            schedule::freeze(&site.app, frozen).await?;
        }
        _ => return Err(Problem::BadBody(USAGE.into())),
    }
    let mut answer = shown(schedule::show(&site.app).map_err(|e: Error| Problem::from(e))?);
    answer["fired"] = told(&happened);
    Ok(json(StatusCode::OK, answer.to_string()))
}
