//! When a delivery is tried again, and when it is given up: by SNS's rules, as its DeliveryPolicy documents write them, or
//! for days, as Standard Webhooks suggests.
//!
//! Invariant: under the `sns` policy nothing is tried later than an hour after the first attempt
//! (docs/spec/delivery.md#retry-policy).

use super::{Next, Outcome};
use crate::time::{Span, Time};
use serde::Deserialize;
use serde_json::Value;

/// The longest that all attempts under the `sns` policy may take together.
const TOTAL: Span = Span::from_secs(3600);
/// Waits before each retry under the `extended` policy: about three days in all (Standard Webhooks).
const EXTENDED: [Span; 9] = [
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

/// How the wait grows between `minDelayTarget` and `maxDelayTarget`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backoff {
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
pub struct Phases {
    min_delay_target: i64,
    max_delay_target: i64,
    num_retries: i64,
    num_no_delay_retries: i64,
    num_min_delay_retries: i64,
    num_max_delay_retries: i64,
    backoff_function: Backoff,
}

impl Default for Phases {
    fn default() -> Self {
        Self {
            min_delay_target: 20,
            max_delay_target: 20,
            num_retries: 3,
            num_no_delay_retries: 0,
            num_min_delay_retries: 0,
            num_max_delay_retries: 0,
            backoff_function: Backoff::Linear,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Written {
    healthy_retry_policy: Phases,
    throttle_policy: Throttle,
    request_policy: Asking,
    // Obsolete, and taken without effect as SNS does; or of a topic, which has one subscription here.
    #[serde(rename = "sicklyRetryPolicy")]
    _sickly: Option<serde::de::IgnoredAny>,
    #[serde(rename = "guaranteed")]
    _guaranteed: Option<serde::de::IgnoredAny>,
    #[serde(rename = "disableSubscriptionOverrides")]
    _only: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Throttle {
    max_receives_per_second: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Asking {
    header_content_type: Option<String>,
}

/// A delivery policy as SNS's documents have it: of a subscription, or of a topic, whose names begin with `default`.
/// What is null is not there.
fn written(text: &str) -> Result<Written, String> {
    let words = |e: serde_json::Error| {
        format!("a delivery policy is `sns`, `extended`, or the JSON of an SNS DeliveryPolicy: {e}")
    };
    let mut policy: Value = serde_json::from_str(text).map_err(words)?;
    if let Some(of_topic) = policy.get_mut("http").map(Value::take) {
        policy = of_topic;
    }
    if let Value::Object(fields) = &mut policy {
        *fields = std::mem::take(fields).into_iter().map(|(name, value)| (of_subscription(&name), value)).collect();
    }
    without_nulls(&mut policy);
    serde_json::from_value(policy).map_err(words)
}

fn of_subscription(name: &str) -> String {
    match name.strip_prefix("default") {
        Some(rest) => rest.chars().take(1).flat_map(char::to_lowercase).chain(rest.chars().skip(1)).collect(),
        None => name.to_owned(),
    }
}

fn without_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(without_nulls);
    }
}

/// Whether a text may stand as `Content-Type`: a type, a subtype, and perhaps parameters.
fn is_content_type(text: &str) -> bool {
    let (kind, _) = text.split_once(';').unwrap_or((text, ""));
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.+_".contains(&b));
    let plain = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    plain && kind.trim().split_once('/').is_some_and(|(kind, sub)| word(kind) && word(sub))
}

/// SNS's rules for a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    phases: Phases,
    /// At most so many messages a second.
    per_second: Option<i64>,
    content_type: Option<String>,
}

/// How a receiver's messages are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// As SNS does.
    Sns(Rules),
    /// For about three days, as Standard Webhooks suggests; 410 ends the receiver.
    Extended,
}

impl Policy {
    /// Reads `sns`, `extended`, or a DeliveryPolicy as JSON: a subscription's, or a topic's.
    ///
    /// # Errors
    /// A sentence that names the field and its range.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" | "sns" => return Ok(Policy::Sns(Rules::default())),
            "extended" => return Ok(Policy::Extended),
            json if json.trim_start().starts_with('{') => {}
            other => {
                return Err(format!("`{other}` is no delivery policy: write `sns`, `extended`, or JSON in braces"));
            }
        }
        let Written { healthy_retry_policy: phases, throttle_policy, request_policy, .. } = written(text)?;
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
            None => {
                Ok(Policy::Sns(Rules { phases, per_second: throttle_policy.max_receives_per_second, content_type }))
            }
        }
    }

    /// What a request to the receiver says its body is, where the policy says so (`requestPolicy`).
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        match self {
            Policy::Sns(rules) => rules.content_type.as_deref(),
            Policy::Extended => None,
        }
    }

    /// How many messages a second the receiver takes at most, on average.
    #[must_use]
    pub fn per_second(&self) -> Option<i64> {
        match self {
            Policy::Sns(rules) => rules.per_second,
            Policy::Extended => None,
        }
    }

    /// What follows from attempt number `attempt` (from 1), which ended `now`; `began` is when the first one did.
    /// `jitter` spreads retries by up to a tenth of the wait.
    #[must_use]
    pub fn after(&self, attempt: i64, outcome: &Outcome, began: Time, now: Time, jitter: u8) -> Next {
        let (why, asked) = match outcome {
            Outcome::Answered(200..=299, _) => return Next::Delivered,
            Outcome::Answered(410, _) if *self == Policy::Extended => {
                return Next::Gone("the receiver answered 410: it is gone".into());
            }
            Outcome::Answered(status @ (429 | 500..=599), asked) => (format!("the receiver answered {status}"), *asked),
            Outcome::Answered(status, _) if *self == Policy::Extended => {
                (format!("the receiver answered {status}"), None)
            }
            // Under SNS's rules whatever else a receiver answers is its last word
            // (docs/spec/delivery.md#retryable-outcomes).
            Outcome::Answered(status, _) => {
                return Next::Dead(format!("the receiver answered {status}, which is final"));
            }
            // What passes by itself is waited for; in three days somebody may also have mended the rest.
            Outcome::Refused(refusal) if refusal.is_passing() || *self == Policy::Extended => {
                (refusal.to_string(), None)
            }
            Outcome::Refused(refusal) => return Next::Dead(format!("{refusal}, which is final")),
            Outcome::Silent(why) => (why.clone(), None),
            Outcome::Forbidden(why) => return Next::Dead(why.clone()),
        };
        let Some(wait) = self.wait(attempt) else {
            return Next::Dead(format!("{why}; attempt {attempt} was the last"));
        };
        let wait = Span::from_micros(wait.micros() + wait.micros() / 10 * i64::from(jitter) / 255);
        let at = now + wait.max(Span::from_secs(asked.unwrap_or_default().clamp(0, 24 * 3600)));
        match self {
            Policy::Sns(_) if (now + wait).since(began) > TOTAL => {
                Next::Dead(format!("{why}; an hour of attempts is over"))
            }
            // Who asks for more than is left is tried once more when it ends.
            Policy::Sns(_) => Next::Retry(at.min(began + TOTAL)),
            Policy::Extended => Next::Retry(at),
        }
    }

    /// The wait before the retry that follows attempt number `attempt`.
    fn wait(&self, attempt: i64) -> Option<Span> {
        match self {
            Policy::Sns(rules) => rules.phases.wait(attempt),
            Policy::Extended => EXTENDED.get(usize::try_from(attempt - 1).ok()?).copied(),
        }
    }
}

impl Phases {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "seconds, 3600 at most")]
    fn wait(&self, retry: i64) -> Option<Span> {
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
                Backoff::Linear => min + (max - min) * at / last,
                Backoff::Arithmetic => min + (max - min) * at * (at + 1.0) / (last * (last + 1.0)),
                Backoff::Geometric => min * (max / min).powf(at / last),
                Backoff::Exponential => (min * at.exp2()).min(max),
            }
        };
        Some(Span::from_micros((seconds * 1e6) as i64))
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
