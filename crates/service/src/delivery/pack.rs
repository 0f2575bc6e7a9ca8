//! From claimed deliveries to what is sent: a set of them at once, so that what they share is made once, and signatures
//! are made side by side.
//!
//! Not here: the time of an attempt, which only sending tells. Invariant: what is sent is made of the event, the topic and
//! the delivery's own row, so every attempt of a round sends the same bytes but for the time in the webhook's headers.

use super::parcel::{ANSWER, ANSWER_WITHIN, Parcel};
use crate::outbound::Request;
use crate::publication::{Place, Publication};
use crate::signing::{self, Signer};
use crate::topic::{self, Webhook};
use crate::{App, Error, Result};
use futures_util::future::try_join_all;
use opendrs_domain::delivery::ATTEMPT;
use opendrs_domain::notification::Event;
use opendrs_domain::topic::{State as TopicState, Topic};
use opendrs_domain::version::Version;
use opendrs_domain::wire::{self, sns};
use opendrs_store::delivery::Delivery;
use opendrs_store::outbox;
use std::sync::Arc;
use std::time::Duration;

/// A delivery with what its next attempt sends.
pub(super) struct Packed {
    /// To whom.
    pub(super) topic: Arc<Topic>,
    /// Its row, as it was claimed.
    pub(super) delivery: Delivery,
    /// What it tells; confirmations tell nothing.
    pub(super) event: Option<Event>,
    /// `MessageId`, the same on every attempt.
    pub(super) message_id: String,
    /// What is sent, or why there is nothing to be sent any more.
    pub(super) parcel: Result<Parcel, String>,
    /// Who signs what is posted, at the time of the attempt.
    pub(super) webhook: Arc<Webhook>,
}

/// What is sent, before it is signed.
enum Draft {
    Publish(Publication),
    Post(sns::Envelope),
}

/// Deliveries of a topic that were claimed together.
pub(super) struct Set {
    /// To whom.
    pub(super) topic: Topic,
    /// For what is posted.
    pub(super) signer: Option<Arc<Signer>>,
    /// Their rows.
    pub(super) deliveries: Vec<Delivery>,
}

impl Set {
    /// Reads what they tell, writes and signs what is sent.
    pub(super) async fn pack(self, app: &App) -> Result<Vec<Packed>> {
        let Self { topic, signer, deliveries } = self;
        let events = try_join_all(deliveries.iter().map(|delivery| event(app, delivery))).await?;
        let (webhook, topic) = (Arc::new(Webhook::of(app, &topic)?), Arc::new(topic));
        let (mut packed, mut letters) = (Vec::with_capacity(deliveries.len()), Vec::new());
        for (delivery, event) in deliveries.into_iter().zip(events) {
            let message_id = delivery.event.map_or(delivery.id.0, |event| event.0).to_string();
            let parcel = match draft(app, &topic, &delivery, event.as_ref(), &message_id) {
                Ok(Draft::Publish(publication)) => Ok(Parcel::Publish(publication)),
                Ok(Draft::Post(envelope)) => {
                    let raw = topic.raw && delivery.kind == sns::Kind::Notification;
                    let mut request = post(&topic, &envelope, raw);
                    match raw {
                        true => request.body = envelope.message.into_bytes(),
                        false => letters.push((packed.len(), envelope)),
                    }
                    Ok(Parcel::Post(request))
                }
                Err(why) => Err(why),
            };
            packed.push(Packed { topic: topic.clone(), delivery, event, message_id, parcel, webhook: webhook.clone() });
        }
        if !letters.is_empty() {
            let signer = signer.ok_or_else(|| Error::Internal("nobody signs".into()))?;
            for (n, body) in sealed(app, &topic, &signer, letters).await? {
                if let Ok(Parcel::Post(request)) = &mut packed[n].parcel {
                    request.body = body;
                }
            }
        }
        Ok(packed)
    }
}

/// Numbered envelopes with their signatures, as they are posted.
async fn sealed(
    app: &App,
    topic: &Topic,
    signer: &Arc<Signer>,
    letters: Vec<(usize, sns::Envelope)>,
) -> Result<impl Iterator<Item = (usize, Vec<u8>)>> {
    let certificate = format!("{}/{}", app.settings.notifications.base_url, signing::file_name(&signer.name));
    let texts = letters.iter().map(|(_, envelope)| envelope.to_sign()).collect();
    let signatures = signing::sign_all(signer, topic.signature, texts).await?;
    let version = topic.signature.as_str();
    Ok(letters
        .into_iter()
        .zip(signatures)
        .map(move |((n, envelope), signature)| (n, envelope.json(version, &signature, &certificate).into_bytes())))
}

/// What a delivery tells.
async fn event(app: &App, delivery: &Delivery) -> Result<Option<Event>> {
    let Some(id) = delivery.event else { return Ok(None) };
    let mut reader = app.db.reader().await?;
    Ok(outbox::by_id(&mut reader.tx()?, delivery.shard, id).await?)
}

/// What an attempt sends, or why there is nothing to be sent any more.
fn draft(
    app: &App,
    topic: &Topic,
    delivery: &Delivery,
    event: Option<&Event>,
    message_id: &str,
) -> Result<Draft, String> {
    let is_question = delivery.kind != sns::Kind::Notification;
    let wanted = match topic.state {
        TopicState::Confirmed => true,
        TopicState::Pending => delivery.kind == sns::Kind::SubscriptionConfirmation,
        TopicState::Unsubscribed => delivery.kind == sns::Kind::UnsubscribeConfirmation,
        // Sent again to this topic by its name: it is asked once.
        TopicState::Disabled => delivery.round == 1 && delivery.attempts > 1,
    };
    if !wanted {
        return Err(format!("the topic is {}", topic.state.as_str()));
    }
    let version = Version::parse(&delivery.version).unwrap_or(Version::V2);
    let message = match (event, is_question) {
        (_, true) if delivery.kind == sns::Kind::UnsubscribeConfirmation => {
            sns::question(delivery.kind, &topic.subscription_arn())
        }
        (_, true) => sns::question(delivery.kind, &topic.arn),
        (Some(event), false) => wire::notification(event, version),
        (None, false) => return Err("its event is no longer kept".into()),
    };
    let version = (!is_question && version == Version::V2).then_some("2.0");
    match topic.published_to() {
        Some(_) if is_question => Err("it is published now, and nobody is asked".into()),
        Some(arn) => {
            let place = || Place {
                group: delivery.device.map(|device| device.to_string()).unwrap_or_default(),
                deduplication: message_id.to_owned(),
            };
            let publication = Publication::new(arn, sns::SUBJECT, message, place);
            Ok(Draft::Publish(Publication { version, ..publication }))
        }
        None => Ok(Draft::Post(envelope(app, topic, delivery, message, version, message_id))),
    }
}

fn envelope(
    app: &App,
    topic: &Topic,
    delivery: &Delivery,
    message: String,
    version: Option<&'static str>,
    message_id: &str,
) -> sns::Envelope {
    let base = &app.settings.notifications.base_url;
    let is_question = delivery.kind != sns::Kind::Notification;
    let confirm = is_question.then(|| {
        let token = topic::confirmation(app, topic);
        let url = sns::confirm_url(base, &topic.arn, &token);
        (token, url)
    });
    sns::Envelope {
        kind: delivery.kind,
        message_id: message_id.to_owned(),
        topic_arn: topic.arn.clone(),
        subject: (!is_question).then(|| sns::SUBJECT.to_owned()),
        message,
        timestamp: sns::timestamp(delivery.published_at),
        confirm,
        unsubscribe_url: (!is_question).then(|| sns::unsubscribe_url(base, &topic.subscription_arn())),
        version,
    }
}

/// The request that carries an envelope, or its bare message; without its body.
fn post(topic: &Topic, envelope: &sns::Envelope, raw: bool) -> Request {
    let headers = envelope.headers(&topic.subscription_arn(), raw, topic.policy.content_type()).into_iter();
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).collect();
    let deadline = Duration::from_micros(ATTEMPT.micros().unsigned_abs());
    Request {
        method: "POST",
        url: topic.endpoint.clone(),
        headers,
        body: Vec::new(),
        deadline,
        limit: ANSWER,
        body_within: Some(ANSWER_WITHIN),
    }
}
