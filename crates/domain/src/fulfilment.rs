//! Who takes an order from its placing to the door, and what they may say of it.
//!
//! Not here: how they are reached. Invariant: an order stays with the back end it was made with, whatever the settings
//! say later.

use crate::order::Problem;
use crate::time::Time;

/// A fulfilment back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Backend {
    /// Nobody: parcels leave and arrive by the clock.
    #[default]
    Simulated,
    /// An operator, by the command line.
    Manual,
}

impl Backend {
    /// Every back end.
    pub const ALL: [Backend; 2] = [Backend::Simulated, Backend::Manual];

    /// The word of store and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Backend::Simulated => "simulated",
            Backend::Manual => "manual",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.as_str() == word)
    }
}

/// What a back end says of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It takes the order, or nothing stands in its way any more.
    Accepted {
        /// When it should arrive, if that is known.
        expected_at: Option<Time>,
    },
    /// It cannot be fulfilled for now.
    Problem(Problem),
    /// It left.
    Shipped {
        /// When it should arrive, if that is known.
        expected_at: Option<Time>,
        /// The carrier's number, if there is one.
        tracking: Option<String>,
    },
    /// It arrived.
    Delivered,
    /// It will not be fulfilled.
    Cancelled,
}

/// The longest tracking number that is kept.
const TRACKING: usize = 100;

/// A tracking number as it is kept: without control characters, not too long; nothing if nothing is left.
#[must_use]
pub fn tracking(text: &str) -> Option<String> {
    let kept: String = text.trim().chars().filter(|c| !c.is_control()).take(TRACKING).collect();
    Some(kept).filter(|kept| !kept.is_empty())
}
