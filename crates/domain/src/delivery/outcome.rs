//! The outcome of an attempt, and the decision after it.
//!
//! Not here: which decision follows from which outcome, which is up to [`super::DeliveryPolicy`]. Invariant: every
//! attempt has one outcome and one decision.

use crate::publication::PublishRejection;
use crate::time::Time;

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The receiver responded with a status, and perhaps with the number of seconds to wait.
    Responded(u16, Option<i64>),
    /// Amazon SNS rejected the publication.
    PublishRejected(PublishRejection),
    /// No response: connection refused or reset, bad certificate, timeout.
    NoResponse(String),
    /// The address is forbidden for requests, now and later.
    AddressForbidden(String),
}

/// The decision after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryDecision {
    /// The delivery is complete.
    Delivered,
    /// Retry at this time.
    Retry(Time),
    /// No more retries unless the event is replayed; the reason.
    Dead(String),
    /// No more retries, and the receiver takes no more messages at all; the reason.
    ReceiverGone(String),
}
