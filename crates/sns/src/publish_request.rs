//! The `Publish` request of SNS's query API: a signed form.
//!
//! What it is not: sending the request.
//!
//! Invariant: one publication always has the same body, so that a retry sends the same message. Only the signature
//! headers differ.

use crate::response::error_chain;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use opendrs_domain::login::form::percent_encode;
use opendrs_service::outbound::OutboundRequest;
use opendrs_service::publication::Publication;
use std::error::Error;
use std::time::{Duration, SystemTime};
use url::Url;

const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
/// The maximum number of bytes of a response that are read. SNS's responses have less than a kilobyte.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// How long a response's body may take after its status.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// A request before its signature: endpoint, region, credentials and time.
pub(crate) struct PublishRequest<'a> {
    pub(crate) url: &'a Url,
    pub(crate) region: &'a str,
    pub(crate) credentials: Credentials,
    pub(crate) signed_at: SystemTime,
}

impl PublishRequest<'_> {
    /// Builds the signed request, or returns a text that states why it cannot be signed.
    pub(crate) fn into_request(self, publication: &Publication) -> Result<OutboundRequest, String> {
        let body = form_body(publication).into_bytes();
        let signature = self.signature_headers(&body).map_err(|error| format!("signing: {}", error_chain(&*error)))?;
        let form = [("content-type".to_owned(), FORM_CONTENT_TYPE.to_owned())];
        Ok(OutboundRequest {
            method: "POST",
            url: self.url.as_str().to_owned(),
            headers: form.into_iter().chain(signature).collect(),
            body,
            timeout: publication.timeout,
            max_response_bytes: MAX_RESPONSE_BYTES,
            body_timeout: Some(BODY_TIMEOUT),
        })
    }

    /// Returns the headers of the signature.
    fn signature_headers(&self, body: &[u8]) -> Result<Vec<(String, String)>, Box<dyn Error>> {
        let identity = Identity::from(self.credentials.clone());
        let params = SigningParams::builder().identity(&identity).region(self.region).name("sns").time(self.signed_at);
        let params = params.settings(SigningSettings::default()).build()?.into();
        let headers = [("content-type", FORM_CONTENT_TYPE)].into_iter();
        let request = SignableRequest::new("POST", self.url.as_str(), headers, SignableBody::Bytes(body))?;
        let (signature, _) = sign(request, &params)?.into_parts();
        Ok(signature.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// Encodes the parameters of SNS's API as a form.
fn form_body(publication: &Publication) -> String {
    let Publication { topic, subject, message, version, fifo_keys: place, timeout: _ } = publication;
    let mut pairs = vec![
        ("Action", "Publish"),
        ("Version", "2010-03-31"),
        ("TopicArn", topic.as_str()),
        ("Message", message),
        ("Subject", subject),
    ];
    if let Some(version) = version {
        pairs.extend([
            ("MessageAttributes.entry.1.Name", "version"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", version),
        ]);
    }
    if let Some(place) = place {
        pairs.extend([("MessageDeduplicationId", &*place.deduplication_id), ("MessageGroupId", &place.group_id)]);
    }
    let pairs = pairs.into_iter().map(|(name, value)| format!("{name}={}", percent_encode(value, "")));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use opendrs_service::publication::FifoKeys;

    /// Both signatures were made once by `SigV4Auth` of PyPI `botocore` 1.43.11 at a fixed time. Its input was an
    /// `AWSRequest` with the same address, content type and body, the same key, `sns` and `eu-west-1`.
    const SIGNATURE: &str = "a0fa3cc7c95ca71340d969637ec8a586e94da74ee7be518f845b0443cd2ef15a";
    const SIGNATURE_WITH_TOKEN: &str = "c4e7ba8a1127aea89ea318ebe44cef46150ae81aa8459be545147548fc06ffbc";
    /// 2026-02-03T04:05:06Z.
    const NOW: u64 = 1_770_091_506;
    const BODY: &str = "Action=Publish&Version=2010-03-31\
        &TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Akettles.fifo\
        &Message=%7B%22a%22%3A%221%20%2B%202%20%26%20%C3%A9%20%3Cb%3E%22%7D&Subject=DRS%20Notification\
        &MessageAttributes.entry.1.Name=version&MessageAttributes.entry.1.Value.DataType=String\
        &MessageAttributes.entry.1.Value.StringValue=2.0\
        &MessageDeduplicationId=0a1b&MessageGroupId=amzn1.device%2F1";

    fn publication() -> Publication {
        let place = || FifoKeys { group_id: "amzn1.device/1".into(), deduplication_id: "0a1b".into() };
        let topic = "arn:aws:sns:eu-west-1:123456789012:kettles.fifo".parse().unwrap();
        let publication = Publication::new(topic, "DRS Notification", "{\"a\":\"1 + 2 & é <b>\"}".into(), place);
        Publication { version: Some("2.0"), ..publication }
    }

    fn request(url: &str, token: Option<&str>) -> OutboundRequest {
        let (id, secret) = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let credentials = Credentials::new(id, secret, token.map(str::to_owned), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let signed = PublishRequest { url: &url.parse().unwrap(), region: "eu-west-1", credentials, signed_at: now };
        signed.into_request(&publication()).unwrap()
    }

    #[test]
    fn a_publication_is_a_form_with_what_it_has() {
        assert_eq!(form_body(&publication()), BODY);
        let less = Publication { version: None, fifo_keys: None, ..publication() };
        let (begin, _) = BODY.split_once("&MessageAttributes").unwrap();
        assert_eq!(form_body(&less), begin);
    }

    #[test]
    fn a_request_is_signed_as_others_sign_it() {
        for (url, token, names, signature) in [
            ("https://sns.eu-west-1.amazonaws.com/", None, "content-type;host;x-amz-date", SIGNATURE),
            (
                "http://127.0.0.1:5000/base/",
                Some("session/token+="),
                "content-type;host;x-amz-date;x-amz-security-token",
                SIGNATURE_WITH_TOKEN,
            ),
        ] {
            let request = request(url, token);
            assert_eq!((request.method, request.url.as_str(), &*request.body), ("POST", url, BODY.as_bytes()));
            let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
            let scope = "AKIDEXAMPLE/20260203/eu-west-1/sns/aws4_request";
            let proof = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}");
            assert_eq!(header("authorization"), Some(&*proof));
            assert_eq!(header("content-type"), Some("application/x-www-form-urlencoded"));
            assert_eq!((header("x-amz-date"), header("x-amz-security-token")), (Some("20260203T040506Z"), token));
        }
    }

    #[test]
    fn the_same_publication_has_the_same_body() {
        let [first, again] = [None, Some("another")].map(|token| request("http://127.0.0.1/", token));
        assert!(first.body == again.body && first.headers != again.headers);
    }
}
