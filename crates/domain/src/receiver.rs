//! A topic: where a security profile's notifications go, and how.
//!
//! Not here: what is said ([`crate::notification`]) and when it is tried again ([`crate::delivery`]). Invariant: until
//! the receiver confirmed, it gets nothing but the question whether it wants to (docs/spec/delivery.md#confirmation).
//! An Amazon SNS topic is never asked: whoever may publish to it was let in by its owner.

use crate::delivery::DeliveryPolicy;
use crate::endpoint;
use crate::id::{ProfileId, ReceiverId};
use crate::publication::TopicArn;
use crate::time::{Span, Time};
use uuid::Uuid;

/// How long a confirmation's token is good (docs/spec/delivery.md#confirmation).
pub const CONFIRMATION_TOKEN_LIFETIME: Span = Span::from_hours(48);
/// How long the secret before a rotation still signs beside the new one (docs/spec/delivery.md#secret-rotation).
pub const SECRET_GRACE: Span = Span::from_hours(24);

/// Where a topic stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverState {
    /// The receiver was asked and has not confirmed.
    Pending,
    /// It gets what the profile's devices cause.
    Confirmed,
    /// It asked for no more messages.
    Unsubscribed,
    /// An operator, or an answer of 410, switched it off.
    Disabled,
}

impl ReceiverState {
    const ALL: [ReceiverState; 4] =
        [ReceiverState::Pending, ReceiverState::Confirmed, ReceiverState::Unsubscribed, ReceiverState::Disabled];

    /// The word of the store and of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ReceiverState::Pending => "pending",
            ReceiverState::Confirmed => "confirmed",
            ReceiverState::Unsubscribed => "unsubscribed",
            ReceiverState::Disabled => "disabled",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// `SignatureVersion`: which hash is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureVersion {
    /// "1", SHA-1: what every receiver of the field can check (docs/spec/delivery.md#signature-version).
    #[default]
    V1,
    /// "2", SHA-256.
    V2,
}

impl SignatureVersion {
    /// As it stands in a message.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SignatureVersion::V1 => "1",
            SignatureVersion::V2 => "2",
        }
    }

    /// Reads it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [SignatureVersion::V1, SignatureVersion::V2].into_iter().find(|version| version.as_str() == word)
    }
}

/// How receivers are reached.
pub const PROTOCOLS: [&str; 3] = ["http", "https", "sns"];

/// A receiver of a profile's notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Identifier.
    pub id: ReceiverId,
    /// Whose notifications.
    pub profile: ProfileId,
    /// `arn:aws:sns:<region>:<12 digits>:<name>`.
    pub arn: String,
    /// Where they are posted, or the ARN of the Amazon SNS topic to which they are published.
    pub endpoint: String,
    /// Where it stands.
    pub state: ReceiverState,
    /// Which signature its envelopes carry.
    pub signature: SignatureVersion,
    /// The bare message instead of the envelope.
    pub raw_delivery: bool,
    /// How they are tried, as it was written.
    pub policy_text: String,
    /// How they are tried.
    pub policy: DeliveryPolicy,
    /// The last part of the subscription's ARN.
    pub subscription_id: Uuid,
    /// Which of its tokens is good.
    pub token_number: i64,
    /// Until when.
    pub token_ends_at: Time,
    /// Which of its webhook secrets signs.
    pub secret_number: i64,
    /// When that became so.
    pub secret_rotated_at: Time,
    /// When it was made.
    pub created_at: Time,
}

impl Receiver {
    /// `SubscriptionArn`.
    #[must_use]
    pub fn subscription_arn(&self) -> String {
        format!("{}:{}", self.arn, self.subscription_id)
    }

    /// Its endpoint as it may be shown: without user name, password and query.
    #[must_use]
    pub fn redacted_endpoint(&self) -> String {
        endpoint::redact(&self.endpoint)
    }

    /// The Amazon SNS topic to which its messages are published; `None` where they are posted.
    #[must_use]
    pub fn sns_topic_arn(&self) -> Option<TopicArn> {
        self.endpoint.parse().ok()
    }

    /// How it is reached, one of [`PROTOCOLS`].
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        let [http, https, sns] = PROTOCOLS;
        match self.endpoint.split(':').next() {
            Some("arn") => sns,
            Some(scheme) if scheme.eq_ignore_ascii_case(https) => https,
            _ => http,
        }
    }

    /// The numbers of the webhook secrets that sign now: the newest, and for a day the one before it.
    #[must_use]
    pub fn active_secret_numbers(&self, now: Time) -> Vec<i64> {
        let before =
            (self.secret_number > 1 && now < self.secret_rotated_at + SECRET_GRACE).then_some(self.secret_number - 1);
        std::iter::once(self.secret_number).chain(before).collect()
    }
}
