//! How an installation names its receivers and where they find it.
//!
//! Not here: a receiver's own settings. Invariant: ARNs that were given out stay right only while region and account stay.

use opendrs_domain::time::Span;

/// How an installation names its topics and where receivers find it.
#[derive(Clone, Debug)]
pub struct NotificationSettings {
    /// Where SubscribeURL, UnsubscribeURL and SigningCertURL lead, without a slash at the end.
    pub base_url: String,
    /// Region in a topic's ARN.
    pub region: String,
    /// Account in a topic's ARN: 12 digits.
    pub account: String,
    /// The name in the signing certificate.
    pub certificate_name: String,
    /// How long events, deliveries and attempts are kept.
    pub retention: Span,
}
