//! Topics: the receivers of notifications, added, changed and found.
//!
//! Not here: what a receiver itself may ask ([`asked`]), the secrets of its webhooks ([`secret`]), and the sealing of its
//! endpoint ([`stored`]). Invariant: a token
//! that confirms, and a secret that signs, is known by its number alone; a receiver that did not confirm gets nothing but
//! the question (docs/spec/delivery.md#confirmation).

mod asked;
mod secret;
mod stored;

pub use asked::{Refused, confirm, unconfirmed, unsubscribe};
pub(crate) use asked::{confirmation, token_purpose};
pub use secret::{Secrets, secrets};
pub(crate) use secret::{Webhook, secret_purposes};
pub(crate) use stored::Topics;
pub use stored::endpoints;

use crate::publication::NO_PUBLISHER;
use crate::{App, Error, Result};
use opendrs_domain::delivery::{self as rules, Policy};
use opendrs_domain::endpoint;
use opendrs_domain::id::{DeliveryId, ProfileId, TopicId};
use opendrs_domain::publication::TopicArn;
use opendrs_domain::time::Time;
use opendrs_domain::topic::{self, Signature, State, TOKEN_LIFETIME, Topic};
use opendrs_domain::wire::sns;
use opendrs_store::delivery::Delivery;
use opendrs_store::{Tx, Write, delivery, profile};

/// How an installation names its topics and where receivers find it.
#[derive(Clone, Debug)]
pub struct Notifications {
    /// Where SubscribeURL, UnsubscribeURL and SigningCertURL lead, without a slash at the end.
    pub base_url: String,
    /// Region in a topic's ARN.
    pub region: String,
    /// Account in a topic's ARN: 12 digits.
    pub account: String,
    /// The name in the signing certificate.
    pub certificate_name: String,
    /// How long events, deliveries and attempts are kept.
    pub keep: opendrs_domain::time::Span,
}

/// What a new topic is made of.
#[derive(Clone, Debug)]
pub struct NewTopic {
    /// Whose notifications.
    pub profile: ProfileId,
    /// The last part of its ARN.
    pub name: String,
    /// Where they are posted, or the ARN of the Amazon SNS topic to which they are published.
    pub endpoint: String,
    /// Which signature.
    pub signature: Signature,
    /// The bare message instead of the envelope.
    pub raw: bool,
    /// `sns`, `extended` or a DeliveryPolicy.
    pub policy: String,
    /// The receiver needs no confirmation: its owner says so at the command line or in a seed.
    pub confirmed: bool,
}

/// Adds a topic and asks its receiver to confirm; one of the same name is changed instead. An Amazon SNS topic is not
/// asked.
///
/// # Errors
/// [`Error::BadCommand`] names what to change; [`Error::Unavailable`].
pub async fn add(app: &App, new: NewTopic) -> Result<Topic> {
    let draft = draft(app, &new)?;
    if draft.published_to().is_none() {
        // Made now, so that the certificate is there before the first signature.
        crate::signing::current(app).await?;
    }
    let question = DeliveryId(app.ids.ordered(app.now()));
    let (topics, now) = (app.topics(), app.now());
    app.db.write(Add { topics, draft, confirmed: new.confirmed, profile: new.profile, question, now }).await?
}

/// Checks what was asked for.
pub(crate) fn draft(app: &App, new: &NewTopic) -> Result<Topic> {
    let bad = |text: String| Err(Error::BadCommand(text));
    if !topic::is_name(&new.name) {
        return bad(format!("`{}` is no topic name: use 1 to 256 letters, digits, `-` and `_`", new.name));
    }
    let published = TopicArn::is_meant(&new.endpoint);
    if published {
        check_published(app, new)?;
    }
    let host = new.endpoint.strip_prefix("https://").or_else(|| new.endpoint.strip_prefix("http://"));
    if !published && host.is_none_or(|host| host.is_empty() || host.starts_with('/') || host.contains(['#', ' '])) {
        let wanted = "write http:// or https://, a host and a path, or the ARN of an Amazon SNS topic";
        return bad(format!("`{}` is no endpoint: {wanted}", endpoint::shown(&new.endpoint)));
    }
    let policy = Policy::parse(&new.policy).map_err(Error::BadCommand)?;
    let Notifications { region, account, .. } = &app.settings.notifications;
    let now = app.now();
    Ok(Topic {
        id: TopicId(app.ids.ordered(now)),
        profile: new.profile,
        arn: format!("arn:aws:sns:{region}:{account}:{}", new.name),
        endpoint: new.endpoint.clone(),
        state: if new.confirmed || published { State::Confirmed } else { State::Pending },
        signature: new.signature,
        raw: new.raw,
        policy_text: new.policy.clone(),
        policy,
        subscription: app.ids.random(),
        token: 1,
        token_ends_at: now + TOKEN_LIFETIME,
        secret: 1,
        secret_at: now,
        created_at: now,
    })
}

/// Checks what was asked for of a topic whose endpoint is an Amazon SNS topic.
fn check_published(app: &App, new: &NewTopic) -> Result<()> {
    let bad = |text: String| Err(Error::BadCommand(text));
    if let Err(why) = new.endpoint.parse::<TopicArn>() {
        return bad(why);
    }
    if app.publisher.is_none() {
        return bad(NO_PUBLISHER.into());
    }
    if new.raw || new.signature != Signature::default() {
        let says =
            "raw delivery and the signature's version are for Amazon SNS to decide: set RawMessageDelivery of the";
        return bad(format!(
            "{says} subscription or SignatureVersion of {} there, and leave both out here",
            new.endpoint
        ));
    }
    Ok(())
}

struct Add {
    topics: Topics,
    draft: Topic,
    /// Its owner says that it wants messages, whatever was before.
    confirmed: bool,
    profile: ProfileId,
    question: DeliveryId,
    now: Time,
}

impl Write for Add {
    type Out = Result<Topic>;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        if profile::by_id(tx, self.profile).await?.is_none() {
            return Ok(Err(Error::BadCommand(format!("there is no security profile {}", self.profile))));
        }
        let topic = match self.topics.by_arn(tx, &self.draft.arn).await? {
            Some(known) if known.profile != self.profile => {
                let taken = format!("{} belongs to another security profile: choose another name", known.arn);
                return Ok(Err(Error::BadCommand(taken)));
            }
            Some(known) if known.endpoint == self.draft.endpoint => {
                let Topic { signature, raw, policy_text, policy, .. } = self.draft.clone();
                let state = if self.confirmed { State::Confirmed } else { known.state };
                Topic { signature, raw, policy_text, policy, state, ..known }
            }
            Some(known) => at_another_address(&known, self.draft.clone()),
            None => self.draft.clone(),
        };
        let asks = topic.state == State::Pending && topic.token_ends_at == self.draft.token_ends_at;
        save(tx, self.topics, &topic, asks.then_some(self.question), self.now).await?;
        Ok(Ok(topic))
    }
}

/// A topic that goes to another address: another receiver, which is asked anew.
pub(crate) fn at_another_address(known: &Topic, draft: Topic) -> Topic {
    let Topic { id, subscription, token, secret, secret_at, created_at, .. } = *known;
    Topic { id, subscription, token: token + 1, secret, secret_at, created_at, ..draft }
}

/// Writes a topic, and the message that asks its receiver to confirm, if it has an id.
pub(crate) async fn save(
    tx: &mut Tx<'_>,
    topics: Topics,
    topic: &Topic,
    asks: Option<DeliveryId>,
    now: Time,
) -> opendrs_store::Result<()> {
    topics.put(tx, topic).await?;
    match asks {
        Some(id) => delivery::add(tx, &question(topic, sns::Kind::SubscriptionConfirmation, id, now)).await,
        None => Ok(()),
    }
}

/// The shard of what receivers themselves are asked.
const QUESTIONS: i64 = 0;

/// A confirmation on its way.
fn question(topic: &Topic, kind: sns::Kind, id: DeliveryId, now: Time) -> Delivery {
    Delivery {
        shard: QUESTIONS,
        id,
        topic: topic.id,
        device: None,
        event: None,
        kind,
        version: String::new(),
        published_at: now,
        state: rules::State::Waiting,
        due_at: Some(now),
        attempts: 0,
        round: 0,
        began_at: None,
        ended_at: None,
        reason: None,
    }
}

/// Every topic, oldest first, at most so many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn all(app: &App, limit: i64) -> Result<Vec<Topic>> {
    let mut reader = app.db.reader().await?;
    Ok(app.topics().after(&mut reader.tx()?, delivery::first(), limit).await?)
}

/// A topic by its ARN, by its ARN's last part, or by the ARN of an Amazon SNS topic that it has its name from.
///
/// # Errors
/// [`Error::BadCommand`] if there is none; [`Error::Unavailable`].
pub async fn find(app: &App, name: &str) -> Result<Topic> {
    let Notifications { region, account, .. } = &app.settings.notifications;
    let arn = if name.starts_with("arn:") { name.to_owned() } else { format!("arn:aws:sns:{region}:{account}:{name}") };
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let mut found = app.topics().by_arn(&mut tx, &arn).await?;
    if let (None, Ok(published)) = (&found, name.parse::<TopicArn>()) {
        // One that was given no name of its own has the name of the topic it is published to.
        let ours = format!("arn:aws:sns:{region}:{account}:{}", published.name());
        found = app.topics().by_arn(&mut tx, &ours).await?.filter(|topic| topic.endpoint == name);
    }
    found.ok_or_else(|| Error::BadCommand(format!("there is no topic {arn}: `opendrs topic list` shows all")))
}

/// The name of a topic that is given none of its own: that of the Amazon SNS topic to which it is published.
///
/// # Errors
/// [`Error::BadCommand`] if its endpoint is no such topic, or the name stands for another one; [`Error::Unavailable`].
pub async fn name_of(app: &App, endpoint: &str) -> Result<String> {
    if !TopicArn::is_meant(endpoint) {
        let wanted = "an endpoint is missing: name the topic and then where it goes, or the ARN of an Amazon SNS topic";
        return Err(Error::BadCommand(wanted.into()));
    }
    let name = endpoint.parse::<TopicArn>().map_err(Error::BadCommand)?.name().to_owned();
    let Notifications { region, account, .. } = &app.settings.notifications;
    let mut reader = app.db.reader().await?;
    match app.topics().by_arn(&mut reader.tx()?, &format!("arn:aws:sns:{region}:{account}:{name}")).await? {
        Some(other) if other.endpoint != endpoint => {
            let fix = format!("name this one otherwise: NAME {endpoint}");
            Err(Error::BadCommand(format!("the topic {name} goes to {}; {fix}", other.shown_endpoint())))
        }
        _ => Ok(name),
    }
}

/// What may be done to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It gets nothing more.
    Disable,
    /// It gets messages again: what happened meanwhile is not sent.
    Enable,
    /// The receiver is asked once more.
    Ask,
    /// A new webhook secret signs, for a day beside the old one.
    RotateSecret,
    /// The old webhook secret ends at once.
    EndGrace,
    /// The receiver confirmed, with the token of a number.
    Confirm,
    /// The receiver wants no more messages.
    Unsubscribe,
}

/// Changes a topic.
///
/// # Errors
/// [`Error::BadCommand`] if it is gone; [`Error::Unavailable`].
pub async fn change(app: &App, id: TopicId, change: Change) -> Result<Topic> {
    let now = app.now();
    let (topics, question) = (app.topics(), DeliveryId(app.ids.ordered(now)));
    app.db.write(Changed { topics, id, change, question, now }).await?
}

struct Changed {
    topics: Topics,
    id: TopicId,
    change: Change,
    question: DeliveryId,
    now: Time,
}

impl Write for Changed {
    type Out = Result<Topic>;
    fn key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let Some(mut topic) = self.topics.lock(tx, self.id).await? else {
            return Ok(Err(Error::BadCommand("the topic is gone".into())));
        };
        let mut ask = None;
        match self.change {
            Change::Disable => topic.state = State::Disabled,
            Change::Enable | Change::Confirm => topic.state = State::Confirmed,
            Change::Ask | Change::RotateSecret | Change::EndGrace if topic.published_to().is_some() => {
                return Ok(Err(signed_by_sns(&topic)));
            }
            Change::Ask => {
                topic.state = State::Pending;
                ask = Some(sns::Kind::SubscriptionConfirmation);
            }
            Change::RotateSecret => {
                topic.secret += 1;
                topic.secret_at = self.now;
            }
            Change::EndGrace if topic.secrets(self.now).len() < 2 => {
                let words =
                    format!("no earlier webhook secret of {} signs any more: rotate the secret first", topic.arn);
                return Ok(Err(Error::BadCommand(words)));
            }
            Change::EndGrace => topic.secret_at = self.now - topic::SECRET_GRACE,
            Change::Unsubscribe => {
                topic.state = State::Unsubscribed;
                ask = Some(sns::Kind::UnsubscribeConfirmation);
            }
        }
        if let Some(kind) = ask {
            topic.token += 1;
            topic.token_ends_at = self.now + TOKEN_LIFETIME;
            delivery::add(tx, &question(&topic, kind, self.question, self.now)).await?;
        }
        self.topics.put(tx, &topic).await?;
        Ok(Ok(topic))
    }
}

fn signed_by_sns(topic: &Topic) -> Error {
    let says = "is an Amazon SNS topic: SNS asks its subscribers, and signs what it sends them";
    Error::BadCommand(format!("{} {says}", topic.endpoint))
}
