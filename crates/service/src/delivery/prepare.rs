//! Prepares claimed deliveries: a batch shares its receiver and signing key, and its signatures are made in parallel.
//!
//! Not here: the time of an attempt, which is known only when it is sent. Invariant: a message is made of the event,
//! the receiver and the delivery's own row. So every attempt of a round sends the same bytes, except for the time in
//! the webhook headers.

use super::outgoing_message::{MAX_RESPONSE_BYTES, OutgoingMessage, RESPONSE_BODY_TIMEOUT};
use crate::outbound::OutboundRequest;
use crate::publication::{FifoKeys, Publication};
use crate::receiver::{self, WebhookSigner};
use crate::signing::{self, MessageSigner};
use crate::{App, Error, Result};
use futures_util::future::try_join_all;
use opendrs_domain::delivery::ATTEMPT_TIMEOUT;
use opendrs_domain::notification::Event;
use opendrs_domain::receiver::{Receiver, ReceiverState};
use opendrs_domain::version::Version;
use opendrs_domain::wire::{self, sns};
use opendrs_store::delivery::Delivery;
use opendrs_store::outbox;
use std::sync::Arc;
use std::time::Duration;

/// A delivery with the message of its next attempt.
pub(super) struct PreparedMessage {
    /// The receiver of the message.
    pub(super) receiver: Arc<Receiver>,
    /// The row of the delivery, as it was claimed.
    pub(super) delivery: Delivery,
    /// The event of the message; `None` for a confirmation request.
    pub(super) event: Option<Event>,
    /// `MessageId`, the same on every attempt.
    pub(super) message_id: String,
    /// The message, or the reason why there is none to send any more.
    pub(super) message: Result<OutgoingMessage, String>,
    /// Signs the webhook headers, at the time of the attempt.
    pub(super) webhook_signer: Arc<WebhookSigner>,
}

/// The content of a message before it is signed.
enum Payload {
    Publish(Publication),
    Post(sns::SnsEnvelope),
}

/// Deliveries of one receiver that were claimed together.
pub(super) struct ClaimedBatch {
    /// The receiver of the deliveries.
    pub(super) receiver: Receiver,
    /// The signer of envelopes; `None` for a topic at Amazon SNS.
    pub(super) signer: Option<Arc<MessageSigner>>,
    /// The claimed rows.
    pub(super) deliveries: Vec<Delivery>,
}

impl ClaimedBatch {
    /// Reads the events, and writes and signs the messages.
    pub(super) async fn prepare(self, app: &App) -> Result<Vec<PreparedMessage>> {
        let Self { receiver, signer, deliveries } = self;
        let events = try_join_all(deliveries.iter().map(|delivery| find_event(app, delivery))).await?;
        let (webhook, receiver) = (Arc::new(WebhookSigner::new(app, &receiver)?), Arc::new(receiver));
        let (mut prepared, mut envelopes) = (Vec::with_capacity(deliveries.len()), Vec::new());
        for (delivery, event) in deliveries.into_iter().zip(events) {
            let message_id = delivery.event.map_or(delivery.id.0, |event| event.0).to_string();
            let payload = match build_payload(app, &receiver, &delivery, event.as_ref(), &message_id) {
                Ok(Payload::Publish(publication)) => Ok(OutgoingMessage::Publish(publication)),
                Ok(Payload::Post(envelope)) => {
                    let raw = receiver.raw_delivery && delivery.kind == sns::SnsMessageType::Notification;
                    let mut request = build_request(&receiver, &envelope, raw);
                    if raw {
                        request.body = envelope.message.into_bytes();
                    } else {
                        envelopes.push((prepared.len(), envelope));
                    }
                    Ok(OutgoingMessage::Post(request))
                }
                Err(why) => Err(why),
            };
            prepared.push(PreparedMessage {
                receiver: receiver.clone(),
                delivery,
                event,
                message_id,
                message: payload,
                webhook_signer: webhook.clone(),
            });
        }
        if !envelopes.is_empty() {
            let signer = signer.ok_or_else(|| Error::Internal("nobody signs".into()))?;
            for (n, body) in sign_envelopes(app, &receiver, &signer, envelopes).await? {
                if let Ok(OutgoingMessage::Post(request)) = &mut prepared[n].message {
                    request.body = body;
                }
            }
        }
        Ok(prepared)
    }
}

/// Signs the numbered envelopes and returns them as request bodies.
async fn sign_envelopes(
    app: &App,
    receiver: &Receiver,
    signer: &Arc<MessageSigner>,
    envelopes: Vec<(usize, sns::SnsEnvelope)>,
) -> Result<impl Iterator<Item = (usize, Vec<u8>)>> {
    let certificate =
        format!("{}/{}", app.settings.notifications.base_url, signing::certificate_file_name(&signer.certificate_name));
    let texts = envelopes.iter().map(|(_, envelope)| envelope.string_to_sign()).collect();
    let signatures = signing::sign_all(signer, receiver.signature, texts).await?;
    let version = receiver.signature.as_str();
    Ok(envelopes
        .into_iter()
        .zip(signatures)
        .map(move |((n, envelope), signature)| (n, envelope.to_json(version, &signature, &certificate).into_bytes())))
}

/// The event of a delivery.
async fn find_event(app: &App, delivery: &Delivery) -> Result<Option<Event>> {
    let Some(id) = delivery.event else { return Ok(None) };
    let mut reader = app.db.reader().await?;
    Ok(outbox::find_by_id(&mut reader.tx()?, delivery.shard, id).await?)
}

/// The content of an attempt, or the reason why there is none to send any more.
fn build_payload(
    app: &App,
    receiver: &Receiver,
    delivery: &Delivery,
    event: Option<&Event>,
    message_id: &str,
) -> Result<Payload, String> {
    let is_question = delivery.kind != sns::SnsMessageType::Notification;
    let wanted = match receiver.state {
        ReceiverState::Confirmed => true,
        ReceiverState::Pending => delivery.kind == sns::SnsMessageType::SubscriptionConfirmation,
        ReceiverState::Unsubscribed => delivery.kind == sns::SnsMessageType::UnsubscribeConfirmation,
        // An operator replayed it to this receiver by name: one attempt is made.
        ReceiverState::Disabled => delivery.attempts_since_replay == 1 && delivery.attempts > 1,
    };
    if !wanted {
        return Err(format!("the receiver is {}", receiver.state.as_str()));
    }
    let version = Version::parse(&delivery.version).unwrap_or(Version::V2);
    let message = match (event, is_question) {
        (_, true) if delivery.kind == sns::SnsMessageType::UnsubscribeConfirmation => {
            sns::confirmation_message(delivery.kind, &receiver.subscription_arn())
        }
        (_, true) => sns::confirmation_message(delivery.kind, &receiver.arn),
        (Some(event), false) => wire::notification_json(event, version),
        (None, false) => return Err("its event is no longer kept".into()),
    };
    let version = (!is_question && version == Version::V2).then_some("2.0");
    match receiver.sns_topic_arn() {
        Some(_) if is_question => Err("it is published now, and nobody is asked".into()),
        Some(arn) => {
            let place = || FifoKeys {
                group_id: delivery.device.map(|device| device.to_string()).unwrap_or_default(),
                deduplication_id: message_id.to_owned(),
            };
            let publication = Publication::new(arn.clone(), sns::NOTIFICATION_SUBJECT, message, place);
            Ok(Payload::Publish(Publication { version, ..publication }))
        }
        None => Ok(Payload::Post(build_envelope(app, receiver, delivery, message, version, message_id))),
    }
}

fn build_envelope(
    app: &App,
    receiver: &Receiver,
    delivery: &Delivery,
    message: String,
    version: Option<&'static str>,
    message_id: &str,
) -> sns::SnsEnvelope {
    let base = &app.settings.notifications.base_url;
    let is_question = delivery.kind != sns::SnsMessageType::Notification;
    let confirm = is_question.then(|| {
        let token = receiver::confirmation_token(app, receiver);
        let url = sns::subscribe_url(base, &receiver.arn, &token);
        (token, url)
    });
    sns::SnsEnvelope {
        kind: delivery.kind,
        message_id: message_id.to_owned(),
        topic_arn: receiver.arn.clone(),
        subject: (!is_question).then(|| sns::NOTIFICATION_SUBJECT.to_owned()),
        message,
        timestamp: sns::format_timestamp(delivery.published_at),
        confirmation: confirm,
        unsubscribe_url: (!is_question).then(|| sns::unsubscribe_url(base, &receiver.subscription_arn())),
        version,
    }
}

/// The request that carries an envelope, or its bare notification. It has no body yet.
fn build_request(receiver: &Receiver, envelope: &sns::SnsEnvelope, raw: bool) -> OutboundRequest {
    let headers = envelope.headers(&receiver.subscription_arn(), raw, receiver.policy.content_type()).into_iter();
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).collect();
    let deadline = Duration::from_micros(ATTEMPT_TIMEOUT.as_micros().unsigned_abs());
    OutboundRequest {
        method: "POST",
        url: receiver.target.endpoint().to_owned(),
        headers,
        body: Vec::new(),
        timeout: deadline,
        max_response_bytes: MAX_RESPONSE_BYTES,
        body_timeout: Some(RESPONSE_BODY_TIMEOUT),
    }
}
