//! A delivery: one message on its way to one receiver, how an attempt at it ended, and what follows from that.
//!
//! Not here: sending. Invariant: what an attempt's outcome means is decided by [`Policy::after`] alone.

mod policy;

pub use policy::{BackoffFunction, DeliveryPolicy, RetryPolicy, SnsDeliveryPolicy};

use crate::publication::PublishRejection;
use crate::time::{Span, Time};

/// How long a receiver may take to answer (docs/spec/delivery.md#attempt-timeout).
pub const ATTEMPT_TIMEOUT: Span = Span::from_secs(15);

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// An earlier message of the same device to the same receiver goes first.
    Queued,
    /// It is sent when it is due.
    Waiting,
    /// A node is sending it; when its lease ends, another may.
    Sending,
    /// The receiver took it.
    Delivered,
    /// It was given up; it can be replayed.
    Dead,
}

impl DeliveryState {
    const ALL: [DeliveryState; 5] = [
        DeliveryState::Queued,
        DeliveryState::Waiting,
        DeliveryState::Sending,
        DeliveryState::Delivered,
        DeliveryState::Dead,
    ];

    /// The word of the store and of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Queued => "queued",
            DeliveryState::Waiting => "waiting",
            DeliveryState::Sending => "sending",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Dead => "dead",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Where an event stands, all its receivers taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventDeliveryState {
    /// It was sent to nobody: its security profile had no confirmed receiver.
    NoReceiver,
    /// A receiver has not answered yet.
    Waiting,
    /// Every receiver took it.
    Delivered,
    /// It was given up at one receiver at least; it can be replayed.
    Dead,
}

impl EventDeliveryState {
    /// Of where it stands at each receiver.
    #[must_use]
    pub fn from_deliveries(states: &[DeliveryState]) -> Self {
        if states.is_empty() {
            Self::NoReceiver
        } else if states.contains(&DeliveryState::Dead) {
            Self::Dead
        } else if states.iter().all(|state| *state == DeliveryState::Delivered) {
            Self::Delivered
        } else {
            Self::Waiting
        }
    }

    /// The word of the command line and of the operator's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoReceiver => "no_receiver",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

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
