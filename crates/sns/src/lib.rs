//! Publishing to Amazon SNS: one signed request, with credentials from wherever AWS's tools find them, to the ARN's region.
//!
//! What it is not: an HTTP client. SNS is asked through ours, and so is whoever lends credentials ([`network`]), so there
//! is one TLS stack and one list of authorities. A crate of its own, so that the others do not wait for AWS's crates to be
//! built. Invariant: nothing is loaded, asked or looked up before the first publication, and one attempt is one request:
//! who tries again, and when, is for the deliveries' policies.

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

/// Makes the network on which SNS is asked, or says why there is none.
pub type MakeOutbound = Box<dyn Fn() -> Result<Arc<dyn Outbound>, String> + Send + Sync>;

/// Amazon SNS.
pub struct SnsPublisher {
    make_outbound: MakeOutbound,
    endpoint: Option<String>,
    static_credentials: Option<Credentials>,
    /// By name.
    regions: Mutex<HashMap<String, Arc<RegionClient>>>,
}

/// A region as far as it was needed.
struct RegionClient {
    outbound: Arc<dyn Outbound>,
    url: Url,
    credentials: CredentialsCache,
}

impl SnsPublisher {
    /// SNS, asked at AWS's endpoints or at another one.
    #[must_use]
    pub fn new(make_network: MakeOutbound, endpoint: Option<String>) -> Self {
        Self { make_outbound: make_network, endpoint, static_credentials: None, regions: Mutex::default() }
    }

    /// Publishes with an access key, instead of one that is found as AWS's tools find theirs.
    #[must_use]
    pub fn with_access_key(self, id: &str, secret: &str) -> Self {
        Self { static_credentials: Some(Credentials::new(id, secret, None, None, "given")), ..self }
    }

    /// A region; loads the settings of AWS's tools when it is asked first.
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
        // Only for SNS: the services that lend credentials are where they are.
        let url = EndpointConfig::new(self.endpoint.as_deref(), &tools).url(name).map_err(PublishError::Unusable)?;
        let lender = tools.credentials_provider();
        let lender = lender.ok_or_else(|| PublishError::NoCredentials("none are configured".into()))?;
        let known = Arc::new(RegionClient { outbound: network, url, credentials: CredentialsCache::new(lender) });
        regions.insert(name.to_owned(), known.clone());
        Ok(known)
    }

    /// A region, and credentials for it. One that has none is loaded anew next time: they may be there by then.
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
            // The network ends by it, with what there is: a status that came in time counts.
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

/// The system's time, also where the application has a test clock: AWS judges the age of a signature by its own.
fn system_now() -> SystemTime {
    let since = SystemClock.now().as_micros();
    SystemTime::UNIX_EPOCH + Duration::from_micros(since.unsigned_abs())
}
