//! A test message to an Amazon SNS topic, for an operator at a shell.
//!
//! Not here: deliveries. Invariant: the error of a failed publication contains advice.

use super::publisher::{FifoKeys, NO_PUBLISHER_MESSAGE, Publication, PublishError};
use crate::{App, Error, Result};
use opendrs_domain::receiver::Receiver;

/// Publishes a test message to a topic immediately, with the credentials of this process, and returns the `MessageId`
/// of SNS. All subscribers of the topic get it.
///
/// # Errors
/// [`Error::InvalidCommand`] states why it was not published.
pub async fn publish_test(app: &App, receiver: &Receiver) -> Result<String> {
    let Some(arn) = receiver.sns_topic_arn() else {
        return Err(Error::InvalidCommand(format!("{} is posted to, not published", receiver.arn)));
    };
    let publisher = app.publisher.as_ref().ok_or_else(|| Error::InvalidCommand(NO_PUBLISHER_MESSAGE.into()))?;
    let message = serde_json::json!({ "test": format!("{} is published here by OpenDRS", receiver.arn) }).to_string();
    let place = || FifoKeys { group_id: "test".into(), deduplication_id: app.ids.random_uuid().to_string() };
    let publication = Publication::new(arn.clone(), "OpenDRS test", message, place);
    match publisher.publish(publication).await {
        Ok(published) => published.message_id.ok_or_else(|| {
            let why = format!("it was published to {arn}, but the answer broke off before its MessageId");
            Error::InvalidCommand(why)
        }),
        Err(why) => Err(Error::InvalidCommand(format!("nothing was published to {arn}: {why}{}", advice(&why)))),
    }
}

/// The advice for an operator.
fn advice(why: &PublishError) -> &'static str {
    match why {
        PublishError::Rejected(refusal, _) => match refusal.code.as_str() {
            "AuthorizationError" | "AccessDenied" => ". Allow these credentials `sns:Publish` on that ARN",
            "NotFound" => ". Create the topic, or correct region, account and name",
            "InvalidClientTokenId" | "SignatureDoesNotMatch" | "ExpiredToken" => {
                ". Give this process other credentials"
            }
            _ => "",
        },
        PublishError::NoCredentials(_) => ". Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role",
        PublishError::Unusable(_) | PublishError::Failed(_) => "",
    }
}
