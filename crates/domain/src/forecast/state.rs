//! The state of a slot: everything that the forecast remembers of its readings.
//!
//! What it is: 39 numbers, and their bytes behind one byte of version (docs/spec/forecast.md#forecast-state). What it is
//! not: the readings; none is needed again. Invariant: equal states have equal bytes, and bytes that are read give
//! only finite numbers that are not negative, logarithms excepted.

mod bytes;

pub use bytes::{STATE_BYTES, StateBytesError};

use super::belief::DemandBelief;
use super::learning::UsageObservation;

/// What is remembered of a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SlotState {
    /// What is known of its use.
    pub belief: DemandBelief,
    /// The observation that is not complete yet.
    pub open: UsageObservation,
    /// The clean level.
    pub track: LevelTrack,
    /// The packs in the house.
    pub stock: HouseStock,
}

/// The clean level of a slot: what is believed to be left, after noise and false jumps were removed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelTrack {
    /// When the last reading arrived, in days. `None` before the first.
    pub at: Option<f64>,
    /// What is left, in units.
    pub level: f64,
    /// The capacity, in units.
    pub full: f64,
    /// When the level changed last, in days.
    pub changed_at: f64,
    /// A jump that later readings may undo.
    pub jump: LevelJump,
    /// Readings in a row above the clean level, of a level sensor.
    pub rises: u32,
    /// The least of these readings, in units.
    pub least_rise: f64,
    /// The usual distance of two readings, in days.
    pub every: f64,
    /// How often the level changed.
    pub changes: u32,
    /// The number of the filling.
    pub cycle: u32,
    /// The number of readings that were not ignored.
    pub readings: u32,
}

/// A jump of the level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum LevelJump {
    /// None is open.
    #[default]
    None,
    /// A fall that is too large to be believed at once. The level is still that before it.
    Fall(JumpPoints),
    /// A refill that the next reading may undo. The level is that after it.
    Refill(JumpPoints),
}

/// From where to where a level jumped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JumpPoints {
    /// The level before, in units.
    pub from: f64,
    /// The reading after, in units.
    pub to: f64,
    /// When the reading before the jump arrived, in days.
    pub at: f64,
}

/// The packs in the house that are not loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HouseStock {
    /// What is in the house and not loaded, in units.
    pub spare: f64,
    /// What refills loaded of a pack that is not used up, in units.
    pub topup: f64,
    /// The size of the last pack, in units; 0 before the first.
    pub pack: f64,
    /// What the last refill took from the stock, in units.
    pub last_cut: f64,
    /// Since when the slot has been empty in spite of a stock, in days.
    pub empty_since: Option<f64>,
}

impl LevelJump {
    /// Whether a fall waits for its confirmation.
    #[must_use]
    pub fn is_fall(self) -> bool {
        matches!(self, Self::Fall(_))
    }
}

impl Default for LevelTrack {
    fn default() -> Self {
        Self {
            at: None,
            level: 0.0,
            full: 0.0,
            changed_at: 0.0,
            jump: LevelJump::None,
            rises: 0,
            least_rise: 0.0,
            every: 1.0,
            changes: 0,
            cycle: 0,
            readings: 0,
        }
    }
}
