//! The requests of a receiver itself: to confirm, and to unsubscribe.
//!
//! Invariant: a confirmation needs the token that only the confirmation request contains
//! (docs/spec/delivery.md#confirmation).

use super::change::{ReceiverChange, apply_change};
use super::confirmation_message::CONFIRMATION_SHARD;
use crate::{App, Result};
use opendrs_domain::id::ReceiverId;
use opendrs_domain::receiver::{Receiver, ReceiverState};
use opendrs_store::delivery;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Why a receiver's request was refused: an SNS error code and its message (docs/spec/delivery.md#sns-errors).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnsRequestError {
    /// Status 400, with this message.
    InvalidParameter(&'static str),
    /// Status 404, with this message.
    NotFound(&'static str),
}

/// ConfirmSubscription: the receiver wants the messages. A repeated call changes nothing.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn confirm(app: &App, arn: &str, token: &str) -> Result<Result<String, SnsRequestError>> {
    // PostgreSQL accepts no text with a NUL.
    let found = if arn.contains('\0') {
        None
    } else {
        app.receivers().find_by_arn(&mut app.db.reader().await?.tx()?, arn).await?
    };
    let Some(receiver) = found else { return Ok(Err(SnsRequestError::NotFound("Topic does not exist"))) };
    let good = bool::from(confirmation_token(app, &receiver).as_bytes().ct_eq(token.as_bytes()));
    if !good || receiver.token_ends_at <= app.now() || receiver.state == ReceiverState::Disabled {
        return Ok(Err(SnsRequestError::InvalidParameter("Invalid parameter: Token")));
    }
    if receiver.state != ReceiverState::Confirmed {
        apply_change(app, receiver.id, ReceiverChange::Confirm).await?;
        tracing::info!(receiver = receiver.arn, "the receiver confirmed");
    }
    Ok(Ok(receiver.subscription_arn()))
}

/// Unsubscribe: the receiver wants no more messages. It gets a message that contains the link to undo this.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn unsubscribe(app: &App, arn: &str) -> Result<Result<(), SnsRequestError>> {
    let last = arn.rsplit_once(':').and_then(|(topic_arn, last)| Some((topic_arn, Uuid::try_parse(last).ok()?)));
    let Some((topic_arn, last)) = last else {
        return Ok(Err(SnsRequestError::InvalidParameter("Invalid parameter: SubscriptionArn")));
    };
    let found = {
        let mut reader = app.db.reader().await?;
        app.receivers().find_by_subscription(&mut reader.tx()?, last).await?
    };
    match found {
        Some(receiver) if receiver.arn == topic_arn && receiver.sns_topic_arn().is_none() => {
            if receiver.state == ReceiverState::Confirmed {
                apply_change(app, receiver.id, ReceiverChange::Unsubscribe).await?;
                tracing::info!(receiver = receiver.arn, "the receiver unsubscribed");
            }
            Ok(Ok(()))
        }
        _ => Ok(Err(SnsRequestError::NotFound("Subscription does not exist"))),
    }
}

/// Why a receiver is not confirmed, as far as is known: the result of the last confirmation request.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn pending_reason(app: &App, receiver: &Receiver) -> Result<Option<String>> {
    if receiver.state != ReceiverState::Pending {
        return Ok(None);
    }
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let last = match delivery::find_last_confirmation(&mut tx, receiver.id).await? {
        Some(question) => delivery::list_attempts(&mut tx, CONFIRMATION_SHARD, question.id).await?.into_iter().next(),
        None => None,
    };
    let old = receiver.token_ends_at <= app.now();
    Ok(Some(match last {
        _ if old => "the question is more than two days old: `opendrs topic test` asks again".into(),
        None => "it was not asked yet: the running server asks".into(),
        Some(attempt) => match (attempt.error, attempt.status) {
            (Some(problem), _) => problem,
            (None, Some(status @ 200..300)) => {
                format!("it answered {status}, and did not open the SubscribeURL it was sent")
            }
            (None, status) => format!("it answered {}", status.unwrap_or_default()),
        },
    }))
}

/// The purpose for which a receiver's confirmation tokens are derived.
pub(crate) fn confirmation_purpose(receiver: ReceiverId) -> String {
    format!("confirm {receiver}")
}

/// The token that confirms a receiver now.
pub(crate) fn confirmation_token(app: &App, receiver: &Receiver) -> String {
    let number = u32::try_from(receiver.token_number).unwrap_or_default();
    let key = app.keys.derive_key(&confirmation_purpose(receiver.id), number);
    key.iter().map(|b| format!("{b:02x}")).collect()
}
