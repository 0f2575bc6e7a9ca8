//! The content of an attempt and its result: a request to a receiver, or a publication to Amazon SNS.
//!
//! Not here: the content of the message. Invariant: the status of the response decides, whatever happens to its body.
//! Each result is an [`AttemptOutcome`] that a delivery policy can judge, with at most the first [`MAX_RESPONSE_BYTES`]
//! bytes of the response.

use crate::App;
use crate::outbound::{OutboundError, OutboundRequest, OutboundResponse};
use crate::publication::{NO_PUBLISHER_MESSAGE, Publication, PublishError, PublishReceipt};
use opendrs_domain::delivery::AttemptOutcome;
use opendrs_domain::time::Time;
use std::time::Duration;

/// How many bytes of a response body are kept.
pub(super) const MAX_RESPONSE_BYTES: usize = 4096;
/// The timeout for the body of a response. The status has decided by then: the body is for the log only.
pub(super) const RESPONSE_BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// The message that an attempt sends.
#[derive(Clone)]
pub(super) enum OutgoingMessage {
    /// A request to a receiver.
    Post(OutboundRequest),
    /// A publication to Amazon SNS.
    Publish(Publication),
}

/// What came of sending a message.
pub(super) struct SendResult {
    /// The outcome.
    pub(super) outcome: AttemptOutcome,
    /// The beginning of the response body.
    pub(super) excerpt: String,
}

impl SendResult {
    pub(super) fn without_response(outcome: AttemptOutcome) -> Self {
        Self { outcome, excerpt: String::new() }
    }
}

impl OutgoingMessage {
    /// Sends the message.
    pub(super) async fn send(self, app: &App) -> SendResult {
        match (self, &app.publisher) {
            (OutgoingMessage::Post(request), _) => http_outcome(app.outbound.send(request).await, app.system_time()),
            (OutgoingMessage::Publish(publication), Some(publisher)) => {
                sns_outcome(publisher.publish(publication).await)
            }
            // Another node may be able to publish, and so may this one after an upgrade.
            (OutgoingMessage::Publish(_), None) => {
                SendResult::without_response(AttemptOutcome::NoResponse(NO_PUBLISHER_MESSAGE.into()))
            }
        }
    }
}

fn http_outcome(result: Result<OutboundResponse, OutboundError>, now: Time) -> SendResult {
    match result {
        Ok(answer) => {
            let wait = answer.header("retry-after").and_then(|value| parse_retry_after(value, now));
            SendResult { outcome: AttemptOutcome::Responded(answer.status, wait), excerpt: body_excerpt(&answer) }
        }
        Err(failure) => failure_outcome(&failure),
    }
}

/// The seconds that a receiver asks to wait by `Retry-After`: a number of seconds, or a date.
fn parse_retry_after(value: &str, now: Time) -> Option<i64> {
    value.trim().parse().ok().or_else(|| Some(Time::parse_http_date(value)?.since(now).as_secs().max(0)))
}

fn sns_outcome(result: Result<PublishReceipt, PublishError>) -> SendResult {
    match result {
        Ok(PublishReceipt { response: answer, .. }) => {
            SendResult { outcome: AttemptOutcome::Responded(answer.status, None), excerpt: body_excerpt(&answer) }
        }
        Err(PublishError::Rejected(refusal, answer)) => {
            SendResult { outcome: AttemptOutcome::PublishRejected(refusal), excerpt: body_excerpt(&answer) }
        }
        Err(PublishError::Failed(failure)) => failure_outcome(&failure),
        Err(PublishError::Unusable(why)) => SendResult::without_response(AttemptOutcome::AddressForbidden(why)),
        // An operator may add credentials meanwhile.
        Err(why @ PublishError::NoCredentials(_)) => {
            SendResult::without_response(AttemptOutcome::NoResponse(why.to_string()))
        }
    }
}

fn failure_outcome(failure: &OutboundError) -> SendResult {
    let why = failure.to_string();
    if failure.is_transient() && !matches!(failure, OutboundError::AddressRefused(_)) {
        SendResult::without_response(AttemptOutcome::NoResponse(why))
    } else {
        SendResult::without_response(AttemptOutcome::AddressForbidden(why))
    }
}

/// The beginning of a response body, without NUL, which PostgreSQL does not store in text.
fn body_excerpt(answer: &OutboundResponse) -> String {
    String::from_utf8_lossy(&answer.body[..answer.body.len().min(MAX_RESPONSE_BYTES)]).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_moment() {
        let now = Time::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for (value, wait) in [
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
            ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(parse_retry_after(value, now), wait, "{value}");
        }
    }
}
