//! Events: written with the change they tell of, in the same transaction.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{DeviceId, EventId};
use opendrs_domain::notification::Event;

struct Stored(Event);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let text: String = row.get(1)?;
        let bad = |e: serde_json::Error| Error::BadRow { query: row.query.sql().name, column: 1, found: e.to_string() };
        serde_json::from_str(&text).map(Self).map_err(bad)
    }
}

/// Appends an event of a device.
///
/// # Errors
/// [`crate::Error`].
pub async fn push(tx: &mut Tx<'_>, shard: i64, device: DeviceId, event: &Event) -> Result<()> {
    let text = serde_json::to_string(event).map_err(|e| Error::Open(e.to_string()))?;
    let kind = event.kind().wire_name();
    tx.exec(Q::OutboxPut, p![shard, event.id, device, event.at, kind, &text]).await.map(drop)
}

/// The newest events, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Event>> {
    let mut found: Vec<Event> =
        tx.all::<Stored>(Q::OutboxNewest, p![limit]).await?.into_iter().map(|Stored(event)| event).collect();
    found.reverse();
    Ok(found)
}

/// The first events after one, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn after(tx: &mut Tx<'_>, last: EventId, limit: i64) -> Result<Vec<Event>> {
    Ok(tx.all::<Stored>(Q::OutboxAfter, p![last, limit]).await?.into_iter().map(|Stored(event)| event).collect())
}
