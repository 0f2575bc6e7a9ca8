//! `opendrs listen`: a receiver of notifications for as long as it runs, which checks them and passes them on.
//!
//! Invariant: what is passed on is what came, body and headers; what the service is answered is what the program behind
//! answered, so that its failures are tried again and logged as they would be.

use opendrs_server::open_app;
use super::serve::{LOOPBACK, stopped};
use super::verify::Certificates;
use super::out;
use crate::store_args::{self, StoreArgs};
use opendrs_outbound::Network;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, RETRY_AFTER, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use clap::Args;
use http_body_util::{BodyExt, Limited};
use opendrs_domain::id::ProfileId;
use opendrs_service::outbound::{Answer, Outbound, Request as Asking};
use opendrs_service::{App, listening, signing};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use url::{Host, Url};

/// The largest message that is taken.
const MAX_MESSAGE: usize = 1024 * 1024;
/// How long a certificate, and the program behind, may take: less than the service waits for an answer.
const PATIENCE: Duration = Duration::from_secs(12);

#[derive(Debug, Args)]
#[command(
    after_help = "It adds a topic for each security profile, which points here, and disables it when it ends. The \
                        server must use the same store, and run on this host with --test-clock or with 127.0.0.1 in \
                        outbound.allow."
)]
pub(super) struct Listen {
    /// Pass each message on to this address, body and headers unchanged.
    #[arg(long, value_name = "URL", value_parser = Url::parse)]
    forward_to: Option<Url>,
    /// Of one security profile alone: `amzn1.application.` and 32 hex digits.
    #[arg(long, value_name = "ID", value_parser = ProfileId::parse)]
    profile: Option<ProfileId>,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object a message.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: Listen) -> Result<(), String> {
    let mut config = store_args::config(file, &args.store, Vec::new())?;
    // Whoever names an address at the command line means it.
    config.outbound.allow.extend(LOOPBACK.map(str::to_owned));
    config.outbound.allow.extend(args.forward_to.as_ref().and_then(Url::host).map(|host| match host {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }));
    let app = Arc::new(open_app::beside(&config).await?);
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("cannot listen on 127.0.0.1: {e}"))?;
    let here = format!("http://{}/", listener.local_addr().map_err(|e| e.to_string())?);
    let (stop, forwards) = (stopped(), args.forward_to.is_some());
    let topics = listening::begin(&app, args.profile, &here, gone).await.map_err(super::cause)?;
    let receiver = Receiver {
        app: app.clone(),
        network: config.network_to_ourselves()?,
        forward: args.forward_to.map(String::from),
        json: args.json,
        certificates: Certificates::default(),
    };
    let (count, profiles) = (topics.len(), if topics.len() == 1 { "profile" } else { "profiles" });
    out::note(format!("Listening at {here} to {count} security {profiles}. Stop with Ctrl-C."));
    let router = Router::new().fallback(hear).with_state(Arc::new(receiver));
    let ended = tokio::select! {
        served = axum::serve(listener, router) => served.map_err(|e| e.to_string()),
        () = stop => Ok(()),
        // Who passes messages on needs no printed lines.
        () = out::ended(), if !forwards => Ok(()),
    };
    listening::end(&app, &topics).await.map_err(super::cause)?;
    out::note("Ended: its topics are disabled.");
    ended
}

/// Whether nobody listens at an endpoint of ours.
async fn gone(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return true };
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => TcpStream::connect((host, port)).await.is_err(),
        _ => true,
    }
}

struct Receiver {
    app: Arc<App>,
    network: Network,
    forward: Option<String>,
    json: bool,
    certificates: Certificates,
}

async fn hear(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_MESSAGE).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let body = body.to_bytes();
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let signed = receiver.certificates.verify(&message, async |url| receiver.certificate(url).await).await;
    let answer = receiver.pass_on(&parts.headers, body).await;
    receiver.tell(&message, &signed, &answer);
    match answer {
        None => StatusCode::OK.into_response(),
        Some(Ok(answer)) => answered(answer),
        Some(Err(why)) => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}

/// The answer of the program behind, as far as the service looks at it.
fn answered(answer: Answer) -> Response {
    let wait = answer.header("retry-after").and_then(|value| HeaderValue::from_str(value).ok());
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

impl Receiver {
    /// Brings a certificate, which must be one of this installation's.
    async fn certificate(&self, url: &str) -> Result<String, String> {
        let asking = Asking {
            method: "GET",
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            deadline: PATIENCE,
            limit: 64 * 1024,
            body_within: None,
        };
        let answer = self.network.send(asking).await.map_err(|e| format!("{url}: {e}"))?;
        let fetched = String::from_utf8_lossy(&answer.body).into_owned();
        let file = url.rsplit('/').next().unwrap_or_default();
        let own = signing::certificate(&self.app, file).await.map_err(super::cause)?;
        match answer.is_success() && own.as_ref() == Some(&fetched) {
            true => Ok(fetched),
            false => Err(format!("{url} leads to no certificate of this installation")),
        }
    }

    /// Passes a message on, if that is asked for.
    async fn pass_on(&self, headers: &HeaderMap, body: Bytes) -> Option<Result<Answer, String>> {
        let url = self.forward.clone()?;
        let own = [HOST, CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING];
        let headers = headers.iter().filter(|(name, _)| !own.contains(name));
        let headers =
            headers.map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned())).collect();
        let body = body.to_vec();
        let (deadline, limit, body_within) = (PATIENCE, 4096, Some(Duration::from_secs(1)));
        let asking = Asking { method: "POST", url, headers, body, deadline, limit, body_within };
        Some(self.network.send(asking).await.map_err(|e| e.to_string()))
    }

    fn tell(&self, message: &Value, signed: &Result<(), String>, answer: &Option<Result<Answer, String>>) {
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
            return out::say(line.to_string());
        }
        let signed = signed.as_ref().map_or_else(|why| format!("NOT VERIFIED ({why})"), |()| "verified".into());
        let passed = match (status, problem) {
            (Some(status), _) => format!("  -> {status}"),
            (None, Some(why)) => format!("  -> no answer: {why}"),
            (None, None) => String::new(),
        };
        out::say(format!(
            "{}  {kind:<31} {}/{}  {signed}{passed}",
            text(&message["Timestamp"]),
            text(model),
            text(serial)
        ));
    }
}
