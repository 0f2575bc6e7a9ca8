//! The next look: which reading, or which time, makes a slot worth scoring again.
//!
//! What it is: the alarm level and the due time that follow from a scoring (docs/spec/forecast.md#forecast-next-look). What
//! it is not: the schedule that runs scorings. Invariant: a reading above the alarm level does not reach the accepted
//! risk as long as the belief is the same. Errors of the search only lead to a look too many.

use super::decision::silent_after;
use super::risk::{REVIEW_DAYS, RiskContext};
use super::sensor::Sensor;

/// When to look at a slot again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NextLook {
    /// A reading of at most this level needs a scoring at once, in units; 0 if none does.
    pub alarm_level: f64,
    /// Without such a reading, the slot is scored at this time, in days.
    pub due_at: f64,
}

/// The least time between two looks at a slot, in days: a quarter of an hour.
pub const LEAST_LOOK_DAYS: f64 = 1.0 / 96.0;
/// The least time until a slot is due, in days.
const SOONEST_DUE: f64 = 0.25;
/// The longest time until a slot is due, in days.
const LATEST_DUE: f64 = 7.0;
/// The share of the way to the alarm level after which a slot is due.
const DUE_SHARE: f64 = 1.0 / 3.0;
/// How precise the alarm level is, as a share of the capacity.
const PRECISION: f64 = 1.0 / 512.0;

/// When to look again at a slot whose scoring gave no alarm level, in days.
#[must_use]
pub fn next_due(now: f64) -> f64 {
    now + REVIEW_DAYS
}

impl RiskContext<'_> {
    /// When to look again after a scoring at a time, in days. `accepted` is the accepted risk.
    #[must_use]
    pub fn next_look(&self, now: f64, accepted: f64) -> NextLook {
        let track = &self.state.track;
        let score = self.score(now);
        let alarm_need = self.alarm_need(accepted);
        let distance = (score.need() - alarm_need) * DUE_SHARE / score.rate;
        let due_at = now + distance.clamp(SOONEST_DUE, LATEST_DUE);
        // The notice of a silent slot must not wait for its level.
        let silent_at = track.at.map_or(due_at, |at| at + silent_after(track.every) + LEAST_LOOK_DAYS);
        let due_at = if silent_at > now { due_at.min(silent_at) } else { due_at };
        // Where a coarse sensor shows a step, a part of it may be gone.
        let hidden = match self.sensor {
            Sensor::Coarse { step } => 0.999 * step,
            Sensor::Counted | Sensor::Level => 0.0,
        };
        NextLook { alarm_level: (alarm_need - self.state.stock.spare + hidden).max(0.0), due_at }
    }

    /// The highest amount at which the risk reaches the accepted one at the moment of a reading, in units, rounded up.
    fn alarm_need(&self, accepted: f64) -> f64 {
        let full = self.state.track.full;
        let score = self.score_amount(full);
        let is_alarming = |need: f64| {
            let score = score.with_need(need);
            score.bound() >= accepted && score.risk() >= accepted
        };
        let is_counted = self.sensor.is_counted();
        let precision = if is_counted { (PRECISION * full).max(1.0) } else { PRECISION * full };
        let (mut low, mut high) = (0.0, if is_counted { full.ceil() } else { full });
        while is_alarming(high) && high < 1024.0 * full {
            (low, high) = (high, 2.0 * high);
        }
        while high - low > precision {
            let middle = if is_counted { ((low + high) / 2.0_f64).floor() } else { (low + high) / 2.0 };
            if is_alarming(middle) { low = middle } else { high = middle }
        }
        // Of whole numbers, the highest that alarms is known exactly.
        if is_counted && high - low <= 1.0 { low } else { high }
    }
}

#[cfg(test)]
#[path = "tests/next_look.rs"]
mod tests;
