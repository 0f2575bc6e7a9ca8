//! A receiver of a security profile's notifications. On the wire it is a topic.
//!
//! Not here: the content of messages ([`crate::notification`]) and their retries ([`crate::delivery`]). Invariant:
//! until a receiver has confirmed, it gets only the confirmation request (docs/spec/delivery.md#confirmation). An
//! Amazon SNS topic gets none, since its owner has authorized the publisher.

use crate::delivery::DeliveryPolicy;
use crate::endpoint;
use crate::id::{ProfileId, ReceiverId};
use crate::publication::TopicArn;
use crate::time::{Span, Time};
use uuid::Uuid;

/// How long the token of a confirmation request is valid (docs/spec/delivery.md#confirmation).
pub const CONFIRMATION_TOKEN_LIFETIME: Span = Span::from_hours(48);
/// How long the previous secret still signs beside the new one (docs/spec/delivery.md#secret-rotation).
pub const SECRET_GRACE: Span = Span::from_hours(24);

/// The state of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverState {
    /// A confirmation was requested and is missing.
    Pending,
    /// It gets the notifications of the profile's devices.
    Confirmed,
    /// It unsubscribed.
    Unsubscribed,
    /// An operator, or a response of 410, disabled it.
    Disabled,
}

impl ReceiverState {
    const ALL: [ReceiverState; 4] =
        [ReceiverState::Pending, ReceiverState::Confirmed, ReceiverState::Unsubscribed, ReceiverState::Disabled];

    /// The name in the store and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ReceiverState::Pending => "pending",
            ReceiverState::Confirmed => "confirmed",
            ReceiverState::Unsubscribed => "unsubscribed",
            ReceiverState::Disabled => "disabled",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// `SignatureVersion`: which hash is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureVersion {
    /// "1", SHA-1, which every existing receiver can check (docs/spec/delivery.md#signature-version).
    #[default]
    V1,
    /// "2", SHA-256.
    V2,
}

impl SignatureVersion {
    /// The value in a message.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SignatureVersion::V1 => "1",
            SignatureVersion::V2 => "2",
        }
    }

    /// Reads the value.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [SignatureVersion::V1, SignatureVersion::V2].into_iter().find(|version| version.as_str() == word)
    }
}

/// How messages reach a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverProtocol {
    /// Posted without encryption.
    Http,
    /// Posted over TLS.
    Https,
    /// Published to a topic of Amazon SNS.
    Sns,
}

impl ReceiverProtocol {
    /// All protocols.
    pub const ALL: [ReceiverProtocol; 3] = [ReceiverProtocol::Http, ReceiverProtocol::Https, ReceiverProtocol::Sns];

    /// The name in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ReceiverProtocol::Http => "http",
            ReceiverProtocol::Https => "https",
            ReceiverProtocol::Sns => "sns",
        }
    }
}

/// Where the messages of a receiver go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiverTarget {
    /// They are posted to this URL.
    Http(String),
    /// They are published to this topic of Amazon SNS.
    Sns(TopicArn),
}

impl ReceiverTarget {
    /// Reads an endpoint. What is no ARN of a topic is a URL; whether it is a good one is checked elsewhere.
    #[must_use]
    pub fn from_endpoint(endpoint: &str) -> Self {
        endpoint.parse().map_or_else(|_| ReceiverTarget::Http(endpoint.to_owned()), ReceiverTarget::Sns)
    }

    /// The endpoint as written.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        match self {
            ReceiverTarget::Http(url) => url,
            ReceiverTarget::Sns(arn) => arn.as_str(),
        }
    }

    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> ReceiverProtocol {
        match self {
            ReceiverTarget::Sns(_) => ReceiverProtocol::Sns,
            ReceiverTarget::Http(url) if url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:")) => {
                ReceiverProtocol::Https
            }
            ReceiverTarget::Http(_) => ReceiverProtocol::Http,
        }
    }
}

/// A receiver of a profile's notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Identifier.
    pub id: ReceiverId,
    /// The profile.
    pub profile: ProfileId,
    /// `arn:aws:sns:<region>:<12 digits>:<name>`.
    pub arn: String,
    /// Where its messages go.
    pub target: ReceiverTarget,
    /// The receiver's state.
    pub state: ReceiverState,
    /// The signature version of its envelopes.
    pub signature: SignatureVersion,
    /// Whether it gets the bare message instead of the envelope.
    pub raw_delivery: bool,
    /// The delivery policy as written.
    pub policy_text: String,
    /// The delivery policy.
    pub policy: DeliveryPolicy,
    /// The last part of the subscription's ARN.
    pub subscription_id: Uuid,
    /// The number of the valid confirmation token.
    pub token_number: i64,
    /// When that token expires.
    pub token_ends_at: Time,
    /// The number of the webhook secret that signs.
    pub secret_number: i64,
    /// When that secret was introduced.
    pub secret_rotated_at: Time,
    /// When the receiver was created.
    pub created_at: Time,
}

impl Receiver {
    /// `SubscriptionArn`.
    #[must_use]
    pub fn subscription_arn(&self) -> String {
        format!("{}:{}", self.arn, self.subscription_id)
    }

    /// The endpoint for display: without user name, password and query.
    #[must_use]
    pub fn redacted_endpoint(&self) -> String {
        endpoint::redact(self.target.endpoint())
    }

    /// The Amazon SNS topic to which its messages are published; `None` if they are posted.
    #[must_use]
    pub fn sns_topic_arn(&self) -> Option<&TopicArn> {
        match &self.target {
            ReceiverTarget::Sns(arn) => Some(arn),
            ReceiverTarget::Http(_) => None,
        }
    }

    /// The numbers of the webhook secrets that sign now: the newest, and for a day the previous one.
    #[must_use]
    pub fn active_secret_numbers(&self, now: Time) -> Vec<i64> {
        let before =
            (self.secret_number > 1 && now < self.secret_rotated_at + SECRET_GRACE).then_some(self.secret_number - 1);
        std::iter::once(self.secret_number).chain(before).collect()
    }
}
