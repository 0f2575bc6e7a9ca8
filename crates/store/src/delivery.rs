//! Messages on their way to receivers, and how each attempt ended.
//!
//! Invariant: of one device's messages to one receiver only the first open one is ever due; the others are queued behind it
//! as they came, whatever clocks say, so an order's messages leave in their order
//! (docs/spec/notifications.md#notification-order). A delivery is open until `ended_at` is set.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::delivery::State;
use opendrs_domain::device::Device;
use opendrs_domain::id::{DeliveryId, DeviceId, EventId, ModelId, TopicId};
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use uuid::Uuid;

/// A message on its way to one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its shard: its device's, or 0.
    pub shard: i64,
    /// Identifier, rising with time.
    pub id: DeliveryId,
    /// To whom.
    pub topic: TopicId,
    /// Whose message it is; confirmations are nobody's.
    pub device: Option<DeviceId>,
    /// What it tells; `None` for confirmations.
    pub event: Option<EventId>,
    /// What kind of message.
    pub kind: sns::Kind,
    /// Version of the message.
    pub version: String,
    /// `Timestamp` of the envelope.
    pub published_at: Time,
    /// Where it stands.
    pub state: State,
    /// When it is sent, or its lease ends.
    pub due_at: Option<Time>,
    /// How often it was tried, replays included.
    pub attempts: i64,
    /// How often it was tried since it was last (re)played.
    pub round: i64,
    /// When the first attempt of this round was made.
    pub began_at: Option<Time>,
    /// When it was delivered or given up.
    pub ended_at: Option<Time>,
    /// Why it was given up.
    pub reason: Option<String>,
}

impl FromRow for Delivery {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let bad = |column, found| Error::BadRow { query: row.query.sql().name, column, found };
        let (kind, state): (String, String) = (row.get(5)?, row.get(8)?);
        Ok(Self {
            shard: row.get(0)?,
            id: row.get(1)?,
            topic: row.get(2)?,
            device: row.get(3)?,
            event: row.get(4)?,
            kind: sns::Kind::parse(&kind).ok_or_else(|| bad(5, kind))?,
            version: row.get(6)?,
            published_at: row.get(7)?,
            state: State::parse(&state).ok_or_else(|| bad(8, state))?,
            due_at: row.get(9)?,
            attempts: row.get(10)?,
            round: row.get(11)?,
            began_at: row.get(12)?,
            ended_at: row.get(13)?,
            reason: row.get(14)?,
        })
    }
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1.
    pub number: i64,
    /// When it was made.
    pub at: Time,
    /// How long it took, microseconds of real time.
    pub took: i64,
    /// The status that was answered.
    pub status: Option<i64>,
    /// Why there was no answer.
    pub problem: Option<String>,
    /// The first 4 kB of the answer.
    pub answer: String,
}

impl FromRow for Attempt {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            at: row.get(1)?,
            took: row.get(2)?,
            status: row.get(3)?,
            problem: row.get(4)?,
            answer: row.get(5)?,
        })
    }
}

/// Adds a delivery.
///
/// # Errors
/// [`crate::Error`].
pub async fn add(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    let d = delivery;
    let params = p![
        d.shard,
        d.id,
        d.topic,
        d.device,
        d.event,
        d.kind.as_str(),
        &d.version,
        d.published_at,
        d.state.as_str(),
        d.due_at,
        d.attempts,
        d.round,
        d.began_at,
        d.ended_at,
        d.reason.as_deref()
    ];
    tx.put(Q::DeliveryPut, params).await
}

/// A delivery by id, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, id: DeliveryId) -> Result<Option<Delivery>> {
    tx.opt(Q::DeliveryById, p![shard, id]).await
}

/// The deliveries of an event, one a receiver.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_event(tx: &mut Tx<'_>, shard: i64, event: EventId) -> Result<Vec<Delivery>> {
    tx.all(Q::DeliveriesOfEvent, p![shard, event]).await
}

/// Where an event stands at each of its receivers.
///
/// # Errors
/// [`crate::Error`].
pub async fn states(tx: &mut Tx<'_>, event: EventId) -> Result<Vec<State>> {
    let found: Vec<(String,)> = tx.all(Q::DeliveryStates, p![event]).await?;
    let bad = |found| Error::BadRow { query: Q::DeliveryStates.sql().name, column: 0, found };
    found.into_iter().map(|(word,)| State::parse(&word).ok_or_else(|| bad(word))).collect()
}

/// A message that was given up: its shard, and the event that it tells.
pub type Dead = (i64, DeliveryId, EventId);

/// Messages that were given up before one, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn dead_before(tx: &mut Tx<'_>, before: DeliveryId, limit: i64) -> Result<Vec<Dead>> {
    tx.all(Q::DeliveryDeadBefore, p![before, limit]).await
}

/// Messages that were given up after one, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn dead_after(tx: &mut Tx<'_>, after: DeliveryId, limit: i64) -> Result<Vec<Dead>> {
    tx.all(Q::DeliveryDeadAfter, p![after, limit]).await
}

/// The last question to a receiver: whether it wants a topic's messages.
///
/// # Errors
/// [`crate::Error`].
pub async fn asked(tx: &mut Tx<'_>, topic: TopicId) -> Result<Option<Delivery>> {
    tx.opt(Q::DeliveryAsked, p![topic]).await
}

/// Saves where a delivery stands now.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    let d = delivery;
    let params = p![
        d.shard,
        d.id,
        d.state.as_str(),
        d.due_at,
        d.began_at,
        d.ended_at,
        d.reason.as_deref(),
        d.round,
        d.published_at
    ];
    tx.put(Q::DeliverySave, params).await
}

/// A device's place in its receivers' lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its shard.
    pub shard: i64,
    /// The device.
    pub device: DeviceId,
    /// The version in which its model's messages of a kind are; `None` where nobody chose.
    pub version: Option<String>,
}

/// Holds a device against other transactions until this one ends, so that the end of an earlier message and a new one see each
/// other, and looks up the version of its model's messages of a kind. `None` if the device is gone.
///
/// # Errors
/// [`crate::Error`].
pub async fn line(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, model): (DeviceId, ModelId),
    kind: &str,
) -> Result<Option<Line>> {
    let of_kind = p![model, kind];
    let version = tx.ahead(Q::MessageVersionGet, of_kind).await?;
    let held: Option<Device> = tx.opt(Q::DeviceForUpdate, p![shard, device]).await?;
    let version: Vec<(String,)> = tx.found(version).await?;
    let version = version.into_iter().next().map(|(version,)| version);
    Ok(held.map(|_| Line { shard, device, version }))
}

/// Adds a message that tells a receiver of an event, published at a moment: due then, or queued behind an earlier one of its
/// device.
///
/// # Errors
/// [`crate::Error`].
pub async fn give(
    tx: &mut Tx<'_>,
    Line { shard, device, .. }: &Line,
    (id, topic): (DeliveryId, TopicId),
    event: EventId,
    version: &str,
    at: Time,
) -> Result<()> {
    let kind = sns::Kind::Notification.as_str();
    tx.put(Q::DeliveryGive, p![*shard, id, topic, *device, event, kind, version, at]).await
}

/// The oldest message of a device that is queued for a receiver.
///
/// # Errors
/// [`crate::Error`].
pub async fn queued(tx: &mut Tx<'_>, shard: i64, topic: TopicId, device: DeviceId) -> Result<Option<DeliveryId>> {
    Ok(tx.opt::<(DeliveryId,)>(Q::DeliveryQueued, p![shard, topic, device]).await?.map(|(id,)| id))
}

/// The next receiver, in the order of ids, that anything is on its way to, and when its first message is due.
///
/// # Errors
/// [`crate::Error`].
pub async fn topic_after(tx: &mut Tx<'_>, last: TopicId) -> Result<Option<(TopicId, Time)>> {
    tx.opt(Q::DeliveryTopicAfter, p![last]).await
}

/// Takes what is due for a receiver, at most `limit`, until a lease ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, topic: TopicId, now: Time, lease: Time, limit: i64) -> Result<Vec<Delivery>> {
    tx.all(Q::DeliveryClaim, p![topic, now, lease, limit]).await
}

/// Writes down how an attempt ended.
///
/// # Errors
/// [`crate::Error`].
pub async fn add_attempt(tx: &mut Tx<'_>, shard: i64, delivery: DeliveryId, attempt: &Attempt) -> Result<()> {
    let Attempt { number, at, took, status, problem, answer } = attempt;
    let params = p![shard, delivery, *number, *at, *took, *status, problem.as_deref(), answer];
    tx.put(Q::AttemptPut, params).await
}

/// A delivery's newest 100 attempts, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn attempts(tx: &mut Tx<'_>, shard: i64, delivery: DeliveryId) -> Result<Vec<Attempt>> {
    tx.all(Q::AttemptsOf, p![shard, delivery]).await
}

/// Removes at most `limit` each of deliveries, attempts and events that ended before a moment; says how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    let mut gone = 0;
    for q in [Q::DeliveryPurge, Q::AttemptPurge, Q::OutboxPurge] {
        gone += tx.exec(q, p![before, limit]).await?;
    }
    Ok(gone)
}

/// The id below every other.
#[must_use]
pub fn first() -> TopicId {
    TopicId(Uuid::nil())
}
