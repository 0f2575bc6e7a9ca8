//! The export of traces to a collector, by OTLP over HTTP.
//!
//! What it is: the layer that receives spans of [`TARGET`], the queue behind it, and the client that sends them. What
//! it is not: the content of spans, which the code that makes them chooses.
//!
//! Invariant: a call never waits for a collector. The queue of spans is bounded, and its own thread sends them. Spans
//! are dropped if the queue is full or the collector is unavailable.

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opendrs_config::Config;
use opendrs_outbound;
use opendrs_store::span::TARGET;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{Layer, Registry};

/// The timeout of a collector's response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the end of the process waits for spans that are not sent yet.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);
/// How long a response's body may take after its status.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);
/// The maximum number of bytes of a response that are read.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// The exporter of spans.
pub struct TraceExporter(SdkTracerProvider);

impl TraceExporter {
    /// Starts the exporter of the settings. Returns `None` if traces are disabled.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn start(config: &Config) -> Result<Option<Self>, String> {
        let Some((url, part)) = config.trace_export()? else { return Ok(None) };
        let pair = |pair: &String| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers = config.traces.headers.iter().filter_map(pair).collect();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(url)
            .with_headers(headers)
            .with_timeout(RESPONSE_TIMEOUT)
            .with_http_client(CollectorClient::new(config)?)
            .build()
            .map_err(|e| format!("traces: {e}"))?;
        let known = config.traces.resource.iter().filter_map(pair).map(|(name, value)| KeyValue::new(name, value));
        let resource = Resource::builder()
            .with_service_name(config.traces.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attributes(known)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(part))))
            .with_resource(resource)
            .build();
        Ok(Some(Self(provider)))
    }

    /// Returns the layer that receives spans only.
    pub fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("opendrs"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(filter_fn(|of| of.target() == TARGET))
            .boxed()
    }

    /// Sends the remaining spans, and waits for that for a short time.
    pub async fn shutdown(self) {
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(SHUTDOWN_TIMEOUT)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last traces were not exported: start the collector, or correct traces.endpoint");
        }
    }
}

/// Makes a request's span a part of its caller's trace, if the headers name one.
pub fn set_parent_from_headers(span: &tracing::Span, headers: &HeaderMap) {
    if headers.contains_key("traceparent") {
        let named = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
        // A span that is not recorded has no parent.
        let _ = span.set_parent(named);
    }
}

/// The HTTP client of the exporter. It uses the server's runtime, because the exporter's thread has none.
#[derive(Debug)]
struct CollectorClient {
    runtime: Handle,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    is_failing: AtomicBool,
}

impl CollectorClient {
    /// Makes the client. The operator chooses the collector, so its address may be private.
    fn new(config: &Config) -> Result<Self, String> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(opendrs_outbound::OutboundTrust::new(config.ca_file())?.client_config()?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(https);
        Ok(Self { runtime: Handle::current(), client, is_failing: AtomicBool::new(false) })
    }

    /// Logs when the collector becomes unavailable and when it is available again, but not for every batch.
    fn log_transition(&self, trouble: Option<String>) {
        let before = self.is_failing.swap(trouble.is_some(), Ordering::Relaxed);
        match trouble {
            Some(why) if !before => {
                tracing::warn!(why, "traces cannot be exported and are dropped: check traces.endpoint");
            }
            None if before => tracing::info!("traces are exported again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let asked = send_to_collector(self.client.clone(), request.map(Full::from));
        let answer = match self.runtime.spawn(async { tokio::time::timeout(RESPONSE_TIMEOUT, asked).await }).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err("it did not answer in time".into()),
            Err(ended) => Err(ended.into()),
        };
        self.log_transition(match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answered with status {}", answer.status().as_u16())),
            Err(error) => Some(root_cause(&**error)),
        });
        answer
    }
}

async fn send_to_collector(
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, HttpError> {
    let (parts, body) = client.request(request).await?.into_parts();
    // The status states whether the spans were accepted. A body that breaks off or is too slow does not change that.
    let body = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_RESPONSE_BYTES).collect()).await;
    let body = body.ok().and_then(Result::ok).map(Collected::to_bytes).unwrap_or_default();
    Ok(Response::from_parts(parts, body))
}

/// Returns the last cause of an error, which is the most specific one.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
