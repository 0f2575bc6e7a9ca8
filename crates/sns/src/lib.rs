//! Publishing to Amazon SNS: one signed request, with credentials from wherever AWS's tools find them, to the ARN's region.
//!
//! What it is not: an HTTP client. SNS is asked through ours, and so is whoever lends credentials ([`network`]), so there
//! is one TLS stack and one list of authorities. A crate of its own, so that the others do not wait for AWS's crates to be
//! built. Invariant: nothing is loaded, asked or looked up before the first publication, and one attempt is one request:
//! who tries again, and when, is for the deliveries' policies.

mod call;
mod credentials;
mod endpoint;
mod network;
mod outcome;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{AppName, BehaviorVersion, Region};
use aws_credential_types::Credentials;
use call::Signed;
use credentials::Lent;
use endpoint::Wanted;
use network::Network;
use opendrs_domain::publication::TopicArn;
use opendrs_service::clock::{Clock, SystemClock};
use opendrs_service::outbound::{Failure, Outbound, Request};
use opendrs_service::publication::{Pending, Publication, Published, Publisher, Unpublished};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Makes the network on which SNS is asked, or says why there is none.
pub type MakeNetwork = Box<dyn Fn() -> Result<Arc<dyn Outbound>, String> + Send + Sync>;

/// Amazon SNS.
pub struct Sns {
    make_network: MakeNetwork,
    endpoint: Option<String>,
    given: Option<Credentials>,
    /// By name.
    regions: Mutex<HashMap<String, Arc<Known>>>,
}

/// A region as far as it was needed.
struct Known {
    network: Arc<dyn Outbound>,
    url: Url,
    lent: Lent,
}

impl Sns {
    /// SNS, asked at AWS's endpoints or at another one.
    #[must_use]
    pub fn new(make_network: MakeNetwork, endpoint: Option<String>) -> Self {
        Self { make_network, endpoint, given: None, regions: Mutex::default() }
    }

    /// Publishes with an access key, instead of one that is found as AWS's tools find theirs.
    #[must_use]
    pub fn with_key(self, id: &str, secret: &str) -> Self {
        Self { given: Some(Credentials::new(id, secret, None, None, "given")), ..self }
    }

    /// A region; loads the settings of AWS's tools when it is asked first.
    async fn region(&self, name: &str) -> Result<Arc<Known>, Unpublished> {
        let mut regions = self.regions.lock().await;
        if let Some(known) = regions.get(name) {
            return Ok(known.clone());
        }
        let network = (self.make_network)().map_err(Unpublished::Unable)?;
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(name.to_owned()))
            .http_client(Network(network.clone()))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Ok(app) = AppName::new("OpenDRS") {
            loader = loader.app_name(app);
        }
        if let Some(given) = &self.given {
            loader = loader.credentials_provider(given.clone());
        }
        let tools = loader.load().await;
        // Only for SNS: the services that lend credentials are where they are.
        let url = Wanted::new(self.endpoint.as_deref(), &tools).url(name).map_err(Unpublished::Unable)?;
        let lender = tools.credentials_provider();
        let lender = lender.ok_or_else(|| Unpublished::NoCredentials("none are configured".into()))?;
        let known = Arc::new(Known { network, url, lent: Lent::by(lender) });
        regions.insert(name.to_owned(), known.clone());
        Ok(known)
    }

    /// A region, and credentials for it. One that has none is loaded anew next time: they may be there by then.
    async fn ready(&self, region: &str) -> Result<(Arc<Known>, Credentials), Unpublished> {
        let known = self.region(region).await?;
        match known.lent.at(now()).await {
            Ok(credentials) => Ok((known, credentials)),
            Err(none) => {
                self.regions.lock().await.remove(region);
                Err(none)
            }
        }
    }
}

impl Publisher for Sns {
    fn publish(&self, publication: Publication) -> Pending<'_, Published> {
        Box::pin(async move {
            let end = Instant::now() + publication.deadline;
            let region = publication.topic.region();
            let ready = timeout_at(end, self.ready(region)).await;
            let (known, credentials) = ready.unwrap_or(Err(Unpublished::Failed(Failure::TimedOut)))?;
            let signed = Signed { url: &known.url, region, credentials, now: now() };
            let request = signed.request(&publication).map_err(Unpublished::Unable)?;
            // The network ends by it, with what there is: a status that came in time counts.
            let deadline = end.saturating_duration_since(Instant::now());
            outcome::of(known.network.send(Request { deadline, ..request }).await?)
        })
    }

    fn find_credentials(&self, topic: TopicArn) -> Pending<'_, ()> {
        Box::pin(async move { self.ready(topic.region()).await.map(drop) })
    }
}

/// The system's time, also where the application has a test clock: AWS judges the age of a signature by its own.
fn now() -> SystemTime {
    let since = SystemClock.now().micros();
    SystemTime::UNIX_EPOCH + Duration::from_micros(since.unsigned_abs())
}
