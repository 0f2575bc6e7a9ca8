//! Sends events again, and reports what became of an event.
//!
//! Invariant: a replay keeps the id of the event and gets a new time, and so a new signature. Open deliveries are not
//! changed.

use crate::{App, Error, Result};
use opendrs_domain::delivery::{DeliveryState, EventDeliveryState};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{DeliveryId, EventId, ReceiverId};
use opendrs_domain::notification::Event;
use opendrs_domain::receiver::{Receiver, ReceiverState};
use opendrs_domain::time::{Span, Time};
use opendrs_store::delivery::{Delivery, DeliveryAttempt};
use opendrs_store::outbox::{EventCursor, EventLocation};
use opendrs_store::{Command, Tx, delivery as store, device, outbox, receiver as receivers};

/// How many events one query reads.
const PAGE_SIZE: i64 = 200;

/// The events to replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaySelection {
    /// One event.
    Event(EventId),
    /// Every event of a time range: from, until.
    Range(Time, Time),
    /// Every event with a dead delivery, as far back as events are kept.
    Failed,
}

/// What the replay of a page did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayedPage {
    /// The number of messages.
    pub count: u64,
    /// The cursor to continue from, if there is more.
    pub next: Option<EventCursor>,
}

/// The cursor of a replay of all events since a time.
#[must_use]
pub fn start_cursor(since: Time) -> EventCursor {
    EventCursor { at: since - Span::from_micros(1), id: EventId(uuid::Uuid::max()) }
}

/// Replays events, and returns the number of messages. They go to the receivers that got them and are still confirmed,
/// or to one receiver in any state. With `failed`, only dead deliveries are replayed. Each message has a new time and
/// so a new signature, under the same id.
///
/// # Errors
/// [`Error::UnknownEvent`]; [`Error::Unavailable`].
pub async fn replay(app: &App, which: ReplaySelection, to: Option<ReceiverId>, failed: bool) -> Result<u64> {
    let (since, until) = match which {
        ReplaySelection::Event(event) => {
            let mut reader = app.db.reader().await?;
            let found = outbox::find_shard(&mut reader.tx()?, app.db.shards(), event).await?;
            drop(reader);
            let shard = found.ok_or(Error::UnknownEvent(event))?;
            return Ok(app
                .db
                .write(ReplayEvent { shard, event, receiver: to, failed_only: failed, now: app.now() })
                .await?);
        }
        ReplaySelection::Range(since, until) => (since, until),
        ReplaySelection::Failed => return replay_failed(app, to).await,
    };
    let (mut count, mut next) = (0, Some(start_cursor(since)));
    while let Some(last) = next {
        let page = replay_page(app, last, until, to, failed).await?;
        count += page.count;
        next = page.next;
    }
    Ok(count)
}

/// Replays the next page of a range.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn replay_page(
    app: &App,
    last: EventCursor,
    until: Time,
    to: Option<ReceiverId>,
    failed: bool,
) -> Result<ReplayedPage> {
    let page = {
        let mut reader = app.db.reader().await?;
        outbox::list_between(&mut reader.tx()?, last, until, PAGE_SIZE).await?
    };
    let full = i64::try_from(page.len()).is_ok_and(|len| len == PAGE_SIZE);
    let next = page.last().filter(|_| full).map(|found| found.cursor);
    let mut count = 0;
    for EventLocation { shard, cursor: EventCursor { id: event, .. } } in page {
        count += app.db.write(ReplayEvent { shard, event, receiver: to, failed_only: failed, now: app.now() }).await?;
    }
    Ok(ReplayedPage { count, next })
}

/// Replays every dead delivery, oldest first.
async fn replay_failed(app: &App, to: Option<ReceiverId>) -> Result<u64> {
    let (mut count, mut last) = (0, DeliveryId(uuid::Uuid::nil()));
    loop {
        let page = {
            let mut reader = app.db.reader().await?;
            store::list_dead_after(&mut reader.tx()?, last, PAGE_SIZE).await?
        };
        let Some((_, newest, _)) = page.last() else { return Ok(count) };
        last = *newest;
        for (shard, _, event) in page {
            count +=
                app.db.write(ReplayEvent { shard, event, receiver: to, failed_only: true, now: app.now() }).await?;
        }
    }
}

struct ReplayEvent {
    shard: i64,
    event: EventId,
    receiver: Option<ReceiverId>,
    failed_only: bool,
    now: Time,
}

impl Command for ReplayEvent {
    type Output = u64;
    fn ordering_key(&self) -> u64 {
        self.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        let mut count = 0;
        for mut found in store::list_by_event(tx, self.shard, self.event).await? {
            let chosen = self.receiver.is_none_or(|receiver| receiver == found.receiver);
            // An open delivery is sent anyhow.
            if !chosen || found.ended_at.is_none() || (self.failed_only && found.state != DeliveryState::Dead) {
                continue;
            }
            // A receiver that is no longer confirmed gets messages only if it is named.
            if self.receiver.is_none() && !is_confirmed(tx, found.receiver).await? {
                continue;
            }
            if let Some(device) = found.device {
                device::lock(tx, DeviceRef { shard: self.shard, id: device }).await?;
            }
            found.state = DeliveryState::Waiting;
            (found.due_at, found.published_at) = (Some(self.now), self.now);
            (found.attempts_since_replay, found.first_attempt_at, found.ended_at, found.reason) = (0, None, None, None);
            store::save(tx, &found).await?;
            count += 1;
        }
        Ok(count)
    }
}

async fn is_confirmed(tx: &mut Tx<'_>, receiver: ReceiverId) -> opendrs_store::Result<bool> {
    Ok(receivers::find_by_id(tx, receiver).await?.is_some_and(|found| found.receiver.state == ReceiverState::Confirmed))
}

/// An event with its deliveries to each receiver.
#[derive(Clone, Debug)]
pub struct EventHistory {
    /// The event.
    pub event: Event,
    /// Its delivery to each receiver.
    pub deliveries: Vec<ReceiverDelivery>,
}

/// A delivery of an event to one receiver.
#[derive(Clone, Debug)]
pub struct ReceiverDelivery {
    /// The receiver.
    pub receiver: Receiver,
    /// The delivery.
    pub delivery: Delivery,
    /// The newest attempts, newest first.
    pub attempts: Vec<DeliveryAttempt>,
}

impl EventHistory {
    /// The delivery state of the event, over all its receivers.
    #[must_use]
    pub fn state(&self) -> EventDeliveryState {
        let states: Vec<_> = self.deliveries.iter().map(|to| to.delivery.state).collect();
        EventDeliveryState::from_deliveries(&states)
    }
}

/// Loads an event with its deliveries.
///
/// # Errors
/// [`Error::UnknownEvent`]; [`Error::Unavailable`].
pub async fn load_event_history(app: &App, id: EventId) -> Result<EventHistory> {
    let gone = || Error::UnknownEvent(id);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let shard = outbox::find_shard(&mut tx, app.db.shards(), id).await?.ok_or_else(gone)?;
    let event = outbox::find_by_id(&mut tx, shard, id).await?.ok_or_else(gone)?;
    let mut deliveries = Vec::new();
    for delivery in store::list_by_event(&mut tx, shard, id).await? {
        let Some(receiver) = app.receivers().find_by_id(&mut tx, delivery.receiver).await? else { continue };
        let attempts = store::list_attempts(&mut tx, shard, delivery.id).await?;
        deliveries.push(ReceiverDelivery { receiver, delivery, attempts });
    }
    Ok(EventHistory { event, deliveries })
}
