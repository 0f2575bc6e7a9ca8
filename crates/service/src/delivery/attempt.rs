//! One attempt to deliver a message: it sends the message and records the result.
//!
//! Not here: which messages are due, and their content. Invariant: an attempt ends when it is recorded. A sender may
//! have many attempts recorded together, because concurrent writes share one transaction.

use super::outgoing_message::{OutgoingMessage, SendResult};
use super::prepare::PreparedMessage;
use crate::metrics::{DeliveryEnd, MetricLabel};
use crate::{App, Result};
use opendrs_domain::delivery::{AttemptOutcome, DeliveryDecision, DeliveryState};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::fault::MessageFault;
use opendrs_domain::id::ReceiverId;
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use opendrs_store::delivery::{Delivery, DeliveryAttempt};
use opendrs_store::{Command, Tx, delivery as store, device, receiver as receivers, span};
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// A finished attempt, as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttemptSummary {
    /// The time of the attempt.
    pub at: Time,
    /// The topic ARN of the receiver.
    pub arn: String,
    /// `MessageId`.
    pub message_id: String,
    /// The type of the message. A confirmation request carries no event.
    pub message_type: String,
    /// The number of the attempt, from 1.
    pub attempt: i64,
    /// The decision about the delivery after this attempt.
    pub next: DeliveryDecision,
}

/// A finished attempt that is not recorded yet.
pub(super) struct FinishedAttempt {
    command: RecordAttempt,
    summary: DeliveryAttemptSummary,
    span: Span,
}

impl FinishedAttempt {
    /// Records the result of the attempt.
    pub(super) async fn record(self, app: &App) -> Result<DeliveryAttemptSummary> {
        let Self { command: record, summary: sent, span } = self;
        app.db.write(record).instrument(span).await?;
        Ok(sent)
    }
}

/// Makes one attempt.
pub(super) async fn attempt_delivery(app: &App, prepared: PreparedMessage) -> Result<FinishedAttempt> {
    let span = tracing::trace_span!(
        target: span::TARGET,
        "deliver",
        otel.kind = "client",
        opendrs.receiver = prepared.receiver.arn,
        opendrs.attempt = prepared.delivery.attempts,
        messaging.message.id = prepared.message_id,
        opendrs.outcome = Empty,
    );
    let (record, sent) = send_message(app, prepared).instrument(span.clone()).await?;
    Ok(FinishedAttempt { command: record, summary: sent, span })
}

async fn send_message(app: &App, prepared: PreparedMessage) -> Result<(RecordAttempt, DeliveryAttemptSummary)> {
    let PreparedMessage { receiver, delivery, event, message_id, message, webhook_signer: webhook } = prepared;
    let at = app.now();
    let fault = if app.faults.is_armed() && delivery.kind == sns::SnsMessageType::Notification {
        find_planned_fault(app, &delivery).await?
    } else {
        None
    };
    let started = app.system_time();
    let SendResult { outcome, excerpt } = match message {
        Ok(_) if matches!(fault, Some(MessageFault::Lost | MessageFault::Delayed(_) | MessageFault::OutOfOrder)) => {
            let why = "not sent: the plan of faults wants it so".into();
            SendResult::without_response(AttemptOutcome::NoResponse(why))
        }
        Ok(mut message) => {
            if let OutgoingMessage::Post(request) = &mut message {
                // The time of the attempt, by the system clock, which the receiver's clock can be compared with.
                let headers = webhook.sign_headers(&message_id, started, &request.body);
                request.headers.extend(headers.map(|(name, value)| (name.to_owned(), value)));
            }
            if fault == Some(MessageFault::Duplicated) {
                // Only the result of the second request counts.
                let _ = message.clone().send(app).await;
            }
            message.send(app).await
        }
        Err(why) => SendResult::without_response(AttemptOutcome::AddressForbidden(why)),
    };
    let took = app.system_time().since(started).as_micros();
    let began = delivery.first_attempt_at.unwrap_or(at);
    let [jitter] = app.ephemeral_ids.random_bytes();
    let next = match (&outcome, fault) {
        (AttemptOutcome::NoResponse(why), Some(MessageFault::Lost)) => DeliveryDecision::Dead(why.clone()),
        (AttemptOutcome::NoResponse(_), Some(MessageFault::Delayed(by))) => DeliveryDecision::Retry(at + by),
        (AttemptOutcome::NoResponse(_), Some(MessageFault::OutOfOrder)) => DeliveryDecision::Retry(at),
        _ => receiver.policy.decide_after_attempt(delivery.attempts_since_replay, &outcome, began, app.now(), jitter),
    };
    let end = DeliveryEnd::from(&next);
    app.metrics.deliveries.record(receiver.target.protocol(), end, took);
    Span::current().record("opendrs.outcome", end.text());
    let (status, problem) = match outcome {
        AttemptOutcome::Responded(status, _) => (Some(i64::from(status)), None),
        AttemptOutcome::PublishRejected(refusal) => (Some(i64::from(refusal.status)), Some(refusal.to_string())),
        AttemptOutcome::NoResponse(why) | AttemptOutcome::AddressForbidden(why) => (None, Some(why)),
    };
    let attempt = DeliveryAttempt {
        number: delivery.attempts,
        at,
        duration_micros: took,
        status,
        error: problem,
        response: excerpt,
    };
    let what = event.as_ref().map_or(delivery.kind.as_str(), |event| event.notification_type().wire_name()).to_owned();
    let sent = DeliveryAttemptSummary {
        at,
        arn: receiver.arn.clone(),
        message_id,
        message_type: what,
        attempt: delivery.attempts,
        next: next.clone(),
    };
    let overtaken = fault == Some(MessageFault::OutOfOrder);
    Ok((RecordAttempt { delivery, attempt, next, is_overtaken: overtaken, now: app.now() }, sent))
}

/// Takes the planned fault for a message, on a test server.
async fn find_planned_fault(app: &App, delivery: &Delivery) -> Result<Option<MessageFault>> {
    let Some(device) = delivery.device else { return Ok(None) };
    let behind = {
        let mut reader = app.db.reader().await?;
        store::find_queued(&mut reader.tx()?, DeviceRef { shard: delivery.shard, id: device }, delivery.receiver)
            .await?
    };
    Ok(app.faults.take_for_message(behind.is_some()))
}

struct RecordAttempt {
    delivery: Delivery,
    attempt: DeliveryAttempt,
    next: DeliveryDecision,
    /// Whether the next message of the device goes first.
    is_overtaken: bool,
    now: Time,
}

impl Command for RecordAttempt {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.delivery.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        let Delivery { shard, id, receiver, device, .. } = self.delivery;
        let device = device.map(|id| DeviceRef { shard, id });
        if let Some(device) = device {
            device::lock(tx, device).await?;
        }
        store::insert_attempt(tx, shard, id, &self.attempt).await?;
        let Some(mut found) = store::lock(tx, shard, id).await? else { return Ok(()) };
        if found.state != DeliveryState::Sending || found.attempts != self.attempt.number {
            // The lease ended and another attempt began: the record of that attempt decides.
            return Ok(());
        }
        let (state, due_at, reason) = match &self.next {
            DeliveryDecision::Delivered => (DeliveryState::Delivered, None, None),
            DeliveryDecision::Retry(at) => (DeliveryState::Waiting, Some(*at), None),
            DeliveryDecision::Dead(why) | DeliveryDecision::ReceiverGone(why) => {
                (DeliveryState::Dead, None, Some(why.clone()))
            }
        };
        found.ended_at = due_at.is_none().then_some(self.now);
        (found.state, found.due_at, found.reason) = (state, due_at, reason);
        if let (true, Some(device)) = (self.is_overtaken, device)
            && release_next_message(tx, device, receiver, self.now).await?
        {
            (found.state, found.due_at) = (DeliveryState::Queued, None);
        }
        store::save(tx, &found).await?;
        if found.ended_at.is_some()
            && let Some(device) = device
        {
            release_next_message(tx, device, receiver, self.now).await?;
        }
        if let DeliveryDecision::ReceiverGone(_) = &self.next {
            receivers::disable(tx, receiver).await?;
        }
        Ok(())
    }
}

/// Releases the next message of a device to a receiver, now that the one before has ended. Returns whether there is
/// one.
async fn release_next_message(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    receiver: ReceiverId,
    now: Time,
) -> opendrs_store::Result<bool> {
    if let Some(id) = store::find_queued(tx, device, receiver).await?
        && let Some(mut next) = store::lock(tx, device.shard, id).await?
    {
        // The message is due since it was published, however long it waited behind another one.
        (next.state, next.due_at) = (DeliveryState::Waiting, Some(next.published_at.min(now)));
        store::save(tx, &next).await?;
        return Ok(true);
    }
    Ok(false)
}
