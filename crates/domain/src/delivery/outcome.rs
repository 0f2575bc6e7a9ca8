//! How an attempt ended, and what follows from that.
//!
//! Not here: what follows from which outcome, which [`super::DeliveryPolicy`] decides. Invariant: every attempt has one
//! outcome and one decision.

use crate::publication::PublishRejection;
use crate::time::Time;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The receiver answered with a status, and perhaps said how many seconds to wait.
    Responded(u16, Option<i64>),
    /// Amazon SNS did not take the publication.
    PublishRejected(PublishRejection),
    /// No answer: refused, reset, bad certificate, out of time.
    NoResponse(String),
    /// The address may not be sent to, now or later.
    AddressForbidden(String),
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryDecision {
    /// It is done.
    Delivered,
    /// Again, then.
    Retry(Time),
    /// Never again, unless somebody replays it; why.
    Dead(String),
    /// Never again, and the receiver wants no more messages at all.
    ReceiverGone(String),
}
