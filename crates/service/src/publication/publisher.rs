//! A publication, and whoever gives it to Amazon SNS.
//!
//! Not here: retries; no attempt makes more than one request. Invariant: a publication ends by its deadline, with a receipt
//! or a [`PublishError`].

use crate::outbound::{OutboundError, OutboundResponse};
use opendrs_domain::delivery::ATTEMPT_TIMEOUT;
use opendrs_domain::publication::{PublishRejection, TopicArn};
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
    pub fifo_keys: Option<FifoKeys>,
    /// How long all of it may take, the look-up of credentials included.
    pub timeout: Duration,
}

/// A message's place on a FIFO topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FifoKeys {
    /// `MessageGroupId`: the messages of one group keep their order.
    pub group_id: String,
    /// `MessageDeduplicationId`: what comes again within five minutes is taken and not passed on.
    pub deduplication_id: String,
}

impl Publication {
    /// A publication, with its place if the topic wants one.
    #[must_use]
    pub fn new(topic: TopicArn, subject: &str, message: String, place: impl FnOnce() -> FifoKeys) -> Self {
        let place = topic.is_fifo().then(place);
        let deadline = Duration::from_micros(ATTEMPT_TIMEOUT.as_micros().unsigned_abs());
        Self { topic, subject: subject.to_owned(), message, version: None, fifo_keys: place, timeout: deadline }
    }
}

/// What SNS took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishReceipt {
    /// SNS's own `MessageId`; `None` where its answer broke off before it.
    pub message_id: Option<String>,
    /// Its answer.
    pub response: OutboundResponse,
}

/// Why nothing was published. The texts are for an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// SNS answered with an error.
    #[error("{0}")]
    Rejected(PublishRejection, OutboundResponse),
    /// There is nobody to publish as.
    #[error("there are no AWS credentials: {0}")]
    NoCredentials(String),
    /// This program cannot, whoever asks.
    #[error("it cannot be asked: {0}")]
    Unusable(String),
    /// No answer.
    #[error(transparent)]
    Failed(#[from] OutboundError),
}

/// What a publication will have come to.
pub type PublishFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, PublishError>> + Send + 'a>>;

/// Amazon SNS.
pub trait Publisher: Send + Sync {
    /// Publishes.
    fn publish(&self, publication: Publication) -> PublishFuture<'_, PublishReceipt>;

    /// Looks for the credentials that a topic would be published with.
    fn find_credentials(&self, topic: TopicArn) -> PublishFuture<'_, ()>;
}

/// Says what to do where nothing can be published.
pub const NO_PUBLISHER_MESSAGE: &str = "this opendrs cannot publish to Amazon SNS, because it was built without the feature `sns`: \
     build it with `--features sns`, or take a release";
