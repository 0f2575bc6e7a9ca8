//! Publishing to Amazon SNS with AWS's own SDK: credentials from wherever AWS's tools find them, the region from the ARN.
//!
//! What it is not: an HTTP client; the SDK's requests go through ours ([`network`]), so there is one TLS stack and one list
//! of authorities. A crate of its own, so that the others do not wait for the SDK to be built. Invariant: nothing is
//! loaded, asked or looked up before the first publication, and one attempt is one request: who tries again, and when, is
//! for the deliveries' policies.

mod network;
mod outcome;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{AppName, BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sns::Client;
use aws_sdk_sns::config::{Builder, SharedHttpClient};
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_sdk_sns::types::MessageAttributeValue;
use network::Network;
use opendrs_domain::publication::TopicArn;
use opendrs_service::outbound::{Failure, Outbound};
use opendrs_service::publication::{Pending, Publication, Published, Publisher, Unpublished};
use outcome::Heard;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Makes the network on which SNS is asked, or says why there is none.
pub type MakeNetwork = Box<dyn Fn() -> Result<Arc<dyn Outbound>, String> + Send + Sync>;

/// Amazon SNS.
pub struct Sns {
    make_network: MakeNetwork,
    endpoint: Option<String>,
    given: Option<Credentials>,
    /// By region.
    known: Mutex<HashMap<String, Known>>,
}

/// A region as far as it was needed.
#[derive(Clone)]
struct Known {
    client: Client,
    credentials: SharedCredentialsProvider,
}

impl Sns {
    /// SNS, asked at AWS's endpoints or at another one.
    #[must_use]
    pub fn new(make_network: MakeNetwork, endpoint: Option<String>) -> Self {
        Self { make_network, endpoint, given: None, known: Mutex::default() }
    }

    /// Publishes with an access key, instead of one that is found as AWS's tools find theirs.
    #[must_use]
    pub fn with_key(self, id: &str, secret: &str) -> Self {
        Self { given: Some(Credentials::new(id, secret, None, None, "given")), ..self }
    }

    /// A region's client; loads the settings of AWS's tools when it is asked first.
    async fn region(&self, region: &str) -> Result<Known, Unpublished> {
        let mut known = self.known.lock().await;
        if let Some(found) = known.get(region) {
            return Ok(found.clone());
        }
        let network = (self.make_network)().map_err(Unpublished::Unable)?;
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .http_client(SharedHttpClient::new(Network(network)))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Ok(name) = AppName::new("OpenDRS") {
            loader = loader.app_name(name);
        }
        if let Some(given) = &self.given {
            loader = loader.credentials_provider(given.clone());
        }
        let config = loader.load().await;
        let credentials = config.credentials_provider();
        let credentials = credentials.ok_or_else(|| Unpublished::NoCredentials("none are configured".into()))?;
        let mut builder = Builder::from(&config);
        // Only here: the services that lend credentials are where they are.
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        let found = Known { client: Client::from_conf(builder.build()), credentials };
        known.insert(region.to_owned(), found.clone());
        Ok(found)
    }

    /// What came of asking a region. One that had no credentials is loaded anew next time: they may be there by then.
    async fn after<T>(&self, region: &str, result: Result<T, Unpublished>) -> Result<T, Unpublished> {
        if let Err(Unpublished::NoCredentials(_)) = &result {
            self.known.lock().await.remove(region);
        }
        result
    }
}

impl Publisher for Sns {
    fn publish(&self, publication: Publication) -> Pending<'_, Published> {
        let (deadline, region) = (publication.deadline, publication.topic.region().to_owned());
        let publish = async move {
            let Known { client, .. } = self.region(&region).await?;
            let heard = Heard::default();
            let sent = filled(client.publish(), publication).customize().interceptor(heard.clone()).send().await;
            self.after(&region, outcome::of(sent, heard.take())).await
        };
        Box::pin(async move {
            tokio::time::timeout(deadline, publish).await.unwrap_or(Err(Unpublished::Failed(Failure::TimedOut)))
        })
    }

    fn find_credentials(&self, topic: TopicArn) -> Pending<'_, ()> {
        Box::pin(async move {
            let Known { credentials, .. } = self.region(topic.region()).await?;
            let found = credentials.provide_credentials().await;
            let found = found.map(drop).map_err(|error| Unpublished::NoCredentials(outcome::words(&error)));
            self.after(topic.region(), found).await
        })
    }
}

/// The call as SNS's API has it.
fn filled(call: PublishFluentBuilder, publication: Publication) -> PublishFluentBuilder {
    let Publication { topic, subject, message, version, place, deadline: _ } = publication;
    let mut call = call.topic_arn(topic.as_str()).subject(subject).message(message);
    if let Some(version) = version
        && let Ok(value) = MessageAttributeValue::builder().data_type("String").string_value(version).build()
    {
        call = call.message_attributes("version", value);
    }
    if let Some(place) = place {
        call = call.message_group_id(place.group).message_deduplication_id(place.deduplication);
    }
    call
}
