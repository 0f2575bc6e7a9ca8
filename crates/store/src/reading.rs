//! Readings: append-only and in the order of time, so that an insert touches only the end of one table.
//!
//! Invariant: a reading is inserted once and never changed. It is merged into its day when it is taken out.

use crate::access::{self, AccessVersion};
use crate::level::SlotDayKey;
use crate::queries::Query;
use crate::value::{DbRow, FromRow, Value, params};
use crate::{Result, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::ReadingId;
use opendrs_domain::reading::{ReadingDay, ReadingPoint, SlotStatus};
use opendrs_domain::text::{Serial, SlotId};
use opendrs_domain::time::Time;

/// A reading as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingRow {
    /// Its id.
    pub id: ReadingId,
    /// The unit's serial.
    pub serial: Serial,
    /// The slot.
    pub slot: SlotId,
    /// When it arrived.
    pub at: Time,
    /// The reported level.
    pub status: SlotStatus,
    /// Whether it was flagged: the level exceeds the original amount.
    pub exceeds_original: bool,
}

impl FromRow for ReadingRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let status = SlotStatus {
            remaining: row.get(4)?,
            original: row.get(5)?,
            on_hand: row.get(6)?,
            expected_at: row.get(7)?,
            last_use_at: row.get(8)?,
        };
        Ok(Self {
            id: row.get(0)?,
            serial: row.get(1)?,
            slot: row.get(2)?,
            at: row.get(3)?,
            status,
            exceeds_original: row.get(9)?,
        })
    }
}

/// Appends a reading.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    id: ReadingId,
    slot: &SlotId,
    at: Time,
    status: &SlotStatus,
) -> Result<()> {
    let SlotStatus { remaining, original, on_hand, expected_at, last_use_at } = status;
    let params = params![
        device.shard,
        id,
        device.id,
        slot,
        at,
        *remaining,
        *original,
        *on_hand,
        *expected_at,
        *last_use_at,
        status.exceeds_original()
    ];
    tx.exec_deferred(Query::ReadingPut, params).await
}

/// Appends a reading if the device is registered, none of its token families is revoked, and its model has the slot.
/// The access version must be the one by which the caller's token was checked. Otherwise it returns `false` and writes
/// nothing. A slower check then finds the reason.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_if_valid(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    access: AccessVersion,
    id: ReadingId,
    slot: &SlotId,
    at: Time,
    status: &SlotStatus,
) -> Result<bool> {
    let SlotStatus { remaining, original, on_hand, expected_at, last_use_at } = status;
    let judged: &[Value<'_>] = params![
        device.shard,
        id,
        device.id,
        slot,
        at,
        *remaining,
        *original,
        *on_hand,
        *expected_at,
        *last_use_at,
        status.exceeds_original(),
        access.0
    ];
    let written = &judged[..judged.len() - 1];
    if let Some(version) = access::load_batch_version(tx).await? {
        return Ok(version == access && tx.exec_final(Query::ReadingInsertIfValid, written).await? > 0);
    }
    let Some(known) = tx.valid_devices() else {
        return Ok(tx.exec_final(Query::ReadingInsertIfValid, judged).await? > 0);
    };
    if let Some(change) = known.valid_since(device.id, slot, access) {
        if tx.exec_final(Query::ReadingReportCached, &[written, params![change]].concat()).await? > 0 {
            return Ok(true);
        }
        known.invalidate(change);
    }
    let change = match known.epoch() {
        Some(change) => Some(change),
        None => tx
            .query_opt(Query::DeviceChange, params![1_i64])
            .await?
            .map(|(change,)| change)
            .inspect(|change| known.set_epoch(*change)),
    };
    let stored = tx.exec_final(Query::ReadingInsertIfValid, judged).await? > 0;
    if let Some(change) = change.filter(|_| stored) {
        known.record_valid(change, access, device.id, slot);
    }
    Ok(stored)
}

/// The newest readings of all devices, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<ReadingRow>> {
    tx.query_all(Query::ReadingsNewest, params![limit]).await
}

struct ShardedReadingRow(i64, ReadingPoint);

impl FromRow for ShardedReadingRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let (device, slot, at) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Self(row.get(0)?, ReadingPoint { device, slot, at, remaining: row.get(4)?, original: row.get(5)? }))
    }
}

/// Removes the oldest readings with ids below one, at most `limit`, and returns each with its shard, in no order. Two
/// transactions never take the same. Readings with ids above `future` may be taken too, because they would be in the
/// way.
///
/// # Errors
/// [`crate::Error`].
pub async fn take_oldest(
    tx: &mut Tx<'_>,
    below: ReadingId,
    future: ReadingId,
    limit: i64,
) -> Result<Vec<(i64, ReadingPoint)>> {
    let found: Vec<ShardedReadingRow> = tx.query_all(Query::ReadingTake, params![below, limit, future]).await?;
    Ok(found.into_iter().map(|ShardedReadingRow(shard, point)| (shard, point)).collect())
}

/// Adds to the stored aggregate of a day.
///
/// # Errors
/// [`crate::Error`].
pub async fn merge_day(tx: &mut Tx<'_>, shard: i64, day: &ReadingDay) -> Result<()> {
    let ReadingDay { device, slot, day, count, lowest, highest, last_at, remaining, original } = day;
    let params = params![shard, *device, slot, *day, *count, *lowest, *highest, *last_at, *remaining, *original];
    tx.exec_deferred(Query::ReadingDayPut, params).await
}

/// A day as listed, with its unit's serial.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingDayRow {
    /// The unit's serial.
    pub serial: Serial,
    /// The aggregate of the day.
    pub day: ReadingDay,
}

/// Reads a day from the columns after the first.
fn read_day(row: &DbRow<'_>) -> Result<ReadingDay> {
    Ok(ReadingDay {
        device: row.get(1)?,
        slot: row.get(2)?,
        day: row.get(3)?,
        count: row.get(4)?,
        lowest: row.get(5)?,
        highest: row.get(6)?,
        last_at: row.get(7)?,
        remaining: row.get(8)?,
        original: row.get(9)?,
    })
}

impl FromRow for ReadingDayRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { serial: row.get(0)?, day: read_day(row)? })
    }
}

/// The newest days of all devices, up to and including `until`, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_newest_days(tx: &mut Tx<'_>, until: i64, limit: i64) -> Result<Vec<ReadingDayRow>> {
    tx.query_all(Query::ReadingDaysNewest, params![until, limit]).await
}

/// Removes at most `limit` days before `before`, and returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge_days(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64> {
    tx.exec(Query::ReadingDayPurge, params![before, limit]).await
}

struct DayOfDevice(ReadingDay);

impl FromRow for DayOfDevice {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        read_day(row).map(Self)
    }
}

/// The days of a device after one, by slot, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_days_after(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    after: &SlotDayKey,
    limit: i64,
) -> Result<Vec<ReadingDay>> {
    let params = params![device.shard, device.id, &after.slot, after.day, limit];
    let found: Vec<DayOfDevice> = tx.query_all(Query::ReadingDaysAfter, params).await?;
    Ok(found.into_iter().map(|DayOfDevice(day)| day).collect())
}
