//! Levels: how full each slot of a device is, and was on the days before.
//!
//! Not here: where readings come from, and how far they were folded (the service). Invariant: [`LevelDay::merge`] gives
//! the same result in any order and any number of times, so a reading may be folded again.

mod chart;

pub use chart::{CHART_HEIGHT, CHART_WIDTH, ChartPoint, DayTick, LevelChart, LevelTick, draw_chart};

use crate::device::DeviceRef;
use crate::id::ReadingId;
use crate::reading::day_number;
use crate::text::SlotId;
use crate::time::Time;

/// The number of days for which levels are kept, today included.
pub const LEVEL_DAYS: i64 = 90;

/// A stored reading, reduced to what a level needs.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelReading {
    /// The device.
    pub device: DeviceRef,
    /// The slot.
    pub slot: SlotId,
    /// The reading's id.
    pub id: ReadingId,
    /// When it arrived.
    pub at: Time,
    /// `remainingQuantityInUnit`.
    pub remaining: f64,
    /// `originalQuantityInUnit`.
    pub original: f64,
    /// `totalQuantityOnHand`.
    pub on_hand: Option<f64>,
}

/// What the readings of one day say of a slot's level.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelDay {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// The lowest remaining quantity.
    pub lowest: f64,
    /// The highest remaining quantity.
    pub highest: f64,
    /// When the last reading arrived.
    pub last_at: Time,
    /// The id of the last reading. It decides between two readings of the same time.
    pub last_reading: ReadingId,
    /// The remaining quantity of the last reading.
    pub remaining: f64,
    /// The original quantity of the last reading.
    pub original: f64,
    /// The stock on hand of the last reading.
    pub on_hand: Option<f64>,
}

/// A day of one slot of one device.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotDay {
    /// The device.
    pub device: DeviceRef,
    /// The slot.
    pub slot: SlotId,
    /// What its readings say.
    pub level: LevelDay,
}

impl LevelReading {
    fn to_slot_day(&self) -> SlotDay {
        let Self { device, slot, id, at, remaining, original, on_hand } = self;
        let level = LevelDay {
            day: day_number(*at),
            lowest: *remaining,
            highest: *remaining,
            last_at: *at,
            last_reading: *id,
            remaining: *remaining,
            original: *original,
            on_hand: *on_hand,
        };
        SlotDay { device: *device, slot: slot.clone(), level }
    }
}

impl LevelDay {
    /// Adds what other readings of the same slot and day say.
    pub fn merge(&mut self, other: &Self) {
        let (lowest, highest) = (self.lowest.min(other.lowest), self.highest.max(other.highest));
        if (other.last_at, other.last_reading.0) > (self.last_at, self.last_reading.0) {
            self.clone_from(other);
        }
        (self.lowest, self.highest) = (lowest, highest);
    }

    /// How much is left, in per cent of the original quantity, from 0 to 100. `None` if the original quantity is 0.
    #[must_use]
    pub fn percent_left(&self) -> Option<f64> {
        (self.original > 0.0).then(|| (self.remaining / self.original * 100.0).clamp(0.0, 100.0))
    }
}

/// Folds readings by device, slot and day, in that order. The order of the input does not matter.
#[must_use]
pub fn fold_by_day(readings: &[LevelReading]) -> Vec<SlotDay> {
    let mut single: Vec<_> = readings.iter().map(LevelReading::to_slot_day).collect();
    single.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let mut days: Vec<SlotDay> = Vec::with_capacity(single.len());
    for next in single {
        match days.last_mut().filter(|last| last.sort_key() == next.sort_key()) {
            Some(last) => last.level.merge(&next.level),
            None => days.push(next),
        }
    }
    days
}

impl SlotDay {
    fn sort_key(&self) -> (i64, uuid::Uuid, &str, i64) {
        (self.device.shard, self.device.id.0, self.slot.as_str(), self.level.day)
    }
}

/// How full a slot is.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotLevel {
    /// The slot.
    pub slot: SlotId,
    /// The days with readings, oldest first, at most [`LEVEL_DAYS`]. The last one is the present level.
    pub days: Vec<LevelDay>,
}

impl SlotLevel {
    /// The day with the newest reading, if there is any.
    #[must_use]
    pub fn newest(&self) -> Option<&LevelDay> {
        self.days.last()
    }

    /// How much is left, in per cent, from 0 to 100. `None` without a reading, or if its original quantity is 0.
    #[must_use]
    pub fn percent_left(&self) -> Option<f64> {
        self.newest().and_then(LevelDay::percent_left)
    }

    /// The newest stock on hand that the device reported, and when.
    #[must_use]
    pub fn stock_on_hand(&self) -> Option<(f64, Time)> {
        self.days.iter().rev().find_map(|day| Some((day.on_hand?, day.last_at)))
    }

    /// When the device reported this slot last.
    #[must_use]
    pub fn heard_at(&self) -> Option<Time> {
        self.newest().map(|day| day.last_at)
    }
}

#[cfg(test)]
#[path = "level_tests.rs"]
mod tests;
