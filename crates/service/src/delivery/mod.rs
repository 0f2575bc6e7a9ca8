//! Delivering: events to receivers, attempt by attempt.
//!
//! What it is: events are given to the receivers of their device's security profile where they are written ([`giving`]);
//! [`drain`] sends what is due for one receiver, some side by side. What it is not: the rhythm (the worker's) and the
//! network (a parameter). Invariant: an attempt is claimed before it is made and recorded after it. A process that dies
//! between the two leaves a lease behind. When that ends, the same message goes out again: none is lost, one may come twice.

mod attempt;
mod giving;
mod pack;
mod parcel;
mod replay;

pub(crate) use giving::{Stamp, Telling, receivers, tell, tell_to};
pub use replay::{Cursor, Story, Which, from, replay, replay_some, story};

use crate::signing;
use crate::{App, Result};
use attempt::{Made, make};
use futures_util::future::{Fuse, FusedFuture, FutureExt, try_join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use opendrs_domain::delivery::Next;
use opendrs_domain::id::TopicId;
use opendrs_domain::time::{Span, Time};
use opendrs_domain::topic::Topic;
use opendrs_store::delivery::Delivery;
use opendrs_store::{Tx, Write, delivery as store};
use pack::Set;
use std::collections::VecDeque;
use std::pin::pin;

/// How many messages are on their way to one receiver at once.
const SIDE_BY_SIDE: usize = 24;
/// How many messages are claimed and packed together: a claim is a write, and a set's signatures are made on one thread.
const SET: usize = 16;
/// How many messages to one receiver are claimed and not yet answered. Those that are not on their way are being packed, on
/// some threads at once, and wait for two attempts at most before their own.
const CLAIMED: usize = 3 * SIDE_BY_SIDE;
/// How many messages one call of [`drain`] sends at most.
const DRAIN: usize = 4096;
/// For how long it begins with more of them.
const TURN: Span = Span::from_secs(1);
/// How long a claimed message is left to its node: three attempts' time-outs and room to record it.
const LEASE: Span = Span::from_secs(60);

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
    send_due(app, id, None).await
}

/// Sends all that was due at a moment; the caller holds [`App::sending`] alone.
pub(crate) async fn settle(app: &App, until: Time) -> Result<Vec<Sent>> {
    let topics = open(app).await?.into_iter().filter(|(_, at)| *at <= until);
    let sent = try_join_all(topics.map(|(topic, _)| send_due(app, topic, Some(until)))).await?;
    Ok(sent.into_iter().flatten().collect())
}

/// What is due now, or was due at a moment: some sets are packed while others are on their way and others are recorded.
async fn send_due(app: &App, id: TopicId, until: Option<Time>) -> Result<Vec<Sent>> {
    let began = app.real_time();
    let mut claiming = pin!(Fuse::terminated());
    let (mut packing, mut packed) = (FuturesUnordered::new(), VecDeque::new());
    let (mut under_way, mut recording) = (FuturesUnordered::new(), FuturesUnordered::new());
    // Something may be due that the last claim did not find.
    let (mut look, mut claimed, mut sent) = (true, 0, Vec::new());
    loop {
        let many = sent.len() + claimed >= DRAIN;
        let over = many || (until.is_none() && app.real_time().since(began) >= TURN);
        if look && !over && claiming.is_terminated() && claimed + SET <= CLAIMED && recording.len() <= CLAIMED {
            look = false;
            claiming.set(claim(app, id, until).fuse());
        }
        while under_way.len() < SIDE_BY_SIDE
            && let Some(next) = packed.pop_front()
        {
            under_way.push(make(app, next));
        }
        tokio::select! {
            set = &mut claiming, if !claiming.is_terminated() => {
                if let Some(set) = set? {
                    claimed += set.deliveries.len();
                    look |= set.deliveries.len() == SET;
                    packing.push(set.pack(app));
                }
            }
            Some(set) = packing.next() => packed.extend(set?),
            Some(made) = under_way.next() => {
                claimed -= 1;
                recording.push(Made::record(made?, app));
            }
            Some(done) = recording.next() => {
                sent.push(done?);
                look = true;
            }
            else => return Ok(sent),
        }
    }
}

/// Claims the next few messages that are due for a receiver.
async fn claim(app: &App, id: TopicId, until: Option<Time>) -> Result<Option<Set>> {
    let Some(topic) = topic_by_id(app, id).await? else { return Ok(None) };
    // Amazon SNS signs for itself.
    let signer = match topic.published_to() {
        Some(_) => None,
        None => Some(signing::current(app).await?),
    };
    let limit = app.pace.allow(id, topic.policy.per_second(), SET, app.real_time());
    let deliveries = app.db.write(Claim { topic: id, now: until.unwrap_or_else(|| app.now()), limit }).await?;
    app.pace.give_back(id, limit - deliveries.len());
    Ok((!deliveries.is_empty()).then_some(Set { topic, signer, deliveries }))
}

async fn topic_by_id(app: &App, id: TopicId) -> Result<Option<Topic>> {
    let mut reader = app.db.reader().await?;
    Ok(app.topics().by_id(&mut reader.tx()?, id).await?)
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
