//! Requests to the provider, and what it publishes: its endpoints and its keys, which are kept for a while.
//!
//! Not here: what an answer means for a customer. Invariants: an answer is bounded in size and time. Documents are read
//! again at a bounded rate, whoever asks: after an hour, and for an unknown key once a minute. After a failure the
//! provider is left alone for some seconds.

use super::cache::{Documents, Failure, Kept};
use super::settings;
use crate::App;
use crate::outbound::OutboundRequest;
use jsonwebtoken::jwk::Jwk;
use opendrs_domain::federation::{FederationRefusal, ProviderMetadata, discovery_url};
use opendrs_domain::time::Span;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// How long a document is kept.
const MAX_AGE: Span = Span::from_hours(1);
/// How long keys are kept at least, whatever keys tokens name.
const MIN_KEY_AGE: Span = Span::from_mins(1);
/// How long the provider is left alone after a failure.
const FAILURE_PAUSE: Span = Span::from_secs(5);
/// The longest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// The most keys that are kept.
const MAX_KEYS: usize = 50;
/// How long a customer waits for one answer of the provider at most.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Which keys will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WantedKeys {
    /// Those that are kept.
    Kept,
    /// Newer ones, since a token names a key that is not among them.
    Newer,
}

/// The provider's endpoints.
pub(super) async fn find_metadata(app: &App) -> Result<Arc<ProviderMetadata>, FederationRefusal> {
    load_metadata(app, &mut *app.provider.0.lock().await).await
}

/// The provider's keys.
pub(super) async fn find_keys(app: &App, wanted: WantedKeys) -> Result<Arc<Vec<Jwk>>, FederationRefusal> {
    let mut documents = app.provider.0.lock().await;
    let now = app.system_time();
    let age = match wanted {
        WantedKeys::Kept => MAX_AGE,
        WantedKeys::Newer => MIN_KEY_AGE,
    };
    if let Some(keys) = documents.keys.as_ref().and_then(|kept| kept.younger_than(age, now)) {
        return Ok(keys);
    }
    let url = load_metadata(app, &mut documents).await?.jwks_uri.clone();
    let keys = read_document(app, &mut documents, url, parse_keys).await?;
    documents.keys = Some(Kept { value: keys.clone(), read_at: now });
    Ok(keys)
}

async fn load_metadata(app: &App, documents: &mut Documents) -> Result<Arc<ProviderMetadata>, FederationRefusal> {
    let now = app.system_time();
    if let Some(metadata) = documents.metadata.as_ref().and_then(|kept| kept.younger_than(MAX_AGE, now)) {
        return Ok(metadata);
    }
    let issuer = &settings(app)?.issuer;
    let read = |body: &[u8]| ProviderMetadata::parse(body, issuer);
    let metadata = read_document(app, documents, discovery_url(issuer), read).await?;
    documents.metadata = Some(Kept { value: metadata.clone(), read_at: now });
    Ok(metadata)
}

/// Reads a document, unless the provider failed a moment ago.
async fn read_document<T>(
    app: &App,
    documents: &mut Documents,
    url: String,
    read: impl Fn(&[u8]) -> Result<T, &'static str>,
) -> Result<Arc<T>, FederationRefusal> {
    let now = app.system_time();
    if let Some(failure) = &documents.failure
        && failure.at <= now
        && now < failure.at + FAILURE_PAUSE
    {
        return Err(failure.refusal.clone());
    }
    let body = send(app, ProviderRequest { method: "GET", url, headers: Vec::new(), body: Vec::new() }).await;
    let outcome = body.and_then(|answer| {
        if answer.status != 200 {
            return Err(FederationRefusal::Unusable(format!("it answered a document with {}", answer.status)));
        }
        read(&answer.body).map_err(|why| FederationRefusal::Unusable(why.into()))
    });
    // From the end of the request on, so that those who waited for it do not wait for one of their own.
    let at = app.system_time();
    documents.failure = outcome.as_ref().err().map(|refusal| Failure { refusal: refusal.clone(), at });
    outcome.map(Arc::new)
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// Reads the keys that this program knows. Others, such as those of newer kinds, do no harm.
fn parse_keys(body: &[u8]) -> Result<Vec<Jwk>, &'static str> {
    let set: KeySet = serde_json::from_slice(body).map_err(|_| "its keys cannot be read")?;
    let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
    Ok(keys.take(MAX_KEYS).collect())
}

/// A request to the provider.
pub(super) struct ProviderRequest {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The provider's complete answer.
pub(super) struct ProviderResponse {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Sends a request to the provider.
pub(super) async fn send(app: &App, request: ProviderRequest) -> Result<ProviderResponse, FederationRefusal> {
    let ProviderRequest { method, url, mut headers, body } = request;
    headers.push(("accept".into(), "application/json".into()));
    let request = OutboundRequest {
        method,
        url,
        headers,
        body,
        timeout: app.settings.request_timeout.min(MAX_WAIT),
        max_response_bytes: MAX_ANSWER_BYTES,
        body_timeout: None,
    };
    let unusable = FederationRefusal::Unusable;
    let answer = app.outbound.send(request).await.map_err(|error| unusable(error.to_string()))?;
    let body = answer.complete_body().map_err(unusable)?.to_vec();
    Ok(ProviderResponse { status: answer.status, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_unknown_kinds_do_no_harm() {
        let set = br#"{"keys":[{"kty":"new"},7,{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let keys = parse_keys(set).unwrap();
        assert!(keys.iter().any(|key| jsonwebtoken::DecodingKey::from_jwk(key).is_ok()), "{keys:?}");
        assert!(parse_keys(b"[]").is_err() && parse_keys(br#"{"keys":7}"#).is_err());
    }
}
