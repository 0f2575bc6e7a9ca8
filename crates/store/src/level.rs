//! Levels by slot and day, and how far readings were folded into them.
//!
//! Not here: how days are merged (the domain), and when readings are folded (the service). Invariant: whoever writes
//! days that may be new holds the lock of the cursors until the transaction ends, so no day is inserted twice.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, Value, params};
use crate::{Result, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::ReadingId;
use opendrs_domain::level::{LevelDay, LevelReading, SlotDay};
use uuid::Uuid;

/// How far one pass over the readings has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelCursor {
    /// The number of the pass, from 1.
    pub pass: i64,
    /// The last reading that was folded, or the lowest id.
    pub reading: ReadingId,
    /// Where SQLite has that reading, in the order of arrival.
    pub place: i64,
}

impl FromRow for LevelCursor {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { pass: row.get(0)?, reading: row.get(1)?, place: row.get(2)? })
    }
}

/// A reading with its place in the order of arrival, which only SQLite has.
#[derive(Clone, Debug, PartialEq)]
pub struct AppendedReading {
    /// The place.
    pub place: i64,
    /// The reading.
    pub reading: LevelReading,
}

impl FromRow for AppendedReading {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let reading = LevelReading {
            device: DeviceRef { shard: row.get(1)?, id: row.get(2)? },
            slot: row.get(3)?,
            id: row.get(4)?,
            at: row.get(5)?,
            remaining: row.get(6)?,
            original: row.get(7)?,
            on_hand: row.get(8)?,
        };
        Ok(Self { place: row.get(0)?, reading })
    }
}

fn read_day(row: &DbRow<'_>, first: usize) -> Result<LevelDay> {
    Ok(LevelDay {
        day: row.get(first)?,
        lowest: row.get(first + 1)?,
        highest: row.get(first + 2)?,
        last_at: row.get(first + 3)?,
        last_reading: row.get(first + 4)?,
        remaining: row.get(first + 5)?,
        original: row.get(first + 6)?,
        on_hand: row.get(first + 7)?,
    })
}

impl FromRow for LevelDay {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        read_day(row, 0)
    }
}

impl FromRow for SlotDay {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let device = DeviceRef { shard: row.get(0)?, id: row.get(1)? };
        Ok(Self { device, slot: row.get(2)?, level: read_day(row, 3)? })
    }
}

/// The cursors of all passes, in their order.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_cursors(tx: &mut Tx<'_>) -> Result<Vec<LevelCursor>> {
    tx.query_all(Query::LevelCursors, params![]).await
}

/// Locks the cursors until the transaction ends, and returns them. Returns none, without waiting, while another node
/// has them locked.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_cursors(tx: &mut Tx<'_>) -> Result<Vec<LevelCursor>> {
    match tx.query_opt::<(i64,)>(Query::LevelCursorLock, params![]).await? {
        Some(_) => list_cursors(tx).await,
        None => Ok(Vec::new()),
    }
}

/// Saves how far a pass has come.
///
/// # Errors
/// [`crate::Error`].
pub async fn save_cursor(tx: &mut Tx<'_>, cursor: LevelCursor) -> Result<()> {
    tx.exec(Query::LevelCursorSet, params![cursor.pass, cursor.reading, cursor.place]).await.map(drop)
}

/// Makes every pass begin again with the oldest reading.
///
/// # Errors
/// [`crate::Error`].
pub async fn reset_cursors(tx: &mut Tx<'_>) -> Result<()> {
    tx.exec(Query::LevelCursorsReset, params![Uuid::nil()]).await.map(drop)
}

/// The first readings after a cursor. On PostgreSQL they are in the order of their ids, up to and including `until`; on
/// SQLite in the order of arrival.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_readings(
    tx: &mut Tx<'_>,
    after: LevelCursor,
    until: ReadingId,
    limit: i64,
) -> Result<Vec<AppendedReading>> {
    tx.query_all(Query::ReadingsAfter, params![after.reading, until, limit, after.place]).await
}

/// What is stored of the same slots and days, in the order of `days`.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_days(tx: &mut Tx<'_>, days: &[SlotDay]) -> Result<Vec<Option<LevelDay>>> {
    let keys: Vec<[Value<'_>; 4]> = days
        .iter()
        .map(|SlotDay { device, slot, level }| [device.shard.into(), device.id.into(), slot.into(), level.day.into()])
        .collect();
    let mut sent = Vec::with_capacity(keys.len());
    for key in &keys {
        sent.push(tx.send(Query::LevelDayGet, key).await?);
    }
    let mut found = Vec::with_capacity(keys.len());
    for one in sent {
        found.push(tx.rows(one).await?.pop());
    }
    Ok(found)
}

async fn write_day(tx: &mut Tx<'_>, query: Query, SlotDay { device, slot, level }: &SlotDay) -> Result<()> {
    let LevelDay { day, lowest, highest, last_at, last_reading, remaining, original, on_hand } = level;
    let params = params![
        device.shard,
        device.id,
        slot,
        *day,
        *lowest,
        *highest,
        *last_at,
        *last_reading,
        *remaining,
        *original,
        *on_hand
    ];
    tx.exec_deferred(query, params).await
}

/// Adds a day that is not stored.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_day(tx: &mut Tx<'_>, day: &SlotDay) -> Result<()> {
    write_day(tx, Query::LevelDayPut, day).await
}

/// Replaces a stored day.
///
/// # Errors
/// [`crate::Error`].
pub async fn update_day(tx: &mut Tx<'_>, day: &SlotDay) -> Result<()> {
    write_day(tx, Query::LevelDaySet, day).await
}

/// The days of a device from `first` to `last`, by slot, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_device(tx: &mut Tx<'_>, device: DeviceRef, first: i64, last: i64) -> Result<Vec<SlotDay>> {
    tx.query_all(Query::LevelDaysOfDevice, params![device.shard, device.id, first, last]).await
}

/// Removes at most `limit` days before `before`, and returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge_days(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64> {
    tx.exec(Query::LevelDayPurge, params![before, limit]).await
}

/// A slot and a day of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotDayKey {
    /// The slot's id; empty before all slots.
    pub slot: String,
    /// Days since 1970-01-01.
    pub day: i64,
}

/// The days of a device after one, by slot, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(tx: &mut Tx<'_>, device: DeviceRef, after: &SlotDayKey, limit: i64) -> Result<Vec<SlotDay>> {
    tx.query_all(Query::LevelDaysAfter, params![device.shard, device.id, &after.slot, after.day, limit]).await
}
