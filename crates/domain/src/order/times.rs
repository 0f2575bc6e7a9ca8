//! When the steps of an order's life happened, for people who look at it.
//!
//! Not here: when a step is due ([`super::lifecycle`]), and the times that rules read. Invariant: no rule depends on
//! these times, except on the end of an order. Orders of earlier releases lack them.

use crate::time::Time;

/// When the steps happened. A step that did not happen, or of which nobody kept the time, has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderTimes {
    /// When its latest hold for a new reason began.
    pub held_at: Option<Time>,
    /// When its customer approved it.
    pub approved_at: Option<Time>,
    /// When it was shipped, or reported as shipped.
    pub shipped_at: Option<Time>,
    /// When it became final: delivered, or counted as delivered; cancelled; expired.
    pub ended_at: Option<Time>,
}
