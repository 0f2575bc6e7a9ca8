//! `opendrs listen`: a temporary receiver of notifications, which verifies and forwards them.
//!
//! Invariant: a message is forwarded with its body and headers unchanged. The service gets the answer of the program
//! behind, so failures of that program are retried and logged as those of any receiver.

use super::certificate_cache::CertificateCache;
use super::output;
use super::serve::LOOPBACK_HOSTS;
use super::stop_signals::wait_for_stop_signal;
use crate::store_args::{self, StoreArgs};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, RETRY_AFTER, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use clap::Args;
use http_body_util::{BodyExt, Limited};
use opendrs_domain::id::ProfileId;
use opendrs_outbound::GuardedHttpClient;
use opendrs_server::open_app;
use opendrs_service::outbound::{Outbound, OutboundRequest, OutboundResponse};
use opendrs_service::{App, signing, temporary_receiver};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use url::{Host, Url};

/// The maximum size of a message in bytes.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// The timeout for a certificate, and for the program behind. It is shorter than the service's timeout for an answer.
const REPLY_TIMEOUT: Duration = Duration::from_secs(12);

#[derive(Debug, Args)]
#[command(
    after_help = "Adds a topic for each security profile, which sends to this command, and disables it at the end. \
                        The server must use the same store. It must run on this host, with --test-clock or with \
                        127.0.0.1 in outbound.allow."
)]
pub(super) struct ListenArgs {
    /// Forward each message to this URL, with unchanged body and headers.
    #[arg(long, value_name = "URL", value_parser = Url::parse)]
    forward_to: Option<Url>,
    /// Only this security profile: `amzn1.application.` and 32 hex digits.
    #[arg(long, value_name = "ID", value_parser = ProfileId::parse)]
    profile: Option<ProfileId>,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object per message.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: ListenArgs) -> Result<(), String> {
    let mut config = store_args::load_config(file, &args.store, Vec::new())?;
    // The user named this address on the command line, so the outbound guard allows it.
    config.outbound.allow.extend(LOOPBACK_HOSTS.map(str::to_owned));
    config.outbound.allow.extend(args.forward_to.as_ref().and_then(Url::host).map(|host| match host {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }));
    let app = Arc::new(open_app::open_existing_app(&config).await?);
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("cannot listen on 127.0.0.1: {e}"))?;
    let here = format!("http://{}/", listener.local_addr().map_err(|e| e.to_string())?);
    let (stop, forwards) = (wait_for_stop_signal(), args.forward_to.is_some());
    let topics =
        temporary_receiver::start(&app, args.profile, &here, is_unreachable).await.map_err(super::error_text)?;
    let receiver = ForwardingReceiver {
        app: app.clone(),
        network: config.outbound_client_to_self()?,
        forward_url: args.forward_to.map(String::from),
        json: args.json,
        certificates: CertificateCache::default(),
    };
    let (count, profiles) = (topics.len(), if topics.len() == 1 { "profile" } else { "profiles" });
    output::print_note(format!("Listening at {here} for {count} security {profiles}. Stop with Ctrl-C."));
    let router = Router::new().fallback(receive_message).with_state(Arc::new(receiver));
    let ended = tokio::select! {
        served = axum::serve(listener, router) => served.map_err(|e| e.to_string()),
        () = stop => Ok(()),
        // Forwarding goes on without printed lines.
        () = output::wait_until_closed(), if !forwards => Ok(()),
    };
    temporary_receiver::stop(&app, &topics).await.map_err(super::error_text)?;
    output::print_note("Stopped: the topics of this command are disabled.");
    ended
}

/// Whether nothing listens at an endpoint on this machine.
async fn is_unreachable(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return true };
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => TcpStream::connect((host, port)).await.is_err(),
        _ => true,
    }
}

struct ForwardingReceiver {
    app: Arc<App>,
    network: GuardedHttpClient,
    forward_url: Option<String>,
    json: bool,
    certificates: CertificateCache,
}

async fn receive_message(State(receiver): State<Arc<ForwardingReceiver>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_MESSAGE_BYTES).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let body = body.to_bytes();
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let signed =
        receiver.certificates.verify_message(&message, async |url| receiver.fetch_certificate(url).await).await;
    let answer = receiver.forward_message(&parts.headers, body).await;
    receiver.print_message(&message, &signed, &answer);
    match answer {
        None => StatusCode::OK.into_response(),
        Some(Ok(answer)) => forwarded_response(answer),
        Some(Err(why)) => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}

/// The parts of the program's answer that the service reads: status, body and `Retry-After`.
fn forwarded_response(answer: OutboundResponse) -> Response {
    let wait = answer.header("retry-after").and_then(|value| HeaderValue::from_str(value).ok());
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

impl ForwardingReceiver {
    /// Fetches a certificate, which must be one of this installation's.
    async fn fetch_certificate(&self, url: &str) -> Result<String, String> {
        let asking = OutboundRequest {
            method: "GET",
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: REPLY_TIMEOUT,
            max_response_bytes: 64 * 1024,
            body_timeout: None,
        };
        let answer = self.network.send(asking).await.map_err(|e| format!("{url}: {e}"))?;
        let fetched = String::from_utf8_lossy(&answer.body).into_owned();
        let file = url.rsplit('/').next().unwrap_or_default();
        let own = signing::find_certificate(&self.app, file).await.map_err(super::error_text)?;
        if answer.is_success() && own.as_ref() == Some(&fetched) {
            Ok(fetched)
        } else {
            Err(format!("{url} is not a certificate of this installation"))
        }
    }

    /// Forwards a message if --forward-to is set.
    async fn forward_message(&self, headers: &HeaderMap, body: Bytes) -> Option<Result<OutboundResponse, String>> {
        let url = self.forward_url.clone()?;
        let own = [HOST, CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING];
        let headers = headers.iter().filter(|(name, _)| !own.contains(name));
        let headers =
            headers.map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned())).collect();
        let body = body.to_vec();
        let (deadline, limit, body_within) = (REPLY_TIMEOUT, 4096, Some(Duration::from_secs(1)));
        let asking = OutboundRequest {
            method: "POST",
            url,
            headers,
            body,
            timeout: deadline,
            max_response_bytes: limit,
            body_timeout: body_within,
        };
        Some(self.network.send(asking).await.map_err(|e| e.to_string()))
    }

    fn print_message(
        &self,
        message: &Value,
        signed: &Result<(), String>,
        answer: &Option<Result<OutboundResponse, String>>,
    ) {
        let inner = message["Message"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let inner = inner.unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let kind = match inner["notificationInfo"]["notificationType"].as_str() {
            Some(kind) => kind.to_owned(),
            None => text(&message["Type"]),
        };
        let model = &inner["deviceInfo"]["productIdentifier"]["modelId"];
        let serial = &inner["deviceInfo"]["deviceIdentifier"]["serialNumber"];
        let status = answer.as_ref().and_then(|answer| answer.as_ref().ok()).map(|answer| answer.status);
        let problem = answer.as_ref().and_then(|answer| answer.as_ref().err());
        if self.json {
            let line = json!({
                "at": message["Timestamp"],
                "type": kind,
                "model": model,
                "serial": serial,
                "messageId": message["MessageId"],
                "topicArn": message["TopicArn"],
                "verified": signed.is_ok(),
                "why": signed.as_ref().err(),
                "status": status,
                "problem": problem,
                "message": inner,
            });
            return output::print_line(line.to_string());
        }
        let signed = signed.as_ref().map_or_else(|why| format!("NOT VERIFIED ({why})"), |()| "verified".into());
        let passed = match (status, problem) {
            (Some(status), _) => format!("  -> {status}"),
            (None, Some(why)) => format!("  -> no answer: {why}"),
            (None, None) => String::new(),
        };
        output::print_line(format!(
            "{}  {kind:<31} {}/{}  {signed}{passed}",
            text(&message["Timestamp"]),
            text(model),
            text(serial)
        ));
    }
}
