//! A delivery: one message to one receiver, the outcome of an attempt, and the decision after it.
//!
//! Not here: sending. Invariant: only [`DeliveryPolicy::decide_after_attempt`] decides what an outcome means.

mod outcome;
mod policy;
mod state;

pub use outcome::{AttemptOutcome, DeliveryDecision};
pub use policy::{BackoffFunction, DeliveryPolicy, RetryPolicy, SnsDeliveryPolicy};
pub use state::{DeliveryState, EventDeliveryState};

use crate::time::Span;

/// How long a receiver may take to respond (docs/spec/delivery.md#attempt-timeout).
pub const ATTEMPT_TIMEOUT: Span = Span::from_secs(15);
