//! Delivering: events to receivers, attempt by attempt.
//!
//! What it is: [`dispatch`] gives each event to the receivers of its device's security profile; [`drain`] sends what is
//! due for one receiver, some side by side. What it is not: the rhythm (the worker's) and the network (a parameter).
//! Invariant: an attempt is claimed before it is made and recorded after it; a process that dies between the two leaves
//! a lease behind, and when that ends the same message goes out again, so nothing is lost and something may come twice.

use crate::outbound::{Answer, Failure, Request};
use crate::signing::{self, Signer};
use crate::topic;
use crate::{App, Error, Result};
use futures_util::future::try_join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use opendrs_domain::delivery::{ATTEMPT, Next, Outcome, State};
use opendrs_domain::fault::Message as Fault;
use opendrs_domain::id::{ClientId, DeliveryId, DeviceId, EventId, TopicId};
use opendrs_domain::notification::Event;
use opendrs_domain::time::{Span, Time};
use opendrs_domain::topic::{State as TopicState, Topic};
use opendrs_domain::version::Version;
use opendrs_domain::wire::{self, sns};
use opendrs_store::delivery::{Attempt, Delivery};
use opendrs_store::{Tx, Write, delivery as store, device, outbox, profile, topic as topics};
use std::sync::Arc;
use std::time::Duration;

/// How many events one round gives out.
const ROUND: i64 = 200;
/// How many messages are on their way to one receiver at once.
const SIDE_BY_SIDE: usize = 16;
/// How many messages one call of [`drain`] sends at most.
const DRAIN: usize = 512;
/// How long a claimed message is left to its node: an attempt's time-out and room to record it.
const LEASE: Span = Span::from_secs(60);
/// How much of an answer is kept.
const ANSWER: usize = 4096;

/// An attempt that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub at: Time,
    /// To which topic.
    pub arn: String,
    /// `MessageId`.
    pub message_id: String,
    /// What was told; a confirmation tells no event.
    pub what: String,
    /// Which attempt it was, from 1.
    pub attempt: i64,
    /// What came of it.
    pub next: Next,
}

/// Gives new events to the receivers they are for; says how many events.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn dispatch(app: &App) -> Result<usize> {
    let now = app.now();
    let fresh = {
        let mut reader = app.db.reader().await?;
        outbox::fresh(&mut reader.tx()?, now, ROUND).await?
    };
    let commands = fresh.iter().map(|(shard, event)| {
        let first = app.passing.ordered(now).as_u128();
        app.db.write(Dispatch { shard: *shard, event: *event, first, now })
    });
    Ok(try_join_all(commands).await?.len())
}

struct Dispatch {
    shard: i64,
    event: EventId,
    /// The first delivery's id; the next ones count on.
    first: u128,
    now: Time,
}

impl Write for Dispatch {
    type Out = ();
    /// Events of one shard keep their order.
    fn key(&self) -> u64 {
        self.shard.cast_unsigned()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        give_out(tx, self.shard, self.event, self.first, None, self.now).await.map(drop)
    }
}

/// Gives an event to its receivers, in the version of its model or, if one is asked for, in that; the deliveries' ids
/// count on from `first`. Says how many receivers.
pub(crate) async fn give_out(
    tx: &mut Tx<'_>,
    shard: i64,
    id: EventId,
    first: u128,
    version: Option<Version>,
    now: Time,
) -> opendrs_store::Result<usize> {
    let Some((event, device)) = outbox::dispatch(tx, shard, id, now).await? else { return Ok(0) };
    let Ok(client) = ClientId::parse(&event.client) else { return Ok(0) };
    let Some(client) = profile::client(tx, client).await? else { return Ok(0) };
    let mut receivers = topics::of_profile(tx, client.profile).await?;
    receivers.retain(|topic| topic.state == TopicState::Confirmed);
    if receivers.is_empty() {
        return Ok(0);
    }
    // Held, so that the end of an earlier message and this one see each other.
    let Some(device_row) = device::lock(tx, shard, device).await? else { return Ok(0) };
    let chosen = match version {
        Some(version) => Some(version.to_string()),
        None => topics::message_version(tx, device_row.model, event.kind().wire_name()).await?,
    };
    let version = chosen.unwrap_or_else(|| Version::V2.to_string());
    let count = receivers.len();
    for (n, topic) in (0_u128..).zip(receivers) {
        let behind = store::is_open(tx, shard, topic.id, device).await?;
        let delivery = Delivery {
            shard,
            id: DeliveryId(uuid::Uuid::from_u128(first + n)),
            topic: topic.id,
            device: Some(device),
            event: Some(id),
            kind: sns::Kind::Notification,
            version: version.clone(),
            published_at: now,
            state: if behind { State::Queued } else { State::Waiting },
            due_at: (!behind).then_some(now),
            attempts: 0,
            round: 0,
            began_at: None,
            ended_at: None,
            reason: None,
        };
        store::add(tx, &delivery).await?;
    }
    Ok(count)
}

/// The receivers that something is due for now.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn due(app: &App) -> Result<Vec<TopicId>> {
    let now = app.now();
    Ok(open(app).await?.into_iter().filter(|(_, at)| *at <= now).map(|(topic, _)| topic).collect())
}

/// When something is due next.
pub(crate) async fn next_due(app: &App) -> Result<Option<Time>> {
    Ok(open(app).await?.into_iter().map(|(_, at)| at).min())
}

/// The receivers that something is on its way to, and when its first message is due.
async fn open(app: &App) -> Result<Vec<(TopicId, Time)>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (mut found, mut last) = (Vec::new(), store::first());
    while let Some((topic, at)) = store::topic_after(&mut tx, last).await? {
        found.push((topic, at));
        last = topic;
    }
    Ok(found)
}

/// Sends what is due for a receiver, at most so much, and says what came of it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn drain(app: &App, id: TopicId) -> Result<Vec<Sent>> {
    let _others = app.sending.read().await;
    send_due(app, id).await
}

/// The same for every receiver; the caller holds [`App::sending`] alone.
pub(crate) async fn settle(app: &App) -> Result<Vec<Sent>> {
    while dispatch(app).await? > 0 {}
    let sent = try_join_all(due(app).await?.into_iter().map(|topic| send_due(app, topic))).await?;
    Ok(sent.into_iter().flatten().collect())
}

async fn send_due(app: &App, id: TopicId) -> Result<Vec<Sent>> {
    let signer = signing::current(app).await?;
    let (mut under_way, mut sent) = (FuturesUnordered::new(), Vec::new());
    loop {
        let room = SIDE_BY_SIDE - under_way.len();
        // Claimed by the handful: a claim is a write.
        if room >= SIDE_BY_SIDE / 2 && sent.len() + under_way.len() < DRAIN {
            let Some(topic) = topic_by_id(app, id).await? else { return Ok(sent) };
            let allowed = app.pace.allow(id, topic.policy.per_second(), room, app.real_time());
            for delivery in app.db.write(Claim { topic: id, now: app.now(), limit: allowed }).await? {
                under_way.push(attempt(app, topic.clone(), signer.clone(), delivery));
            }
        }
        match under_way.next().await {
            Some(done) => sent.push(done?),
            None => return Ok(sent),
        }
    }
}

async fn topic_by_id(app: &App, id: TopicId) -> Result<Option<Topic>> {
    let mut reader = app.db.reader().await?;
    Ok(topics::by_id(&mut reader.tx()?, id).await?)
}

struct Claim {
    topic: TopicId,
    now: Time,
    limit: usize,
}

impl Write for Claim {
    type Out = Vec<Delivery>;
    fn key(&self) -> u64 {
        self.topic.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Vec<Delivery>> {
        let limit = i64::try_from(self.limit).unwrap_or_default();
        if limit == 0 {
            return Ok(Vec::new());
        }
        store::claim(tx, self.topic, self.now, self.now + LEASE, limit).await
    }
}

/// Makes one attempt and records it.
async fn attempt(app: &App, topic: Topic, signer: Arc<Signer>, delivery: Delivery) -> Result<Sent> {
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
    let (outcome, answer) = match request(app, &topic, &signer, &delivery, event.as_ref(), &message_id)? {
        Ok(_) if matches!(fault, Some(Fault::Lost | Fault::Late(_) | Fault::OutOfOrder)) => {
            (Outcome::Silent("not sent: the plan of faults wants it so".into()), String::new())
        }
        Ok(request) => {
            if fault == Some(Fault::Doubled) {
                // What comes of the first is what comes of the second.
                let _ = app.outbound.send(request.clone()).await;
            }
            outcome(app.outbound.send(request).await)
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
    let (status, problem) = match outcome {
        Outcome::Answered(status, _) => (Some(i64::from(status)), None),
        Outcome::Silent(why) | Outcome::Forbidden(why) => (None, Some(why)),
    };
    let attempt = Attempt { number: delivery.attempts, at, took, status, problem, answer };
    let what = event.as_ref().map_or(delivery.kind.as_str(), |event| event.kind().wire_name()).to_owned();
    let sent = Sent { at, arn: topic.arn, message_id, what, attempt: delivery.attempts, next: next.clone() };
    let overtaken = fault == Some(Fault::OutOfOrder);
    app.db.write(Record { delivery, attempt, next, overtaken, now: app.now() }).await?;
    Ok(sent)
}

/// The request of an attempt, or why there can be none any more.
fn request(
    app: &App,
    topic: &Topic,
    signer: &Signer,
    delivery: &Delivery,
    event: Option<&Event>,
    message_id: &str,
) -> Result<Result<Request, String>> {
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
    let base = &app.settings.notifications.base_url;
    let version = Version::parse(&delivery.version).unwrap_or(Version::V2);
    let message = match (event, is_question) {
        (_, true) if delivery.kind == sns::Kind::UnsubscribeConfirmation => {
            sns::question(delivery.kind, &topic.subscription_arn())
        }
        (_, true) => sns::question(delivery.kind, &topic.arn),
        (Some(event), false) => wire::notification(event, version),
        (None, false) => return Ok(Err("its event is no longer kept".into())),
    };
    let confirm = is_question.then(|| {
        let token = topic::confirmation(app, topic);
        let url = format!("{base}/?Action=ConfirmSubscription&TopicArn={}&Token={token}", topic.arn);
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
        unsubscribe_url: (!is_question)
            .then(|| format!("{base}/?Action=Unsubscribe&SubscriptionArn={}", topic.subscription_arn())),
        version: (!is_question && version == Version::V2).then_some("2.0"),
    };
    let raw = topic.raw && !is_question;
    let body = match raw {
        true => envelope.message.into_bytes(),
        false => {
            let signature = signer.sign(topic.signature, &envelope.to_sign())?;
            let certificate = format!("{base}/{}", signing::file_name(&signer.name));
            envelope.json(topic.signature.as_str(), &signature, &certificate).into_bytes()
        }
    };
    // The time of the attempt, as the receiver's own clock tells it.
    let seconds = app.real_time().secs();
    let mut headers = vec![
        ("x-amz-sns-message-type", delivery.kind.as_str().to_owned()),
        ("x-amz-sns-message-id", message_id.to_owned()),
        ("x-amz-sns-topic-arn", topic.arn.clone()),
        ("content-type", "text/plain; charset=UTF-8".to_owned()),
        ("user-agent", "Amazon Simple Notification Service Agent".to_owned()),
        ("webhook-id", message_id.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", topic::webhook_signature(app, topic, message_id, seconds, &body)?),
    ];
    if delivery.kind != sns::Kind::SubscriptionConfirmation {
        headers.push(("x-amz-sns-subscription-arn", topic.subscription_arn()));
    }
    if raw {
        headers.push(("x-amz-sns-rawdelivery", "true".to_owned()));
    }
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let deadline = Duration::from_micros(ATTEMPT.micros().unsigned_abs());
    Ok(Ok(Request { method: "POST", url: topic.endpoint.clone(), headers, body, deadline, limit: ANSWER }))
}

fn outcome(result: Result<Answer, Failure>) -> (Outcome, String) {
    match result {
        Ok(answer) => {
            let wait = answer.header("retry-after").and_then(|value| value.trim().parse().ok());
            // NUL is text that PostgreSQL does not store.
            let body = String::from_utf8_lossy(&answer.body).replace('\0', "\u{fffd}");
            (Outcome::Answered(answer.status, wait), body)
        }
        Err(failure) if failure.is_passing() && !matches!(failure, Failure::Refused(_)) => {
            (Outcome::Silent(failure.to_string()), String::new())
        }
        Err(failure) => (Outcome::Forbidden(failure.to_string()), String::new()),
    }
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
        (next.state, next.due_at) = (State::Waiting, Some(now));
        store::save(tx, &next).await?;
        return Ok(true);
    }
    Ok(false)
}

/// What is to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// One event.
    One(EventId),
    /// Every event of a time range: from, until.
    Range(Time, Time),
}

/// Sends events again: to the receivers that were sent them, or to one; with a new time and so a new signature, under
/// the same id. Only what failed, if that is asked. Says how many messages.
///
/// # Errors
/// [`Error::BadCommand`] if there is no such event; [`Error::Unavailable`].
pub async fn replay(app: &App, which: Which, to: Option<TopicId>, failed: bool) -> Result<u64> {
    let mut count = 0;
    match which {
        Which::One(event) => {
            let mut reader = app.db.reader().await?;
            let found = outbox::find(&mut reader.tx()?, event).await?;
            drop(reader);
            let shard = found
                .ok_or_else(|| Error::BadCommand(format!("there is no event {event}, or it is no longer kept")))?;
            count += app.db.write(Replay { shard, event, to, failed, now: app.now() }).await?;
        }
        Which::Range(from, until) => {
            let mut last = (from - Span::from_micros(1), EventId(uuid::Uuid::max()));
            loop {
                let page = {
                    let mut reader = app.db.reader().await?;
                    outbox::between(&mut reader.tx()?, last, until, ROUND).await?
                };
                let Some((_, event, at)) = page.last() else { break };
                last = (*at, *event);
                for (shard, event, _) in page {
                    count += app.db.write(Replay { shard, event, to, failed, now: app.now() }).await?;
                }
            }
        }
    }
    Ok(count)
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

/// An event with what became of it at each receiver.
#[derive(Clone, Debug)]
pub struct Story {
    /// The event.
    pub event: Event,
    /// One a receiver: its topic, where it stands, and its newest attempts, newest first.
    pub deliveries: Vec<(Topic, Delivery, Vec<Attempt>)>,
}

/// Tells what became of an event.
///
/// # Errors
/// [`Error::BadCommand`] if there is no such event; [`Error::Unavailable`].
pub async fn story(app: &App, id: EventId) -> Result<Story> {
    let gone = || Error::BadCommand(format!("there is no event {id}, or it is no longer kept"));
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let shard = outbox::find(&mut tx, id).await?.ok_or_else(gone)?;
    let event = outbox::by_id(&mut tx, shard, id).await?.ok_or_else(gone)?;
    let mut deliveries = Vec::new();
    for delivery in store::of_event(&mut tx, shard, id).await? {
        let Some(topic) = topics::by_id(&mut tx, delivery.topic).await? else { continue };
        let attempts = store::attempts(&mut tx, shard, delivery.id).await?;
        deliveries.push((topic, delivery, attempts));
    }
    Ok(Story { event, deliveries })
}
