//! Readings of a slot, as the forecast sees them.
//!
//! Not here: the rules that say what a reading was ([`super::cleaning`]), and the call that brings it. Invariant: a
//! reading may have any numbers; the rules ignore those that are not valid.

use super::learning::UsageObservation;

/// The largest amount that is valid, in units. Squares of larger ones have no digits left.
pub(super) const MOST_AMOUNT: f64 = 1e12;

/// A reading of a slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlotReading {
    /// When it arrived at the service, in days.
    pub at: f64,
    /// What is left, in units.
    pub remaining: f64,
    /// The capacity, in units.
    pub original: f64,
    /// What the device counts in the house, in units, if it does.
    pub on_hand: Option<f64>,
}

/// What a reading was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadingKind {
    /// It is not valid, or not newer than the last one. It changes nothing.
    Ignored,
    /// The first one.
    First,
    /// The capacity changed so much that the unit must be another one. What was known is forgotten.
    OtherUnit,
    /// The capacity changed. A new filling begins.
    OtherCapacity,
    /// The fall before it was false.
    FallUndone,
    /// The refill before it was false.
    RefillUndone,
    /// Use, or none.
    Usage,
    /// A refill. A new filling begins.
    Refill,
    /// A fall that is too large to be believed before the next reading.
    HeldBack,
}

/// What a reading was, and what it showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CleanedReading {
    /// What it was.
    pub kind: ReadingKind,
    /// The use that it showed, with its exposure; none for most kinds.
    pub observed: UsageObservation,
}
