//! The level of a slot on the page of its device: how much is left, when it was reported, and a chart of its days.
//!
//! Not here: how readings become levels. Invariant: the page shows every number of the chart as text too.

use opendrs_domain::level::{LevelChart, LevelDay, SlotLevel, draw_chart};
use opendrs_domain::time::{Span, Time};
use opendrs_texts::ReaderTexts;

/// The level of a slot.
pub(crate) struct LevelRow {
    /// How much is left, in whole per cent.
    pub(crate) percent: u8,
    /// The same as a text.
    pub(crate) left: String,
    /// When it was reported.
    pub(crate) heard: String,
    /// The chart, if there are days to compare.
    pub(crate) chart: Option<ChartView>,
}

/// A chart with its texts.
pub(crate) struct ChartView {
    pub(crate) drawing: LevelChart,
    /// What it shows, for those who do not see it.
    pub(crate) description: String,
    /// The labels of the days, in the order of the drawing's days.
    pub(crate) labels: Vec<String>,
    /// Each day and its level, newest first.
    pub(crate) days: Vec<DayRow>,
}

/// A line of the table behind a chart.
pub(crate) struct DayRow {
    pub(crate) day: String,
    pub(crate) left: String,
}

/// The fewest days that a chart shows.
const MIN_CHART_DAYS: usize = 2;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a level is from 0 to 100")]
fn whole_percent(percent: f64) -> u8 {
    percent.round().clamp(0.0, 100.0) as u8
}

fn day_time(day: i64) -> Time {
    Time::from_secs(0) + Span::from_hours(24 * day)
}

/// Converts a level for the page. `None` without a level in per cent.
pub(super) fn level_row(level: &SlotLevel, texts: &ReaderTexts) -> Option<LevelRow> {
    let percent = whole_percent(level.percent_left()?);
    let heard = level.heard_at()?;
    Some(LevelRow {
        percent,
        left: (texts.parts.level_left)(percent),
        heard: (texts.parts.level_heard)(&texts.moment(&heard)),
        chart: chart_view(&level.days, texts),
    })
}

fn chart_view(days: &[LevelDay], texts: &ReaderTexts) -> Option<ChartView> {
    let drawing = draw_chart(days).filter(|_| days.len() >= MIN_CHART_DAYS)?;
    let (first, last) = (days.first()?, days.last()?);
    let day_text = |day: i64| texts.date(&day_time(day));
    let row = |day: &LevelDay| {
        let left = (texts.parts.level_left)(whole_percent(day.percent_left()?));
        Some(DayRow { day: day_text(day.day), left })
    };
    Some(ChartView {
        description: (texts.parts.level_between)(&day_text(first.day), &day_text(last.day), drawing.refills.len()),
        labels: drawing.days.iter().map(|tick| texts.language.format_short_day(day_time(tick.day))).collect(),
        days: days.iter().rev().filter_map(row).collect(),
        drawing,
    })
}
