//! `opendrs serve`: the service itself.

use opendrs_server::open_app::{self, Time};
use super::secrets::SecretArgs;
use super::{out, seed as declared};
use crate::store_args::{self, StoreArgs};
use opendrs_server::config::{LogFormat, Override, Role, TlsMode, lifted};
use opendrs_server::node::Node;
use opendrs_server::telemetry::logging;
use clap::Args;
use opendrs_domain::date;
use opendrs_domain::time::Time as Moment;
use opendrs_service::clock::{Clock, SystemClock};
use opendrs_service::random::SystemRandom;
use opendrs_service::schedule;
use opendrs_store::Engine;
use opendrs_store::installation::REPLACED;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use toml::Value;

#[derive(Debug, Args)]
pub struct Serve {
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
pub const LOOPBACK: [&str; 3] = ["127.0.0.0/8", "::1", "localhost"];

pub async fn run(file: Option<&Path>, args: Serve) -> Result<(), String> {
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
    let mut config = store_args::config_over(other_defaults, file, &args.store, more)?;
    #[cfg(feature = "otel")]
    let traces = opendrs_server::telemetry::otlp::Traces::start(&config)?;
    #[cfg(feature = "otel")]
    let spans = traces.as_ref().map(opendrs_server::telemetry::otlp::Traces::layer);
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
        Some(number) => open_app::seeded(&config, number)?,
        None => Arc::new(SystemRandom),
    };
    // Before anything is made: secrets that have no place to go would be lost.
    let mut secrets = args.secrets.open()?;
    let app = open_app::app_with(&config, time, random).await?;
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
    let running = Node::start(&config, app).await?;
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
pub async fn stopped() {
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
