//! How an installation names its receivers, and the base URL that receivers use.
//!
//! Not here: a receiver's own settings. Invariant: issued ARNs stay correct only while region and account stay the
//! same.

use opendrs_domain::time::Span;

/// How an installation names its receivers, and the base URL that receivers use.
#[derive(Clone, Debug)]
pub struct NotificationSettings {
    /// The base of SubscribeURL, UnsubscribeURL and SigningCertURL, without a slash at the end.
    pub base_url: String,
    /// The region in ARNs.
    pub region: String,
    /// The account in ARNs: 12 digits.
    pub account: String,
    /// The name in the signing certificate.
    pub certificate_name: String,
    /// How long events, deliveries and attempts are kept.
    pub retention: Span,
}
