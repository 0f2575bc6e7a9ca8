//! Publishing to Amazon SNS. A publication is one signed request to the region of the topic's ARN. Its credentials come
//! from the places where AWS's tools find them.
//!
//! What it is not: an HTTP client. The requests to SNS and to the credentials providers (`http_client`) go through
//! the application's outbound client. So there is one TLS stack and one list of authorities. This is a separate crate,
//! so that the other crates do not wait for the build of AWS's crates.
//!
//! Invariant: nothing is loaded or requested before the first publication. One attempt is one request; retries are up
//! to the delivery policies.

mod credentials;
mod endpoint;
mod http_client;
mod publish_request;
mod response;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{AppName, BehaviorVersion, Region};
use aws_credential_types::Credentials;
use credentials::CredentialsCache;
use endpoint::EndpointConfig;
use http_client::OutboundHttpClient;
use opendrs_domain::publication::TopicArn;
use opendrs_service::clock::{Clock, SystemClock};
use opendrs_service::outbound::{Outbound, OutboundError, OutboundRequest};
use opendrs_service::publication::{Publication, PublishError, PublishFuture, PublishReceipt, Publisher};
use publish_request::PublishRequest;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Makes the outbound client for SNS, or returns an error text.
pub type MakeOutbound = Box<dyn Fn() -> Result<Arc<dyn Outbound>, String> + Send + Sync>;

/// Publishes to topics at Amazon SNS.
pub struct SnsPublisher {
    make_outbound: MakeOutbound,
    endpoint: Option<String>,
    static_credentials: Option<Credentials>,
    /// The regions used so far, by name.
    regions: Mutex<HashMap<String, Arc<RegionClient>>>,
}

/// The client for one region.
struct RegionClient {
    outbound: Arc<dyn Outbound>,
    url: Url,
    credentials: CredentialsCache,
}

impl SnsPublisher {
    /// Makes a publisher for AWS's endpoints, or for the endpoint given.
    #[must_use]
    pub fn new(make_network: MakeOutbound, endpoint: Option<String>) -> Self {
        Self { make_outbound: make_network, endpoint, static_credentials: None, regions: Mutex::default() }
    }

    /// Publishes with this access key, instead of credentials found as AWS's tools find them.
    #[must_use]
    pub fn with_access_key(self, id: &str, secret: &str) -> Self {
        Self { static_credentials: Some(Credentials::new(id, secret, None, None, "given")), ..self }
    }

    /// Returns the client for a region. Its first use loads the settings of AWS's tools.
    async fn region_client(&self, name: &str) -> Result<Arc<RegionClient>, PublishError> {
        let mut regions = self.regions.lock().await;
        if let Some(known) = regions.get(name) {
            return Ok(known.clone());
        }
        let network = (self.make_outbound)().map_err(PublishError::Unusable)?;
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(name.to_owned()))
            .http_client(OutboundHttpClient(network.clone()))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Ok(app) = AppName::new("OpenDRS") {
            loader = loader.app_name(app);
        }
        if let Some(given) = &self.static_credentials {
            loader = loader.credentials_provider(given.clone());
        }
        let tools = loader.load().await;
        // The configured endpoint is for SNS only, not for the credentials providers.
        let url = EndpointConfig::new(self.endpoint.as_deref(), &tools).url(name).map_err(PublishError::Unusable)?;
        let lender = tools.credentials_provider();
        let lender = lender.ok_or_else(|| PublishError::NoCredentials("none are configured".into()))?;
        let known = Arc::new(RegionClient { outbound: network, url, credentials: CredentialsCache::new(lender) });
        regions.insert(name.to_owned(), known.clone());
        Ok(known)
    }

    /// Returns the client for a region with credentials. A region without credentials is loaded again next time, when
    /// they may exist.
    async fn client_with_credentials(&self, region: &str) -> Result<(Arc<RegionClient>, Credentials), PublishError> {
        let known = self.region_client(region).await?;
        match known.credentials.get(system_now()).await {
            Ok(credentials) => Ok((known, credentials)),
            Err(none) => {
                self.regions.lock().await.remove(region);
                Err(none)
            }
        }
    }
}

impl Publisher for SnsPublisher {
    fn publish(&self, publication: Publication) -> PublishFuture<'_, PublishReceipt> {
        Box::pin(async move {
            let end = Instant::now() + publication.timeout;
            let region = publication.topic.region();
            let ready = timeout_at(end, self.client_with_credentials(region)).await;
            let (known, credentials) = ready.unwrap_or(Err(PublishError::Failed(OutboundError::TimedOut)))?;
            let signed = PublishRequest { url: &known.url, region, credentials, signed_at: system_now() };
            let request = signed.into_request(&publication).map_err(PublishError::Unusable)?;
            // The outbound client ends by the deadline with what it has. A status that came in time counts.
            let deadline = end.saturating_duration_since(Instant::now());
            response::parse_publish_response(
                known.outbound.send(OutboundRequest { timeout: deadline, ..request }).await?,
            )
        })
    }

    fn find_credentials(&self, topic: TopicArn) -> PublishFuture<'_, ()> {
        Box::pin(async move { self.client_with_credentials(topic.region()).await.map(drop) })
    }
}

/// Returns the system's time, even if the application has a test clock. AWS checks the age of a signature with its own
/// clock.
fn system_now() -> SystemTime {
    let since = SystemClock.now().as_micros();
    SystemTime::UNIX_EPOCH + Duration::from_micros(since.unsigned_abs())
}
