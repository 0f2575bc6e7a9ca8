//! Events: written with the change they tell of, in the same transaction.
//!
//! Invariant: whoever writes an event gives it to its receivers in the same transaction.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Shards, Tx};
use opendrs_domain::id::{DeviceId, EventId};
use opendrs_domain::notification::Event;
use opendrs_domain::time::Time;

struct Stored(Event);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let text: String = row.get(1)?;
        let bad = |e: serde_json::Error| Error::BadRow { query: row.query.sql().name, column: 1, found: e.to_string() };
        serde_json::from_str(&text).map(Self).map_err(bad)
    }
}

/// Appends an event of a device, which the caller gives to its receivers in the same transaction.
///
/// # Errors
/// [`crate::Error`].
pub async fn push(tx: &mut Tx<'_>, shard: i64, device: DeviceId, event: &Event) -> Result<()> {
    let text = serde_json::to_string(event).map_err(|e| Error::Open(e.to_string()))?;
    let kind = event.kind().wire_name();
    tx.put(Q::OutboxPut, p![shard, event.id, device, event.at, kind, &text]).await
}

/// The events before a moment and id, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn before(tx: &mut Tx<'_>, first: (Time, EventId), limit: i64) -> Result<Vec<Event>> {
    let found = tx.all::<Stored>(Q::OutboxBefore, p![first.0, first.1, limit]).await?;
    Ok(found.into_iter().map(|Stored(event)| event).collect())
}

/// The newest events, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Event>> {
    let mut found = before(tx, (Time::from_micros(i64::MAX), EventId(uuid::Uuid::max())), limit).await?;
    found.reverse();
    Ok(found)
}

/// An event by its key.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, shard: i64, id: EventId) -> Result<Option<Event>> {
    Ok(tx.opt::<Stored>(Q::OutboxById, p![shard, id]).await?.map(|Stored(event)| event))
}

/// The shard of an event, found by asking each.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, shards: Shards, id: EventId) -> Result<Option<i64>> {
    Ok(tx.opt::<(i64,)>(Q::OutboxFind, p![id, shards.count()]).await?.map(|(shard,)| shard))
}

/// The events of a time range after a given one, in the order of their times.
///
/// # Errors
/// [`crate::Error`].
pub async fn between(
    tx: &mut Tx<'_>,
    (from, last): (Time, EventId),
    until: Time,
    limit: i64,
) -> Result<Vec<(i64, EventId, Time)>> {
    tx.all(Q::OutboxBetween, p![from, last, until, limit]).await
}
