//! `opendrs serve`: the service itself.

use super::open::{self, Time};
use super::{StoreArgs, out, seed};
use crate::config::{Config, Role};
use crate::http::{Limits, Listener};
use crate::site::{PublicUrls, Site};
use crate::{build, workers};
use clap::Args;
use opendrs_service::App;
use opendrs_store::Engine;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use toml::Value;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address of all roles, such as 0.0.0.0:7373; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
    /// What this node does, separated by commas.
    #[arg(long, value_delimiter = ',', value_enum)]
    roles: Vec<Role>,
    /// A seed file that is applied before the first answer.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Let the clock be frozen and moved, by `opendrs clock` and /-/clock. For tests: anybody who reaches the server may.
    #[arg(long)]
    test_clock: bool,
}

pub(super) async fn run(file: Option<&Path>, args: Serve) -> Result<(), String> {
    let mut more = Vec::new();
    if let Some(listen) = &args.listen {
        more.push(("server", "listen", Value::String(listen.clone())));
    }
    if !args.roles.is_empty() {
        let word = |role: &Role| clap::ValueEnum::to_possible_value(role).map(|v| Value::String(v.get_name().into()));
        more.push(("server", "roles", Value::Array(args.roles.iter().filter_map(word).collect())));
    }
    let config = open::config(file, &args.store, more)?;
    log(&config.server.log)?;
    let time = if args.test_clock { Time::Test } else { Time::System };
    let app = open::app(&config, time).await?;
    if let Some(path) = &args.seed {
        seed::apply(&app, path, false).await?;
    }
    let running = Running::start(&config, app).await?;
    // Before anybody is told that it runs, and may ask it to end.
    let signals = Signals::listen();
    for (address, roles) in &running.addresses {
        out::note(format!("OpenDRS {} listens on http://{address} ({roles})", env!("CARGO_PKG_VERSION")));
    }
    let engine = match running.site.app.db.engine() {
        Engine::Sqlite => format!("SQLite in {}", config.server.data.display()),
        Engine::Postgres => "PostgreSQL".to_owned(),
    };
    out::note(format!("Store: {engine}. Stop with Ctrl-C."));
    signals.any().await;
    out::note("Stopping: answers under way are finished first.");
    running.stop().await;
    Ok(())
}

/// Sends what is logged to standard error.
pub(super) fn log(level: &str) -> Result<(), String> {
    let filter = tracing_subscriber::EnvFilter::try_new(level)
        .map_err(|e| format!("server.log is `{level}`: write error, warn, info, debug or trace ({e})"))?;
    // A second start within one process, as in tests, keeps the first one's log.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    Ok(())
}

/// Waits for Ctrl-C or a request to terminate.
pub(super) async fn stopped() {
    Signals::listen().any().await;
}

/// Ctrl-C and requests to terminate, heard from the moment this is made.
struct Signals([Option<Signal>; 2]);

impl Signals {
    fn listen() -> Self {
        // Where the system refuses to hand one over, it ends the process as it always does.
        Self([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()))
    }

    /// Waits for either.
    async fn any(self) {
        let heard = async |signal: Option<Signal>| match signal {
            Some(mut signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        };
        let [interrupt, terminate] = self.0;
        tokio::select! {
            () = heard(interrupt) => {}
            () = heard(terminate) => {}
        }
    }
}

/// A running node.
pub(super) struct Running {
    /// The application at its edge.
    pub(super) site: Arc<Site>,
    /// Addresses listened on, and the roles at each.
    pub(super) addresses: Vec<(std::net::SocketAddr, String)>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Binds every address, then serves.
    pub(super) async fn start(config: &Config, mut app: App) -> Result<Self, String> {
        let limits = Limits { connections: config.server.max_connections, head_timeout: config.head_timeout() };
        let mut listeners: Vec<(String, Listener, Vec<Role>)> = Vec::new();
        for role in config.server.roles.iter().filter(|role| **role != Role::Worker) {
            let own = match role {
                Role::Service => &config.service.listen,
                Role::Login => &config.login.listen,
                Role::Web | Role::Worker => &config.web.listen,
            };
            let address = if own.is_empty() { &config.server.listen } else { own };
            match listeners.iter_mut().find(|(known, ..)| known == address) {
                Some((.., roles)) => roles.push(*role),
                None => listeners.push((address.clone(), Listener::bind(address, limits).await?, vec![*role])),
            }
        }
        let mut found = Vec::new();
        for (_, listener, roles) in &listeners {
            found.push((listener.address()?, roles.clone()));
        }
        let urls = urls(config, &found);
        if app.settings.notifications.base_url.is_empty() {
            app.settings.notifications.base_url.clone_from(&urls.web);
        }
        app.settings.mail.base_url.clone_from(&urls.web);
        let site = Site::new(app, urls);
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for (_, listener, roles) in listeners {
            let routes = build(&site, &roles);
            tasks.spawn(listener.serve(site.clone(), routes, stopping.clone()));
        }
        if config.server.roles.contains(&Role::Worker) {
            tasks.spawn(workers::run(site.clone(), stopping));
        }
        let names =
            |roles: Vec<Role>| roles.iter().map(|r| format!("{r:?}").to_lowercase()).collect::<Vec<_>>().join(", ");
        let addresses = found.into_iter().map(|(address, roles)| (address, names(roles))).collect();
        Ok(Self { site, addresses, stop, tasks })
    }

    /// Stops taking requests, finishes those under way.
    pub(super) async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Where the outside finds each role: as set, or where it listens here.
fn urls(config: &Config, listening: &[(std::net::SocketAddr, Vec<Role>)]) -> PublicUrls {
    let url = |set: &str, role: Role| match listening.iter().find(|(_, roles)| roles.contains(&role)) {
        _ if !set.is_empty() => set.trim_end_matches('/').to_owned(),
        Some((address, _)) => format!("http://{address}"),
        None => format!("http://{}", config.server.listen),
    };
    PublicUrls {
        service: url(&config.service.public_url, Role::Service),
        login: url(&config.login.public_url, Role::Login),
        web: url(&config.web.public_url, Role::Web),
    }
}
