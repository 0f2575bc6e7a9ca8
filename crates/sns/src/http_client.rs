//! The HTTP client of the credentials providers: it sends their requests through the application's outbound client.
//!
//! What it is not: the way to SNS, whose requests do not need it.
//!
//! Invariant: these requests use the application's outbound client or fail. There is no second HTTP client.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use opendrs_service::outbound::{Outbound, OutboundError, OutboundRequest, OutboundResponse};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The timeout of a request that has none.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);
/// The maximum number of bytes of a response that are read. Responses with credentials have a few kilobytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// How long a response's body may take after its status.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The outbound client, in the shape that AWS's crates require.
pub(crate) struct OutboundHttpClient(pub(crate) Arc<dyn Outbound>);

impl fmt::Debug for OutboundHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

impl HttpClient for OutboundHttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        // The credentials providers set both timeouts, which are short, since many machines have no such service.
        let deadline = settings.read_timeout().map(|read| read + settings.connect_timeout().unwrap_or_default());
        SharedHttpConnector::new(OutboundHttpConnector(self.0.clone(), deadline.unwrap_or(DEFAULT_TIMEOUT)))
    }
}

/// The outbound client with a timeout.
struct OutboundHttpConnector(Arc<dyn Outbound>, Duration);

impl fmt::Debug for OutboundHttpConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for OutboundHttpConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (network, deadline) = (self.0.clone(), self.1);
        HttpConnectorFuture::new(async move {
            let request = to_outbound_request(&request, deadline).map_err(|why| ConnectorError::user(why.into()))?;
            match network.send(request).await {
                Ok(answer) => to_http_response(answer).map_err(|why| ConnectorError::io(why.into())),
                Err(OutboundError::TimedOut) => Err(ConnectorError::timeout(OutboundError::TimedOut.into())),
                Err(failure) => Err(ConnectorError::io(failure.into())),
            }
        })
    }
}

/// Converts a request of AWS's crates.
fn to_outbound_request(request: &HttpRequest, deadline: Duration) -> Result<OutboundRequest, String> {
    let method = match request.method() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        other => return Err(format!("no {other} requests are made")),
    };
    // The outbound client sets the length itself.
    let headers = request.headers().iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let body = request.body().bytes().ok_or("no bodies are sent in pieces")?;
    Ok(OutboundRequest {
        method,
        url: request.uri().to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: body.to_vec(),
        timeout: deadline,
        max_response_bytes: MAX_RESPONSE_BYTES,
        body_timeout: Some(BODY_TIMEOUT),
    })
}

/// Converts a response for AWS's crates. It must be complete, because a part of a credential is useless.
fn to_http_response(answer: OutboundResponse) -> Result<HttpResponse, String> {
    answer.complete_body()?;
    let status = answer.status.try_into().map_err(|_| format!("status {}", answer.status))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().try_append(name, value).map_err(|error| error.to_string())?;
    }
    Ok(response)
}
