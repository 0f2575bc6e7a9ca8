//! Sending again, and telling what became of an event.
//!
//! Invariant: a replay has the event's id, a new time and so a new signature; what is still under way is left alone.

use crate::{App, Error, Result};
use opendrs_domain::delivery::{EventState, State};
use opendrs_domain::id::{DeliveryId, EventId, TopicId};
use opendrs_domain::notification::Event;
use opendrs_domain::time::{Span, Time};
use opendrs_domain::topic::{State as Standing, Topic};
use opendrs_store::delivery::{Attempt, Delivery};
use opendrs_store::{Tx, Write, delivery as store, device, outbox, topic as topics};

/// How many events are read at once.
const ROUND: i64 = 200;

/// What is to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// One event.
    One(EventId),
    /// Every event of a time range: from, until.
    Range(Time, Time),
    /// Every event that was given up at a receiver, as far as events are kept.
    Failed,
}

/// Where a replay of a range goes on: the last event that was looked at.
pub type Cursor = (Time, EventId);

/// Where a replay of everything from a moment on begins.
#[must_use]
pub fn from(since: Time) -> Cursor {
    (since - Span::from_micros(1), EventId(uuid::Uuid::max()))
}

/// Sends events again: to the receivers that were sent them and still listen, or to one, whether it does or not; with a new time and so a new signature, under
/// the same id. Only what failed, if that is asked. Says how many messages.
///
/// # Errors
/// [`Error::UnknownEvent`]; [`Error::Unavailable`].
pub async fn replay(app: &App, which: Which, to: Option<TopicId>, failed: bool) -> Result<u64> {
    let (since, until) = match which {
        Which::One(event) => {
            let mut reader = app.db.reader().await?;
            let found = outbox::find(&mut reader.tx()?, app.db.shards(), event).await?;
            drop(reader);
            let shard = found.ok_or(Error::UnknownEvent(event))?;
            return Ok(app.db.write(Replay { shard, event, to, failed, now: app.now() }).await?);
        }
        Which::Range(since, until) => (since, until),
        Which::Failed => return replay_failed(app, to).await,
    };
    let (mut count, mut next) = (0, Some(from(since)));
    while let Some(last) = next {
        let sent;
        (sent, next) = replay_some(app, last, until, to, failed).await?;
        count += sent;
    }
    Ok(count)
}

/// The same for the next few events of a range. Says how many messages, and where to go on, if there is more.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn replay_some(
    app: &App,
    last: Cursor,
    until: Time,
    to: Option<TopicId>,
    failed: bool,
) -> Result<(u64, Option<Cursor>)> {
    let page = {
        let mut reader = app.db.reader().await?;
        outbox::between(&mut reader.tx()?, last, until, ROUND).await?
    };
    let full = i64::try_from(page.len()).is_ok_and(|len| len == ROUND);
    let next = page.last().filter(|_| full).map(|(_, event, at)| (*at, *event));
    let mut count = 0;
    for (shard, event, _) in page {
        count += app.db.write(Replay { shard, event, to, failed, now: app.now() }).await?;
    }
    Ok((count, next))
}

/// Everything that was given up, oldest first.
async fn replay_failed(app: &App, to: Option<TopicId>) -> Result<u64> {
    let (mut count, mut last) = (0, DeliveryId(uuid::Uuid::nil()));
    loop {
        let page = {
            let mut reader = app.db.reader().await?;
            store::dead_after(&mut reader.tx()?, last, ROUND).await?
        };
        let Some((_, newest, _)) = page.last() else { return Ok(count) };
        last = *newest;
        for (shard, _, event) in page {
            count += app.db.write(Replay { shard, event, to, failed: true, now: app.now() }).await?;
        }
    }
}

struct Replay {
    shard: i64,
    event: EventId,
    to: Option<TopicId>,
    failed: bool,
    now: Time,
}

impl Write for Replay {
    type Out = u64;
    fn key(&self) -> u64 {
        self.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<u64> {
        let mut count = 0;
        for mut found in store::of_event(tx, self.shard, self.event).await? {
            let chosen = self.to.is_none_or(|topic| topic == found.topic);
            // What is still under way goes out anyhow.
            if !chosen || found.ended_at.is_none() || (self.failed && found.state != State::Dead) {
                continue;
            }
            // Who listens no more is asked again only by name.
            if self.to.is_none() && !listens(tx, found.topic).await? {
                continue;
            }
            if let Some(device) = found.device {
                device::lock(tx, self.shard, device).await?;
            }
            found.state = State::Waiting;
            (found.due_at, found.published_at) = (Some(self.now), self.now);
            (found.round, found.began_at, found.ended_at, found.reason) = (0, None, None, None);
            store::save(tx, &found).await?;
            count += 1;
        }
        Ok(count)
    }
}

async fn listens(tx: &mut Tx<'_>, topic: TopicId) -> opendrs_store::Result<bool> {
    Ok(topics::by_id(tx, topic).await?.is_some_and(|found| found.topic.state == Standing::Confirmed))
}

/// An event with what became of it at each receiver.
#[derive(Clone, Debug)]
pub struct Story {
    /// The event.
    pub event: Event,
    /// One a receiver: its topic, where it stands, and its newest attempts, newest first.
    pub deliveries: Vec<(Topic, Delivery, Vec<Attempt>)>,
}

impl Story {
    /// Where the event stands, all its receivers taken together.
    #[must_use]
    pub fn state(&self) -> EventState {
        let states: Vec<_> = self.deliveries.iter().map(|(_, delivery, _)| delivery.state).collect();
        EventState::of(&states)
    }
}

/// Tells what became of an event.
///
/// # Errors
/// [`Error::UnknownEvent`]; [`Error::Unavailable`].
pub async fn story(app: &App, id: EventId) -> Result<Story> {
    let gone = || Error::UnknownEvent(id);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let shard = outbox::find(&mut tx, app.db.shards(), id).await?.ok_or_else(gone)?;
    let event = outbox::by_id(&mut tx, shard, id).await?.ok_or_else(gone)?;
    let mut deliveries = Vec::new();
    for delivery in store::of_event(&mut tx, shard, id).await? {
        let Some(topic) = app.topics().by_id(&mut tx, delivery.topic).await? else { continue };
        let attempts = store::attempts(&mut tx, shard, delivery.id).await?;
        deliveries.push((topic, delivery, attempts));
    }
    Ok(Story { event, deliveries })
}
