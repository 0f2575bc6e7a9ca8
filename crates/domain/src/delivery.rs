//! A delivery: one message on its way to one receiver, how an attempt at it ended, and what follows from that.
//!
//! Not here: sending. Invariant: what an attempt's outcome means is decided by
//! [`DeliveryPolicy::decide_after_attempt`] alone.

mod outcome;
mod policy;
mod state;

pub use outcome::{AttemptOutcome, DeliveryDecision};
pub use policy::{BackoffFunction, DeliveryPolicy, RetryPolicy, SnsDeliveryPolicy};
pub use state::{DeliveryState, EventDeliveryState};

use crate::time::Span;

/// How long a receiver may take to answer (docs/spec/delivery.md#attempt-timeout).
pub const ATTEMPT_TIMEOUT: Span = Span::from_secs(15);
