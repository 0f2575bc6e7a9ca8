//! `opendrs serve`: the service itself.

use super::open::{self, Time};
use super::secrets::SecretArgs;
use super::{StoreArgs, out, seed as declared};
use crate::config::{Config, LogFormat, Override, Role, TlsMode, lifted};
use crate::http::{DRAIN, Limits, Listener};
use crate::site::{PublicUrls, Site};
use crate::tls::Tls;
use crate::{build, build_metrics, logging, meters, workers};
use clap::Args;
use opendrs_domain::date;
use opendrs_domain::time::Time as Moment;
use opendrs_service::clock::{Clock, SystemClock};
use opendrs_service::random::SystemRandom;
use opendrs_service::{App, schedule};
use opendrs_store::Engine;
use opendrs_store::installation::REPLACED;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
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
    /// Speak HTTPS: with a certificate of an authority made in the data folder (self-signed), or of files.
    #[arg(long, value_name = "MODE", value_enum)]
    tls: Option<TlsMode>,
    /// The certificate, PEM, followed by those that lead to a root; used anew when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// What this node does, separated by commas.
    #[arg(long, value_delimiter = ',', value_enum)]
    roles: Vec<Role>,
    /// A seed file that is applied before the first answer. A whole number in place of a file is --random-seed.
    #[arg(long, value_name = "FILE|N", value_parser = seed)]
    seed: Vec<Seed>,
    /// Let the clock be frozen and moved, by `opendrs clock` and /-/clock. For tests: anybody who reaches the server may.
    #[arg(long)]
    test_clock: bool,
    /// Lift every limit on calls, orders, mails and connections of [limits], for a load test.
    #[arg(long)]
    no_limits: bool,
    /// Make ids and secrets of this number, so that the same requests get the same answers again. For tests: whoever
    /// knows the number knows the secrets.
    #[arg(long, value_name = "N", requires = "test_clock")]
    random_seed: Option<u64>,
    /// Let the clock of a new store stand still at this time, such as 2018-03-02T07:00:00Z.
    #[arg(long, value_name = "TIME", requires = "test_clock", value_parser = moment)]
    start_at: Option<Moment>,
    #[command(flatten)]
    secrets: SecretArgs,
}

/// What a word for `--seed` means: people call both so.
#[derive(Clone, Debug)]
enum Seed {
    File(PathBuf),
    Number(u64),
}

fn seed(text: &str) -> Result<Seed, std::convert::Infallible> {
    let file = PathBuf::from(text);
    Ok(match text.parse() {
        Ok(number) if !file.exists() => Seed::Number(number),
        _ => Seed::File(file),
    })
}

fn moment(text: &str) -> Result<Moment, String> {
    date::parse(text).ok_or_else(|| "write it as 2018-03-02T07:00:00Z".into())
}

/// Where the receivers of tests are.
pub(super) const LOOPBACK: [&str; 3] = ["127.0.0.0/8", "::1", "localhost"];

pub(super) async fn run(file: Option<&Path>, args: Serve) -> Result<(), String> {
    let mut more = Vec::new();
    if let Some(listen) = &args.listen {
        more.push(("server", "listen", Value::String(listen.clone())));
    }
    more.extend(tls(&args));
    if !args.roles.is_empty() {
        let word = |role: &Role| clap::ValueEnum::to_possible_value(role).map(|v| Value::String(v.get_name().into()));
        more.push(("server", "roles", Value::Array(args.roles.iter().filter_map(word).collect())));
    }
    if args.no_limits {
        more.extend(lifted());
    }
    let other_defaults = if args.test_clock { lifted() } else { Vec::new() };
    let mut config = open::config_over(other_defaults, file, &args.store, more)?;
    #[cfg(feature = "otel")]
    let traces = crate::traces::Traces::start(&config)?;
    #[cfg(feature = "otel")]
    let spans = traces.as_ref().map(crate::traces::Traces::layer);
    #[cfg(not(feature = "otel"))]
    let spans = None;
    logging::start(&config.server.log, config.server.log_format, spans)?;
    let log_format = config.server.log_format;
    let note = |line: String| note(log_format, &line);
    if args.test_clock {
        config.outbound.allow.extend(LOOPBACK.map(str::to_owned));
    }
    let time = if args.test_clock { Time::Test } else { Time::System };
    let numbers =
        args.seed.iter().filter_map(|seed| if let Seed::Number(number) = seed { Some(*number) } else { None });
    let random = match args.random_seed.into_iter().chain(numbers).last() {
        Some(number) if !args.test_clock => {
            return Err(format!(
                "--seed {number} makes secrets that can be guessed: it is for tests, with --test-clock"
            ));
        }
        Some(number) => open::seeded(&config, number)?,
        None => Arc::new(SystemRandom),
    };
    // Before anything is made: secrets that have no place to go would be lost.
    let mut secrets = args.secrets.open()?;
    let app = open::app_with(&config, time, random).await?;
    if let Some(at) = args.start_at {
        schedule::begin_at(&app, at).await.map_err(super::cause)?;
    }
    for seed in &args.seed {
        if let Seed::File(path) = seed {
            declared::apply(&app, path, &mut secrets).await?;
        }
    }
    // Where the seed's lines go is of no matter to those who are served.
    if let Err(out::Lost::Unwritten(why)) = out::finish() {
        note(format!("What the seed made was not printed: {why}"));
    }
    let running = Running::start(&config, app).await?;
    // Before anybody is told that it runs, and may ask it to end.
    let mut signals = Signals::listen();
    for (address, roles) in &running.addresses {
        note(format!("OpenDRS {} listens on {address} ({roles})", env!("CARGO_PKG_VERSION")));
    }
    if let (TlsMode::SelfSigned, Some(authority)) = (config.tls.mode, config.local_authority()) {
        let at = authority.display();
        note(format!("TLS: clients must trust this installation's own authority, {at}. For example:"));
        note(format!("  curl --cacert {at} ...   NODE_EXTRA_CA_CERTS={at} node ...   SSL_CERT_FILE={at} opendrs ..."));
        note(format!(
            "  for a whole Debian: cp {at} /usr/local/share/ca-certificates/opendrs.crt && update-ca-certificates"
        ));
    }
    let engine = match running.site.app.db.engine() {
        Engine::Sqlite => format!("SQLite in {}", config.server.data.display()),
        Engine::Postgres => "PostgreSQL".to_owned(),
    };
    note(format!("Store: {engine}. Stop with Ctrl-C."));
    let ended = tokio::select! {
        () = signals.any() => Ok(()),
        () = running.site.app.db.stopped() => Err("the disk failed to sync: what it holds is known after a restart. \
             Everything that was answered is there; look at the disk, then start again"
            .to_owned()),
        () = running.site.app.key_replaced() => Err(REPLACED.to_owned()),
    };
    running.site.leave();
    if ended.is_ok() && !config.drain().is_zero() {
        let drain = config.drain();
        note(format!("Not ready any more: serving for {drain:?} yet, or until told once more to stop."));
        let _ = tokio::time::timeout(drain, signals.any()).await;
    }
    note("Stopping: answers under way are finished first.".into());
    running.stop().await;
    #[cfg(feature = "otel")]
    if let Some(traces) = traces {
        traces.finish().await;
    }
    ended
}

/// What the options say of TLS; files need no mode beside them.
fn tls(args: &Serve) -> Vec<Override> {
    let mut more = Vec::new();
    let mut set = |key, value: String| more.push(("tls", key, Value::String(value)));
    let files = args.tls_cert.as_ref().zip(args.tls_key.as_ref());
    if let Some(mode) = args.tls.or(files.map(|_| TlsMode::Files)) {
        set("mode", clap::ValueEnum::to_possible_value(&mode).map_or(String::new(), |word| word.get_name().into()));
        // What a file says of another mode holds no more.
        if mode != TlsMode::Files {
            set("certificate_file", String::new());
            set("key_file", String::new());
        }
    }
    if let Some((certificate, key)) = files {
        set("certificate_file", certificate.display().to_string());
        set("key_file", key.display().to_string());
    }
    more
}

/// Says something on standard error, whatever is logged, in the log's format.
fn note(format: LogFormat, line: &str) {
    match format {
        LogFormat::Text => out::note(line),
        LogFormat::Json => {
            let at = SystemClock.now().to_millis_text();
            let fields = serde_json::json!({ "message": line });
            let line = serde_json::json!({ "timestamp": at, "level": "INFO", "fields": fields, "target": "opendrs" });
            out::note(line.to_string());
        }
    }
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
    async fn any(&mut self) {
        let heard = async |signal: &mut Option<Signal>| match signal {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        };
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            () = heard(interrupt) => {}
            () = heard(terminate) => {}
        }
    }
}

/// How long a stop waits for everything that is under way.
const STOP: Duration = DRAIN.saturating_add(Duration::from_millis(500));

/// Connections to the metrics' address at most.
const SCRAPERS: usize = 16;

/// A running node.
pub(super) struct Running {
    /// The application at its edge.
    pub(super) site: Arc<Site>,
    /// Addresses listened on, as URLs, and the roles at each.
    pub(super) addresses: Vec<(String, String)>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Binds every address, then serves.
    pub(super) async fn start(config: &Config, mut app: App) -> Result<Self, String> {
        let limits = config.connections();
        let tls = config.certificate().map(|source| Tls::open(source, SystemClock.now())).transpose()?.map(Arc::new);
        let acceptor = || tls.as_ref().map(|tls| tls.acceptor());
        let mut listeners: Vec<(String, Listener, Vec<Role>)> = Vec::new();
        for role in config.server.roles.iter().filter(|role| **role != Role::Worker) {
            let (key, own) = match role {
                Role::Service => ("service.listen", &config.service.listen),
                Role::Login => ("login.listen", &config.login.listen),
                Role::Web | Role::Worker => ("web.listen", &config.web.listen),
            };
            let (key, address) = if own.is_empty() { ("server.listen", &config.server.listen) } else { (key, own) };
            match listeners.iter_mut().find(|(known, ..)| known == address) {
                Some((.., roles)) => roles.push(*role),
                None => {
                    let listener = Listener::bind(key, address, limits).await?.with_tls(acceptor());
                    listeners.push((address.clone(), listener, vec![*role]));
                }
            }
        }
        let metrics = match config.metrics.listen.as_str() {
            "" => None,
            address => {
                let limits = Limits { connections: SCRAPERS, ..limits };
                Some(Listener::bind("metrics.listen", address, limits).await?)
            }
        };
        let mut found = Vec::new();
        for (_, listener, roles) in &listeners {
            found.push((listener.address()?, roles.clone()));
        }
        if let Some(warning) = unreachable(config, &found) {
            tracing::warn!("{warning}");
        }
        let urls = urls(config, &found);
        if app.settings.notifications.base_url.is_empty() {
            app.settings.notifications.base_url.clone_from(&urls.web);
        }
        app.settings.mail.base_url.clone_from(&urls.web);
        // Whoever moves the clock is told of each mail that is sent meanwhile, to nobody as to somebody.
        app.settings.mail.kept = config.keeps_mail() && app.test_clock().is_none();
        let (bodies, proxies) = (config.bodies(), config.server.proxies.clone());
        let site = Site::new(app, urls, bodies, metrics.is_some().then(meters), proxies, config.operator()?);
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for (_, listener, roles) in listeners {
            let routes = build(&site, &roles);
            tasks.spawn(listener.serve(site.clone(), routes, stopping.clone()));
        }
        let mut told = Vec::new();
        if let Some(listener) = metrics {
            told.push((listener.address()?, "metrics".to_owned()));
            tasks.spawn(listener.serve(site.clone(), build_metrics(&site), stopping.clone()));
        }
        if config.server.roles.contains(&Role::Worker) {
            tasks.spawn(workers::run(site.clone(), stopping.clone()));
            if site.app.settings.fulfilment.calls() {
                tasks.spawn(workers::call(site.clone(), stopping.clone()));
            }
        }
        if let Some(tls) = tls.clone() {
            tasks.spawn(workers::certificate(tls, config.certificate_look(), stopping.clone()));
        }
        tasks.spawn(workers::watch(site.clone(), stopping));
        let names =
            |roles: Vec<Role>| roles.iter().map(|r| format!("{r:?}").to_lowercase()).collect::<Vec<_>>().join(", ");
        let told = told.into_iter().map(|(address, roles)| (format!("http://{address}"), roles));
        let found =
            found.into_iter().map(|(address, roles)| (format!("{}://{address}", config.scheme()), names(roles)));
        let addresses = found.chain(told).collect();
        Ok(Self { site, addresses, stop, tasks })
    }

    /// Stops taking requests, finishes those under way; within ten seconds, the sending of traces included.
    pub(super) async fn stop(mut self) {
        let _ = self.stop.send(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP, ended).await.is_err() {
            // A message that was sent and not recorded goes out again when its lease is over, under the same id.
            tracing::warn!("what is under way to receivers, mail servers and back ends is not waited for any longer");
        }
        if let Err(error) = self.site.app.db.rest() {
            tracing::warn!(%error, "the store's log stays beside it");
        }
    }
}

/// Which addresses would be named to others that lead nowhere: those of roles that listen on every address of the machine
/// and have no public URL.
fn unreachable(config: &Config, listening: &[(std::net::SocketAddr, Vec<Role>)]) -> Option<String> {
    let open = listening.iter().filter(|(address, _)| address.ip().is_unspecified());
    let settings = open.flat_map(|(_, roles)| roles).filter_map(|role| match role {
        Role::Service => Some(("service.public_url", &config.service.public_url)),
        Role::Login => Some(("login.public_url", &config.login.public_url)),
        Role::Web => Some(("web.public_url", &config.web.public_url)),
        Role::Worker => None,
    });
    let missing: Vec<_> = settings.filter(|(_, url)| url.is_empty()).map(|(setting, _)| setting).collect();
    let address = listening.iter().map(|(address, _)| address).find(|address| address.ip().is_unspecified())?;
    (!missing.is_empty()).then(|| {
        let (settings, scheme) = (missing.join(", "), config.scheme());
        format!(
            "{settings}: not set, so links in pages, mails and notifications begin with {scheme}://{address}, which \
             nobody else can reach; set what clients use, such as https://drs.example.com"
        )
    })
}

/// Where the outside finds each role: as set, or where it listens here.
fn urls(config: &Config, listening: &[(std::net::SocketAddr, Vec<Role>)]) -> PublicUrls {
    let scheme = config.scheme();
    let url = |set: &str, role: Role| match listening.iter().find(|(_, roles)| roles.contains(&role)) {
        _ if !set.is_empty() => set.trim_end_matches('/').to_owned(),
        Some((address, _)) => format!("{scheme}://{address}"),
        None => format!("{scheme}://{}", config.server.listen),
    };
    PublicUrls {
        service: url(&config.service.public_url, Role::Service),
        login: url(&config.login.public_url, Role::Login),
        web: url(&config.web.public_url, Role::Web),
    }
}
