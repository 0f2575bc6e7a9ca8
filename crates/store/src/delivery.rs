//! Messages on their way to receivers, and how each attempt ended.
//!
//! Invariant: of one device's messages to one receiver only the first open one is ever due; the others are queued behind it
//! as they came, whatever clocks say, so an order's messages leave in their order
//! (docs/spec/notifications.md#notification-order). A delivery is open until `ended_at` is set.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::device::Device;
use opendrs_domain::id::{DeliveryId, DeviceId, EventId, ModelId, ReceiverId};
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
    pub receiver: ReceiverId,
    /// Whose message it is; confirmations are nobody's.
    pub device: Option<DeviceId>,
    /// What it tells; `None` for confirmations.
    pub event: Option<EventId>,
    /// What kind of message.
    pub kind: sns::SnsMessageType,
    /// Version of the message.
    pub version: String,
    /// `Timestamp` of the envelope.
    pub published_at: Time,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it is sent, or its lease ends.
    pub due_at: Option<Time>,
    /// How often it was tried, replays included.
    pub attempts: i64,
    /// How often it was tried since it was last (re)played.
    pub attempts_since_replay: i64,
    /// When the first attempt of this round was made.
    pub first_attempt_at: Option<Time>,
    /// When it was delivered or given up.
    pub ended_at: Option<Time>,
    /// Why it was given up.
    pub reason: Option<String>,
}

impl FromRow for Delivery {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
        let (kind, state): (String, String) = (row.get(5)?, row.get(8)?);
        Ok(Self {
            shard: row.get(0)?,
            id: row.get(1)?,
            receiver: row.get(2)?,
            device: row.get(3)?,
            event: row.get(4)?,
            kind: sns::SnsMessageType::parse(&kind).ok_or_else(|| bad(5, kind))?,
            version: row.get(6)?,
            published_at: row.get(7)?,
            state: DeliveryState::parse(&state).ok_or_else(|| bad(8, state))?,
            due_at: row.get(9)?,
            attempts: row.get(10)?,
            attempts_since_replay: row.get(11)?,
            first_attempt_at: row.get(12)?,
            ended_at: row.get(13)?,
            reason: row.get(14)?,
        })
    }
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// Counted from 1.
    pub number: i64,
    /// When it was made.
    pub at: Time,
    /// How long it took, microseconds of real time.
    pub duration_micros: i64,
    /// The status that was answered.
    pub status: Option<i64>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The first 4 kB of the answer.
    pub response: String,
}

impl FromRow for DeliveryAttempt {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            at: row.get(1)?,
            duration_micros: row.get(2)?,
            status: row.get(3)?,
            error: row.get(4)?,
            response: row.get(5)?,
        })
    }
}

/// Adds a delivery.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    let d = delivery;
    let params = params![
        d.shard,
        d.id,
        d.receiver,
        d.device,
        d.event,
        d.kind.as_str(),
        &d.version,
        d.published_at,
        d.state.as_str(),
        d.due_at,
        d.attempts,
        d.attempts_since_replay,
        d.first_attempt_at,
        d.ended_at,
        d.reason.as_deref()
    ];
    tx.exec_deferred(Query::DeliveryPut, params).await
}

/// A delivery by id, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, id: DeliveryId) -> Result<Option<Delivery>> {
    tx.query_opt(Query::DeliveryById, params![shard, id]).await
}

/// The deliveries of an event, one a receiver.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_event(tx: &mut Tx<'_>, shard: i64, event: EventId) -> Result<Vec<Delivery>> {
    tx.query_all(Query::DeliveriesOfEvent, params![shard, event]).await
}

/// Where an event stands at each of its receivers.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_states(tx: &mut Tx<'_>, event: EventId) -> Result<Vec<DeliveryState>> {
    let found: Vec<(String,)> = tx.query_all(Query::DeliveryStates, params![event]).await?;
    let bad = |found| Error::InvalidRow { query: Query::DeliveryStates.sql().name, column: 0, found };
    found.into_iter().map(|(word,)| DeliveryState::parse(&word).ok_or_else(|| bad(word))).collect()
}

/// A message that was given up: its shard, and the event that it tells.
pub type DeadDelivery = (i64, DeliveryId, EventId);

/// Messages that were given up before one, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_dead_before(tx: &mut Tx<'_>, before: DeliveryId, limit: i64) -> Result<Vec<DeadDelivery>> {
    tx.query_all(Query::DeliveryDeadBefore, params![before, limit]).await
}

/// Messages that were given up after one, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_dead_after(tx: &mut Tx<'_>, after: DeliveryId, limit: i64) -> Result<Vec<DeadDelivery>> {
    tx.query_all(Query::DeliveryDeadAfter, params![after, limit]).await
}

/// The last question to a receiver: whether it wants a topic's messages.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_last_confirmation(tx: &mut Tx<'_>, topic: ReceiverId) -> Result<Option<Delivery>> {
    tx.query_opt(Query::DeliveryLastConfirmation, params![topic]).await
}

/// Saves where a delivery stands now.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    let d = delivery;
    let params = params![
        d.shard,
        d.id,
        d.state.as_str(),
        d.due_at,
        d.first_attempt_at,
        d.ended_at,
        d.reason.as_deref(),
        d.attempts_since_replay,
        d.published_at
    ];
    tx.exec_deferred(Query::DeliverySave, params).await
}

/// A device's place in its receivers' lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceQueue {
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
pub async fn lock_device_queue(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, model): (DeviceId, ModelId),
    kind: &str,
) -> Result<Option<DeviceQueue>> {
    let of_kind = params![model, kind];
    let version = tx.send(Query::MessageVersionGet, of_kind).await?;
    let held: Option<Device> = tx.query_opt(Query::DeviceForUpdate, params![shard, device]).await?;
    let version: Vec<(String,)> = tx.rows(version).await?;
    let version = version.into_iter().next().map(|(version,)| version);
    Ok(held.map(|_| DeviceQueue { shard, device, version }))
}

/// Adds a message that tells a receiver of an event, published at a moment: due then, or queued behind an earlier one of its
/// device.
///
/// # Errors
/// [`crate::Error`].
pub async fn enqueue(
    tx: &mut Tx<'_>,
    DeviceQueue { shard, device, .. }: &DeviceQueue,
    (id, topic): (DeliveryId, ReceiverId),
    event: EventId,
    version: &str,
    at: Time,
) -> Result<()> {
    let kind = sns::SnsMessageType::Notification.as_str();
    tx.exec_deferred(Query::DeliveryEnqueue, params![*shard, id, topic, *device, event, kind, version, at]).await
}

/// The oldest message of a device that is queued for a receiver.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_queued(
    tx: &mut Tx<'_>,
    shard: i64,
    topic: ReceiverId,
    device: DeviceId,
) -> Result<Option<DeliveryId>> {
    Ok(tx.query_opt::<(DeliveryId,)>(Query::DeliveryQueued, params![shard, topic, device]).await?.map(|(id,)| id))
}

/// The next receiver, in the order of ids, that anything is on its way to, and when its first message is due.
///
/// # Errors
/// [`crate::Error`].
pub async fn next_receiver_after(tx: &mut Tx<'_>, last: ReceiverId) -> Result<Option<(ReceiverId, Time)>> {
    tx.query_opt(Query::DeliveryTopicAfter, params![last]).await
}

/// Takes what is due for a receiver, at most `limit`, until a lease ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, topic: ReceiverId, now: Time, lease: Time, limit: i64) -> Result<Vec<Delivery>> {
    tx.query_all(Query::DeliveryClaim, params![topic, now, lease, limit]).await
}

/// Writes down how an attempt ended.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_attempt(
    tx: &mut Tx<'_>,
    shard: i64,
    delivery: DeliveryId,
    attempt: &DeliveryAttempt,
) -> Result<()> {
    let DeliveryAttempt { number, at, duration_micros: took, status, error: problem, response: answer } = attempt;
    let params = params![shard, delivery, *number, *at, *took, *status, problem.as_deref(), answer];
    tx.exec_deferred(Query::AttemptPut, params).await
}

/// A delivery's newest 100 attempts, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_attempts(tx: &mut Tx<'_>, shard: i64, delivery: DeliveryId) -> Result<Vec<DeliveryAttempt>> {
    tx.query_all(Query::AttemptsOf, params![shard, delivery]).await
}

/// Removes at most `limit` each of deliveries, attempts and events that ended before a moment; says how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    let mut gone = 0;
    for q in [Query::DeliveryPurge, Query::AttemptPurge, Query::OutboxPurge] {
        gone += tx.exec(q, params![before, limit]).await?;
    }
    Ok(gone)
}

/// The id below every other.
#[must_use]
pub fn lowest_receiver_id() -> ReceiverId {
    ReceiverId(Uuid::nil())
}
