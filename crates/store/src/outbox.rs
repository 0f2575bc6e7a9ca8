//! Events: written in the transaction of the change that they report.
//!
//! Invariant: the transaction that writes an event also creates its deliveries.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Shards, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::EventId;
use opendrs_domain::notification::Event;
use opendrs_domain::time::Time;

/// A place in the order of events: that of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCursor {
    /// The time of the event.
    pub at: Time,
    /// Its id.
    pub id: EventId,
}

impl EventCursor {
    /// The place after all events.
    #[must_use]
    pub fn end() -> Self {
        Self { at: Time::from_micros(i64::MAX), id: EventId(uuid::Uuid::max()) }
    }
}

struct EventRow(Event);

impl FromRow for EventRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let text: String = row.get(1)?;
        let bad =
            |e: serde_json::Error| Error::InvalidRow { query: row.query.sql().name, column: 1, found: e.to_string() };
        serde_json::from_str(&text).map(Self).map_err(bad)
    }
}

/// Appends an event of a device. The caller creates its deliveries in the same transaction.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, device: DeviceRef, event: &Event) -> Result<()> {
    let text = serde_json::to_string(event).map_err(|e| Error::CannotOpen(e.to_string()))?;
    let kind = event.notification_type().wire_name();
    tx.exec_deferred(Query::OutboxPut, params![device.shard, event.id, device.id, event.at, kind, &text]).await
}

/// The events before a place, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_before(tx: &mut Tx<'_>, first: EventCursor, limit: i64) -> Result<Vec<Event>> {
    let found = tx.query_all::<EventRow>(Query::OutboxBefore, params![first.at, first.id, limit]).await?;
    Ok(found.into_iter().map(|EventRow(event)| event).collect())
}

/// The newest events, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Event>> {
    let mut found = list_before(tx, EventCursor::end(), limit).await?;
    found.reverse();
    Ok(found)
}

/// An event by its key.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, shard: i64, id: EventId) -> Result<Option<Event>> {
    Ok(tx.query_opt::<EventRow>(Query::OutboxById, params![shard, id]).await?.map(|EventRow(event)| event))
}

/// The shard of an event, found by a query of each shard.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_shard(tx: &mut Tx<'_>, shards: Shards, id: EventId) -> Result<Option<i64>> {
    Ok(tx.query_opt::<(i64,)>(Query::OutboxFind, params![id, shards.count()]).await?.map(|(shard,)| shard))
}

/// Where an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventLocation {
    /// Its shard.
    pub shard: i64,
    /// Its place in the order of events.
    pub cursor: EventCursor,
}

impl FromRow for EventLocation {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { shard: row.get(0)?, cursor: EventCursor { id: row.get(1)?, at: row.get(2)? } })
    }
}

/// The events of a time range after a given one, in the order of their times.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_between(tx: &mut Tx<'_>, after: EventCursor, until: Time, limit: i64) -> Result<Vec<EventLocation>> {
    tx.query_all(Query::OutboxBetween, params![after.at, after.id, until, limit]).await
}
