//! Listing events.

use crate::{App, Result};
use opendrs_domain::delivery::EventDeliveryState;
use opendrs_domain::id::DeliveryId;
use opendrs_domain::notification::Event;
use opendrs_store::outbox::EventCursor;
use opendrs_store::{Tx, delivery, outbox};
use std::collections::HashSet;

/// How many dead deliveries one query reads.
const PAGE_SIZE: i64 = 200;

/// An event with its delivery state.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSummary {
    /// The event.
    pub event: Event,
    /// The delivery state of the event, over all its receivers.
    pub state: EventDeliveryState,
}

impl EventSummary {
    async fn load(tx: &mut Tx<'_>, event: Event) -> Result<Self> {
        let states = delivery::list_states(tx, event.id).await?;
        Ok(Self { event, state: EventDeliveryState::from_deliveries(&states) })
    }
}

/// The events before `first`, or the newest, each with its delivery state; newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list(app: &App, first: Option<EventCursor>, limit: i64) -> Result<Vec<EventSummary>> {
    let mut listed = Vec::new();
    let found = list_before(app, first, limit).await?;
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    for event in found {
        listed.push(EventSummary::load(&mut tx, event).await?);
    }
    Ok(listed)
}

/// The newest events with a dead delivery; newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_failed(app: &App, limit: i64) -> Result<Vec<EventSummary>> {
    let (mut listed, mut seen) = (Vec::new(), HashSet::new());
    let mut last = DeliveryId(uuid::Uuid::max());
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    loop {
        let page = delivery::list_dead_before(&mut tx, last, PAGE_SIZE).await?;
        let Some((_, oldest, _)) = page.last() else { return Ok(listed) };
        last = *oldest;
        for (shard, _, id) in page {
            if i64::try_from(listed.len()).is_ok_and(|count| count >= limit) {
                return Ok(listed);
            }
            if seen.insert(id)
                && let Some(event) = outbox::find_by_id(&mut tx, shard, id).await?
            {
                listed.push(EventSummary::load(&mut tx, event).await?);
            }
        }
    }
}

/// The newest events, oldest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_newest(app: &App, limit: i64) -> Result<Vec<Event>> {
    let mut reader = app.db.reader().await?;
    Ok(outbox::list_newest(&mut reader.tx()?, limit).await?)
}

/// The events before `first`, or the newest; newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_before(app: &App, first: Option<EventCursor>, limit: i64) -> Result<Vec<Event>> {
    let first = first.unwrap_or_else(EventCursor::end);
    let mut reader = app.db.reader().await?;
    Ok(outbox::list_before(&mut reader.tx()?, first, limit).await?)
}
