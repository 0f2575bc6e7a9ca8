//! The fake Amazon SNS of these tests: its publisher, its answers and its requests.

use crate::harness::{ReceivedRequest, TestReceiver};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::login::form;
use opendrs_outbound::GuardedHttpClient;
use opendrs_service::publication::Publisher;
use opendrs_sns::SnsPublisher;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The answer to an accepted message.
pub(super) const PUBLISH_RESPONSE: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
    <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult><ResponseMetadata>\
    <RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>";

/// The answer that refuses a message with an error code.
macro_rules! refused {
    ($code:literal) => {
        concat!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>",
            $code,
            "</Code><Message>why it was refused</Message></Error>",
            "<RequestId>9dd01905-5012-5f99-8663-4b3ecd0dfaef</RequestId></ErrorResponse>"
        )
    };
}

pub(super) use refused;

/// A publisher that publishes to the fake.
pub(super) fn publisher(sns: &TestReceiver) -> Arc<dyn Publisher> {
    let network = || Ok(Arc::new(GuardedHttpClient::new(&["127.0.0.1".into()], None)?) as _);
    Arc::new(SnsPublisher::new(Box::new(network), Some(sns.url.clone())).with_access_key(KEY, SECRET))
}

/// The parameters of a call, by name.
pub(super) fn parameters(got: &ReceivedRequest) -> Vec<(String, String)> {
    let plain = |text: &str| form::percent_decode(text.as_bytes(), true).unwrap();
    let pairs = got.body.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (plain(name), plain(value))).collect()
}

pub(super) fn parameter(got: &ReceivedRequest, name: &str) -> Option<String> {
    parameters(got).into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
}

/// The notification type of a published message.
pub(super) fn published_notification_type(got: &ReceivedRequest) -> String {
    let message: Value = serde_json::from_str(&parameter(got, "Message").unwrap()).unwrap();
    message["notificationInfo"]["notificationType"].as_str().unwrap().to_owned()
}

/// Whether a request has a correct AWS Signature Version 4 for a region, which is computed here independently.
pub(super) fn is_signed(got: &ReceivedRequest, region: &str) -> bool {
    let header = |name: &str| got.header(name).unwrap().trim().to_owned();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mac = |key: &[u8], text: &str| {
        Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
    };
    let authorization = header("authorization");
    let part = |name: &str| {
        let parts = authorization.strip_prefix("AWS4-HMAC-SHA256 ").unwrap().split(", ");
        parts.map(|part| part.split_once('=').unwrap()).find(|(n, _)| *n == name).unwrap().1.to_owned()
    };
    let (at, names) = (header("x-amz-date"), part("SignedHeaders"));
    let scope = format!("{}/{region}/sns/aws4_request", &at[..8]);
    let headers: String = names.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let request = format!("POST\n/\n\n{headers}\n{names}\n{}", hex(&Sha256::digest(got.body.as_bytes())));
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
    let key = scope.split('/').fold(format!("AWS4{SECRET}").into_bytes(), |key, part| mac(&key, part));
    part("Credential") == format!("{KEY}/{scope}") && part("Signature") == hex(&mac(&key, &text))
}
