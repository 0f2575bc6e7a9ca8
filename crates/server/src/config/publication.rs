//! `notifications.sns_endpoint`: publishing to Amazon SNS.
//!
//! Invariant: a program built without the feature `sns` has no publisher, and an attempt to publish returns an error.

use super::{Config, check_http_url};
use opendrs_service::publication::Publisher;
use std::sync::Arc;

impl Config {
    pub(super) fn check_publisher(&self) -> Result<(), String> {
        match self.notifications.sns_endpoint.as_str() {
            "" => Ok(()),
            url => check_http_url("notifications.sns_endpoint", url).map(drop),
        }
    }

    /// Returns the publisher for Amazon SNS. It requests and resolves nothing before the first publication.
    #[cfg(feature = "sns")]
    #[must_use]
    pub fn publisher(&self) -> Option<Arc<dyn Publisher>> {
        use opendrs_outbound::GuardedHttpClient;
        use opendrs_sns::{MakeOutbound, SnsPublisher};
        // Private addresses are allowed here. The targets are AWS's own names, the operator's endpoint, and the
        // credentials services of the operator's machines. The best known of those is at a link-local address.
        let anywhere = ["0.0.0.0/0", "::/0"].map(str::to_owned);
        let ca_file = self.outbound.ca_file.clone();
        let make_network: MakeOutbound = Box::new(move || {
            let ca_file = Some(ca_file.as_path()).filter(|path| !path.as_os_str().is_empty());
            Ok(Arc::new(GuardedHttpClient::new(&anywhere, ca_file)?))
        });
        let endpoint = Some(self.notifications.sns_endpoint.clone()).filter(|url| !url.is_empty());
        Some(Arc::new(SnsPublisher::new(make_network, endpoint)))
    }

    /// Returns `None`, because this program was built without the feature `sns`.
    #[cfg(not(feature = "sns"))]
    #[must_use]
    pub fn publisher(&self) -> Option<Arc<dyn Publisher>> {
        None
    }
}
