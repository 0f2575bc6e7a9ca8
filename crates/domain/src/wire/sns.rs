//! The envelope of Amazon SNS over HTTP: its JSON, and the string to sign (docs/spec/delivery.md#sns-envelope,
//! docs/spec/delivery.md#string-to-sign).
//!
//! Not here: keys and signatures. Invariant: [`SnsEnvelope::string_to_sign`] uses the same values that
//! [`SnsEnvelope::to_json`] writes, so a receiver that follows the rules computes the same text.

use serde::Serialize;

/// The subject of every notification (docs/spec/notifications.md#notification-subject).
pub const NOTIFICATION_SUBJECT: &str = "DRS Notification";

/// The type of a message in an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum SnsMessageType {
    /// Asks a receiver to confirm its subscription.
    SubscriptionConfirmation,
    /// A notification.
    Notification,
    /// Informs a receiver that its subscription ended, and how to restore it.
    UnsubscribeConfirmation,
}

impl SnsMessageType {
    const ALL: [SnsMessageType; 3] = [
        SnsMessageType::SubscriptionConfirmation,
        SnsMessageType::Notification,
        SnsMessageType::UnsubscribeConfirmation,
    ];

    /// `Type`, and `x-amz-sns-message-type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SnsMessageType::SubscriptionConfirmation => "SubscriptionConfirmation",
            SnsMessageType::Notification => "Notification",
            SnsMessageType::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }

    /// Reads the type.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// The envelope of a message.
#[derive(Clone, Debug)]
pub struct SnsEnvelope {
    /// The type of message.
    pub kind: SnsMessageType,
    /// `MessageId`, the same on every attempt.
    pub message_id: String,
    /// `TopicArn`.
    pub topic_arn: String,
    /// `Subject`, never empty; only notifications have one.
    pub subject: Option<String>,
    /// `Message`.
    pub message: String,
    /// `Timestamp`: when it was published, the same on every attempt. Never `.000`: a receiver's library prints such a
    /// time without its milliseconds and then computes another signature.
    pub timestamp: String,
    /// `Token` and `SubscribeURL` of the two confirmations.
    pub confirmation: Option<(String, String)>,
    /// `UnsubscribeURL` of notifications.
    pub unsubscribe_url: Option<String>,
    /// The attribute `version`, on messages of version 2.0.
    pub version: Option<&'static str>,
}

impl SnsEnvelope {
    /// The text that is signed: names and values, a line each, in the order of the names.
    #[must_use]
    pub fn string_to_sign(&self) -> String {
        let (token, url) = self.confirmation.as_ref().map(|(token, url)| (token.as_str(), url.as_str())).unzip();
        let fields = [
            ("Message", Some(self.message.as_str())),
            ("MessageId", Some(&self.message_id)),
            ("Subject", self.subject.as_deref()),
            ("SubscribeURL", url),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", token),
            ("TopicArn", Some(&self.topic_arn)),
            ("Type", Some(self.kind.as_str())),
        ];
        fields.iter().filter_map(|(name, value)| value.map(|value| format!("{name}\n{value}\n"))).collect()
    }

    /// The headers of the request (docs/spec/delivery.md#sns-request). `raw` is whether the bare message is sent. A
    /// receiver's policy may set another `Content-Type` than SNS's own.
    #[must_use]
    pub fn headers(
        &self,
        subscription_arn: &str,
        raw: bool,
        content_type: Option<&str>,
    ) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("x-amz-sns-message-type", self.kind.as_str().to_owned()),
            ("x-amz-sns-message-id", self.message_id.clone()),
            ("x-amz-sns-topic-arn", self.topic_arn.clone()),
            ("content-type", content_type.unwrap_or("text/plain; charset=UTF-8").to_owned()),
            ("user-agent", "Amazon Simple Notification Service Agent".to_owned()),
            ("connection", "Keep-Alive".to_owned()),
        ];
        // A receiver that is not confirmed has no subscription.
        if self.kind != SnsMessageType::SubscriptionConfirmation {
            headers.push(("x-amz-sns-subscription-arn", subscription_arn.to_owned()));
        }
        if raw {
            headers.push(("x-amz-sns-rawdelivery", "true".to_owned()));
        }
        headers
    }

    /// The envelope with its signature, in SNS's order of members.
    #[must_use]
    pub fn to_json(&self, version: &str, signature: &str, cert_url: &str) -> String {
        let (token, subscribe_url) =
            self.confirmation.as_ref().map(|(token, url)| (token.as_str(), url.as_str())).unzip();
        let attribute = |value| MessageAttributes { version: MessageAttribute { r#type: "String", value } };
        let written = SnsEnvelopeJson {
            r#type: self.kind,
            message_id: &self.message_id,
            token,
            topic_arn: &self.topic_arn,
            subject: self.subject.as_deref(),
            message: &self.message,
            subscribe_url,
            timestamp: &self.timestamp,
            signature_version: version,
            signature,
            signing_cert_url: cert_url,
            unsubscribe_url: self.unsubscribe_url.as_deref(),
            message_attributes: self.version.map(attribute),
        };
        serde_json::to_string(&written).unwrap_or_default()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SnsEnvelopeJson<'e> {
    r#type: SnsMessageType,
    message_id: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'e str>,
    topic_arn: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'e str>,
    message: &'e str,
    #[serde(rename = "SubscribeURL", skip_serializing_if = "Option::is_none")]
    subscribe_url: Option<&'e str>,
    timestamp: &'e str,
    signature_version: &'e str,
    signature: &'e str,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: &'e str,
    #[serde(rename = "UnsubscribeURL", skip_serializing_if = "Option::is_none")]
    unsubscribe_url: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_attributes: Option<MessageAttributes>,
}

#[derive(Serialize)]
struct MessageAttributes {
    version: MessageAttribute,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MessageAttribute {
    r#type: &'static str,
    value: &'static str,
}

/// The string to sign of a received message; `None` if it is not an SNS message.
#[must_use]
pub fn string_to_sign_of(message: &serde_json::Value) -> Option<String> {
    let names: &[&str] = match SnsMessageType::parse(message["Type"].as_str()?)? {
        SnsMessageType::Notification => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    let field = |name: &&str| match message.get(name) {
        Some(value) => value.as_str().map(|value| format!("{name}\n{value}\n")),
        None => (*name == "Subject").then(String::new),
    };
    names.iter().map(field).collect()
}

/// `SubscribeURL`, by which a receiver confirms. `base` has no slash at its end.
#[must_use]
pub fn subscribe_url(base: &str, topic_arn: &str, token: &str) -> String {
    format!("{base}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}")
}

/// `UnsubscribeURL`, by which a receiver ends its subscription.
#[must_use]
pub fn unsubscribe_url(base: &str, subscription_arn: &str) -> String {
    format!("{base}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}")
}

/// `Timestamp` of a time. Never `.000`: such a time becomes `.001`.
#[must_use]
pub fn format_timestamp(at: crate::time::Time) -> String {
    at.to_rfc3339_millis().replace(".000Z", ".001Z")
}

/// `Message` of a confirmation.
#[must_use]
pub fn confirmation_message(kind: SnsMessageType, arn: &str) -> String {
    match kind {
        SnsMessageType::UnsubscribeConfirmation => format!(
            "You have chosen to deactivate subscription {arn}.\nTo cancel this operation and restore the subscription, \
             visit the SubscribeURL included in this message."
        ),
        _ => format!(
            "You have chosen to subscribe to the topic {arn}.\nTo confirm the subscription, visit the SubscribeURL \
             included in this message."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Span, Time};

    fn notification() -> SnsEnvelope {
        SnsEnvelope {
            kind: SnsMessageType::Notification,
            message_id: "11111111-2222-4333-8444-555555555555".into(),
            topic_arn: "arn:aws:sns:drs-local-1:000000000000:kettles".into(),
            subject: Some(NOTIFICATION_SUBJECT.into()),
            message: "{\"a\":\"\u{2028}\n\"}".into(),
            timestamp: "2018-03-04T05:06:07.089Z".into(),
            confirmation: None,
            unsubscribe_url: Some("https://drs.example/?Action=Unsubscribe".into()),
            version: Some("2.0"),
        }
    }

    #[test]
    fn a_notification_is_signed_and_written_as_sns_does() {
        assert_eq!(
            notification().string_to_sign(),
            "Message\n{\"a\":\"\u{2028}\n\"}\nMessageId\n11111111-2222-4333-8444-555555555555\nSubject\nDRS Notification\n\
             Timestamp\n2018-03-04T05:06:07.089Z\nTopicArn\narn:aws:sns:drs-local-1:000000000000:kettles\nType\nNotification\n"
        );
        assert_eq!(
            notification().to_json("1", "c2ln", "https://drs.example/x.pem"),
            "{\"Type\":\"Notification\",\"MessageId\":\"11111111-2222-4333-8444-555555555555\",\
             \"TopicArn\":\"arn:aws:sns:drs-local-1:000000000000:kettles\",\"Subject\":\"DRS Notification\",\
             \"Message\":\"{\\\"a\\\":\\\"\u{2028}\\n\\\"}\",\"Timestamp\":\"2018-03-04T05:06:07.089Z\",\
             \"SignatureVersion\":\"1\",\"Signature\":\"c2ln\",\"SigningCertURL\":\"https://drs.example/x.pem\",\
             \"UnsubscribeURL\":\"https://drs.example/?Action=Unsubscribe\",\
             \"MessageAttributes\":{\"version\":{\"Type\":\"String\",\"Value\":\"2.0\"}}}"
        );
    }

    #[test]
    fn a_confirmation_has_its_token_and_no_subject() {
        let kind = SnsMessageType::SubscriptionConfirmation;
        let envelope = SnsEnvelope {
            kind,
            subject: None,
            message: confirmation_message(kind, "arn:aws:sns:drs-local-1:000000000000:kettles"),
            confirmation: Some(("abc".into(), "https://drs.example/?Action=ConfirmSubscription".into())),
            unsubscribe_url: None,
            version: None,
            ..notification()
        };
        let signed = envelope.string_to_sign();
        assert!(signed.starts_with("Message\nYou have chosen to subscribe to the topic arn:aws:sns:"), "{signed}");
        assert!(
            signed.contains("\nSubscribeURL\nhttps://drs.example/?Action=ConfirmSubscription\nTimestamp\n"),
            "{signed}"
        );
        assert!(signed.contains("\nToken\nabc\nTopicArn\n") && !signed.contains("Subject\n"), "{signed}");
        let json = envelope.to_json("2", "s", "u");
        assert!(json.contains("\"Token\":\"abc\",\"TopicArn\"") && !json.contains("Subject\""), "{json}");
    }

    #[test]
    fn whole_seconds_are_a_millisecond_late() {
        assert_eq!(format_timestamp(Time::from_secs(1_520_139_967)), "2018-03-04T05:06:07.001Z");
        assert_eq!(
            format_timestamp(Time::from_secs(1_520_139_967) + Span::from_micros(5000)),
            "2018-03-04T05:06:07.005Z"
        );
    }
}
