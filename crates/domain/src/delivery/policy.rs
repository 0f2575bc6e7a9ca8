//! Retry policies: when a delivery is retried, and when it is dead. They follow SNS's rules, as its DeliveryPolicy
//! documents have them, or retry for days, as Standard Webhooks suggests.
//!
//! Invariant: under the `sns` policy nothing is retried later than an hour after the first attempt
//! (docs/spec/delivery.md#retry-policy).

use super::outcome::{AttemptOutcome, DeliveryDecision};
use crate::time::{Span, Time};
use serde::Deserialize;
use serde_json::Value;

/// The longest that all attempts under the `sns` policy may take together.
const SNS_RETRY_LIMIT: Span = Span::from_secs(3600);
/// Waits before each retry under the `extended` policy: about three days in all (Standard Webhooks).
const EXTENDED_RETRY_WAITS: [Span; 9] = [
    Span::from_secs(5),
    Span::from_mins(5),
    Span::from_mins(30),
    Span::from_hours(2),
    Span::from_hours(5),
    Span::from_hours(10),
    Span::from_hours(14),
    Span::from_hours(20),
    Span::from_hours(24),
];

/// How the wait grows from `minDelayTarget` to `maxDelayTarget`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackoffFunction {
    /// By equal steps.
    #[default]
    Linear,
    /// By steps that grow evenly.
    Arithmetic,
    /// By equal factors.
    Geometric,
    /// Twofold each time.
    Exponential,
}

/// `healthyRetryPolicy` (docs/spec/delivery.md#retry-policy).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[serde(expecting = "an object")]
pub struct RetryPolicy {
    min_delay_target: i64,
    max_delay_target: i64,
    num_retries: i64,
    num_no_delay_retries: i64,
    num_min_delay_retries: i64,
    num_max_delay_retries: i64,
    backoff_function: BackoffFunction,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            min_delay_target: 20,
            max_delay_target: 20,
            num_retries: 3,
            num_no_delay_retries: 0,
            num_min_delay_retries: 0,
            num_max_delay_retries: 0,
            backoff_function: BackoffFunction::Linear,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[serde(expecting = "an object")]
struct DeliveryPolicyDocument {
    healthy_retry_policy: RetryPolicy,
    throttle_policy: ThrottlePolicy,
    request_policy: RequestPolicy,
    // Obsolete, and ignored as SNS does; or a field of a topic, which has one subscription here.
    #[serde(rename = "sicklyRetryPolicy")]
    _sickly: Option<serde::de::IgnoredAny>,
    #[serde(rename = "guaranteed")]
    _guaranteed: Option<serde::de::IgnoredAny>,
    #[serde(rename = "disableSubscriptionOverrides")]
    _only: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[serde(expecting = "an object")]
struct ThrottlePolicy {
    max_receives_per_second: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[serde(expecting = "an object")]
struct RequestPolicy {
    header_content_type: Option<String>,
}

/// A delivery policy document of SNS: of a subscription, or of a topic, whose field names begin with `default`. A null
/// counts as absent.
fn parse_document(text: &str) -> Result<DeliveryPolicyDocument, String> {
    let words = |e: serde_json::Error| {
        format!("a delivery policy is `sns`, `extended`, or the JSON of an SNS DeliveryPolicy: {e}")
    };
    let mut policy: Value = serde_json::from_str(text).map_err(words)?;
    if let Some(of_topic) = policy.get_mut("http").map(Value::take) {
        policy = of_topic;
    }
    if let Value::Object(fields) = &mut policy {
        *fields =
            std::mem::take(fields).into_iter().map(|(name, value)| (subscription_field_name(&name), value)).collect();
    }
    remove_nulls(&mut policy);
    serde_json::from_value(policy).map_err(words)
}

fn subscription_field_name(name: &str) -> String {
    match name.strip_prefix("default") {
        Some(rest) => rest.chars().take(1).flat_map(char::to_lowercase).chain(rest.chars().skip(1)).collect(),
        None => name.to_owned(),
    }
}

fn remove_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(remove_nulls);
    }
}

/// Whether a text is a valid `Content-Type`: a type, a subtype, and perhaps parameters.
fn is_content_type(text: &str) -> bool {
    let (kind, _) = text.split_once(';').unwrap_or((text, ""));
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.+_".contains(&b));
    let plain = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    plain && kind.trim().split_once('/').is_some_and(|(kind, sub)| word(kind) && word(sub))
}

/// SNS's rules for a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnsDeliveryPolicy {
    retry_policy: RetryPolicy,
    /// The most messages a second.
    max_per_second: Option<i64>,
    content_type: Option<String>,
}

/// The retry policy of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryPolicy {
    /// The rules of SNS.
    Sns(SnsDeliveryPolicy),
    /// Retries for about three days, as Standard Webhooks suggests; status 410 disables the receiver.
    Extended,
}

impl DeliveryPolicy {
    /// Reads `sns`, `extended`, or a DeliveryPolicy as JSON, of a subscription or of a topic.
    ///
    /// # Errors
    /// A sentence that names the field and its range.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" | "sns" => return Ok(DeliveryPolicy::Sns(SnsDeliveryPolicy::default())),
            "extended" => return Ok(DeliveryPolicy::Extended),
            json if json.trim_start().starts_with('{') => {}
            other => {
                return Err(format!("`{other}` is no delivery policy: write `sns`, `extended`, or JSON in braces"));
            }
        }
        let DeliveryPolicyDocument { healthy_retry_policy: phases, throttle_policy, request_policy, .. } =
            parse_document(text)?;
        let p = &phases;
        let fixed = [p.num_no_delay_retries, p.num_min_delay_retries, p.num_max_delay_retries];
        let content_type = request_policy.header_content_type;
        let rules = [
            ((1..=3600).contains(&p.max_delay_target), "maxDelayTarget is 1 to 3600 seconds"),
            ((1..=p.max_delay_target).contains(&p.min_delay_target), "minDelayTarget is 1 to maxDelayTarget seconds"),
            ((0..=100).contains(&p.num_retries), "numRetries is 0 to 100"),
            (fixed.iter().all(|n| (0..=100).contains(n)), "the numbers of retries of each phase are 0 to 100"),
            (fixed.iter().sum::<i64>() <= p.num_retries, "the phases' retries are together at most numRetries"),
            (throttle_policy.max_receives_per_second.is_none_or(|n| n >= 1), "maxReceivesPerSecond is 1 or more"),
            (
                content_type.as_deref().is_none_or(is_content_type),
                "headerContentType is a media type, such as application/json",
            ),
        ];
        match rules.iter().find(|(good, _)| !good) {
            Some((_, rule)) => Err(format!("delivery policy: {rule}")),
            None => Ok(DeliveryPolicy::Sns(SnsDeliveryPolicy {
                retry_policy: phases,
                max_per_second: throttle_policy.max_receives_per_second,
                content_type,
            })),
        }
    }

    /// The `Content-Type` of requests to the receiver, where the policy sets one (`requestPolicy`).
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        match self {
            DeliveryPolicy::Sns(rules) => rules.content_type.as_deref(),
            DeliveryPolicy::Extended => None,
        }
    }

    /// The most messages a second that the receiver takes, on average.
    #[must_use]
    pub fn max_per_second(&self) -> Option<i64> {
        match self {
            DeliveryPolicy::Sns(rules) => rules.max_per_second,
            DeliveryPolicy::Extended => None,
        }
    }

    /// Decides after attempt number `attempt` (from 1), which ended `now`; `began` is when the first attempt was made.
    /// `jitter` spreads retries by up to a tenth of the wait.
    #[must_use]
    pub fn decide_after_attempt(
        &self,
        attempt: i64,
        outcome: &AttemptOutcome,
        began: Time,
        now: Time,
        jitter: u8,
    ) -> DeliveryDecision {
        let (why, asked) = match outcome {
            AttemptOutcome::Responded(200..=299, _) => return DeliveryDecision::Delivered,
            AttemptOutcome::Responded(410, _) if *self == DeliveryPolicy::Extended => {
                return DeliveryDecision::ReceiverGone("the receiver answered 410: it is gone".into());
            }
            AttemptOutcome::Responded(status @ (429 | 500..=599), asked) => {
                (format!("the receiver answered {status}"), *asked)
            }
            AttemptOutcome::Responded(status, _) if *self == DeliveryPolicy::Extended => {
                (format!("the receiver answered {status}"), None)
            }
            // Under SNS's rules any other status is final (docs/spec/delivery.md#retryable-outcomes).
            AttemptOutcome::Responded(status, _) => {
                return DeliveryDecision::Dead(format!("the receiver answered {status}, which is final"));
            }
            // Transient rejections are retried. Within three days an operator may also have fixed the others.
            AttemptOutcome::PublishRejected(refusal) if refusal.is_transient() || *self == DeliveryPolicy::Extended => {
                (refusal.to_string(), None)
            }
            AttemptOutcome::PublishRejected(refusal) => {
                return DeliveryDecision::Dead(format!("{refusal}, which is final"));
            }
            AttemptOutcome::NoResponse(why) => (why.clone(), None),
            AttemptOutcome::AddressForbidden(why) => return DeliveryDecision::Dead(why.clone()),
        };
        let Some(wait) = self.retry_wait(attempt) else {
            return DeliveryDecision::Dead(format!("{why}; attempt {attempt} was the last"));
        };
        let wait = Span::from_micros(wait.as_micros() + wait.as_micros() / 10 * i64::from(jitter) / 255);
        let at = now + wait.max(Span::from_secs(asked.unwrap_or_default().clamp(0, 24 * 3600)));
        match self {
            DeliveryPolicy::Sns(_) if (now + wait).since(began) > SNS_RETRY_LIMIT => {
                DeliveryDecision::Dead(format!("{why}; an hour of attempts is over"))
            }
            // If the receiver asks for more time than is left, the last retry is at the limit.
            DeliveryPolicy::Sns(_) => DeliveryDecision::Retry(at.min(began + SNS_RETRY_LIMIT)),
            DeliveryPolicy::Extended => DeliveryDecision::Retry(at),
        }
    }

    /// The wait before the retry that follows attempt number `attempt`.
    fn retry_wait(&self, attempt: i64) -> Option<Span> {
        match self {
            DeliveryPolicy::Sns(rules) => rules.retry_policy.retry_wait(attempt),
            DeliveryPolicy::Extended => EXTENDED_RETRY_WAITS.get(usize::try_from(attempt - 1).ok()?).copied(),
        }
    }
}

impl RetryPolicy {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "seconds, 3600 at most")]
    fn retry_wait(&self, retry: i64) -> Option<Span> {
        let backoff =
            self.num_retries - self.num_no_delay_retries - self.num_min_delay_retries - self.num_max_delay_retries;
        let (min, max) = (self.min_delay_target as f64, self.max_delay_target as f64);
        let at = retry - self.num_no_delay_retries - self.num_min_delay_retries - 1;
        let seconds = if retry > self.num_retries {
            return None;
        } else if retry <= self.num_no_delay_retries {
            0.0
        } else if at < 0 {
            min
        } else if at >= backoff {
            max
        } else {
            let (at, last) = (at as f64, (backoff - 1).max(1) as f64);
            match self.backoff_function {
                BackoffFunction::Linear => min + (max - min) * at / last,
                BackoffFunction::Arithmetic => min + (max - min) * at * (at + 1.0) / (last * (last + 1.0)),
                BackoffFunction::Geometric => min * (max / min).powf(at / last),
                BackoffFunction::Exponential => (min * at.exp2()).min(max),
            }
        };
        Some(Span::from_micros((seconds * 1e6) as i64))
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
