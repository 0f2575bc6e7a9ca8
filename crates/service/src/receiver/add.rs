//! Adding a receiver, or changing the receiver with the same name.
//!
//! Not here: later changes of a receiver ([`super::change`]). Invariant: a receiver with another endpoint is another
//! receiver, and gets a new confirmation request.

use super::confirmation_message::confirmation_delivery;
use super::repository::ReceiverRepository;
use super::settings::NotificationSettings;
use crate::publication::NO_PUBLISHER_MESSAGE;
use crate::signing::current_signer;
use crate::{App, Error, Result};
use opendrs_domain::delivery::DeliveryPolicy;
use opendrs_domain::endpoint;
use opendrs_domain::id::{DeliveryId, ProfileId, ReceiverId};
use opendrs_domain::publication::{TopicArn, is_topic_name};
use opendrs_domain::receiver::{
    CONFIRMATION_TOKEN_LIFETIME, Receiver, ReceiverState, ReceiverTarget, SignatureVersion,
};
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use opendrs_store::{Command, Tx, delivery, profile};

/// The parameters of a new receiver.
#[derive(Clone, Debug)]
pub struct NewReceiver {
    /// The security profile whose notifications it gets.
    pub profile: ProfileId,
    /// The last part of its ARN.
    pub name: String,
    /// The URL to which messages are posted, or the ARN of the Amazon SNS topic to which they are published.
    pub endpoint: String,
    /// The signature version.
    pub signature: SignatureVersion,
    /// Raw delivery: the notification without the envelope.
    pub raw: bool,
    /// `sns`, `extended` or a DeliveryPolicy.
    pub policy: String,
    /// Whether the receiver needs no confirmation, because its owner declares it at the command line or in a seed.
    pub confirmed: bool,
}

/// Adds a receiver and sends it a confirmation request. If the name exists, the receiver is changed instead. An Amazon
/// SNS topic gets no confirmation request.
///
/// # Errors
/// [`Error::InvalidCommand`] names what to change; [`Error::Unavailable`].
pub async fn add(app: &App, new: NewReceiver) -> Result<Receiver> {
    let draft = build_draft(app, &new)?;
    if draft.sns_topic_arn().is_none() {
        // Made now, so that the certificate exists before the first signature.
        current_signer(app).await?;
    }
    let question = DeliveryId(app.ids.ordered_uuid(app.now()));
    let (receivers, now) = (app.receivers(), app.now());
    app.db
        .write(AddReceiver {
            repository: receivers,
            draft,
            confirmed: new.confirmed,
            profile: new.profile,
            confirmation_id: question,
            now,
        })
        .await?
}

/// Checks the parameters of a new receiver.
pub(crate) fn build_draft(app: &App, new: &NewReceiver) -> Result<Receiver> {
    let bad = |text: String| Err(Error::InvalidCommand(text));
    if !is_topic_name(&new.name) {
        return bad(format!("`{}` is not a topic name: use 1 to 256 letters, digits, `-` and `_`", new.name));
    }
    let published = TopicArn::looks_like_arn(&new.endpoint);
    if published {
        check_sns_endpoint(app, new)?;
    }
    if let (false, Err(why)) = (published, endpoint::check_http(&new.endpoint)) {
        let shown = endpoint::redact(&new.endpoint).escape_debug().to_string();
        return bad(format!("`{shown}` is not an endpoint: {why}"));
    }
    let policy = DeliveryPolicy::parse(&new.policy).map_err(Error::InvalidCommand)?;
    let NotificationSettings { region, account, .. } = &app.settings.notifications;
    let now = app.now();
    Ok(Receiver {
        id: ReceiverId(app.ids.ordered_uuid(now)),
        profile: new.profile,
        arn: format!("arn:aws:sns:{region}:{account}:{}", new.name),
        target: ReceiverTarget::from_endpoint(&new.endpoint),
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

/// Checks the parameters of a receiver whose endpoint is an Amazon SNS topic.
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
    /// Whether its owner declares it confirmed, whatever its state was.
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
        let receiver = match self.repository.find_by_arn(tx, &self.draft.arn).await? {
            Some(known) if known.profile != self.profile => {
                let taken = format!("{} belongs to another security profile: choose another name", known.arn);
                return Ok(Err(Error::InvalidCommand(taken)));
            }
            Some(known) if known.target == self.draft.target => {
                let Receiver { signature, raw_delivery: raw, policy_text, policy, .. } = self.draft.clone();
                let state = if self.confirmed { ReceiverState::Confirmed } else { known.state };
                Receiver { signature, raw_delivery: raw, policy_text, policy, state, ..known }
            }
            Some(known) => with_new_endpoint(&known, self.draft.clone()),
            None => self.draft.clone(),
        };
        let asks = receiver.state == ReceiverState::Pending && receiver.token_ends_at == self.draft.token_ends_at;
        save(tx, self.repository, &receiver, asks.then_some(self.confirmation_id), self.now).await?;
        Ok(Ok(receiver))
    }
}

/// A receiver with a new endpoint counts as another receiver, which has to be confirmed.
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

/// Saves a receiver, and the confirmation request to it, if that has an id.
pub(crate) async fn save(
    tx: &mut Tx<'_>,
    receivers: ReceiverRepository,
    receiver: &Receiver,
    asks: Option<DeliveryId>,
    now: Time,
) -> opendrs_store::Result<()> {
    receivers.save(tx, receiver).await?;
    match asks {
        Some(id) => {
            delivery::insert(
                tx,
                &confirmation_delivery(receiver, sns::SnsMessageType::SubscriptionConfirmation, id, now),
            )
            .await
        }
        None => Ok(()),
    }
}
