//! What an attempt sends, and what comes back: a request to a receiver, or a publication to Amazon SNS.
//!
//! Not here: what is in it. Invariant: the status that a receiver answers decides, whatever becomes of the body after it;
//! whatever comes back is an [`Outcome`] that a policy can judge, and at most the first
//! [`ANSWER`] bytes of what was answered.

use crate::App;
use crate::outbound::{Answer, Failure, Request};
use crate::publication::{NO_PUBLISHER, Publication, Published, Unpublished};
use opendrs_domain::delivery::Outcome;
use opendrs_domain::time::Time;
use std::time::Duration;

/// How much of an answer is kept.
pub(super) const ANSWER: usize = 4096;
/// How long the body of an answer is waited for. The status has decided by then: the body is for the log alone.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// What an attempt sends.
#[derive(Clone)]
pub(super) enum Parcel {
    /// To a receiver.
    Post(Request),
    /// To Amazon SNS.
    Publish(Publication),
}

impl Parcel {
    /// Sends it; what came of it, and the beginning of the answer.
    pub(super) async fn send(self, app: &App) -> (Outcome, String) {
        match (self, &app.publisher) {
            (Parcel::Post(request), _) => posted(app.outbound.send(request).await, app.real_time()),
            (Parcel::Publish(publication), Some(publisher)) => published(publisher.publish(publication).await),
            // Another node may be able to, and this one after an upgrade.
            (Parcel::Publish(_), None) => (Outcome::Silent(NO_PUBLISHER.into()), String::new()),
        }
    }
}

fn posted(result: Result<Answer, Failure>, now: Time) -> (Outcome, String) {
    match result {
        Ok(answer) => {
            let wait = answer.header("retry-after").and_then(|value| retry_after(value, now));
            (Outcome::Answered(answer.status, wait), text(&answer))
        }
        Err(failure) => failed(&failure),
    }
}

/// How many seconds a receiver asks to wait: told as they are, or as a moment.
fn retry_after(value: &str, now: Time) -> Option<i64> {
    value.trim().parse().ok().or_else(|| Some(Time::from_http(value)?.since(now).secs().max(0)))
}

fn published(result: Result<Published, Unpublished>) -> (Outcome, String) {
    match result {
        Ok(Published { answer, .. }) => (Outcome::Answered(answer.status, None), text(&answer)),
        Err(Unpublished::Refused(refusal, answer)) => (Outcome::Refused(refusal), text(&answer)),
        Err(Unpublished::Failed(failure)) => failed(&failure),
        Err(Unpublished::Unable(why)) => (Outcome::Forbidden(why), String::new()),
        // Somebody may give it some meanwhile.
        Err(why @ Unpublished::NoCredentials(_)) => (Outcome::Silent(why.to_string()), String::new()),
    }
}

fn failed(failure: &Failure) -> (Outcome, String) {
    let why = failure.to_string();
    match failure.is_passing() && !matches!(failure, Failure::Refused(_)) {
        true => (Outcome::Silent(why), String::new()),
        false => (Outcome::Forbidden(why), String::new()),
    }
}

/// The beginning of an answer's body. NUL is text that PostgreSQL does not store.
fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body[..answer.body.len().min(ANSWER)]).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_moment() {
        let now = Time::from_http("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for (value, wait) in [
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
            ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(retry_after(value, now), wait, "{value}");
        }
    }
}
