//! A publication: a notification that is published to an Amazon SNS topic, instead of being sent to an HTTP receiver.
//!
//! Not here: publishing. Invariant: the partition of an ARN and its region match, so the region alone determines the
//! AWS endpoint. Nothing else can get into that endpoint's name.

use std::fmt;
use std::str::FromStr;

/// The partitions of AWS, with the prefix of each one's regions; the first one has all other regions.
const PARTITIONS: [(&str, &str); 3] = [("aws", ""), ("aws-cn", "cn-"), ("aws-us-gov", "us-gov-")];
/// Prefixes of regions in partitions whose endpoints have other names; they are not supported.
const UNSUPPORTED_REGION_PREFIXES: [&str; 3] = ["eu-iso", "eusc-", "us-iso"];
/// The suffix of a FIFO topic's name (docs/spec/delivery.md#fifo-topics).
const FIFO_SUFFIX: &str = ".fifo";

/// The ARN of an Amazon SNS topic: `arn:aws:sns:<region>:<account>:<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicArn {
    text: String,
    region: String,
    name: String,
}

impl TopicArn {
    /// Whether an endpoint is meant to be an ARN, well-formed or not.
    #[must_use]
    pub fn looks_like_arn(endpoint: &str) -> bool {
        endpoint.starts_with("arn:")
    }

    /// The ARN as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Region, such as `eu-west-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The topic's name, without the `.fifo` of a FIFO topic.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.trim_end_matches(FIFO_SUFFIX)
    }

    /// Whether the topic keeps the order of a group's messages and drops duplicates within five minutes.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(FIFO_SUFFIX)
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for TopicArn {
    type Err = String;

    /// Reads an ARN; the error is a sentence that states what is wrong with it.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |why: String| Err(format!("`{text}` is no ARN of an SNS topic: {why}"));
        let parts: Vec<_> = text.split(':').collect();
        let (partition, region, account, name) = match parts[..] {
            ["arn", partition, "sns", region, account, name] => (partition, region, account, name),
            ["arn", _, "sns", _, _, _, _] => {
                return bad("it is a subscription's; leave out what follows the topic's name".into());
            }
            ["arn", _, service, ..] if service != "sns" => return bad(format!("`{service}` is another service")),
            _ => return bad("write arn:aws:sns:<region>:<account>:<name>".into()),
        };
        let Some((_, own)) = PARTITIONS.iter().find(|(known, _)| *known == partition) else {
            let known = PARTITIONS.map(|(known, _)| known).join(", ");
            return bad(format!("the partition `{partition}` is none of {known}"));
        };
        if !is_region(region) {
            return bad(format!("`{region}` is no region: use one such as eu-west-1"));
        }
        let home = PARTITIONS.iter().rev().find(|(_, start)| region.starts_with(start));
        if let Some((home, start)) = home
            && start != own
        {
            return bad(format!("the region {region} is in the partition {home}"));
        }
        if UNSUPPORTED_REGION_PREFIXES.iter().any(|start| region.starts_with(start)) {
            return bad(format!("the region {region} is in a partition that is not published to"));
        }
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return bad("the account has 12 digits".into());
        }
        if name.len() > 256 || !is_topic_name(name.strip_suffix(FIFO_SUFFIX).unwrap_or(name)) {
            return bad("the name has 1 to 256 letters, digits, `-` and `_`, and .fifo at the end of a FIFO one".into());
        }
        Ok(Self { text: text.to_owned(), region: region.to_owned(), name: name.to_owned() })
    }
}

/// Whether a text is a valid topic name: `[A-Za-z0-9_-]{1,256}` (docs/spec/identifiers.md#receiver-names).
#[must_use]
pub fn is_topic_name(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Lower-case letters and digits in groups joined by `-`, which are valid in a host name.
fn is_region(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 40 && text.contains('-') && text.split('-').all(word)
}

/// Codes of transient rejections, whatever their status: throttling, an internal error, or credentials that are about
/// to be replaced. AWS answers several of them with 400.
const TRANSIENT_CODES: [&str; 19] = [
    "BandwidthLimitExceeded",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalError",
    "InternalFailure",
    "KMSThrottling",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// SNS's rejection of a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishRejection {
    /// HTTP status of the response.
    pub status: u16,
    /// Its error code, such as `AuthorizationError`; empty if it names none.
    pub code: String,
}

impl PublishRejection {
    /// Whether the same publication could succeed soon without any change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.status, 429 | 500..=599) || TRANSIENT_CODES.contains(&self.code.as_str())
    }
}

impl fmt::Display for PublishRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, code } = self;
        if code.is_empty() { write!(f, "SNS answered {status}") } else { write!(f, "SNS answered {status} {code}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_arn(text: &str) -> Result<TopicArn, String> {
        text.parse()
    }

    #[test]
    fn an_arn_says_where_it_is_and_what_it_is_called() {
        for (text, region, name, is_fifo) in [
            ("arn:aws:sns:us-east-1:123456789012:kettles", "us-east-1", "kettles", false),
            ("arn:aws:sns:ap-southeast-3:123456789012:Kettles_2-b.fifo", "ap-southeast-3", "Kettles_2-b", true),
            ("arn:aws-cn:sns:cn-northwest-1:000000000000:a", "cn-northwest-1", "a", false),
            ("arn:aws-us-gov:sns:us-gov-west-1:000000000000:a", "us-gov-west-1", "a", false),
        ] {
            let arn = parse_arn(text).unwrap();
            assert_eq!((arn.region(), arn.name(), arn.is_fifo()), (region, name, is_fifo), "{text}");
            assert_eq!((arn.as_str(), arn.to_string().as_str()), (text, text));
        }
    }

    #[test]
    fn what_is_no_arn_of_a_topic_says_why() {
        let long = format!("arn:aws:sns:us-east-1:123456789012:{}", "n".repeat(257));
        let long_fifo = format!("arn:aws:sns:us-east-1:123456789012:{}.fifo", "n".repeat(252));
        for (text, says) in [
            ("arn:aws:sns:us-east-1:123456789012", "write arn:aws:sns:<region>:<account>:<name>"),
            ("arn:aws:sqs:us-east-1:123456789012:kettles", "`sqs` is another service"),
            ("arn:aws:sns:us-east-1:123456789012:kettles:0a1b", "it is a subscription's"),
            ("arn:azure:sns:us-east-1:123456789012:kettles", "`azure` is none of aws, aws-cn, aws-us-gov"),
            ("arn:aws:sns:cn-north-1:123456789012:kettles", "the region cn-north-1 is in the partition aws-cn"),
            ("arn:aws-cn:sns:eu-west-1:123456789012:kettles", "the region eu-west-1 is in the partition aws"),
            ("arn:aws:sns:us-gov-east-1:123456789012:kettles", "is in the partition aws-us-gov"),
            ("arn:aws:sns:us-iso-east-1:123456789012:kettles", "is in a partition that is not published to"),
            ("arn:aws:sns:us-isob-east-1:123456789012:kettles", "is in a partition that is not published to"),
            ("arn:aws:sns:eusc-de-east-1:123456789012:kettles", "is in a partition that is not published to"),
            ("arn:aws-iso:sns:us-iso-east-1:123456789012:kettles", "`aws-iso` is none of aws, aws-cn, aws-us-gov"),
            ("arn:aws:sns::123456789012:kettles", "`` is no region"),
            ("arn:aws:sns:here:123456789012:kettles", "`here` is no region"),
            ("arn:aws:sns:evil.example/-1:123456789012:kettles", "is no region"),
            ("arn:aws:sns:us--east-1:123456789012:kettles", "is no region"),
            ("arn:aws:sns:US-east-1:123456789012:kettles", "is no region"),
            ("arn:aws:sns:us-east-1:12345:kettles", "the account has 12 digits"),
            ("arn:aws:sns:us-east-1:12345678901x:kettles", "the account has 12 digits"),
            ("arn:aws:sns:us-east-1:123456789012:", "the name has 1 to 256"),
            ("arn:aws:sns:us-east-1:123456789012:a b", "the name has 1 to 256"),
            ("arn:aws:sns:us-east-1:123456789012:.fifo", "the name has 1 to 256"),
            (&long, "the name has 1 to 256"),
            (&long_fifo, "the name has 1 to 256"),
            ("https://maker.example", "write arn:aws:sns:<region>:<account>:<name>"),
        ] {
            let error = parse_arn(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        for name in ["n".repeat(256), "n".repeat(251) + ".fifo"] {
            parse_arn(&format!("arn:aws:sns:us-east-1:123456789012:{name}")).unwrap();
        }
    }

    #[test]
    fn a_refusal_is_judged_by_its_status_and_its_code() {
        let refusal = |status, code: &str| PublishRejection { status, code: code.into() };
        for (status, code) in [
            (429, ""),
            (500, "InternalError"),
            (503, ""),
            (400, "Throttling"),
            (400, "KMSThrottling"),
            (403, "ExpiredToken"),
        ] {
            assert!(refusal(status, code).is_transient(), "{status} {code}");
        }
        for (status, code) in [
            (404, "NotFound"),
            (403, "AuthorizationError"),
            (403, "InvalidClientTokenId"),
            (403, "SignatureDoesNotMatch"),
            (400, "InvalidParameter"),
            (400, "KMSDisabled"),
            (400, ""),
        ] {
            assert!(!refusal(status, code).is_transient(), "{status} {code}");
        }
        assert_eq!(refusal(404, "NotFound").to_string(), "SNS answered 404 NotFound");
        assert_eq!(refusal(502, "").to_string(), "SNS answered 502");
    }
}
