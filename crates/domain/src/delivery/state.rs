//! Where a delivery stands, and where its event stands, all receivers taken together.
//!
//! Not here: what leads from one state to another ([`super::policy`]). Invariant: the words of the store never change.

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
