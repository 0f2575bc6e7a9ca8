//! SlotStatus: a reading is stored durably before it is answered.

mod retention;

pub use retention::ReadingRetention;

use crate::token::{DeviceCaller, DeviceToken};
use crate::{App, FastPath, Result};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::ReadingId;
use opendrs_domain::reading::{ReadingPoint, SlotStatus, day_number, summarize_by_day};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::{Span, Time};
use opendrs_store::access::AccessVersion;
use opendrs_store::{Command, Tx, reading};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Stores a reading that a device reports for a slot.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn record(app: &App, caller: DeviceCaller, slot: SlotId, status: SlotStatus) -> Result<()> {
    let at = app.now();
    let id = ReadingId(app.ids.ordered_uuid(at));
    Ok(app.db.write(InsertReading { id, device: caller.device_ref(), slot, at, status }).await?)
}

/// The fast path of [`record`] by a token, for a call in which everything is valid: one command checks the device and
/// stores its reading. With [`FastPath::Recheck`] nothing was stored, and [`crate::token::authenticate_device`] finds
/// out what is not valid.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn record_by_token(
    app: &App,
    token: &DeviceToken<'_>,
    slot: &str,
    status: &SlotStatus,
) -> Result<FastPath<()>> {
    let (Ok(slot), Some(access)) = (SlotId::parse(slot), token.accepted_version()) else {
        return Ok(FastPath::Recheck);
    };
    let at = app.now();
    let id = ReadingId(app.ids.ordered_uuid(at));
    let reading = InsertReading { id, device: token.device, slot, at, status: status.clone() };
    let stored = app.db.write(InsertReadingForToken(reading, access)).await?;
    Ok(if stored { FastPath::Done(()) } else { FastPath::Recheck })
}

struct InsertReading {
    id: ReadingId,
    device: DeviceRef,
    slot: SlotId,
    at: Time,
    status: SlotStatus,
}

impl Command for InsertReading {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        reading::insert(tx, self.device, self.id, &self.slot, self.at, &self.status).await
    }
}

/// A reading, and the access version by which the token of its device was judged.
struct InsertReadingForToken(InsertReading, AccessVersion);

impl Command for InsertReadingForToken {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        self.0.ordering_key()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let InsertReading { id, device, slot, at, status } = &self.0;
        reading::insert_if_valid(tx, *device, self.1, *id, slot, *at, status).await
    }
}

/// The newest readings, newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_newest(app: &App, limit: i64) -> Result<Vec<reading::ReadingRow>> {
    let mut reader = app.db.reader().await?;
    Ok(reading::list_newest(&mut reader.tx()?, limit).await?)
}

/// How many readings one transaction summarises.
const BATCH_SIZE: i64 = 500;

/// Summarises the oldest expired readings by day, a bounded number of them. `true` if there are more.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn sum_up_days(app: &App) -> Result<bool> {
    let keep = app.settings.reading_retention.readings;
    if keep == Span::default() {
        return Ok(false);
    }
    // An advance of a test clock waits until the batch is committed, so that no reading is far ahead of the bound.
    let _turn = app.scheduler_lock.lock().await;
    let now = app.now();
    Ok(app
        .db
        .write(SumUpReadings {
            upper_bound: lowest_id_at(now - keep),
            plausible_bound: lowest_id_at(now + Span::from_hours(24)),
        })
        .await?
        == BATCH_SIZE)
}

/// The lowest id of a time: ids begin with milliseconds.
pub(crate) fn lowest_id_at(at: Time) -> ReadingId {
    let millis = u128::try_from(at.as_micros() / 1000).unwrap_or_default();
    ReadingId(Uuid::from_u128(millis << 80))
}

struct SumUpReadings {
    upper_bound: ReadingId,
    /// Ids above it were made by a wrong clock.
    plausible_bound: ReadingId,
}

impl Command for SumUpReadings {
    type Output = i64;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<i64> {
        let taken = reading::take_oldest(tx, self.upper_bound, self.plausible_bound, BATCH_SIZE).await?;
        let count = taken.len();
        let mut shards: BTreeMap<i64, Vec<ReadingPoint>> = BTreeMap::new();
        for (shard, point) in taken {
            shards.entry(shard).or_default().push(point);
        }
        for (shard, points) in shards {
            for day in summarize_by_day(points) {
                reading::merge_day(tx, shard, &day).await?;
            }
        }
        Ok(i64::try_from(count).unwrap_or(BATCH_SIZE))
    }
}

/// Removes expired daily summaries, a bounded number of them. Returns how many.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn purge_days(app: &App) -> Result<u64> {
    let keep = app.settings.reading_retention.days;
    if keep == Span::default() {
        return Ok(0);
    }
    Ok(app.db.write(PurgeReadingDays(day_number(app.now() - keep))).await?)
}

struct PurgeReadingDays(i64);

impl Command for PurgeReadingDays {
    type Output = u64;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        reading::purge_days(tx, self.0, BATCH_SIZE).await
    }
}

/// The newest daily summaries, newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_newest_days(app: &App, limit: i64) -> Result<Vec<reading::ReadingDayRow>> {
    let mut reader = app.db.reader().await?;
    Ok(reading::list_newest_days(&mut reader.tx()?, i64::MAX, limit).await?)
}
