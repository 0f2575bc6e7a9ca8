//! Intake: one reading into the whole state of a slot.
//!
//! What it is: cleaning, then the stock in the house. What it is not: a decision. Invariant: readings in order of time
//! give the same state in whatever batches they come, and a reading that comes again changes nothing.

use super::cleaning::clean;
use super::prior::DemandPrior;
use super::reading::{CleanedReading, ReadingKind, SlotReading};
use super::sensor::Sensor;
use super::state::SlotState;
use super::stock::StockInput;

impl SlotState {
    /// Takes a reading. Says what it was, and which use it showed.
    pub fn take(&mut self, reading: &SlotReading, prior: &DemandPrior, sensor: Sensor) -> CleanedReading {
        let (level_before, last) = (self.track.level, self.track.at);
        let cleaned = clean(self, reading, prior, sensor);
        if cleaned.kind == ReadingKind::Ignored {
            return cleaned;
        }
        let full = self.track.full;
        self.stock.follow(&StockInput {
            kind: cleaned.kind,
            at: reading.at,
            days: reading.at - last.unwrap_or(reading.at),
            level_before,
            level: self.track.level,
            full,
            rate: self.belief.forecast(prior, sensor, full).rate(),
            slack: match sensor {
                Sensor::Coarse { step } => step,
                Sensor::Counted | Sensor::Level => sensor.tolerance(full),
            },
            on_hand: reading.on_hand,
        });
        cleaned
    }
}
