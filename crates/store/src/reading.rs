//! Readings: append-only, keyed by a time-ordered id, so that writing one touches the end of one table.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Result, Tx};
use opendrs_domain::id::{DeviceId, ReadingId};
use opendrs_domain::reading::SlotStatus;
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
    tx.exec(Q::ReadingPut, params).await.map(drop)
}

/// Appends a reading if the device is registered, none of its token families is revoked, and its model has the slot;
/// `false`, and nothing written, if not. Which of the three it was is for another, slower look.
///
/// # Errors
/// [`crate::Error`].
pub async fn report(
    tx: &mut Tx<'_>,
    shard: i64,
    (id, device, slot): (ReadingId, DeviceId, &SlotId),
    at: Time,
    status: &SlotStatus,
) -> Result<bool> {
    let SlotStatus { remaining, original, on_hand, expected_at, last_use_at } = status;
    let params =
        p![shard, id, device, slot, at, *remaining, *original, *on_hand, *expected_at, *last_use_at, status.is_odd()];
    Ok(tx.exec(Q::ReadingReport, params).await? > 0)
}

/// The newest readings of all devices, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Listed>> {
    tx.all(Q::ReadingsNewest, p![limit]).await
}
