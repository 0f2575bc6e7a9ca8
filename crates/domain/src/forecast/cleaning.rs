//! Cleaning: what a reading says about the level, and about the use since the reading before.
//!
//! What it is: the table of rules of docs/spec/forecast.md#forecast-readings; the first rule that fits decides. What it is
//! not: the stock in the house ([`super::stock`]). Invariant: the level only falls within a filling, so that noise never
//! counts as use. A reading that is not newer than the last one changes nothing.

use super::demand::DemandForecast;
use super::learning::UsageObservation;
use super::prior::DemandPrior;
use super::reading::{CleanedReading, MOST_AMOUNT, ReadingKind, SlotReading};
use super::sensor::Sensor;
use super::state::{JumpPoints, LevelJump, LevelTrack, SlotState};
use std::ops::RangeInclusive;

/// The capacities that are valid, in units.
const VALID_CAPACITIES: RangeInclusive<f64> = 1e-6..=MOST_AMOUNT;
/// The times that are valid, in days since 1970: to the year 9999.
const VALID_DAYS: RangeInclusive<f64> = 0.0..=3e6;
/// A capacity that changes by this factor has another unit.
const OTHER_UNIT: f64 = 4.999;
/// A capacity that changes by a larger share is another one.
const OTHER_CAPACITY: f64 = 0.01;
/// How much a new distance of readings counts in the usual one.
const EVERY_SHARE: f64 = 0.2;
/// The longest distance of readings that counts, in days.
const LONGEST_EVERY: f64 = 7.0;
/// Readings in a row above the level that make a small refill.
const RISES_OF_REFILL: u32 = 3;
/// The observations without which no fall is held back.
const LEAST_OBSERVATIONS: u32 = 3;
/// The probability below which a fall is held back.
const IMPROBABLE: f64 = 1e-4;
/// The exposure that completes an observation, in days.
const OBSERVATION_DAYS: f64 = 0.8;
/// The exposure that completes it where the slot is empty, in days.
const EMPTY_OBSERVATION_DAYS: f64 = 0.05;

/// Takes a reading into the level and the belief of a slot.
pub(super) fn clean(
    state: &mut SlotState,
    reading: &SlotReading,
    prior: &DemandPrior,
    sensor: Sensor,
) -> CleanedReading {
    let SlotReading { at, remaining, original, .. } = *reading;
    let is_valid =
        VALID_DAYS.contains(&at) && VALID_CAPACITIES.contains(&original) && (0.0..=MOST_AMOUNT).contains(&remaining);
    if !is_valid || state.track.at.is_some_and(|last| at <= last) {
        return CleanedReading { kind: ReadingKind::Ignored, observed: UsageObservation::default() };
    }
    state.track.readings = state.track.readings.saturating_add(1);
    let Some(last) = state.track.at else { return state.begin(reading, ReadingKind::First) };
    state.track.every += EVERY_SHARE * ((at - last).min(LONGEST_EVERY) - state.track.every);
    let full = state.track.full;
    if original > OTHER_UNIT * full || original < full / OTHER_UNIT {
        let cycle = state.track.cycle.saturating_add(1);
        *state =
            SlotState { track: LevelTrack { cycle, readings: 1, ..LevelTrack::default() }, ..SlotState::default() };
        return state.begin(reading, ReadingKind::OtherUnit);
    }
    let mut cleaner = Cleaner { state, prior, sensor, at, last, remaining, original };
    if (original - full).abs() > OTHER_CAPACITY * full {
        cleaner.state.track.full = original;
        cleaner.state.track.jump = LevelJump::None;
        return cleaner.begin_cycle(remaining, ReadingKind::OtherCapacity);
    }
    cleaner.follow_jump()
}

impl SlotState {
    fn begin(&mut self, reading: &SlotReading, kind: ReadingKind) -> CleanedReading {
        self.track.at = Some(reading.at);
        self.track.changed_at = reading.at;
        (self.track.level, self.track.full) = (reading.remaining, reading.original);
        self.track.changes = 1;
        CleanedReading { kind, observed: UsageObservation::default() }
    }
}

/// A reading that is newer than the last one, and the slot that it belongs to.
struct Cleaner<'a> {
    state: &'a mut SlotState,
    prior: &'a DemandPrior,
    sensor: Sensor,
    at: f64,
    last: f64,
    remaining: f64,
    original: f64,
}

impl Cleaner<'_> {
    /// Confirms or undoes an open jump, and goes on with the reading.
    fn follow_jump(&mut self) -> CleanedReading {
        let (remaining, tolerance) = (self.remaining, self.sensor.tolerance(self.original));
        let jump = std::mem::take(&mut self.state.track.jump);
        match jump {
            LevelJump::Fall(points) => {
                if remaining <= points.to + tolerance.max(0.25 * (points.from - points.to)) {
                    return self.confirm_fall(points);
                }
                self.compare(ReadingKind::FallUndone, self.at - points.at)
            }
            LevelJump::Refill(points)
                if remaining <= points.from + tolerance
                    && points.from < points.to - (2.0 * tolerance).max(0.3 * self.original) =>
            {
                self.state.track.level = points.from;
                self.state.track.cycle = self.state.track.cycle.saturating_sub(1);
                self.compare(ReadingKind::RefillUndone, self.at - points.at)
            }
            LevelJump::Refill(_) | LevelJump::None => self.compare(ReadingKind::Usage, self.at - self.last),
        }
    }

    /// The slot was really emptied: the fall counts as use.
    fn confirm_fall(&mut self, points: JumpPoints) -> CleanedReading {
        let low = self.remaining.min(points.to);
        self.state.track.rises = 0;
        self.use_up(points.from - low, self.at - points.at, low, ReadingKind::Usage)
    }

    /// Compares the reading with the level. `days` is the time since the reading that the level is from.
    fn compare(&mut self, kind: ReadingKind, days: f64) -> CleanedReading {
        let (level, tolerance) = (self.state.track.level, self.sensor.tolerance(self.original));
        let mut fall = level - self.remaining;
        if -fall >= self.sensor.least_refill(self.original) {
            self.state.track.jump = LevelJump::Refill(JumpPoints { from: level, to: self.remaining, at: self.last });
            return self.begin_cycle(self.remaining, ReadingKind::Refill);
        }
        if self.sensor == Sensor::Level && -fall > tolerance {
            let track = &mut self.state.track;
            track.least_rise = if track.rises == 0 { self.remaining } else { self.remaining.min(track.least_rise) };
            track.rises = track.rises.saturating_add(1);
            if track.rises >= RISES_OF_REFILL {
                let least = track.least_rise;
                return self.begin_cycle(least, ReadingKind::Refill);
            }
            fall = 0.0;
        } else {
            self.state.track.rises = 0;
        }
        if kind == ReadingKind::Usage && self.is_improbable(fall, days) {
            self.state.track.jump = LevelJump::Fall(JumpPoints { from: level, to: self.remaining, at: self.last });
            self.state.track.at = Some(self.at);
            return CleanedReading { kind: ReadingKind::HeldBack, observed: UsageObservation::default() };
        }
        self.use_up(fall.max(0.0), days, self.remaining, kind)
    }

    fn is_improbable(&self, fall: f64, days: f64) -> bool {
        fall > (0.4 * self.original).max(2.0 * self.sensor.tolerance(self.original))
            && self.state.belief.observations >= LEAST_OBSERVATIONS
            && self.forecast().exceedance(days + 1.0, fall) < IMPROBABLE
    }

    /// Counts a use of some days. `low` is the level after it.
    fn use_up(&mut self, usage: f64, days: f64, low: f64, kind: ReadingKind) -> CleanedReading {
        let observed = UsageObservation { usage, days: self.exposure(usage, days) };
        self.state.open.usage += observed.usage;
        self.state.open.days += observed.days;
        self.state.track.at = Some(self.at);
        if usage > 0.0 {
            let track = &mut self.state.track;
            (track.level, track.changed_at) = (low, self.at);
            track.changes = track.changes.saturating_add(1);
        }
        self.complete_observation();
        CleanedReading { kind, observed }
    }

    /// The days of an interval in which there was something to use. An empty slot shows no demand.
    fn exposure(&self, usage: f64, days: f64) -> f64 {
        let level = self.state.track.level;
        if level <= 0.0 {
            0.0
        } else if level - usage <= 0.0 {
            days.min((usage / self.forecast().rate()).max(0.1 * days))
        } else {
            days
        }
    }

    /// A new filling. What was used since the last reading is unknown, and counts neither as use nor as exposure.
    fn begin_cycle(&mut self, level: f64, kind: ReadingKind) -> CleanedReading {
        let track = &mut self.state.track;
        track.level = level;
        (track.at, track.changed_at) = (Some(self.at), self.at);
        track.rises = 0;
        track.cycle = track.cycle.saturating_add(1);
        track.changes = track.changes.saturating_add(1);
        self.complete_observation();
        CleanedReading { kind, observed: UsageObservation::default() }
    }

    fn complete_observation(&mut self) {
        let (open, track) = (self.state.open, &self.state.track);
        let is_complete = open.days >= OBSERVATION_DAYS || (track.level <= 0.0 && open.days >= EMPTY_OBSERVATION_DAYS);
        if is_complete {
            self.state.belief.learn(open, self.prior, self.sensor, track.full);
            self.state.open = UsageObservation::default();
        }
    }

    fn forecast(&self) -> DemandForecast {
        self.state.belief.forecast(self.prior, self.sensor, self.state.track.full)
    }
}

#[cfg(test)]
#[path = "tests/cleaning.rs"]
mod tests;
