//! A delivery: one message on its way to one receiver, how an attempt at it ended, and what follows from that.
//!
//! Not here: sending. Invariant: what an attempt's outcome means is decided by [`Policy::after`] alone.

mod policy;

pub use policy::{Backoff, Phases, Policy, Rules};

use crate::publication::Refusal;
use crate::time::{Span, Time};

/// How long a receiver may take to answer (docs/spec/delivery.md#attempt-timeout).
pub const ATTEMPT: Span = Span::from_secs(15);

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
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

impl State {
    const ALL: [State; 5] = [State::Queued, State::Waiting, State::Sending, State::Delivered, State::Dead];

    /// The word of the store and of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Waiting => "waiting",
            State::Sending => "sending",
            State::Delivered => "delivered",
            State::Dead => "dead",
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
pub enum EventState {
    /// It was sent to nobody: its security profile had no confirmed receiver.
    NoReceiver,
    /// A receiver has not answered yet.
    Waiting,
    /// Every receiver took it.
    Delivered,
    /// It was given up at one receiver at least; it can be replayed.
    Dead,
}

impl EventState {
    /// Of where it stands at each receiver.
    #[must_use]
    pub fn of(states: &[State]) -> Self {
        if states.is_empty() {
            Self::NoReceiver
        } else if states.contains(&State::Dead) {
            Self::Dead
        } else if states.iter().all(|state| *state == State::Delivered) {
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
pub enum Outcome {
    /// The receiver answered with a status, and perhaps said how many seconds to wait.
    Answered(u16, Option<i64>),
    /// Amazon SNS did not take the publication.
    Refused(Refusal),
    /// No answer: refused, reset, bad certificate, out of time.
    Silent(String),
    /// The address may not be sent to, now or later.
    Forbidden(String),
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is done.
    Delivered,
    /// Again, then.
    Retry(Time),
    /// Never again, unless somebody replays it; why.
    Dead(String),
    /// Never again, and the receiver wants no more messages at all.
    Gone(String),
}
