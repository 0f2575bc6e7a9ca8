//! Deliveries of messages to receivers, and how each attempt ended.
//!
//! Invariant: of one device's messages to one receiver only the first open one is ever due. The others are queued
//! behind it in the order of their arrival, independent of clocks. So an order's messages leave in their order
//! (docs/spec/notifications.md#notification-order). A delivery is open until `ended_at` is set.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::export::EndedNotification;
use opendrs_domain::id::{DeliveryId, DeviceId, EventId, ModelId, ReceiverId};
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use uuid::Uuid;

/// The delivery of a message to one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The shard of its device, or 0.
    pub shard: i64,
    /// Identifier, rising with time.
    pub id: DeliveryId,
    /// The receiver.
    pub receiver: ReceiverId,
    /// The device that the message is about; `None` for confirmations.
    pub device: Option<DeviceId>,
    /// The event that the message reports; `None` for confirmations.
    pub event: Option<EventId>,
    /// The kind of message.
    pub kind: sns::SnsMessageType,
    /// The version of the message.
    pub version: String,
    /// `Timestamp` of the envelope.
    pub published_at: Time,
    /// The delivery's state.
    pub state: DeliveryState,
    /// When it is sent or, while it is leased, when the lease ends.
    pub due_at: Option<Time>,
    /// The number of attempts, replays included.
    pub attempts: i64,
    /// The number of attempts since the last (re)play.
    pub attempts_since_replay: i64,
    /// When the first attempt of this round was made.
    pub first_attempt_at: Option<Time>,
    /// When it was delivered or became dead.
    pub ended_at: Option<Time>,
    /// Why it became dead.
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

/// One attempt of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// Counted from 1.
    pub number: i64,
    /// When the attempt was made.
    pub at: Time,
    /// Its duration in microseconds of real time.
    pub duration_micros: i64,
    /// The HTTP status of the response.
    pub status: Option<i64>,
    /// Why there was no response.
    pub error: Option<String>,
    /// The first 4 kB of the response.
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

/// A delivery by id, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, id: DeliveryId) -> Result<Option<Delivery>> {
    tx.query_opt(Query::DeliveryById, params![shard, id]).await
}

/// The deliveries of an event, one for each receiver.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_event(tx: &mut Tx<'_>, shard: i64, event: EventId) -> Result<Vec<Delivery>> {
    tx.query_all(Query::DeliveriesOfEvent, params![shard, event]).await
}

/// The state of each delivery of an event.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_states(tx: &mut Tx<'_>, event: EventId) -> Result<Vec<DeliveryState>> {
    let found: Vec<(String,)> = tx.query_all(Query::DeliveryStates, params![event]).await?;
    let bad = |found| Error::InvalidRow { query: Query::DeliveryStates.sql().name, column: 0, found };
    found.into_iter().map(|(word,)| DeliveryState::parse(&word).ok_or_else(|| bad(word))).collect()
}

/// A dead delivery: its shard, its id and its event.
pub type DeadDelivery = (i64, DeliveryId, EventId);

/// The dead deliveries with ids below `before`, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_dead_before(tx: &mut Tx<'_>, before: DeliveryId, limit: i64) -> Result<Vec<DeadDelivery>> {
    tx.query_all(Query::DeliveryDeadBefore, params![before, limit]).await
}

/// The dead deliveries with ids above `after`, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_dead_after(tx: &mut Tx<'_>, after: DeliveryId, limit: i64) -> Result<Vec<DeadDelivery>> {
    tx.query_all(Query::DeliveryDeadAfter, params![after, limit]).await
}

/// The last confirmation request to a receiver, which asks whether it accepts messages.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_last_confirmation(tx: &mut Tx<'_>, receiver: ReceiverId) -> Result<Option<Delivery>> {
    tx.query_opt(Query::DeliveryLastConfirmation, params![receiver]).await
}

/// Saves a delivery's state.
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

/// A device's queue of messages to its receivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceQueue {
    /// The device.
    pub device: DeviceRef,
    /// The version of the message kind for the device's model; `None` if none was chosen.
    pub version: Option<String>,
}

/// Locks a device until this transaction ends, so that the end of an earlier message and a new one see each other. It
/// also finds the version of the message kind for the device's model. `None` if the device is gone.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_device_queue(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    model: ModelId,
    kind: &str,
) -> Result<Option<DeviceQueue>> {
    let of_kind = params![model, kind];
    let version = tx.send(Query::MessageVersionGet, of_kind).await?;
    let held: Option<Device> = tx.query_opt(Query::DeviceForUpdate, params![device.shard, device.id]).await?;
    let version: Vec<(String,)> = tx.rows(version).await?;
    let version = version.into_iter().next().map(|(version,)| version);
    Ok(held.map(|_| DeviceQueue { device, version }))
}

/// Adds a delivery of an event to a receiver. It is due at the time of publication, or queued behind an earlier message
/// of its device.
///
/// # Errors
/// [`crate::Error`].
pub async fn enqueue(
    tx: &mut Tx<'_>,
    DeviceQueue { device, .. }: &DeviceQueue,
    id: DeliveryId,
    receiver: ReceiverId,
    event: EventId,
    version: &str,
    at: Time,
) -> Result<()> {
    let kind = sns::SnsMessageType::Notification.as_str();
    tx.exec_deferred(Query::DeliveryEnqueue, params![device.shard, id, receiver, device.id, event, kind, version, at])
        .await
}

/// The oldest message of a device that is queued for a receiver.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_queued(tx: &mut Tx<'_>, device: DeviceRef, receiver: ReceiverId) -> Result<Option<DeliveryId>> {
    Ok(tx
        .query_opt::<(DeliveryId,)>(Query::DeliveryQueued, params![device.shard, receiver, device.id])
        .await?
        .map(|(id,)| id))
}

/// The next receiver by id that has open deliveries, and when its first one is due.
///
/// # Errors
/// [`crate::Error`].
pub async fn next_receiver_after(tx: &mut Tx<'_>, last: ReceiverId) -> Result<Option<(ReceiverId, Time)>> {
    tx.query_opt(Query::DeliveryTopicAfter, params![last]).await
}

/// Leases the due deliveries of a receiver, at most `limit`, until `lease`.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, receiver: ReceiverId, now: Time, lease: Time, limit: i64) -> Result<Vec<Delivery>> {
    tx.query_all(Query::DeliveryClaim, params![receiver, now, lease, limit]).await
}

/// Records how an attempt ended.
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

/// Removes at most `limit` each of deliveries, attempts and events that ended before a moment, and returns their
/// number.
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

/// The id that is lower than every other.
#[must_use]
pub fn lowest_receiver_id() -> ReceiverId {
    ReceiverId(Uuid::nil())
}

impl FromRow for EndedNotification {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
        let (state, event): (String, Option<String>) = (row.get(6)?, row.get(9)?);
        let event = event.map(|text| serde_json::from_str(&text)).transpose();
        Ok(Self {
            id: row.get(0)?,
            device: row.get(1)?,
            app: row.get(2)?,
            maker: row.get(3)?,
            published_at: row.get(4)?,
            version: row.get(5)?,
            state: DeliveryState::parse(&state).ok_or_else(|| bad(6, state))?,
            ended_at: row.get(7)?,
            attempts: row.get(8)?,
            event: event.map_err(|e: serde_json::Error| bad(9, e.to_string()))?,
        })
    }
}

/// The notifications about a device that were delivered or given up, after one, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_ended_after(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    after: DeliveryId,
    limit: i64,
) -> Result<Vec<EndedNotification>> {
    tx.query_all(Query::DeliveriesOfDevice, params![device.shard, device.id, after, limit]).await
}
