//! The requests of whoever looks for credentials, on the network of the application.
//!
//! What it is not: the way to SNS, which is asked without it. Invariant: they are answered by that network or fail; there
//! is no second one.

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

/// How long a request may take whose sender does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of an answer is read: those of the services that lend credentials are a few kilobytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;
/// How long an answer's body may take after its status.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The network as AWS's crates ask for it.
pub(crate) struct OutboundHttpClient(pub(crate) Arc<dyn Outbound>);

impl fmt::Debug for OutboundHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

impl HttpClient for OutboundHttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        // The services that lend credentials set both: where there are none, nobody waits for them long.
        let deadline = settings.read_timeout().map(|read| read + settings.connect_timeout().unwrap_or_default());
        SharedHttpConnector::new(OutboundHttpConnector(self.0.clone(), deadline.unwrap_or(DEFAULT_TIMEOUT)))
    }
}

/// The network with a deadline.
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

/// A request of AWS's crates as one of ours.
fn to_outbound_request(request: &HttpRequest, deadline: Duration) -> Result<OutboundRequest, String> {
    let method = match request.method() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        other => return Err(format!("no {other} requests are made")),
    };
    // The network says how long the body is.
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

/// An answer as AWS's crates read it: all of it, since half of a credential is none.
fn to_http_response(answer: OutboundResponse) -> Result<HttpResponse, String> {
    answer.complete_body()?;
    let status = answer.status.try_into().map_err(|_| format!("status {}", answer.status))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().try_append(name, value).map_err(|error| error.to_string())?;
    }
    Ok(response)
}
