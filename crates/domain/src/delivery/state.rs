//! The state of a delivery, and of an event over all its receivers.
//!
//! Not here: the transitions between states ([`super::policy`]). Invariant: the stored names never change.

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// An earlier message of the same device to the same receiver goes first.
    Queued,
    /// It is sent when it is due.
    Waiting,
    /// A node is sending it; when its lease ends, another node may.
    Sending,
    /// The receiver accepted it.
    Delivered,
    /// All attempts failed; it can be replayed.
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

    /// The name in the store and on the command line.
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

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// The state of an event over all its receivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventDeliveryState {
    /// No delivery exists: the security profile had no confirmed receiver.
    NoReceiver,
    /// At least one delivery is open.
    Waiting,
    /// Every receiver accepted it.
    Delivered,
    /// At least one delivery is dead; it can be replayed.
    Dead,
}

impl EventDeliveryState {
    /// The state that follows from the states of the event's deliveries.
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

    /// The name on the command line and in the operator's API.
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
