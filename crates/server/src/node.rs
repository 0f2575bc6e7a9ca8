//! A node of the service: the composition root.
//!
//! What it is: listeners, routes and workers, made from settings and an application. What it is not: a command; signals
//! and the terminal belong to `opendrs serve`. Invariant: every address is bound before the first request is answered,
//! and a stop ends within ten seconds.

use crate::dispatch::Dispatcher;
use crate::routes::{build_metrics_routes, build_routes, request_counters};
use crate::tls::ListenerTls;
use crate::workers;
use opendrs_config::{Config, ListenerConfig, Role};
use opendrs_edge::state::{AppState, PublicUrls};
use opendrs_http::listener::STOP_TIMEOUT;
use opendrs_http::{BoundAddress, ConnectionLimits};
use opendrs_service::App;
use opendrs_service::clock::{Clock, SystemClock};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long a stop waits for all work in progress.
const NODE_STOP_TIMEOUT: Duration = STOP_TIMEOUT.saturating_add(Duration::from_millis(500));

/// The maximum number of connections to the metrics address.
const MAX_METRICS_CONNECTIONS: usize = 16;

/// An address that a node listens on.
pub struct NodeAddress {
    /// Its URL.
    pub url: String,
    /// What it serves there: the names of roles, or `metrics`.
    pub purpose: String,
}

/// A bound address of roles.
struct RoleListener {
    address: SocketAddr,
    bound: BoundAddress,
    roles: Vec<Role>,
}

/// The bound addresses of a node that does not serve yet. An application needs their URLs for its links.
pub struct NodeListeners {
    listeners: Vec<RoleListener>,
    metrics: Option<BoundAddress>,
    urls: PublicUrls,
}

/// A running node.
pub struct Node {
    /// The state that all handlers share.
    pub state: Arc<AppState>,
    /// The addresses that it listens on.
    pub addresses: Vec<NodeAddress>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl NodeListeners {
    /// Binds every address of the settings. Connections are refused until the node serves.
    ///
    /// # Errors
    /// The address that cannot be bound.
    pub async fn bind(config: &Config) -> Result<Self, String> {
        let mut listeners = Vec::new();
        for ListenerConfig { key, address, roles } in config.listeners() {
            let bound = BoundAddress::bind(key, address).await?;
            listeners.push(RoleListener { address: bound.address()?, bound, roles });
        }
        let metrics = match config.metrics_listener() {
            None => None,
            Some(ListenerConfig { key, address, .. }) => Some(BoundAddress::bind(key, address).await?),
        };
        Ok(Self { urls: public_urls(config, &listeners), listeners, metrics })
    }

    /// The URL at which others reach each role: the setting, or the bound address.
    pub fn public_urls(&self) -> &PublicUrls {
        &self.urls
    }

    /// Serves an application at the bound addresses, and starts the workers of the settings.
    ///
    /// # Errors
    /// The certificate, address or setting that cannot be used.
    pub fn serve(self, config: &Config, app: App) -> Result<Node, String> {
        let Self { listeners, metrics, urls } = self;
        let limits = config.connections();
        let tls = config
            .certificate_source()
            .map(|source| ListenerTls::open(source, SystemClock.now()))
            .transpose()?
            .map(Arc::new);
        let acceptor = || tls.as_ref().map(|tls| tls.acceptor());
        if let Some(warning) = unreachable_address_warning(config, &listeners) {
            tracing::warn!("{warning}");
        }
        let (bodies, proxies) = (config.bodies(), config.server.proxies.clone());
        let state =
            AppState::new(app, urls, bodies, metrics.is_some().then(request_counters), proxies, config.operator()?);
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut addresses = Vec::new();
        for RoleListener { address, bound, roles } in listeners {
            let names: Vec<_> = roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect();
            let url = format!("{}://{address}", config.default_scheme());
            addresses.push(NodeAddress { url, purpose: names.join(", ") });
            let dispatcher = Dispatcher::new(state.clone(), build_routes(&state, &roles));
            tasks.spawn(bound.listen(limits)?.with_tls(acceptor()).serve(dispatcher, stopping.clone()));
        }
        if let Some(bound) = metrics {
            addresses.push(NodeAddress { url: format!("http://{}", bound.address()?), purpose: "metrics".into() });
            let limits = ConnectionLimits { connections: MAX_METRICS_CONNECTIONS, ..limits };
            let listener = bound.listen(limits)?;
            let dispatcher = Dispatcher::new(state.clone(), build_metrics_routes(&state));
            tasks.spawn(listener.serve(dispatcher, stopping.clone()));
        }
        if config.server.roles.contains(&Role::Worker) {
            tasks.spawn(workers::run_worker(state.clone(), stopping.clone()));
            tasks.spawn(workers::run_level_folding(state.clone(), stopping.clone()));
            tasks.spawn(workers::run_exports(state.clone(), stopping.clone()));
            if state.app.settings.fulfilment.has_connectors() {
                tasks.spawn(workers::run_backend_calls(state.clone(), stopping.clone()));
            }
        }
        if let Some(tls) = tls {
            tasks.spawn(workers::watch_certificate(tls, config.certificate_check_interval(), stopping.clone()));
        }
        tasks.spawn(workers::watch_node(state.clone(), stopping));
        Ok(Node { state, addresses, stop, tasks })
    }
}

impl Node {
    /// Stops accepting requests and finishes those in progress. It takes at most ten seconds, including the export of
    /// traces.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(NODE_STOP_TIMEOUT, ended).await.is_err() {
            // A message that was sent but not recorded is sent again after its lease, with the same id.
            tracing::warn!("the stop interrupted requests to receivers, mail servers or back ends: they are repeated");
        }
        if let Err(error) = self.state.app.db.checkpoint() {
            tracing::warn!(%error, "the write-ahead log could not be merged into the store; the next start reads it");
        }
    }
}

/// Returns a warning if links would have an address that others cannot reach. That is so for roles that listen on every
/// address of the machine and have no public URL.
fn unreachable_address_warning(config: &Config, listening: &[RoleListener]) -> Option<String> {
    let open = listening.iter().filter(|listener| listener.address.ip().is_unspecified());
    let settings = open.clone().flat_map(|listener| &listener.roles).filter_map(|role| match role {
        Role::Service => Some(("service.public_url", &config.service.public_url)),
        Role::Login => Some(("login.public_url", &config.login.public_url)),
        Role::Web => Some(("web.public_url", &config.web.public_url)),
        Role::Worker => None,
    });
    let missing: Vec<_> = settings.filter(|(_, url)| url.is_empty()).map(|(setting, _)| setting).collect();
    let address = open.map(|listener| listener.address).next()?;
    (!missing.is_empty()).then(|| {
        let (settings, scheme) = (missing.join(", "), config.default_scheme());
        format!(
            "{settings}: not set, so links in pages, mails and notifications begin with {scheme}://{address}, which \
             other machines cannot reach; set the URL that clients use, such as https://drs.example.com"
        )
    })
}

/// Returns the public URL of each role: the setting, or the address on which it listens.
fn public_urls(config: &Config, listening: &[RoleListener]) -> PublicUrls {
    let scheme = config.default_scheme();
    let url = |set: &str, role: Role| match listening.iter().find(|listener| listener.roles.contains(&role)) {
        _ if !set.is_empty() => set.trim_end_matches('/').to_owned(),
        Some(RoleListener { address, .. }) => format!("{scheme}://{address}"),
        None => format!("{scheme}://{}", config.server.listen),
    };
    PublicUrls {
        service: url(&config.service.public_url, Role::Service),
        login: url(&config.login.public_url, Role::Login),
        web: url(&config.web.public_url, Role::Web),
    }
}
