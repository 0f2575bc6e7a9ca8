//! `opendrs health`: whether a node with these settings is healthy, for containers and service managers.
//!
//! It sends one request to `/-/health` at each address that the node listens on. It does not check what a node needs,
//! which is the task of `opendrs doctor`. Invariant: status 0 means that every address answered in time that it is
//! healthy.

use super::output;
use crate::store_args;
use axum::http::Method;
use clap::Args;
use opendrs_client::{self, ClientResponse};
use opendrs_config::Config;
use opendrs_store::trust;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

#[derive(Debug, Args)]
#[command(
    after_help = "The exit status is 0 if every address is healthy, otherwise 1. In a container file: HEALTHCHECK CMD \
                        [\"opendrs\", \"health\"]."
)]
pub(super) struct HealthArgs {
    /// URL to check instead of the addresses in the settings, such as http://127.0.0.1:7373.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Maximum time for an answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    /// Print one JSON object per address: url, healthy, status, version, problem.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: HealthArgs) -> Result<(), String> {
    let urls = match args.url {
        Some(url) => vec![url.trim_end_matches('/').to_owned()],
        None => node_urls(&store_args::load_config(file, &crate::store_args::StoreArgs::default(), Vec::new())?)?,
    };
    let mut problems = Vec::new();
    for url in urls {
        let answer = HealthCheck::fetch(&url, Duration::from_secs(args.timeout)).await;
        match args.json {
            true => output::print_line(answer.to_json(&url).to_string()),
            false if answer.problem.is_none() => output::print_line(format!("{url} is healthy")),
            false => {}
        }
        problems.extend(answer.problem.map(|why| format!("{url} is not healthy: {why}")));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
}

/// The answer of one address.
#[derive(Default)]
struct HealthCheck {
    status: Option<u16>,
    version: Option<String>,
    problem: Option<String>,
}

impl HealthCheck {
    async fn fetch(url: &str, patience: Duration) -> Self {
        let url = format!("{url}/-/health");
        // The certificate is not verified, because its names need not include this machine's local address. The request
        // contains no secrets, and the result is only whether a healthy node answered.
        let asking = opendrs_client::send_with_tls(trust::unverified_client_config, Method::GET, &url, &[], "");
        match tokio::time::timeout(patience, asking).await {
            Ok(Ok(reply)) => Self::from_reply(&reply),
            Ok(Err(why)) => Self { problem: Some(why), ..Self::default() },
            Err(_) => {
                let problem = format!("no answer within {} seconds", patience.as_secs());
                Self { problem: Some(problem), ..Self::default() }
            }
        }
    }

    fn from_reply(reply: &ClientResponse) -> Self {
        let (status, body) = (reply.status.as_u16(), reply.json());
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let problem = match (status, text("message")) {
            (200, _) if body["status"] == "ok" => None,
            (200, _) => Some("the program that answers there is not OpenDRS".to_owned()),
            (_, Some(why)) => Some(format!("status {status}: {why}")),
            (_, None) => Some(format!("status {status}")),
        };
        Self { status: Some(status), version: text("version"), problem }
    }

    fn to_json(&self, url: &str) -> Value {
        json!({
            "url": url,
            "healthy": self.problem.is_none(),
            "status": self.status,
            "version": self.version,
            "problem": self.problem,
        })
    }
}

/// The URLs at which a node with these settings answers on its own machine.
fn node_urls(config: &Config) -> Result<Vec<String>, String> {
    let mut urls = Vec::new();
    for listener in config.listeners() {
        let url = format!("{}://{}", config.default_scheme(), local_address(listener.address)?);
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    if urls.is_empty() {
        Err("a node with these settings has no address, because its only role is worker: set --url to the \
                     URL of a node"
            .into())
    } else {
        Ok(urls)
    }
}

/// The address at which a listener can be reached from its own machine.
fn local_address(address: &str) -> Result<String, String> {
    let free = || format!("{address} means any free port: set --url to the address in use, as http://HOST:PORT");
    match address.parse::<SocketAddr>() {
        Ok(at) if at.port() == 0 => Err(free()),
        Ok(at) if at.ip().is_unspecified() => {
            let loopback = match at.ip() {
                IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            };
            Ok(SocketAddr::new(loopback, at.port()).to_string())
        }
        // A host name.
        _ if address.ends_with(":0") => Err(free()),
        _ => Ok(address.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node_urls_of_env(env: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        node_urls(&Config::load(None, env, Vec::new()).unwrap())
    }

    #[test]
    fn each_address_is_asked_once_on_this_machine() {
        assert_eq!(node_urls_of_env(&[]).unwrap(), ["http://127.0.0.1:7373"]);
        assert_eq!(node_urls_of_env(&[("OPENDRS_SERVER_LISTEN", "0.0.0.0:80")]).unwrap(), ["http://127.0.0.1:80"]);
        assert_eq!(node_urls_of_env(&[("OPENDRS_SERVER_LISTEN", "[::]:80")]).unwrap(), ["http://[::1]:80"]);
        assert_eq!(
            node_urls_of_env(&[("OPENDRS_SERVER_LISTEN", "node.internal:80")]).unwrap(),
            ["http://node.internal:80"]
        );
        let apart = [("OPENDRS_LOGIN_LISTEN", "10.0.0.1:90"), ("OPENDRS_TLS_MODE", "self-signed")];
        assert_eq!(node_urls_of_env(&apart).unwrap(), ["https://127.0.0.1:7373", "https://10.0.0.1:90"]);
    }

    #[test]
    fn what_cannot_be_asked_is_said() {
        for env in [("OPENDRS_SERVER_ROLES", "worker"), ("OPENDRS_SERVER_LISTEN", "127.0.0.1:0")] {
            assert!(node_urls_of_env(&[env]).unwrap_err().contains("--url"), "{env:?}");
        }
    }
}
