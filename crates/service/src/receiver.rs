//! Topics: the receivers of notifications, added, changed and found.
//!
//! Not here: what a receiver itself may ask ([`asked`]), the secrets of its webhooks ([`secret`]), and the sealing of its
//! endpoint ([`stored`]). Invariant: a token
//! that confirms, and a secret that signs, is known by its number alone; a receiver that did not confirm gets nothing but
//! the question (docs/spec/delivery.md#confirmation).

mod confirmation;
mod repository;
mod webhook_secret;

pub use confirmation::{SnsRequestError, confirm, pending_reason, unsubscribe};
pub(crate) use confirmation::{confirmation_purpose, confirmation_token};
pub(crate) use repository::ReceiverRepository;
pub use repository::open_endpoints;
pub use webhook_secret::{WebhookSecrets, list_webhook_secrets};
pub(crate) use webhook_secret::{WebhookSigner, secret_purposes};

use crate::publication::NO_PUBLISHER_MESSAGE;
use crate::{App, Error, Result};
use opendrs_domain::delivery::{self as rules, DeliveryPolicy};
use opendrs_domain::endpoint;
use opendrs_domain::id::{DeliveryId, ProfileId, ReceiverId};
use opendrs_domain::publication::TopicArn;
use opendrs_domain::receiver::{self, CONFIRMATION_TOKEN_LIFETIME, Receiver, ReceiverState, SignatureVersion};
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use opendrs_store::delivery::Delivery;
use opendrs_store::{Command, Tx, delivery, profile};

/// How an installation names its topics and where receivers find it.
#[derive(Clone, Debug)]
pub struct NotificationSettings {
    /// Where SubscribeURL, UnsubscribeURL and SigningCertURL lead, without a slash at the end.
    pub base_url: String,
    /// Region in a topic's ARN.
    pub region: String,
    /// Account in a topic's ARN: 12 digits.
    pub account: String,
    /// The name in the signing certificate.
    pub certificate_name: String,
    /// How long events, deliveries and attempts are kept.
    pub retention: opendrs_domain::time::Span,
}

/// What a new topic is made of.
#[derive(Clone, Debug)]
pub struct NewReceiver {
    /// Whose notifications.
    pub profile: ProfileId,
    /// The last part of its ARN.
    pub name: String,
    /// Where they are posted, or the ARN of the Amazon SNS topic to which they are published.
    pub endpoint: String,
    /// Which signature.
    pub signature: SignatureVersion,
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
pub async fn add(app: &App, new: NewReceiver) -> Result<Receiver> {
    let draft = build_draft(app, &new)?;
    if draft.sns_topic_arn().is_none() {
        // Made now, so that the certificate is there before the first signature.
        crate::signing::current_signer(app).await?;
    }
    let question = DeliveryId(app.ids.ordered_uuid(app.now()));
    let (topics, now) = (app.receivers(), app.now());
    app.db
        .write(AddReceiver {
            repository: topics,
            draft,
            confirmed: new.confirmed,
            profile: new.profile,
            confirmation_id: question,
            now,
        })
        .await?
}

/// Checks what was asked for.
pub(crate) fn build_draft(app: &App, new: &NewReceiver) -> Result<Receiver> {
    let bad = |text: String| Err(Error::InvalidCommand(text));
    if !opendrs_domain::publication::is_topic_name(&new.name) {
        return bad(format!("`{}` is no topic name: use 1 to 256 letters, digits, `-` and `_`", new.name));
    }
    let published = TopicArn::looks_like_arn(&new.endpoint);
    if published {
        check_sns_endpoint(app, new)?;
    }
    let host = new.endpoint.strip_prefix("https://").or_else(|| new.endpoint.strip_prefix("http://"));
    if !published && host.is_none_or(|host| host.is_empty() || host.starts_with('/') || host.contains(['#', ' '])) {
        let wanted = "write http:// or https://, a host and a path, or the ARN of an Amazon SNS topic";
        return bad(format!("`{}` is no endpoint: {wanted}", endpoint::redact(&new.endpoint)));
    }
    let policy = DeliveryPolicy::parse(&new.policy).map_err(Error::InvalidCommand)?;
    let NotificationSettings { region, account, .. } = &app.settings.notifications;
    let now = app.now();
    Ok(Receiver {
        id: ReceiverId(app.ids.ordered_uuid(now)),
        profile: new.profile,
        arn: format!("arn:aws:sns:{region}:{account}:{}", new.name),
        endpoint: new.endpoint.clone(),
        state: if new.confirmed || published { ReceiverState::Confirmed } else { ReceiverState::Pending },
        signature: new.signature,
        raw_delivery: new.raw,
        policy_text: new.policy.clone(),
        policy,
        subscription_id: app.ids.random_uuid(),
        token_number: 1,
        token_ends_at: now + CONFIRMATION_TOKEN_LIFETIME,
        secret_number: 1,
        secret_rotated_at: now,
        created_at: now,
    })
}

/// Checks what was asked for of a topic whose endpoint is an Amazon SNS topic.
fn check_sns_endpoint(app: &App, new: &NewReceiver) -> Result<()> {
    let bad = |text: String| Err(Error::InvalidCommand(text));
    if let Err(why) = new.endpoint.parse::<TopicArn>() {
        return bad(why);
    }
    if app.publisher.is_none() {
        return bad(NO_PUBLISHER_MESSAGE.into());
    }
    if new.raw || new.signature != SignatureVersion::default() {
        let says =
            "raw delivery and the signature's version are for Amazon SNS to decide: set RawMessageDelivery of the";
        return bad(format!(
            "{says} subscription or SignatureVersion of {} there, and leave both out here",
            new.endpoint
        ));
    }
    Ok(())
}

struct AddReceiver {
    repository: ReceiverRepository,
    draft: Receiver,
    /// Its owner says that it wants messages, whatever was before.
    confirmed: bool,
    profile: ProfileId,
    confirmation_id: DeliveryId,
    now: Time,
}

impl Command for AddReceiver {
    type Output = Result<Receiver>;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        if profile::find_by_id(tx, self.profile).await?.is_none() {
            return Ok(Err(Error::InvalidCommand(format!("there is no security profile {}", self.profile))));
        }
        let topic = match self.repository.find_by_arn(tx, &self.draft.arn).await? {
            Some(known) if known.profile != self.profile => {
                let taken = format!("{} belongs to another security profile: choose another name", known.arn);
                return Ok(Err(Error::InvalidCommand(taken)));
            }
            Some(known) if known.endpoint == self.draft.endpoint => {
                let Receiver { signature, raw_delivery: raw, policy_text, policy, .. } = self.draft.clone();
                let state = if self.confirmed { ReceiverState::Confirmed } else { known.state };
                Receiver { signature, raw_delivery: raw, policy_text, policy, state, ..known }
            }
            Some(known) => with_new_endpoint(&known, self.draft.clone()),
            None => self.draft.clone(),
        };
        let asks = topic.state == ReceiverState::Pending && topic.token_ends_at == self.draft.token_ends_at;
        save(tx, self.repository, &topic, asks.then_some(self.confirmation_id), self.now).await?;
        Ok(Ok(topic))
    }
}

/// A topic that goes to another address: another receiver, which is asked anew.
pub(crate) fn with_new_endpoint(known: &Receiver, draft: Receiver) -> Receiver {
    let Receiver {
        id,
        subscription_id: subscription,
        token_number: token,
        secret_number: secret,
        secret_rotated_at: secret_at,
        created_at,
        ..
    } = *known;
    Receiver {
        id,
        subscription_id: subscription,
        token_number: token + 1,
        secret_number: secret,
        secret_rotated_at: secret_at,
        created_at,
        ..draft
    }
}

/// Writes a topic, and the message that asks its receiver to confirm, if it has an id.
pub(crate) async fn save(
    tx: &mut Tx<'_>,
    topics: ReceiverRepository,
    topic: &Receiver,
    asks: Option<DeliveryId>,
    now: Time,
) -> opendrs_store::Result<()> {
    topics.save(tx, topic).await?;
    match asks {
        Some(id) => {
            delivery::insert(tx, &confirmation_delivery(topic, sns::SnsMessageType::SubscriptionConfirmation, id, now))
                .await
        }
        None => Ok(()),
    }
}

/// The shard of what receivers themselves are asked.
const CONFIRMATION_SHARD: i64 = 0;

/// A confirmation on its way.
fn confirmation_delivery(topic: &Receiver, kind: sns::SnsMessageType, id: DeliveryId, now: Time) -> Delivery {
    Delivery {
        shard: CONFIRMATION_SHARD,
        id,
        receiver: topic.id,
        device: None,
        event: None,
        kind,
        version: String::new(),
        published_at: now,
        state: rules::DeliveryState::Waiting,
        due_at: Some(now),
        attempts: 0,
        attempts_since_replay: 0,
        first_attempt_at: None,
        ended_at: None,
        reason: None,
    }
}

/// Every topic, oldest first, at most so many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(app: &App, limit: i64) -> Result<Vec<Receiver>> {
    let mut reader = app.db.reader().await?;
    Ok(app.receivers().list_after(&mut reader.tx()?, delivery::lowest_receiver_id(), limit).await?)
}

/// A topic by its ARN, by its ARN's last part, or by the ARN of an Amazon SNS topic that it has its name from.
///
/// # Errors
/// [`Error::BadCommand`] if there is none; [`Error::Unavailable`].
pub async fn find(app: &App, name: &str) -> Result<Receiver> {
    let NotificationSettings { region, account, .. } = &app.settings.notifications;
    let arn = if name.starts_with("arn:") { name.to_owned() } else { format!("arn:aws:sns:{region}:{account}:{name}") };
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let mut found = app.receivers().find_by_arn(&mut tx, &arn).await?;
    if let (None, Ok(published)) = (&found, name.parse::<TopicArn>()) {
        // One that was given no name of its own has the name of the topic it is published to.
        let ours = format!("arn:aws:sns:{region}:{account}:{}", published.name());
        found = app.receivers().find_by_arn(&mut tx, &ours).await?.filter(|topic| topic.endpoint == name);
    }
    found.ok_or_else(|| Error::InvalidCommand(format!("there is no topic {arn}: `opendrs topic list` shows all")))
}

/// The name of a topic that is given none of its own: that of the Amazon SNS topic to which it is published.
///
/// # Errors
/// [`Error::BadCommand`] if its endpoint is no such topic, or the name stands for another one; [`Error::Unavailable`].
pub async fn derive_name(app: &App, endpoint: &str) -> Result<String> {
    if !TopicArn::looks_like_arn(endpoint) {
        let wanted = "an endpoint is missing: name the topic and then where it goes, or the ARN of an Amazon SNS topic";
        return Err(Error::InvalidCommand(wanted.into()));
    }
    let name = endpoint.parse::<TopicArn>().map_err(Error::InvalidCommand)?.name().to_owned();
    let NotificationSettings { region, account, .. } = &app.settings.notifications;
    let mut reader = app.db.reader().await?;
    match app.receivers().find_by_arn(&mut reader.tx()?, &format!("arn:aws:sns:{region}:{account}:{name}")).await? {
        Some(other) if other.endpoint != endpoint => {
            let fix = format!("name this one otherwise: NAME {endpoint}");
            Err(Error::InvalidCommand(format!("the topic {name} goes to {}; {fix}", other.redacted_endpoint())))
        }
        _ => Ok(name),
    }
}

/// What may be done to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverChange {
    /// It gets nothing more.
    Disable,
    /// It gets messages again: what happened meanwhile is not sent.
    Enable,
    /// The receiver is asked once more.
    RequestConfirmation,
    /// A new webhook secret signs, for a day beside the old one.
    RotateSecret,
    /// The old webhook secret ends at once.
    RetireSecret,
    /// The receiver confirmed, with the token of a number.
    Confirm,
    /// The receiver wants no more messages.
    Unsubscribe,
}

/// Changes a topic.
///
/// # Errors
/// [`Error::BadCommand`] if it is gone; [`Error::Unavailable`].
pub async fn apply_change(app: &App, id: ReceiverId, change: ReceiverChange) -> Result<Receiver> {
    let now = app.now();
    let (topics, question) = (app.receivers(), DeliveryId(app.ids.ordered_uuid(now)));
    app.db.write(ChangeReceiver { repository: topics, id, change, confirmation_id: question, now }).await?
}

struct ChangeReceiver {
    repository: ReceiverRepository,
    id: ReceiverId,
    change: ReceiverChange,
    confirmation_id: DeliveryId,
    now: Time,
}

impl Command for ChangeReceiver {
    type Output = Result<Receiver>;
    fn ordering_key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let Some(mut topic) = self.repository.lock(tx, self.id).await? else {
            return Ok(Err(Error::InvalidCommand("the topic is gone".into())));
        };
        let mut ask = None;
        match self.change {
            ReceiverChange::Disable => topic.state = ReceiverState::Disabled,
            ReceiverChange::Enable | ReceiverChange::Confirm => topic.state = ReceiverState::Confirmed,
            ReceiverChange::RequestConfirmation | ReceiverChange::RotateSecret | ReceiverChange::RetireSecret
                if topic.sns_topic_arn().is_some() =>
            {
                return Ok(Err(signed_by_sns_error(&topic)));
            }
            ReceiverChange::RequestConfirmation => {
                topic.state = ReceiverState::Pending;
                ask = Some(sns::SnsMessageType::SubscriptionConfirmation);
            }
            ReceiverChange::RotateSecret => {
                topic.secret_number += 1;
                topic.secret_rotated_at = self.now;
            }
            ReceiverChange::RetireSecret if topic.active_secret_numbers(self.now).len() < 2 => {
                let words =
                    format!("no earlier webhook secret of {} signs any more: rotate the secret first", topic.arn);
                return Ok(Err(Error::InvalidCommand(words)));
            }
            ReceiverChange::RetireSecret => topic.secret_rotated_at = self.now - receiver::SECRET_GRACE,
            ReceiverChange::Unsubscribe => {
                topic.state = ReceiverState::Unsubscribed;
                ask = Some(sns::SnsMessageType::UnsubscribeConfirmation);
            }
        }
        if let Some(kind) = ask {
            topic.token_number += 1;
            topic.token_ends_at = self.now + CONFIRMATION_TOKEN_LIFETIME;
            delivery::insert(tx, &confirmation_delivery(&topic, kind, self.confirmation_id, self.now)).await?;
        }
        self.repository.save(tx, &topic).await?;
        Ok(Ok(topic))
    }
}

fn signed_by_sns_error(topic: &Receiver) -> Error {
    let says = "is an Amazon SNS topic: SNS asks its subscribers, and signs what it sends them";
    Error::InvalidCommand(format!("{} {says}", topic.endpoint))
}
