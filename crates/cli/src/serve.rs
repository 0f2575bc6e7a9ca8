//! `opendrs serve`: runs a node of the service.

use super::secrets::SecretOutputArgs;
use super::stop_signals::StopSignals;
use super::{output, seed as declared};
use crate::store_args::{self, StoreArgs};
use clap::Args;
use opendrs_config::{LogFormat, Role, SettingOverride, TlsMode, lifted_limits};
use opendrs_domain::date;
use opendrs_domain::time::Time;
use opendrs_server::node::{NodeAddress, NodeListeners};
use opendrs_server::open_app::{self, ClockMode};
use opendrs_server::telemetry::logging;
use opendrs_service::clock::{Clock, SystemClock};
use opendrs_service::random::SystemRandom;
use opendrs_service::schedule;
use opendrs_store::Engine;
use opendrs_store::installation::MASTER_KEY_REPLACED;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Value;

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address for all roles, such as 0.0.0.0:7373; port 0 takes a free port.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
    /// Serve HTTPS: with a certificate of an authority that is made in the data folder (self-signed), or with files.
    #[arg(long, value_name = "MODE", value_enum)]
    tls: Option<TlsMode>,
    /// The certificate and its chain, PEM; a changed file is loaded without a restart.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Roles of this node, separated by commas.
    #[arg(long, value_delimiter = ',', value_enum)]
    roles: Vec<Role>,
    /// Seed file to apply before the first answer. A whole number instead of a file means --random-seed.
    #[arg(long, value_name = "FILE|N", value_parser = parse_seed_option)]
    seed: Vec<SeedOption>,
    /// Allow `opendrs clock` and /-/clock to freeze and move the clock. For tests only: everyone who reaches the server
    /// can.
    #[arg(long)]
    test_clock: bool,
    /// Turn off every limit of the section `limits` on calls, orders, mails and connections, for a load test.
    #[arg(long)]
    no_limits: bool,
    /// Derive ids and secrets from this number, so that the same requests get the same answers. For tests only: the
    /// number reveals the secrets.
    #[arg(long, value_name = "N", requires = "test_clock")]
    random_seed: Option<u64>,
    /// Freeze the clock of a new store at this time, such as 2018-03-02T07:00:00Z.
    #[arg(long, value_name = "TIME", requires = "test_clock", value_parser = parse_start_time)]
    start_at: Option<Time>,
    #[command(flatten)]
    secrets: SecretOutputArgs,
}

/// The value of `--seed`, a name that many use for both: a seed file, or the seed of the random numbers.
#[derive(Clone, Debug)]
enum SeedOption {
    File(PathBuf),
    Number(u64),
}

fn parse_seed_option(text: &str) -> Result<SeedOption, std::convert::Infallible> {
    let file = PathBuf::from(text);
    Ok(match text.parse() {
        Ok(number) if !file.exists() => SeedOption::Number(number),
        _ => SeedOption::File(file),
    })
}

fn parse_start_time(text: &str) -> Result<Time, String> {
    date::parse(text).ok_or_else(|| "write it as 2018-03-02T07:00:00Z".into())
}

/// Why the server stops when the disk cannot confirm a write.
const SYNC_FAILED: &str = "the disk failed to sync, so the server cannot write. Confirmed changes are stored. Check \
                           the disk, then start the server again";

/// The hosts of receivers in tests.
pub const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.0/8", "::1", "localhost"];

pub async fn run(file: Option<&Path>, args: ServeArgs) -> Result<(), String> {
    let mut more = Vec::new();
    if let Some(listen) = &args.listen {
        more.push(("server", "listen", Value::String(listen.clone())));
    }
    more.extend(tls_overrides(&args));
    if !args.roles.is_empty() {
        let word = |role: &Role| clap::ValueEnum::to_possible_value(role).map(|v| Value::String(v.get_name().into()));
        more.push(("server", "roles", Value::Array(args.roles.iter().filter_map(word).collect())));
    }
    if args.no_limits {
        more.extend(lifted_limits());
    }
    let other_defaults = if args.test_clock { lifted_limits() } else { Vec::new() };
    let mut config = store_args::load_config_with_defaults(other_defaults, file, &args.store, more)?;
    #[cfg(feature = "otel")]
    let traces = opendrs_server::telemetry::otlp::TraceExporter::start(&config)?;
    #[cfg(feature = "otel")]
    let spans = traces.as_ref().map(opendrs_server::telemetry::otlp::TraceExporter::layer);
    #[cfg(not(feature = "otel"))]
    let spans = None;
    logging::init(&config.server.log, config.server.log_format, spans)?;
    let log_format = config.server.log_format;
    let note = |line: String| print_notice(log_format, &line);
    if args.test_clock {
        config.outbound.allow.extend(LOOPBACK_HOSTS.map(str::to_owned));
    }
    let time = if args.test_clock { ClockMode::Test } else { ClockMode::System };
    let numbers =
        args.seed.iter().filter_map(|seed| if let SeedOption::Number(number) = seed { Some(*number) } else { None });
    let random = match args.random_seed.into_iter().chain(numbers).last() {
        Some(number) if !args.test_clock => {
            return Err(format!("--seed {number} makes secrets predictable: use it for tests only, with --test-clock"));
        }
        Some(number) => open_app::seeded_random(&config, number)?,
        None => Arc::new(SystemRandom),
    };
    // The secrets' file is opened before anything is generated, because unwritten secrets would be lost.
    let mut secrets = args.secrets.open_output()?;
    let listeners = NodeListeners::bind(&config).await?;
    let app = open_app::open_app_for_node(&config, &listeners, time, random).await?;
    if let Some(at) = args.start_at {
        schedule::freeze_clock_at_if_unset(&app, at).await.map_err(super::error_text)?;
    }
    for seed in &args.seed {
        if let SeedOption::File(path) = seed {
            declared::apply_file(&app, path, &mut secrets).await?;
        }
    }
    // A failure to print the seed's outcome must not stop the server.
    if let Err(output::OutputError::WriteFailed(why)) = output::check_output() {
        note(format!("The outcome of the seed was not printed: {why}"));
    }
    let running = listeners.serve(&config, app)?;
    // Signals are registered before the server reports that it runs, because one may arrive from then on.
    let mut signals = StopSignals::register();
    for NodeAddress { url, purpose } in &running.addresses {
        note(format!("OpenDRS {} listens on {url} ({purpose})", env!("CARGO_PKG_VERSION")));
    }
    if let (TlsMode::SelfSigned, Some(authority)) = (config.tls.mode, config.local_ca_file()) {
        let at = authority.display();
        note(format!("TLS: clients must trust this installation's own authority, {at}. For example:"));
        note(format!("  curl --cacert {at} ...   NODE_EXTRA_CA_CERTS={at} node ...   SSL_CERT_FILE={at} opendrs ..."));
        note(format!(
            "  for all programs on Debian: cp {at} /usr/local/share/ca-certificates/opendrs.crt && \
             update-ca-certificates"
        ));
    }
    let engine = match running.state.app.db.engine() {
        Engine::Sqlite => format!("SQLite in {}", config.server.data.display()),
        Engine::Postgres => "PostgreSQL".to_owned(),
    };
    note(format!("Store: {engine}. Stop with Ctrl-C."));
    let ended = tokio::select! {
        () = signals.wait() => Ok(()),
        () = running.state.app.db.wait_stopped() => Err(SYNC_FAILED.to_owned()),
        () = running.state.app.wait_for_key_replacement() => Err(MASTER_KEY_REPLACED.to_owned()),
    };
    running.state.begin_shutdown();
    if ended.is_ok() && !config.drain_window().is_zero() {
        let drain = config.drain_window();
        note(format!("No longer ready: serving for another {drain:?}, or until a second stop signal."));
        let _ = tokio::time::timeout(drain, signals.wait()).await;
    }
    note("Stopping: requests in progress are finished first.".into());
    running.stop().await;
    #[cfg(feature = "otel")]
    if let Some(traces) = traces {
        traces.shutdown().await;
    }
    ended
}

/// The settings that the TLS options override. --tls-cert and --tls-key imply the mode `files`.
fn tls_overrides(args: &ServeArgs) -> Vec<SettingOverride> {
    let mut more = Vec::new();
    let mut set = |key, value: String| more.push(("tls", key, Value::String(value)));
    let files = args.tls_cert.as_ref().zip(args.tls_key.as_ref());
    if let Some(mode) = args.tls.or(files.map(|_| TlsMode::Files)) {
        set("mode", clap::ValueEnum::to_possible_value(&mode).map_or(String::new(), |word| word.get_name().into()));
        // Files in the settings belong to another mode.
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

/// Prints a line to standard error in the log's format, at any log level.
fn print_notice(format: LogFormat, line: &str) {
    match format {
        LogFormat::Text => output::print_note(line),
        LogFormat::Json => {
            let at = SystemClock.now().to_rfc3339_millis();
            let fields = serde_json::json!({ "message": line });
            let line = serde_json::json!({ "timestamp": at, "level": "INFO", "fields": fields, "target": "opendrs" });
            output::print_note(line.to_string());
        }
    }
}
