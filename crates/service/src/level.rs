//! Levels: how full each slot is, folded from stored readings in the background.
//!
//! Not here: storing readings, which writes nothing for levels. Invariant: a reading is folded at least once if its
//! transaction commits within a day after its id was made. [`PASSES`] says why. Folding it more often changes nothing.

use crate::reading::lowest_id_at;
use crate::{App, Result};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::ReadingId;
use opendrs_domain::level::{LEVEL_DAYS, LevelDay, LevelReading, SlotDay, SlotLevel, fold_by_day};
use opendrs_domain::reading::day_number;
use opendrs_domain::time::Span;
use opendrs_store::level::{self, AppendedReading, LevelCursor};
use opendrs_store::{Command, Engine, Tx, device, model};
use uuid::Uuid;

/// How many readings one transaction folds.
const BATCH_SIZE: i64 = 1000;
/// The most batches of one pass in a round: 6,000 readings a second. More would take a noticeable share of the writer from
/// device calls; a backlog is folded in quieter times.
const MAX_BATCHES: usize = 6;
/// How many rows one transaction of a purge removes.
const PURGE_BATCH_SIZE: i64 = 500;

/// How far each pass stays behind the clock, on a store that several nodes share.
///
/// There a reading may become visible after others with greater ids: its transaction took longer, or its node's clock is
/// behind. So each reading is read three times, by passes with a cursor each. The first one keeps levels current. The
/// others find what became visible after an earlier pass had gone by. SQLite has one writer and keeps the order of
/// arrival, so one pass without a delay finds everything.
const PASSES: [Span; 3] = [Span::from_secs(2), Span::from_mins(2), Span::from_hours(24)];

/// How far ahead of the clock an id may be that the first pass reads.
const CLOCK_TOLERANCE: Span = Span::from_hours(24);

/// What one pass reads, and how far its cursor may move.
#[derive(Clone, Copy)]
struct PassBounds {
    /// The last id that it reads.
    until: ReadingId,
    /// Readings with a lower id are not read again by this pass. `None` stands for all.
    settled: Option<ReadingId>,
}

fn pass_bounds(app: &App, pass: usize, lag: Span) -> Option<PassBounds> {
    let (now, first) = (app.now(), pass == 0);
    match app.db.engine() {
        Engine::Sqlite => first.then_some(PassBounds { until: ReadingId(Uuid::max()), settled: None }),
        Engine::Postgres if first => {
            // This node's ids never fall, although a test clock may.
            let newest = app.ids.ordered_uuid(now).max(lowest_id_at(now + CLOCK_TOLERANCE).0);
            Some(PassBounds { until: ReadingId(newest), settled: Some(lowest_id_at(now - lag)) })
        }
        Engine::Postgres => Some(PassBounds { until: lowest_id_at(now - lag), settled: None }),
    }
}

/// What a round of folding did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoldProgress {
    /// How many readings the first pass read.
    pub readings: usize,
    /// Whether a pass did not come to its end: there was more than a round reads, or another node was folding.
    pub more: bool,
}

/// Folds the readings that came since the last call, a bounded number of them. It may run on every node in parallel: a
/// batch of one node makes the others' batches of the same moment ineffective.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn fold_new(app: &App) -> Result<FoldProgress> {
    let cursors = level::list_cursors(&mut app.db.reader().await?.tx()?).await?;
    let mut done = FoldProgress::default();
    for (pass, (cursor, lag)) in cursors.iter().zip(PASSES).enumerate() {
        // Nothing came since a later pass arrived where the first one is.
        let arrived = pass > 0 && cursor.reading == cursors[0].reading;
        if let Some(bounds) = pass_bounds(app, pass, lag).filter(|_| !arrived) {
            let FoldProgress { readings, more } = run_pass(app, *cursor, bounds).await?;
            done.readings += if pass == 0 { readings } else { 0 };
            done.more |= more;
        }
    }
    Ok(done)
}

async fn run_pass(app: &App, saved: LevelCursor, bounds: PassBounds) -> Result<FoldProgress> {
    let (mut expected, mut after, mut readings) = (saved, saved, 0);
    for _ in 0..MAX_BATCHES {
        // A reset of a test server comes before or after a batch.
        let _turn = app.scheduler_lock.lock().await;
        let batch = level::list_readings(&mut app.db.reader().await?.tx()?, after, bounds.until, BATCH_SIZE).await?;
        let cursor_at = |AppendedReading { place, reading }: &AppendedReading| LevelCursor {
            reading: reading.id,
            place: *place,
            ..saved
        };
        let Some(last) = batch.last() else { return Ok(FoldProgress { readings, more: false }) };
        after = cursor_at(last);
        let settled = |found: &&AppendedReading| bounds.settled.is_none_or(|bound| found.reading.id.0 < bound.0);
        let next = batch.iter().rev().find(settled).map_or(expected, cursor_at);
        let batch: Vec<_> = batch.into_iter().map(|found| found.reading).collect();
        let read = batch.len();
        if !app.db.write(FoldReadings { expected, next, readings: batch, oldest_day: oldest_day(app) }).await? {
            break;
        }
        expected = next;
        readings += read;
        if i64::try_from(read).is_ok_and(|read| read < BATCH_SIZE) {
            return Ok(FoldProgress { readings, more: false });
        }
    }
    Ok(FoldProgress { readings, more: true })
}

/// Folds readings, if the cursor of their pass is still as it was when they were read.
struct FoldReadings {
    expected: LevelCursor,
    next: LevelCursor,
    readings: Vec<LevelReading>,
    oldest_day: i64,
}

impl Command for FoldReadings {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        if !level::lock_cursors(tx).await?.contains(&self.expected) {
            return Ok(false);
        }
        let mut days = fold_by_day(&self.readings);
        days.retain(|day| day.level.day >= self.oldest_day);
        let stored = level::find_days(tx, &days).await?;
        for (mut day, stored) in days.into_iter().zip(stored) {
            let Some(stored) = stored else {
                level::insert_day(tx, &day).await?;
                continue;
            };
            day.level.merge(&stored);
            if day.level != stored {
                level::update_day(tx, &day).await?;
            }
        }
        if self.next != self.expected {
            level::save_cursor(tx, self.next).await?;
        }
        Ok(true)
    }
}

/// The first day whose levels are kept: [`LEVEL_DAYS`] days, or as long as anything is kept of readings.
fn oldest_day(app: &App) -> i64 {
    let (now, keep) = (app.now(), app.settings.reading_retention);
    let oldest = day_number(now) - LEVEL_DAYS + 1;
    if keep.readings == Span::default() || keep.days == Span::default() {
        return oldest;
    }
    oldest.max(day_number(now - (keep.readings + keep.days)))
}

/// How full each slot of a device is, in the order of its model's slots. A deregistered or unknown device has none. The
/// level lags readings by a few seconds, as long as a worker runs. The caller has checked that the device is its
/// owner's.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_for_device(app: &App, device: DeviceRef) -> Result<Vec<SlotLevel>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let Some(found) = device::find_by_id(&mut tx, device).await?.filter(|found| found.deregistered_at.is_none()) else {
        return Ok(Vec::new());
    };
    let slots = model::list_slots(&mut tx, found.model).await?;
    let mut days = level::list_by_device(&mut tx, device, oldest_day(app), day_number(app.now())).await?;
    let level = |slot| {
        let is_of_slot = |day: &mut SlotDay| day.slot == slot;
        let days: Vec<LevelDay> = days.extract_if(.., is_of_slot).map(|day| day.level).collect();
        SlotLevel { slot, days }
    };
    Ok(slots.into_iter().map(|slot| slot.id).map(level).collect())
}

/// Removes levels, a bounded number of them, and makes folding begin again with the oldest reading. `true` if there are
/// more. Levels of readings that are no longer kept do not come back.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn clear(app: &App) -> Result<bool> {
    Ok(app.db.write(ClearLevels).await? == PURGE_BATCH_SIZE.unsigned_abs())
}

struct ClearLevels;

impl Command for ClearLevels {
    type Output = u64;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        // In each transaction, so that an interrupted command leaves nothing that is not folded again.
        level::reset_cursors(tx).await?;
        level::purge_days(tx, i64::MAX, PURGE_BATCH_SIZE).await
    }
}

/// Removes levels of days that are no longer kept, a bounded number of them. Returns how many.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn purge(app: &App) -> Result<u64> {
    let mut count = 0;
    for _ in 0..MAX_BATCHES {
        let removed = app.db.write(PurgeLevels(oldest_day(app))).await?;
        count += removed;
        if removed < PURGE_BATCH_SIZE.unsigned_abs() {
            break;
        }
    }
    Ok(count)
}

struct PurgeLevels(i64);

impl Command for PurgeLevels {
    type Output = u64;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        level::purge_days(tx, self.0, PURGE_BATCH_SIZE).await
    }
}
