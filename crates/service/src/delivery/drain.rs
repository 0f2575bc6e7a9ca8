//! Sends the messages that are due for a receiver, several in parallel.
//!
//! Not here: the schedule, which is the worker's. Invariant: a message is claimed before its attempt is made.

use super::attempt::{DeliveryAttemptSummary, FinishedAttempt, attempt_delivery};
use super::prepare::ClaimedBatch;
use crate::signing;
use crate::{App, Result};
use futures_util::future::{Fuse, FusedFuture, FutureExt, try_join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use opendrs_domain::id::ReceiverId;
use opendrs_domain::receiver::Receiver;
use opendrs_domain::time::{Span, Time};
use opendrs_store::delivery::Delivery;
use opendrs_store::{Command, Tx, delivery as store};
use std::collections::VecDeque;
use std::pin::pin;

/// The most messages in flight to one receiver.
const MAX_IN_FLIGHT: usize = 24;
/// The most messages that are claimed and prepared together. A claim is a write, and one thread makes all signatures of
/// a batch.
const BATCH_SIZE: usize = 16;
/// The most messages to one receiver that are claimed and not answered yet. Those not in flight are being prepared on
/// several threads. They wait for at most two attempts before their own.
const MAX_CLAIMED: usize = 3 * MAX_IN_FLIGHT;
/// The most messages that one call of [`drain_receiver`] sends.
const MAX_PER_DRAIN: usize = 4096;
/// The time during which one call of [`drain_receiver`] claims new messages.
const DRAIN_WINDOW: Span = Span::from_secs(1);
/// The lease of a claimed message: the timeouts of three attempts, and time to record the result.
const LEASE_DURATION: Span = Span::from_secs(60);

/// The receivers with messages that are due now.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_due_receivers(app: &App) -> Result<Vec<ReceiverId>> {
    let now = app.now();
    Ok(list_open_receivers(app).await?.into_iter().filter(|(_, at)| *at <= now).map(|(receiver, _)| receiver).collect())
}

/// The time at which the next message is due.
pub(crate) async fn next_due(app: &App) -> Result<Option<Time>> {
    Ok(list_open_receivers(app).await?.into_iter().map(|(_, at)| at).min())
}

/// The receivers with open deliveries, each with the time at which its first message is due.
async fn list_open_receivers(app: &App) -> Result<Vec<(ReceiverId, Time)>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (mut found, mut last) = (Vec::new(), store::lowest_receiver_id());
    while let Some((receiver, at)) = store::next_receiver_after(&mut tx, last).await? {
        found.push((receiver, at));
        last = receiver;
    }
    Ok(found)
}

/// Sends the messages that are due for a receiver, up to a limit, and returns the results.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn drain_receiver(app: &App, id: ReceiverId) -> Result<Vec<DeliveryAttemptSummary>> {
    let _others = app.sending_lock.read().await;
    deliver_due(app, id, None).await
}

/// Sends all messages that were due at `until`. The caller holds [`App::sending_lock`] exclusively.
pub(crate) async fn deliver_all_due(app: &App, until: Time) -> Result<Vec<DeliveryAttemptSummary>> {
    let receivers = list_open_receivers(app).await?.into_iter().filter(|(_, at)| *at <= until);
    let sent = try_join_all(receivers.map(|(receiver, _)| deliver_due(app, receiver, Some(until)))).await?;
    Ok(sent.into_iter().flatten().collect())
}

/// Sends what is due now, or was due at `until`. Batches are prepared while others are sent and others are recorded.
async fn deliver_due(app: &App, id: ReceiverId, until: Option<Time>) -> Result<Vec<DeliveryAttemptSummary>> {
    let began = app.system_time();
    let mut claiming = pin!(Fuse::terminated());
    let (mut packing, mut prepared) = (FuturesUnordered::new(), VecDeque::new());
    let (mut under_way, mut recording) = (FuturesUnordered::new(), FuturesUnordered::new());
    // Whether messages may be due that the last claim did not find.
    let (mut look, mut claimed, mut sent) = (true, 0, Vec::new());
    loop {
        let many = sent.len() + claimed >= MAX_PER_DRAIN;
        let over = many || (until.is_none() && app.system_time().since(began) >= DRAIN_WINDOW);
        if look
            && !over
            && claiming.is_terminated()
            && claimed + BATCH_SIZE <= MAX_CLAIMED
            && recording.len() <= MAX_CLAIMED
        {
            look = false;
            claiming.set(claim_batch(app, id, until).fuse());
        }
        while under_way.len() < MAX_IN_FLIGHT
            && let Some(next) = prepared.pop_front()
        {
            under_way.push(attempt_delivery(app, next));
        }
        tokio::select! {
            set = &mut claiming, if !claiming.is_terminated() => {
                if let Some(set) = set? {
                    claimed += set.deliveries.len();
                    look |= set.deliveries.len() == BATCH_SIZE;
                    packing.push(set.prepare(app));
                }
            }
            Some(set) = packing.next() => prepared.extend(set?),
            Some(made) = under_way.next() => {
                claimed -= 1;
                recording.push(FinishedAttempt::record(made?, app));
            }
            Some(done) = recording.next() => {
                sent.push(done?);
                look = true;
            }
            else => return Ok(sent),
        }
    }
}

/// Claims the next batch of messages that are due for a receiver.
async fn claim_batch(app: &App, id: ReceiverId, until: Option<Time>) -> Result<Option<ClaimedBatch>> {
    let Some(receiver) = find_receiver(app, id).await? else { return Ok(None) };
    // Amazon SNS signs the messages of its topics itself.
    let signer = match receiver.sns_topic_arn() {
        Some(_) => None,
        None => Some(signing::current_signer(app).await?),
    };
    let limit = app.send_rate_limiter.acquire(id, receiver.policy.max_per_second(), BATCH_SIZE, app.system_time());
    let deliveries =
        app.db.write(ClaimDeliveries { receiver: id, now: until.unwrap_or_else(|| app.now()), limit }).await?;
    app.send_rate_limiter.release_unused(id, limit - deliveries.len());
    Ok((!deliveries.is_empty()).then_some(ClaimedBatch { receiver, signer, deliveries }))
}

async fn find_receiver(app: &App, id: ReceiverId) -> Result<Option<Receiver>> {
    let mut reader = app.db.reader().await?;
    Ok(app.receivers().find_by_id(&mut reader.tx()?, id).await?)
}

struct ClaimDeliveries {
    receiver: ReceiverId,
    now: Time,
    limit: usize,
}

impl Command for ClaimDeliveries {
    type Output = Vec<Delivery>;
    fn ordering_key(&self) -> u64 {
        self.receiver.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Vec<Delivery>> {
        let limit = i64::try_from(self.limit).unwrap_or_default();
        if limit == 0 {
            return Ok(Vec::new());
        }
        store::claim(tx, self.receiver, self.now, self.now + LEASE_DURATION, limit).await
    }
}
