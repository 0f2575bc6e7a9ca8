//! The publisher for Amazon SNS, made from settings.
//!
//! Invariant: a program built without the feature `sns` has no publisher, and an attempt to publish returns an error.

use opendrs_config::Config;
use opendrs_service::publication::Publisher;
use std::sync::Arc;

/// Returns the publisher for Amazon SNS. It requests and resolves nothing before the first publication.
#[cfg(feature = "sns")]
#[must_use]
pub fn make_publisher(config: &Config) -> Option<Arc<dyn Publisher>> {
    use opendrs_outbound::GuardedHttpClient;
    use opendrs_sns::{MakeOutbound, SnsPublisher};
    use std::path::Path;
    // Private addresses are allowed here. The targets are AWS's own names, the operator's endpoint, and the
    // credentials services of the operator's machines. The best known of those is at a link-local address.
    let anywhere = ["0.0.0.0/0", "::/0"].map(str::to_owned);
    let ca_file = config.ca_file().map(Path::to_owned);
    let make_network: MakeOutbound =
        Box::new(move || Ok(Arc::new(GuardedHttpClient::new(&anywhere, ca_file.as_deref())?)));
    let endpoint = Some(config.notifications.sns_endpoint.clone()).filter(|url| !url.is_empty());
    Some(Arc::new(SnsPublisher::new(make_network, endpoint)))
}

/// Returns `None`, because this program was built without the feature `sns`.
#[cfg(not(feature = "sns"))]
#[must_use]
pub fn make_publisher(_: &Config) -> Option<Arc<dyn Publisher>> {
    None
}
