//! Checks of the network: mail server, collector, back ends, and the addresses that the server listens on.
//!
//! Invariant: no request changes anything on another server.

use super::{DoctorCheck, failed, passed};
use opendrs_config::Config;
use opendrs_domain::endpoint::redact;
use opendrs_outbound::GuardedHttpClient;
use opendrs_server::mail::SmtpMailer;
use opendrs_service::outbound::{Outbound, OutboundError, OutboundRequest, OutboundResponse};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, lookup_host};

/// The timeout of a request to another server.
const REPLY_TIMEOUT: Duration = Duration::from_secs(15);
/// Every address. The operator chose these servers, so no network is refused.
const ALL_NETWORKS: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Makes all network checks concurrently.
pub(super) async fn check_network(config: &Config) -> Vec<DoctorCheck> {
    let (mail, collector, backends, listeners) = tokio::join!(
        check_mail_server(config),
        check_collector(config),
        check_backends(config),
        check_listen_addresses(config)
    );
    [mail, collector].into_iter().chain(backends).chain(listeners).collect()
}

async fn check_mail_server(config: &Config) -> DoctorCheck {
    const NAME: &str = "mail server";
    let host = &config.mail.host;
    let fix = "check host, port, security, user and password_file of [mail], and outbound.ca_file for its authority";
    match config.smtp_settings().and_then(|found| found.map(SmtpMailer::new).transpose()) {
        Ok(None) => passed(NAME, "none is set: mails are stored and not sent"),
        Err(why) => failed(NAME, why, fix),
        Ok(Some(server)) => match server.check().await {
            Ok(()) => passed(NAME, format!("{host} answers")),
            Err(why) => failed(NAME, format!("{host}: {why}"), fix),
        },
    }
}

async fn send_request(
    network: &GuardedHttpClient,
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
) -> Result<OutboundResponse, OutboundError> {
    network
        .send(OutboundRequest {
            method,
            url,
            headers,
            body: Vec::new(),
            timeout: REPLY_TIMEOUT,
            max_response_bytes: 4096,
            body_timeout: None,
        })
        .await
}

fn unrestricted_network(config: &Config) -> Result<GuardedHttpClient, String> {
    let own = config.local_ca_file();
    GuardedHttpClient::new(&ALL_NETWORKS.map(str::to_owned), config.ca_file().into_iter().chain(own.as_deref()))
}

/// Checks the trace collector. The request has no spans, which every collector accepts.
async fn check_collector(config: &Config) -> DoctorCheck {
    const NAME: &str = "collector";
    let url = match config.trace_export() {
        Ok(None) => return passed(NAME, "none is set: traces are off"),
        Ok(Some((url, _))) => url,
        Err(why) => return failed(NAME, why, "correct [traces]"),
    };
    let network = match unrestricted_network(config) {
        Ok(network) => network,
        Err(why) => return failed(NAME, why, "correct outbound.ca_file"),
    };
    let pair = |pair: &String| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut headers: Vec<_> = config.traces.headers.iter().filter_map(pair).collect();
    headers.push(("content-type".into(), "application/x-protobuf".into()));
    let at = redact(&url);
    match send_request(&network, "POST", url, headers).await {
        Ok(answer) if answer.is_success() => passed(NAME, format!("{at} accepts traces")),
        Ok(answer) => {
            let says = format!("{at} answers with status {}: traces are dropped", answer.status);
            failed(NAME, says, "check the path of traces.endpoint, and traces.headers")
        }
        Err(why) => {
            let says = format!("{at}: {why}: traces are dropped");
            failed(NAME, says, "start the collector, or change traces.endpoint")
        }
    }
}

/// Checks the back ends that the settings configure: the webhook and Vendure.
async fn check_backends(config: &Config) -> Vec<DoctorCheck> {
    const NAME: &str = "back end";
    let Ok(fulfilment) = config.fulfilment_settings() else { return Vec::new() };
    let network = match config.outbound_client() {
        Ok(network) => network,
        Err(why) => return vec![failed(NAME, why, "correct [outbound]")],
    };
    let mut checks = Vec::new();
    if let Some(hook) = &fulfilment.webhook {
        let at = redact(&hook.url);
        // Any answer passes: an unsigned request must be refused.
        checks.push(match send_request(&network, "HEAD", hook.url.clone(), Vec::new()).await {
            Ok(_) => passed(NAME, format!("{at} answers")),
            Err(why) => {
                let fix = "start it, change fulfilment.webhook_url, or list its network in outbound.allow";
                failed(NAME, format!("{at}: {why}"), fix)
            }
        });
    }
    if let Some(shop) = &fulfilment.vendure {
        let at = redact(&shop.url);
        checks.push(match shop.check_connection(&network, REPLY_TIMEOUT).await {
            Ok(()) => passed(NAME, format!("{at} accepts the key")),
            Err(why) => {
                let fix = "check vendure_url, vendure_key_file and vendure_channel of [fulfilment], and outbound.allow";
                failed(NAME, format!("{at}: {why}"), fix)
            }
        });
    }
    if checks.is_empty() {
        checks.push(passed(NAME, "no back end is called"));
    }
    checks
}

/// Checks the addresses that this node is to listen on.
async fn check_listen_addresses(config: &Config) -> Vec<DoctorCheck> {
    let mut checks = Vec::new();
    for listener in config.listeners().into_iter().chain(config.metrics_listener()) {
        checks.push(check_listen_address(config, listener.key, listener.address).await);
    }
    checks
}

async fn check_listen_address(config: &Config, key: &str, address: &str) -> DoctorCheck {
    const NAME: &str = "listen";
    let error = match TcpListener::bind(address).await {
        Ok(_) => return passed(NAME, format!("{key} {address} is free")),
        Err(error) => error,
    };
    if error.kind() == ErrorKind::AddrInUse && is_opendrs(config, address).await {
        return passed(NAME, format!("OpenDRS listens on {key} {address}"));
    }
    let fix = match error.kind() {
        ErrorKind::AddrInUse => "stop the other program, or change the setting",
        ErrorKind::PermissionDenied => "choose a port from 1024 on, or give the program CAP_NET_BIND_SERVICE",
        _ => "set an address of this machine",
    };
    failed(NAME, format!("{key} is {address}: {error}"), fix)
}

/// Whether the listener at an address answers as OpenDRS does.
async fn is_opendrs(config: &Config, address: &str) -> bool {
    let Ok(mut found) = lookup_host(address).await else { return false };
    let Some(mut at) = found.next() else { return false };
    if at.ip().is_unspecified() {
        let loopback = if at.is_ipv4() { "127.0.0.1" } else { "::1" };
        at = SocketAddr::new(loopback.parse().unwrap_or(at.ip()), at.port());
    }
    let Ok(network) = unrestricted_network(config) else { return false };
    for scheme in ["http", config.default_scheme()] {
        let answer = send_request(&network, "GET", format!("{scheme}://{at}/-/health"), Vec::new()).await;
        if answer.is_ok_and(|answer| answer.header("x-amzn-requestid").is_some()) {
            return true;
        }
    }
    false
}
