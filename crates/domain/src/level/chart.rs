//! The drawing of a slot's level over time, as coordinates that a template prints.
//!
//! Not here: markup, colours, and texts in a language. Invariant: the same days give the same drawing. Every coordinate
//! is inside the box and has at most one decimal, and the line goes from left to right.

use super::{LEVEL_DAYS, LevelDay};
use std::fmt::Write;

/// The width of the drawing.
pub const CHART_WIDTH: f64 = 640.0;
/// The height of the drawing.
pub const CHART_HEIGHT: f64 = 170.0;

/// The space at the left, for the labels of the levels.
const LEFT: f64 = 48.0;
/// The space at the right.
const RIGHT: f64 = 12.0;
/// The space above, for the marks of refills.
const TOP: f64 = 14.0;
/// The space below, for the labels of the days.
const BOTTOM: f64 = 24.0;

/// A rise of more than this counts as a refill, in per cent of the whole.
const REFILL_RISE: f64 = 10.0;
/// The distances between two labels of days, in days.
const DAY_STEPS: [i64; 6] = [1, 2, 3, 7, 14, 30];
/// The most labels of days.
const MAX_DAY_TICKS: i64 = 5;

/// A place in the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChartPoint {
    /// From the left.
    pub x: f64,
    /// From above.
    pub y: f64,
}

/// A level at the left axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelTick {
    /// From above.
    pub y: f64,
    /// The level in per cent.
    pub percent: u8,
}

/// A day at the axis below, or the mark of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayTick {
    /// Its place.
    pub place: ChartPoint,
    /// Days since 1970-01-01, UTC.
    pub day: i64,
}

/// A drawing of [`CHART_WIDTH`] by [`CHART_HEIGHT`].
#[derive(Clone, Debug, PartialEq)]
pub struct LevelChart {
    /// The line of the levels, as the attribute `d` of an SVG path. A single day is a line of no length, which round
    /// ends make a dot.
    pub line: String,
    /// The newest level.
    pub newest: ChartPoint,
    /// Where both axes begin: at the left, and below.
    pub origin: ChartPoint,
    /// Where both axes end: at the right, and above.
    pub corner: ChartPoint,
    /// The levels at the left axis, from empty to full.
    pub levels: [LevelTick; 3],
    /// The days at the axis below, oldest first.
    pub days: Vec<DayTick>,
    /// The days on which the slot was refilled, at the level that was reached, oldest first.
    pub refills: Vec<DayTick>,
}

/// Rounds to one decimal.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn y_of(percent: f64) -> f64 {
    round(TOP + (1.0 - percent / 100.0) * (CHART_HEIGHT - TOP - BOTTOM))
}

/// The days on the axis, from the first to the last.
#[derive(Clone, Copy)]
struct DayRange {
    first: i64,
    last: i64,
}

impl DayRange {
    #[expect(clippy::cast_precision_loss, reason = "at most ninety days")]
    fn x_of(self, day: i64) -> f64 {
        let share = match self.last - self.first {
            0 => 0.5,
            all => (day - self.first) as f64 / all as f64,
        };
        round(LEFT + share * (CHART_WIDTH - LEFT - RIGHT))
    }

    /// The days with a label, counted back from the last.
    fn ticks(self) -> Vec<DayTick> {
        let all = self.last - self.first;
        let step = DAY_STEPS.into_iter().find(|step| all / step < MAX_DAY_TICKS).unwrap_or(LEVEL_DAYS);
        let day = |n| self.last - n * step;
        let tick = |day| DayTick { place: ChartPoint { x: self.x_of(day), y: CHART_HEIGHT - BOTTOM }, day };
        (0..=all / step).rev().map(day).map(tick).collect()
    }
}

/// A day's levels in per cent of its whole.
struct DrawnDay {
    day: i64,
    last: f64,
    lowest: f64,
    highest: f64,
}

impl DrawnDay {
    fn new(level: &LevelDay) -> Option<Self> {
        let percent = |remaining| LevelDay { remaining, ..level.clone() }.percent_left();
        let [last, lowest, highest] = [level.remaining, level.lowest, level.highest].map(percent);
        Some(Self { day: level.day, last: last?, lowest: lowest?, highest: highest? })
    }

    /// Whether the slot was refilled since the last reading of the day before.
    fn is_refill_after(&self, before: Option<&Self>) -> bool {
        // The lowest reading of a day came before its last one, or is the last one.
        let within = self.last - self.lowest > REFILL_RISE;
        within || before.is_some_and(|before| self.highest - before.last > REFILL_RISE)
    }
}

/// Draws the days of a slot, oldest first. Days of [`LEVEL_DAYS`] or more before the last are left out. `None` if no day
/// has a level in per cent.
#[must_use]
pub fn draw_chart(days: &[LevelDay]) -> Option<LevelChart> {
    let after = days.last()?.day.saturating_sub(LEVEL_DAYS);
    let drawn: Vec<_> = days.iter().filter(|day| day.day > after).filter_map(DrawnDay::new).collect();
    let (first, last) = (drawn.first()?, drawn.last()?);
    let range = DayRange { first: first.day, last: last.day };
    let place = |day: &DrawnDay, level| ChartPoint { x: range.x_of(day.day), y: y_of(level) };
    let mut line = String::new();
    for (n, day) in drawn.iter().enumerate() {
        let ChartPoint { x, y } = place(day, day.last);
        let _ = write!(line, "{}{x} {y}", if n == 0 { "M" } else { "L" });
    }
    let newest = place(last, last.last);
    if drawn.len() == 1 {
        let _ = write!(line, "L{} {}", newest.x, newest.y);
    }
    let before = std::iter::once(None).chain(drawn.iter().map(Some));
    let refills = before.zip(&drawn).filter(|(before, day)| day.is_refill_after(*before));
    let refills = refills.map(|(_, day)| DayTick { place: place(day, day.highest), day: day.day }).collect();
    Some(LevelChart {
        line,
        newest,
        origin: ChartPoint { x: LEFT, y: CHART_HEIGHT - BOTTOM },
        corner: ChartPoint { x: CHART_WIDTH - RIGHT, y: TOP },
        levels: [0_u8, 50, 100].map(|percent| LevelTick { y: y_of(f64::from(percent)), percent }),
        days: range.ticks(),
        refills,
    })
}

#[cfg(test)]
#[path = "chart_tests.rs"]
mod tests;
