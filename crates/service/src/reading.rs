//! SlotStatus: a reading is stored durably before it is answered.

use crate::token::{self, Caller, DeviceToken};
use crate::{App, Result, limit};
use opendrs_domain::id::{DeviceId, ReadingId};
use opendrs_domain::reading::{Point, SlotStatus, day_of, days};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::{Span, Time};
use opendrs_store::access::AccessVersion;
use opendrs_store::{Tx, Write, reading};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Stores what a device says of a slot.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn add(app: &App, caller: Caller, slot: SlotId, status: SlotStatus) -> Result<()> {
    let at = app.now();
    let id = ReadingId(app.ids.ordered(at));
    Ok(app.db.write(Add { shard: caller.shard, id, device: caller.device.id, slot, at, status }).await?)
}

/// The same with a token in place of a caller, for the many calls in which everything is right: checking the device and
/// storing its reading is one command. `false`, and nothing stored, when anything was not as it should be; what it was,
/// [`token::caller`] finds out.
///
/// # Errors
/// [`crate::Error::TooOften`], [`crate::Error::Unavailable`].
pub async fn report(app: &App, token: &str, slot: &str, status: &SlotStatus) -> Result<bool> {
    let Ok(slot) = SlotId::parse(slot) else { return Ok(false) };
    let Ok(DeviceToken { shard, device, access, .. }) = token::of_device(app, token).await else { return Ok(false) };
    limit::device(app, device)?;
    let at = app.now();
    let id = ReadingId(app.ids.ordered(at));
    let stored = app.db.write(Report(Add { shard, id, device, slot, at, status: status.clone() }, access)).await;
    if !matches!(stored, Ok(true)) {
        limit::device_again(app, device);
    }
    Ok(stored?)
}

struct Add {
    shard: i64,
    id: ReadingId,
    device: DeviceId,
    slot: SlotId,
    at: Time,
    status: SlotStatus,
}

impl Write for Add {
    type Out = ();
    fn key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        reading::add(tx, self.shard, (self.id, self.device, &self.slot), self.at, &self.status).await
    }
}

/// A reading, and what the token of its device was judged by.
struct Report(Add, AccessVersion);

impl Write for Report {
    type Out = bool;
    fn key(&self) -> u64 {
        self.0.key()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let Add { shard, id, device, slot, at, status } = &self.0;
        reading::report(tx, (*shard, self.1), (*id, *device, slot), *at, status).await
    }
}

/// The newest readings, newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn newest(app: &App, limit: i64) -> Result<Vec<reading::Listed>> {
    let mut reader = app.db.reader().await?;
    Ok(reading::newest(&mut reader.tx()?, limit).await?)
}

/// For how long readings are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Each by itself; no time means for ever.
    pub readings: Span,
    /// Summed up by day, from there on; no time means for ever.
    pub days: Span,
}

/// How many readings one transaction sums up.
const BATCH: i64 = 500;

/// Sums up the oldest readings whose time is over, a bounded number of them. `true` if there are more.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn sum_up(app: &App) -> Result<bool> {
    let keep = app.settings.keep.readings;
    if keep == Span::default() {
        return Ok(false);
    }
    let now = app.now();
    Ok(app.db.write(SumUp { below: first_id(now - keep), future: first_id(now + Span::from_hours(24)) }).await?
        == BATCH)
}

/// Below every id that was made at a moment or later: the milliseconds stand first in an id.
fn first_id(at: Time) -> ReadingId {
    let millis = u128::try_from(at.micros() / 1000).unwrap_or_default();
    ReadingId(Uuid::from_u128(millis << 80))
}

struct SumUp {
    below: ReadingId,
    /// Ids above it are of a clock that was wrong.
    future: ReadingId,
}

impl Write for SumUp {
    type Out = i64;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<i64> {
        let taken = reading::take(tx, self.below, self.future, BATCH).await?;
        let count = taken.len();
        let mut shards: BTreeMap<i64, Vec<Point>> = BTreeMap::new();
        for (shard, point) in taken {
            shards.entry(shard).or_default().push(point);
        }
        for (shard, points) in shards {
            for day in days(points) {
                reading::add_day(tx, shard, &day).await?;
            }
        }
        Ok(i64::try_from(count).unwrap_or(BATCH))
    }
}

/// Removes days whose time is over, a bounded number of them; says how many.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn purge_days(app: &App) -> Result<u64> {
    let keep = app.settings.keep.days;
    if keep == Span::default() {
        return Ok(0);
    }
    Ok(app.db.write(PurgeDays(day_of(app.now() - keep))).await?)
}

struct PurgeDays(i64);

impl Write for PurgeDays {
    type Out = u64;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        reading::purge_days(tx, self.0, BATCH).await
    }
}

/// The newest days that were summed up, newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn newest_days(app: &App, limit: i64) -> Result<Vec<reading::ListedDay>> {
    let mut reader = app.db.reader().await?;
    Ok(reading::newest_days(&mut reader.tx()?, i64::MAX, limit).await?)
}
