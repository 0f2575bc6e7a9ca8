//! Publishing to Amazon SNS: the one way in which a use case gives a notification to AWS.
//!
//! What it is: the shape of a publication and of what comes of it; who publishes is a parameter of the application, and an
//! installation may have none. What it is not: it decides nothing about retries, and no attempt makes more than one
//! request. Invariant: a publication ends by its deadline, published or [`Unpublished`].

use crate::outbound::{Answer, Failure};
use crate::{App, Error, Result};
use opendrs_domain::delivery::ATTEMPT;
use opendrs_domain::publication::{Refusal, TopicArn};
use opendrs_domain::topic::Topic;
use std::pin::Pin;
use std::time::Duration;

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// To which topic.
    pub topic: TopicArn,
    /// `Subject`.
    pub subject: String,
    /// `Message`.
    pub message: String,
    /// The attribute `version`, on messages of version 2.0.
    pub version: Option<&'static str>,
    /// On FIFO topics.
    pub place: Option<Place>,
    /// How long all of it may take, the look-up of credentials included.
    pub deadline: Duration,
}

/// A message's place on a FIFO topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `MessageGroupId`: the messages of one group keep their order.
    pub group: String,
    /// `MessageDeduplicationId`: what comes again within five minutes is taken and not passed on.
    pub deduplication: String,
}

impl Publication {
    /// A publication, with its place if the topic wants one.
    #[must_use]
    pub fn new(topic: TopicArn, subject: &str, message: String, place: impl FnOnce() -> Place) -> Self {
        let place = topic.is_fifo().then(place);
        let deadline = Duration::from_micros(ATTEMPT.micros().unsigned_abs());
        Self { topic, subject: subject.to_owned(), message, version: None, place, deadline }
    }
}

/// What SNS took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// SNS's own `MessageId`; `None` where its answer broke off before it.
    pub id: Option<String>,
    /// Its answer.
    pub answer: Answer,
}

/// Why nothing was published. The texts are for an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpublished {
    /// SNS answered with an error.
    #[error("{0}")]
    Refused(Refusal, Answer),
    /// There is nobody to publish as.
    #[error("there are no AWS credentials: {0}")]
    NoCredentials(String),
    /// This program cannot, whoever asks.
    #[error("it cannot be asked: {0}")]
    Unable(String),
    /// No answer.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// What a publication will have come to.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unpublished>> + Send + 'a>>;

/// Amazon SNS.
pub trait Publisher: Send + Sync {
    /// Publishes.
    fn publish(&self, publication: Publication) -> Pending<'_, Published>;

    /// Looks for the credentials that a topic would be published with.
    fn find_credentials(&self, topic: TopicArn) -> Pending<'_, ()>;
}

/// Says what to do where nothing can be published.
pub const NO_PUBLISHER: &str = "this opendrs cannot publish to Amazon SNS, because it was built without the feature `sns`: \
     build it with `--features sns`, or take a release";

/// Publishes a test message to a topic at once, with the credentials of this process, and returns SNS's `MessageId`.
/// Whoever is subscribed gets it.
///
/// # Errors
/// [`Error::BadCommand`] says why it was not published.
pub async fn test(app: &App, topic: &Topic) -> Result<String> {
    let Some(arn) = topic.published_to() else {
        return Err(Error::BadCommand(format!("{} is posted to, not published", topic.arn)));
    };
    let publisher = app.publisher.as_ref().ok_or_else(|| Error::BadCommand(NO_PUBLISHER.into()))?;
    let message = serde_json::json!({ "test": format!("{} is published here by OpenDRS", topic.arn) }).to_string();
    let place = || Place { group: "test".into(), deduplication: app.ids.random().to_string() };
    let publication = Publication::new(arn.clone(), "OpenDRS test", message, place);
    match publisher.publish(publication).await {
        Ok(published) => published.id.ok_or_else(|| {
            let why = format!("it was published to {arn}, but the answer broke off before its MessageId");
            Error::BadCommand(why)
        }),
        Err(why) => Err(Error::BadCommand(format!("nothing was published to {arn}: {why}{}", advice(&why)))),
    }
}

/// What an operator can do about it.
fn advice(why: &Unpublished) -> &'static str {
    match why {
        Unpublished::Refused(refusal, _) => match refusal.code.as_str() {
            "AuthorizationError" | "AccessDenied" => ". Allow these credentials `sns:Publish` on that ARN",
            "NotFound" => ". Create the topic, or correct region, account and name",
            "InvalidClientTokenId" | "SignatureDoesNotMatch" | "ExpiredToken" => {
                ". Give this process other credentials"
            }
            _ => "",
        },
        Unpublished::NoCredentials(_) => ". Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role",
        Unpublished::Unable(_) | Unpublished::Failed(_) => "",
    }
}
