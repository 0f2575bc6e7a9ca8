//! `notifications.sns_endpoint`: publishing to Amazon SNS.
//!
//! Invariant: a program that was built without the feature `sns` has nobody who publishes, and says so where it is asked to.

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

    /// Amazon SNS as the settings have it. Nothing is asked or looked up before the first publication.
    #[cfg(feature = "sns")]
    #[must_use]
    pub fn publisher(&self) -> Option<Arc<dyn Publisher>> {
        use opendrs_outbound::GuardedHttpClient;
        use opendrs_sns::{MakeOutbound, SnsPublisher};
        // Not only public addresses: what is asked here is made of AWS's own names, the operator's endpoint and the
        // services of the operator's machines that lend credentials, of which the best known is a metadata address.
        let anywhere = ["0.0.0.0/0", "::/0"].map(str::to_owned);
        let ca_file = self.outbound.ca_file.clone();
        let make_network: MakeOutbound = Box::new(move || {
            let ca_file = Some(ca_file.as_path()).filter(|path| !path.as_os_str().is_empty());
            Ok(Arc::new(GuardedHttpClient::new(&anywhere, ca_file)?))
        });
        let endpoint = Some(self.notifications.sns_endpoint.clone()).filter(|url| !url.is_empty());
        Some(Arc::new(SnsPublisher::new(make_network, endpoint)))
    }

    /// Nobody: this program was built without the feature `sns`.
    #[cfg(not(feature = "sns"))]
    #[must_use]
    pub fn publisher(&self) -> Option<Arc<dyn Publisher>> {
        None
    }
}
