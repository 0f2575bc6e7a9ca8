//! One attempt to deliver a message: it is sent, and how that ended is recorded.
//!
//! Not here: which messages are due, and what they say. Invariant: an attempt is over when it is recorded; whoever sends
//! may have many recorded at once, since what is written at the same time is written together.

use super::Sent;
use super::pack::Packed;
use super::parcel::Parcel;
use crate::{App, Result, meter};
use opendrs_domain::delivery::{Next, Outcome, State};
use opendrs_domain::fault::Message as Fault;
use opendrs_domain::id::{DeviceId, TopicId};
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use opendrs_store::delivery::{Attempt, Delivery};
use opendrs_store::{Tx, Write, delivery as store, device, span, topic as topics};
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// An attempt that was made and waits to be recorded.
pub(super) struct Made {
    record: Record,
    sent: Sent,
    span: Span,
}

impl Made {
    /// Writes down how it ended.
    pub(super) async fn record(self, app: &App) -> Result<Sent> {
        let Self { record, sent, span } = self;
        app.db.write(record).instrument(span).await?;
        Ok(sent)
    }
}

/// Makes one attempt.
pub(super) async fn make(app: &App, packed: Packed) -> Result<Made> {
    let span = tracing::trace_span!(
        target: span::TARGET,
        "deliver",
        otel.kind = "client",
        opendrs.topic = packed.topic.arn,
        opendrs.attempt = packed.delivery.attempts,
        messaging.message.id = packed.message_id,
        opendrs.outcome = Empty,
    );
    let (record, sent) = send(app, packed).instrument(span.clone()).await?;
    Ok(Made { record, sent, span })
}

async fn send(app: &App, packed: Packed) -> Result<(Record, Sent)> {
    let Packed { topic, delivery, event, message_id, parcel, webhook } = packed;
    let at = app.now();
    let fault = match app.faults.is_armed() && delivery.kind == sns::Kind::Notification {
        true => fault_of(app, &delivery).await?,
        false => None,
    };
    let started = app.real_time();
    let (outcome, answer) = match parcel {
        Ok(_) if matches!(fault, Some(Fault::Lost | Fault::Late(_) | Fault::OutOfOrder)) => {
            (Outcome::Silent("not sent: the plan of faults wants it so".into()), String::new())
        }
        Ok(mut parcel) => {
            if let Parcel::Post(request) = &mut parcel {
                // The time of the attempt, as the receiver's own clock tells it.
                let headers = webhook.headers(&message_id, started, &request.body);
                request.headers.extend(headers.map(|(name, value)| (name.to_owned(), value)));
            }
            if fault == Some(Fault::Doubled) {
                // What comes of the first is what comes of the second.
                let _ = parcel.clone().send(app).await;
            }
            parcel.send(app).await
        }
        Err(why) => (Outcome::Forbidden(why), String::new()),
    };
    let took = app.real_time().since(started).micros();
    let began = delivery.began_at.unwrap_or(at);
    let [jitter] = app.passing.bytes();
    let next = match (&outcome, fault) {
        (Outcome::Silent(why), Some(Fault::Lost)) => Next::Dead(why.clone()),
        (Outcome::Silent(_), Some(Fault::Late(by))) => Next::Retry(at + by),
        (Outcome::Silent(_), Some(Fault::OutOfOrder)) => Next::Retry(at),
        _ => topic.policy.after(delivery.round, &outcome, began, app.now(), jitter),
    };
    let ended = match next {
        Next::Delivered => "delivered",
        Next::Retry(_) => "retry",
        Next::Dead(_) => "dead",
        Next::Gone(_) => "gone",
    };
    meter::ended(&app.meter.deliveries, topic.protocol(), ended, took);
    Span::current().record("opendrs.outcome", ended);
    let (status, problem) = match outcome {
        Outcome::Answered(status, _) => (Some(i64::from(status)), None),
        Outcome::Refused(refusal) => (Some(i64::from(refusal.status)), Some(refusal.to_string())),
        Outcome::Silent(why) | Outcome::Forbidden(why) => (None, Some(why)),
    };
    let attempt = Attempt { number: delivery.attempts, at, took, status, problem, answer };
    let what = event.as_ref().map_or(delivery.kind.as_str(), |event| event.kind().wire_name()).to_owned();
    let sent = Sent { at, arn: topic.arn.clone(), message_id, what, attempt: delivery.attempts, next: next.clone() };
    let overtaken = fault == Some(Fault::OutOfOrder);
    Ok((Record { delivery, attempt, next, overtaken, now: app.now() }, sent))
}

/// What is to go wrong with a message, on a server for tests.
async fn fault_of(app: &App, delivery: &Delivery) -> Result<Option<Fault>> {
    let Some(device) = delivery.device else { return Ok(None) };
    let behind = {
        let mut reader = app.db.reader().await?;
        store::queued(&mut reader.tx()?, delivery.shard, delivery.topic, device).await?
    };
    Ok(app.faults.of_message(behind.is_some()))
}

struct Record {
    delivery: Delivery,
    attempt: Attempt,
    next: Next,
    /// The next message of the device goes first.
    overtaken: bool,
    now: Time,
}

impl Write for Record {
    type Out = ();
    fn key(&self) -> u64 {
        self.delivery.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        let Delivery { shard, id, topic, .. } = self.delivery;
        if let Some(device) = self.delivery.device {
            device::lock(tx, shard, device).await?;
        }
        store::add_attempt(tx, shard, id, &self.attempt).await?;
        let Some(mut found) = store::lock(tx, shard, id).await? else { return Ok(()) };
        if found.state != State::Sending || found.attempts != self.attempt.number {
            // The lease ended and another attempt was begun: its record decides.
            return Ok(());
        }
        let (state, due_at, reason) = match &self.next {
            Next::Delivered => (State::Delivered, None, None),
            Next::Retry(at) => (State::Waiting, Some(*at), None),
            Next::Dead(why) | Next::Gone(why) => (State::Dead, None, Some(why.clone())),
        };
        found.ended_at = due_at.is_none().then_some(self.now);
        (found.state, found.due_at, found.reason) = (state, due_at, reason);
        if let (true, Some(device)) = (self.overtaken, found.device)
            && promote(tx, shard, topic, device, self.now).await?
        {
            (found.state, found.due_at) = (State::Queued, None);
        }
        store::save(tx, &found).await?;
        if found.ended_at.is_some()
            && let Some(device) = found.device
        {
            promote(tx, shard, topic, device, self.now).await?;
        }
        if let Next::Gone(_) = &self.next {
            topics::disable(tx, topic).await?;
        }
        Ok(())
    }
}

/// Lets the next message of a device to a receiver go, now that the one before has ended; says whether there is one.
async fn promote(
    tx: &mut Tx<'_>,
    shard: i64,
    topic: TopicId,
    device: DeviceId,
    now: Time,
) -> opendrs_store::Result<bool> {
    if let Some(id) = store::queued(tx, shard, topic, device).await?
        && let Some(mut next) = store::lock(tx, shard, id).await?
    {
        // Due since it was published: it belongs to that moment, however long it stood in line.
        (next.state, next.due_at) = (State::Waiting, Some(next.published_at.min(now)));
        store::save(tx, &next).await?;
        return Ok(true);
    }
    Ok(false)
}
