//! One attempt to deliver a message: what is sent, what came of it, and how that is recorded.
//!
//! Not here: which messages are due. Invariant: what is sent is made of the event, the topic and the delivery's own row, so
//! every attempt of a round sends the same bytes but for the time in the webhook's headers.

use super::Sent;
use super::parcel::{ANSWER, Parcel};
use crate::outbound::Request;
use crate::publication::{Place, Publication};
use crate::signing::{self, Signer};
use crate::topic;
use crate::{App, Error, Result, meter};
use opendrs_domain::delivery::{ATTEMPT, Next, Outcome, State};
use opendrs_domain::fault::Message as Fault;
use opendrs_domain::id::{DeviceId, TopicId};
use opendrs_domain::notification::Event;
use opendrs_domain::time::Time;
use opendrs_domain::topic::{State as TopicState, Topic};
use opendrs_domain::version::Version;
use opendrs_domain::wire::{self, sns};
use opendrs_store::delivery::{Attempt, Delivery};
use opendrs_store::{Tx, Write, delivery as store, device, outbox, span, topic as topics};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;
use tracing::field::Empty;

/// Makes one attempt and records it.
pub(super) async fn attempt(app: &App, topic: Topic, signer: Option<Arc<Signer>>, delivery: Delivery) -> Result<Sent> {
    let span = tracing::trace_span!(
        target: span::TARGET,
        "deliver",
        otel.kind = "client",
        opendrs.topic = topic.arn,
        opendrs.attempt = delivery.attempts,
        messaging.message.id = Empty,
        opendrs.outcome = Empty,
    );
    make(app, topic, signer, delivery).instrument(span).await
}

async fn make(app: &App, topic: Topic, signer: Option<Arc<Signer>>, delivery: Delivery) -> Result<Sent> {
    let event = match delivery.event {
        Some(id) => {
            let mut reader = app.db.reader().await?;
            outbox::by_id(&mut reader.tx()?, delivery.shard, id).await?
        }
        None => None,
    };
    let at = app.now();
    let message_id = delivery.event.map_or(delivery.id.0, |event| event.0).to_string();
    let fault = match app.faults.is_armed() && delivery.kind == sns::Kind::Notification {
        true => fault_of(app, &delivery).await?,
        false => None,
    };
    let started = app.real_time();
    let (outcome, answer) = match parcel(app, &topic, signer.as_ref(), &delivery, event.as_ref(), &message_id).await? {
        Ok(_) if matches!(fault, Some(Fault::Lost | Fault::Late(_) | Fault::OutOfOrder)) => {
            (Outcome::Silent("not sent: the plan of faults wants it so".into()), String::new())
        }
        Ok(parcel) => {
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
    tracing::Span::current().record("messaging.message.id", &message_id).record("opendrs.outcome", ended);
    let (status, problem) = match outcome {
        Outcome::Answered(status, _) => (Some(i64::from(status)), None),
        Outcome::Refused(refusal) => (Some(i64::from(refusal.status)), Some(refusal.to_string())),
        Outcome::Silent(why) | Outcome::Forbidden(why) => (None, Some(why)),
    };
    let attempt = Attempt { number: delivery.attempts, at, took, status, problem, answer };
    let what = event.as_ref().map_or(delivery.kind.as_str(), |event| event.kind().wire_name()).to_owned();
    let sent = Sent { at, arn: topic.arn, message_id, what, attempt: delivery.attempts, next: next.clone() };
    let overtaken = fault == Some(Fault::OutOfOrder);
    app.db.write(Record { delivery, attempt, next, overtaken, now: app.now() }).await?;
    Ok(sent)
}

/// What an attempt sends, or why there is nothing to be sent any more. `signer` is for what is posted.
async fn parcel(
    app: &App,
    topic: &Topic,
    signer: Option<&Arc<Signer>>,
    delivery: &Delivery,
    event: Option<&Event>,
    message_id: &str,
) -> Result<Result<Parcel, String>> {
    let is_question = delivery.kind != sns::Kind::Notification;
    let wanted = match topic.state {
        TopicState::Confirmed => true,
        TopicState::Pending => delivery.kind == sns::Kind::SubscriptionConfirmation,
        TopicState::Unsubscribed => delivery.kind == sns::Kind::UnsubscribeConfirmation,
        TopicState::Disabled => false,
    };
    if !wanted {
        return Ok(Err(format!("the topic is {}", topic.state.as_str())));
    }
    let version = Version::parse(&delivery.version).unwrap_or(Version::V2);
    let message = match (event, is_question) {
        (_, true) if delivery.kind == sns::Kind::UnsubscribeConfirmation => {
            sns::question(delivery.kind, &topic.subscription_arn())
        }
        (_, true) => sns::question(delivery.kind, &topic.arn),
        (Some(event), false) => wire::notification(event, version),
        (None, false) => return Ok(Err("its event is no longer kept".into())),
    };
    let version = (!is_question && version == Version::V2).then_some("2.0");
    match (topic.published_to(), signer) {
        (Some(_), _) if is_question => Ok(Err("it is published now, and nobody is asked".into())),
        (Some(arn), _) => {
            let place = || Place {
                group: delivery.device.map(|device| device.to_string()).unwrap_or_default(),
                deduplication: message_id.to_owned(),
            };
            let publication = Publication::new(arn, sns::SUBJECT, message, place);
            Ok(Ok(Parcel::Publish(Publication { version, ..publication })))
        }
        (None, Some(signer)) => post(app, topic, signer, delivery, message, version, message_id).await.map(Ok),
        (None, None) => Err(Error::Internal("nobody signs".into())),
    }
}

/// The request of an attempt: the signed envelope, or the bare message.
async fn post(
    app: &App,
    topic: &Topic,
    signer: &Arc<Signer>,
    delivery: &Delivery,
    message: String,
    version: Option<&'static str>,
    message_id: &str,
) -> Result<Parcel> {
    let base = &app.settings.notifications.base_url;
    let is_question = delivery.kind != sns::Kind::Notification;
    let confirm = is_question.then(|| {
        let token = topic::confirmation(app, topic);
        let url = sns::confirm_url(base, &topic.arn, &token);
        (token, url)
    });
    let envelope = sns::Envelope {
        kind: delivery.kind,
        message_id: message_id.to_owned(),
        topic_arn: topic.arn.clone(),
        subject: (!is_question).then(|| sns::SUBJECT.to_owned()),
        message,
        timestamp: sns::timestamp(delivery.published_at),
        confirm,
        unsubscribe_url: (!is_question).then(|| sns::unsubscribe_url(base, &topic.subscription_arn())),
        version,
    };
    let raw = topic.raw && !is_question;
    let mut headers = envelope.headers(&topic.subscription_arn(), raw);
    let body = match raw {
        true => envelope.message.into_bytes(),
        false => {
            // A signature takes a good part of a millisecond: on a thread of its own several are made side by side.
            let (signing, version, text) = (signer.clone(), topic.signature, envelope.to_sign());
            let signature = tokio::task::spawn_blocking(move || signing.sign(version, &text)).await;
            let signature = signature.map_err(|e| Error::Internal(e.to_string()))??;
            let certificate = format!("{base}/{}", signing::file_name(&signer.name));
            envelope.json(topic.signature.as_str(), &signature, &certificate).into_bytes()
        }
    };
    // The time of the attempt, as the receiver's own clock tells it.
    headers.extend(topic::webhook_headers(app, topic, message_id, app.real_time(), &body)?);
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let deadline = Duration::from_micros(ATTEMPT.micros().unsigned_abs());
    Ok(Parcel::Post(Request { method: "POST", url: topic.endpoint.clone(), headers, body, deadline, limit: ANSWER }))
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
        if let (Next::Gone(_), Some(mut gone)) = (&self.next, topics::lock(tx, topic).await?) {
            gone.state = TopicState::Disabled;
            topics::put(tx, &gone).await?;
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
