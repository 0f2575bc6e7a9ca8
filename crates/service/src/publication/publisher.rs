//! A publication, and the port to Amazon SNS.
//!
//! Not here: retries. An attempt makes at most one request. Invariant: a publication ends by its deadline, with a
//! receipt or a [`PublishError`].

use crate::outbound::{OutboundError, OutboundResponse};
use opendrs_domain::delivery::ATTEMPT_TIMEOUT;
use opendrs_domain::publication::{PublishRejection, TopicArn};
use std::pin::Pin;
use std::time::Duration;

/// A message for a topic at Amazon SNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The topic.
    pub topic: TopicArn,
    /// `Subject`.
    pub subject: String,
    /// `Message`.
    pub message: String,
    /// The attribute `version`, on messages of version 2.0.
    pub version: Option<&'static str>,
    /// The ordering keys; `None` unless the topic is FIFO.
    pub fifo_keys: Option<FifoKeys>,
    /// The timeout for the whole publication, including the lookup of credentials.
    pub timeout: Duration,
}

/// The ordering keys of a message on a FIFO topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FifoKeys {
    /// `MessageGroupId`: the messages of one group keep their order.
    pub group_id: String,
    /// `MessageDeduplicationId`: a repetition within five minutes is accepted and not passed on.
    pub deduplication_id: String,
}

impl Publication {
    /// A publication, with its ordering keys if the topic is FIFO.
    #[must_use]
    pub fn new(topic: TopicArn, subject: &str, message: String, place: impl FnOnce() -> FifoKeys) -> Self {
        let place = topic.is_fifo().then(place);
        let deadline = Duration::from_micros(ATTEMPT_TIMEOUT.as_micros().unsigned_abs());
        Self { topic, subject: subject.to_owned(), message, version: None, fifo_keys: place, timeout: deadline }
    }
}

/// The receipt of an accepted publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishReceipt {
    /// The `MessageId` of SNS; `None` where the response ended before it.
    pub message_id: Option<String>,
    /// The response.
    pub response: OutboundResponse,
}

/// Why nothing was published. The texts are for an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// SNS answered with an error.
    #[error("{0}")]
    Rejected(PublishRejection, OutboundResponse),
    /// There are no AWS credentials.
    #[error("there are no AWS credentials: {0}")]
    NoCredentials(String),
    /// This program cannot publish at all.
    #[error("it cannot be asked: {0}")]
    Unusable(String),
    /// There was no response.
    #[error(transparent)]
    Failed(#[from] OutboundError),
}

/// The future of a publication.
pub type PublishFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, PublishError>> + Send + 'a>>;

/// Amazon SNS.
pub trait Publisher: Send + Sync {
    /// Publishes.
    fn publish(&self, publication: Publication) -> PublishFuture<'_, PublishReceipt>;

    /// Looks up the credentials for a publication to a topic.
    fn find_credentials(&self, topic: TopicArn) -> PublishFuture<'_, ()>;
}

/// The advice where nothing can be published.
pub const NO_PUBLISHER_MESSAGE: &str = "this opendrs cannot publish to Amazon SNS, because it was built without the feature `sns`: \
     build it with `--features sns`, or take a release";
