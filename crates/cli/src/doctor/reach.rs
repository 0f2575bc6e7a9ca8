//! Others that the server needs: mail server, collector, back ends; and the addresses that it is to listen on.
//!
//! Invariant: nothing that is asked here changes anything there.

use super::{Check, failed, good};
use opendrs_server::config::{Config, Role};
use opendrs_outbound::Network;
use opendrs_domain::endpoint::shown;
use opendrs_service::outbound::{Answer, Failure, Outbound, Request};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, lookup_host};

/// How long another server may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Every address: what an operator named for the server's own use.
const ANYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// All of them, side by side.
pub(super) async fn checks(config: &Config) -> Vec<Check> {
    let (mail, collector, backends, listeners) =
        tokio::join!(mail(config), collector(config), backends(config), listeners(config));
    [mail, collector].into_iter().chain(backends).chain(listeners).collect()
}

async fn mail(config: &Config) -> Check {
    const NAME: &str = "mail server";
    let host = &config.mail.host;
    let fix =
        "look at host, port, security, user and password_file of [mail], and at outbound.ca_file for its authority";
    match config.smtp() {
        Ok(None) => good(NAME, "none is set: mails are kept to be read"),
        Err(why) => failed(NAME, why, fix),
        Ok(Some(server)) => match server.check().await {
            Ok(()) => good(NAME, format!("{host} answers")),
            Err(why) => failed(NAME, format!("{host}: {why}"), fix),
        },
    }
}

async fn ask(
    network: &Network,
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
) -> Result<Answer, Failure> {
    network
        .send(Request { method, url, headers, body: Vec::new(), deadline: PATIENCE, limit: 4096, body_within: None })
        .await
}

fn anywhere(config: &Config) -> Result<Network, String> {
    let own = config.local_authority();
    Network::new(&ANYWHERE.map(str::to_owned), config.ca_file().into_iter().chain(own.as_deref()))
}

/// No span at all is a message that every collector takes.
async fn collector(config: &Config) -> Check {
    const NAME: &str = "collector";
    let url = match config.tracing() {
        Ok(None) => return good(NAME, "none is set: no traces are made"),
        Ok(Some((url, _))) => url,
        Err(why) => return failed(NAME, why, "look at [traces]"),
    };
    let network = match anywhere(config) {
        Ok(network) => network,
        Err(why) => return failed(NAME, why, "look at outbound.ca_file"),
    };
    let pair = |pair: &String| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut headers: Vec<_> = config.traces.headers.iter().filter_map(pair).collect();
    headers.push(("content-type".into(), "application/x-protobuf".into()));
    let at = shown(&url);
    match ask(&network, "POST", url, headers).await {
        Ok(answer) if answer.is_success() => good(NAME, format!("{at} takes traces")),
        Ok(answer) => {
            let says = format!("{at} answers with status {}: traces are dropped", answer.status);
            failed(NAME, says, "look at the path of traces.endpoint, and at traces.headers")
        }
        Err(why) => {
            let says = format!("{at}: {why}: traces are dropped");
            failed(NAME, says, "start the collector, or change traces.endpoint")
        }
    }
}

/// Systems that take orders to the door, as far as settings say how they are called.
async fn backends(config: &Config) -> Vec<Check> {
    const NAME: &str = "back end";
    let Ok(fulfilment) = config.fulfilment() else { return Vec::new() };
    let network = match config.network() {
        Ok(network) => network,
        Err(why) => return vec![failed(NAME, why, "look at [outbound]")],
    };
    let mut checks = Vec::new();
    if let Some(hook) = &fulfilment.webhook {
        let at = shown(&hook.url);
        // Any answer will do: what is not signed is no call.
        checks.push(match ask(&network, "HEAD", hook.url.clone(), Vec::new()).await {
            Ok(_) => good(NAME, format!("{at} answers")),
            Err(why) => {
                let fix = "start it, change fulfilment.webhook_url, or list its network in outbound.allow";
                failed(NAME, format!("{at}: {why}"), fix)
            }
        });
    }
    if let Some(shop) = &fulfilment.vendure {
        let at = shown(&shop.url);
        checks.push(match shop.check(&network, PATIENCE).await {
            Ok(()) => good(NAME, format!("{at} takes the key")),
            Err(why) => {
                let fix =
                    "look at vendure_url, vendure_key_file and vendure_channel of [fulfilment], and outbound.allow";
                failed(NAME, format!("{at}: {why}"), fix)
            }
        });
    }
    if checks.is_empty() {
        checks.push(good(NAME, "none is called"));
    }
    checks
}

/// Addresses that this node is to listen on.
async fn listeners(config: &Config) -> Vec<Check> {
    let mut addresses: Vec<(&str, &str)> = Vec::new();
    let own = [
        (Role::Service, "service.listen", config.service.listen.as_str()),
        (Role::Login, "login.listen", config.login.listen.as_str()),
        (Role::Web, "web.listen", config.web.listen.as_str()),
    ];
    for (role, key, address) in own {
        let of_all = ("server.listen", config.server.listen.as_str());
        let (key, address) = if address.is_empty() { of_all } else { (key, address) };
        if config.server.roles.contains(&role) && !addresses.iter().any(|(_, known)| *known == address) {
            addresses.push((key, address));
        }
    }
    if !config.metrics.listen.is_empty() {
        addresses.push(("metrics.listen", &config.metrics.listen));
    }
    let mut checks = Vec::new();
    for (key, address) in addresses {
        checks.push(listener(config, key, address).await);
    }
    checks
}

async fn listener(config: &Config, key: &str, address: &str) -> Check {
    const NAME: &str = "listen";
    let error = match TcpListener::bind(address).await {
        Ok(_) => return good(NAME, format!("{key} {address} is free")),
        Err(error) => error,
    };
    if error.kind() == ErrorKind::AddrInUse && is_ours(config, address).await {
        return good(NAME, format!("an opendrs listens on {key} {address}"));
    }
    let fix = match error.kind() {
        ErrorKind::AddrInUse => "stop the other program, or change the setting",
        ErrorKind::PermissionDenied => "choose a port from 1024 on, or give the program CAP_NET_BIND_SERVICE",
        _ => "name an address of this machine",
    };
    failed(NAME, format!("{key} is {address}: {error}"), fix)
}

/// Whether what listens at an address answers as we do.
async fn is_ours(config: &Config, address: &str) -> bool {
    let Ok(mut found) = lookup_host(address).await else { return false };
    let Some(mut at) = found.next() else { return false };
    if at.ip().is_unspecified() {
        let loopback = if at.is_ipv4() { "127.0.0.1" } else { "::1" };
        at = SocketAddr::new(loopback.parse().unwrap_or(at.ip()), at.port());
    }
    let Ok(network) = anywhere(config) else { return false };
    for scheme in ["http", config.scheme()] {
        let answer = ask(&network, "GET", format!("{scheme}://{at}/-/health"), Vec::new()).await;
        if answer.is_ok_and(|answer| answer.header("x-amzn-requestid").is_some()) {
            return true;
        }
    }
    false
}
