//! Changes of a receiver.
//!
//! Not here: adding one ([`add`](super::add::add)). Invariant: confirmation tokens and webhook secrets are stored only as their
//! numbers.

use super::confirmation_message::confirmation_delivery;
use super::repository::ReceiverRepository;
use super::sns_endpoint::signed_by_sns_error;
use crate::{App, Error, Result};
use opendrs_domain::id::{DeliveryId, ReceiverId};
use opendrs_domain::receiver::{CONFIRMATION_TOKEN_LIFETIME, Receiver, ReceiverState, SECRET_GRACE};
use opendrs_domain::time::Time;
use opendrs_domain::wire::sns;
use opendrs_store::{Command, Tx, delivery};

/// A change of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverChange {
    /// Stops all messages to it.
    Disable,
    /// Starts messages to it again. Events of the time between are not sent.
    Enable,
    /// Sends another confirmation request.
    RequestConfirmation,
    /// Adds a webhook secret. For a day, the old one signs too.
    RotateSecret,
    /// Ends the old webhook secret immediately.
    RetireSecret,
    /// Records the confirmation, by the token with this number.
    Confirm,
    /// Records that the receiver wants no more messages.
    Unsubscribe,
}

/// Changes a receiver.
///
/// # Errors
/// [`Error::InvalidCommand`] if it does not exist; [`Error::Unavailable`].
pub async fn apply_change(app: &App, id: ReceiverId, change: ReceiverChange) -> Result<Receiver> {
    let now = app.now();
    let (receivers, question) = (app.receivers(), DeliveryId(app.ids.ordered_uuid(now)));
    app.db.write(ChangeReceiver { repository: receivers, id, change, confirmation_id: question, now }).await?
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
        let Some(mut receiver) = self.repository.lock(tx, self.id).await? else {
            return Ok(Err(Error::InvalidCommand("the receiver is gone".into())));
        };
        let mut ask = None;
        match self.change {
            ReceiverChange::Disable => receiver.state = ReceiverState::Disabled,
            ReceiverChange::Enable | ReceiverChange::Confirm => receiver.state = ReceiverState::Confirmed,
            ReceiverChange::RequestConfirmation | ReceiverChange::RotateSecret | ReceiverChange::RetireSecret
                if receiver.sns_topic_arn().is_some() =>
            {
                return Ok(Err(signed_by_sns_error(&receiver)));
            }
            ReceiverChange::RequestConfirmation => {
                receiver.state = ReceiverState::Pending;
                ask = Some(sns::SnsMessageType::SubscriptionConfirmation);
            }
            ReceiverChange::RotateSecret => {
                receiver.secret_number += 1;
                receiver.secret_rotated_at = self.now;
            }
            ReceiverChange::RetireSecret if receiver.active_secret_numbers(self.now).len() < 2 => {
                let words =
                    format!("no earlier webhook secret of {} signs any more: rotate the secret first", receiver.arn);
                return Ok(Err(Error::InvalidCommand(words)));
            }
            ReceiverChange::RetireSecret => receiver.secret_rotated_at = self.now - SECRET_GRACE,
            ReceiverChange::Unsubscribe => {
                receiver.state = ReceiverState::Unsubscribed;
                ask = Some(sns::SnsMessageType::UnsubscribeConfirmation);
            }
        }
        if let Some(kind) = ask {
            receiver.token_number += 1;
            receiver.token_ends_at = self.now + CONFIRMATION_TOKEN_LIFETIME;
            delivery::insert(tx, &confirmation_delivery(&receiver, kind, self.confirmation_id, self.now)).await?;
        }
        self.repository.save(tx, &receiver).await?;
        Ok(Ok(receiver))
    }
}
