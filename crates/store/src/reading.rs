//! Readings: append-only, in the order of time, so that writing one touches the end of one table.

use crate::access::AccessVersion;
use crate::queries::Q;
use crate::value::{FromRow, Row, V, p};
use crate::{Result, Tx};
use opendrs_domain::id::{DeviceId, ReadingId};
use opendrs_domain::reading::{Day, Point, SlotStatus};
use opendrs_domain::text::{Serial, SlotId};
use opendrs_domain::time::Time;

/// A reading as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its id.
    pub id: ReadingId,
    /// The unit's serial.
    pub serial: Serial,
    /// Which slot.
    pub slot: SlotId,
    /// When it came in.
    pub at: Time,
    /// What it said.
    pub status: SlotStatus,
    /// It was flagged.
    pub odd: bool,
}

impl FromRow for Listed {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let status = SlotStatus {
            remaining: row.get(4)?,
            original: row.get(5)?,
            on_hand: row.get(6)?,
            expected_at: row.get(7)?,
            last_use_at: row.get(8)?,
        };
        Ok(Self { id: row.get(0)?, serial: row.get(1)?, slot: row.get(2)?, at: row.get(3)?, status, odd: row.get(9)? })
    }
}

/// Appends a reading.
///
/// # Errors
/// [`crate::Error`].
pub async fn add(
    tx: &mut Tx<'_>,
    shard: i64,
    (id, device, slot): (ReadingId, DeviceId, &SlotId),
    at: Time,
    status: &SlotStatus,
) -> Result<()> {
    let SlotStatus { remaining, original, on_hand, expected_at, last_use_at } = status;
    let params =
        p![shard, id, device, slot, at, *remaining, *original, *on_hand, *expected_at, *last_use_at, status.is_odd()];
    tx.put(Q::ReadingPut, params).await
}

/// Appends a reading if the device is registered, none of its token families is revoked, its model has the slot, and which
/// tokens are refused is still what the caller's token was judged by; `false`, and nothing written, if not. Which of these it
/// was is for another, slower look.
///
/// # Errors
/// [`crate::Error`].
pub async fn report(
    tx: &mut Tx<'_>,
    (shard, access): (i64, AccessVersion),
    (id, device, slot): (ReadingId, DeviceId, &SlotId),
    at: Time,
    status: &SlotStatus,
) -> Result<bool> {
    let SlotStatus { remaining, original, on_hand, expected_at, last_use_at } = status;
    let judged: &[V<'_>] = p![
        shard,
        id,
        device,
        slot,
        at,
        *remaining,
        *original,
        *on_hand,
        *expected_at,
        *last_use_at,
        status.is_odd(),
        access.0
    ];
    let written = &judged[..judged.len() - 1];
    if let Some(version) = tx.batch_access().await? {
        return Ok(version == access && tx.last(Q::ReadingReport, written).await? > 0);
    }
    let Some(known) = tx.known() else { return Ok(tx.last(Q::ReadingReport, judged).await? > 0) };
    if let Some(change) = known.good(device, slot, access) {
        if tx.last(Q::ReadingKnown, &[written, p![change]].concat()).await? > 0 {
            return Ok(true);
        }
        known.over(change);
    }
    let change = match known.change() {
        Some(change) => Some(change),
        None => {
            tx.opt(Q::DeviceChange, p![1_i64]).await?.map(|(change,)| change).inspect(|change| known.begin(*change))
        }
    };
    let stored = tx.last(Q::ReadingReport, judged).await? > 0;
    if let Some(change) = change.filter(|_| stored) {
        known.found((change, access), device, slot);
    }
    Ok(stored)
}

/// The newest readings of all devices, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Listed>> {
    tx.all(Q::ReadingsNewest, p![limit]).await
}

struct OfShard(i64, Point);

impl FromRow for OfShard {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (device, slot, at) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Self(row.get(0)?, Point { device, slot, at, remaining: row.get(4)?, original: row.get(5)? }))
    }
}

/// Takes the oldest readings out, those with ids below one, at most `limit`: each with its shard, in no order. Two
/// transactions never take the same. With ids above `future` readings may be taken that would stand in their way.
///
/// # Errors
/// [`crate::Error`].
pub async fn take(tx: &mut Tx<'_>, below: ReadingId, future: ReadingId, limit: i64) -> Result<Vec<(i64, Point)>> {
    let found: Vec<OfShard> = tx.all(Q::ReadingTake, p![below, limit, future]).await?;
    Ok(found.into_iter().map(|OfShard(shard, point)| (shard, point)).collect())
}

/// Adds to what is kept of a day.
///
/// # Errors
/// [`crate::Error`].
pub async fn add_day(tx: &mut Tx<'_>, shard: i64, day: &Day) -> Result<()> {
    let Day { device, slot, day, count, lowest, highest, last_at, remaining, original } = day;
    let params = p![shard, *device, slot, *day, *count, *lowest, *highest, *last_at, *remaining, *original];
    tx.put(Q::ReadingDayPut, params).await
}

/// A day as it is listed, with its unit's serial.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedDay {
    /// The unit's serial.
    pub serial: Serial,
    /// What is kept of it.
    pub day: Day,
}

impl FromRow for ListedDay {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let day = Day {
            device: row.get(1)?,
            slot: row.get(2)?,
            day: row.get(3)?,
            count: row.get(4)?,
            lowest: row.get(5)?,
            highest: row.get(6)?,
            last_at: row.get(7)?,
            remaining: row.get(8)?,
            original: row.get(9)?,
        };
        Ok(Self { serial: row.get(0)?, day })
    }
}

/// The newest days of all devices up to one, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest_days(tx: &mut Tx<'_>, until: i64, limit: i64) -> Result<Vec<ListedDay>> {
    tx.all(Q::ReadingDaysNewest, p![until, limit]).await
}

/// Removes at most `limit` days before one; says how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge_days(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64> {
    tx.exec(Q::ReadingDayPurge, p![before, limit]).await
}
