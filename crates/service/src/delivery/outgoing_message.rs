//! What an attempt sends, and what comes back: a request to a receiver, or a publication to Amazon SNS.
//!
//! Not here: what is in it. Invariant: the status that a receiver answers decides, whatever becomes of the body after it;
//! whatever comes back is an [`Outcome`] that a policy can judge, and at most the first
//! [`ANSWER`] bytes of what was answered.

use crate::App;
use crate::outbound::{OutboundError, OutboundRequest, OutboundResponse};
use crate::publication::{NO_PUBLISHER_MESSAGE, Publication, PublishError, PublishReceipt};
use opendrs_domain::delivery::AttemptOutcome;
use opendrs_domain::time::Time;
use std::time::Duration;

/// How much of an answer is kept.
pub(super) const MAX_RESPONSE_BYTES: usize = 4096;
/// How long the body of an answer is waited for. The status has decided by then: the body is for the log alone.
pub(super) const RESPONSE_BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// What an attempt sends.
#[derive(Clone)]
pub(super) enum OutgoingMessage {
    /// To a receiver.
    Post(OutboundRequest),
    /// To Amazon SNS.
    Publish(Publication),
}

impl OutgoingMessage {
    /// Sends it; what came of it, and the beginning of the answer.
    pub(super) async fn send(self, app: &App) -> (AttemptOutcome, String) {
        match (self, &app.publisher) {
            (OutgoingMessage::Post(request), _) => http_outcome(app.outbound.send(request).await, app.system_time()),
            (OutgoingMessage::Publish(publication), Some(publisher)) => {
                sns_outcome(publisher.publish(publication).await)
            }
            // Another node may be able to, and this one after an upgrade.
            (OutgoingMessage::Publish(_), None) => {
                (AttemptOutcome::NoResponse(NO_PUBLISHER_MESSAGE.into()), String::new())
            }
        }
    }
}

fn http_outcome(result: Result<OutboundResponse, OutboundError>, now: Time) -> (AttemptOutcome, String) {
    match result {
        Ok(answer) => {
            let wait = answer.header("retry-after").and_then(|value| parse_retry_after(value, now));
            (AttemptOutcome::Responded(answer.status, wait), body_excerpt(&answer))
        }
        Err(failure) => failure_outcome(&failure),
    }
}

/// How many seconds a receiver asks to wait: told as they are, or as a moment.
fn parse_retry_after(value: &str, now: Time) -> Option<i64> {
    value.trim().parse().ok().or_else(|| Some(Time::parse_http_date(value)?.since(now).as_secs().max(0)))
}

fn sns_outcome(result: Result<PublishReceipt, PublishError>) -> (AttemptOutcome, String) {
    match result {
        Ok(PublishReceipt { response: answer, .. }) => {
            (AttemptOutcome::Responded(answer.status, None), body_excerpt(&answer))
        }
        Err(PublishError::Rejected(refusal, answer)) => {
            (AttemptOutcome::PublishRejected(refusal), body_excerpt(&answer))
        }
        Err(PublishError::Failed(failure)) => failure_outcome(&failure),
        Err(PublishError::Unusable(why)) => (AttemptOutcome::AddressForbidden(why), String::new()),
        // Somebody may give it some meanwhile.
        Err(why @ PublishError::NoCredentials(_)) => (AttemptOutcome::NoResponse(why.to_string()), String::new()),
    }
}

fn failure_outcome(failure: &OutboundError) -> (AttemptOutcome, String) {
    let why = failure.to_string();
    match failure.is_transient() && !matches!(failure, OutboundError::AddressRefused(_)) {
        true => (AttemptOutcome::NoResponse(why), String::new()),
        false => (AttemptOutcome::AddressForbidden(why), String::new()),
    }
}

/// The beginning of an answer's body. NUL is text that PostgreSQL does not store.
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
