//! `opendrs-torture`: kills and disturbs a real server, and checks that nothing it answered was lost.
//!
//! Its devices call over HTTP. A ledger has their answers on disk before the next call, and checks read the store
//! directly. `cargo xtask torture` builds and starts it. It is not part of the product. Invariant: every finding ends
//! the run with status 1 and prints the seed to repeat it; every started process is ended.

mod device;
mod fault;
mod invariants;
mod kill;
mod ledger;
mod load;
mod server_process;
mod store;
mod test_bed;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fault::PermittedFaults;
use kill::DeathCounts;
use server_process::ServerProgram;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use store::TortureStore;
use test_bed::TestBed;

/// Kill and disturb a real server: whatever it answered must be in the store afterwards.
#[derive(Debug, Parser)]
#[command(name = "opendrs-torture", arg_required_else_help = true)]
struct TortureCli {
    #[command(subcommand)]
    command: TortureCommand,
}

#[derive(Debug, Subcommand)]
enum TortureCommand {
    /// Kill with `kill -9` at random times and at every failpoint, in turns.
    Kill(KillArgs),
    /// Run faults: full disk, failed writes, failed sync, killed PostgreSQL, jumping clock, exhausted descriptors.
    Faults(FaultsArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineArg {
    Sqlite,
    Postgres,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Store engine.
    #[arg(long)]
    engine: EngineArg,
    /// Program of the server, built with the feature `failpoints`.
    #[arg(long, value_name = "FILE")]
    server: PathBuf,
    /// URL of a PostgreSQL cluster, with a superuser; a database is created on it and removed after a success.
    #[arg(long, value_name = "URL", required_if_eq("engine", "postgres"))]
    cluster: Option<String>,
    /// Seed of the random choices; the same seed repeats a run.
    #[arg(long)]
    seed: u64,
}

/// A run with this many cycles must see every kind of answer; otherwise it proves too little, and fails.
const MIN_CYCLES_FOR_COVERAGE: usize = 10;

#[derive(Debug, Args)]
struct KillArgs {
    #[command(flatten)]
    options: RunArgs,
    /// Number of servers to kill.
    #[arg(long)]
    cycles: usize,
}

#[derive(Debug, Args)]
struct FaultsArgs {
    #[command(flatten)]
    options: RunArgs,
    /// Folder of the cluster's `pg_ctl`; the cluster is killed, so it must have no other users.
    #[arg(long, value_name = "DIR", requires = "cluster_data")]
    cluster_bin: Option<PathBuf>,
    /// Data folder of the cluster.
    #[arg(long, value_name = "DIR", requires = "cluster_bin")]
    cluster_data: Option<PathBuf>,
    /// Leave out and report the faults that this machine does not permit: mounting a disk, tracing a process.
    #[arg(long)]
    as_permitted: bool,
}

fn main() -> ExitCode {
    let cli = TortureCli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report_failure(&format!("the runtime cannot start: {error}")),
    };
    let done = runtime.block_on(async {
        match cli.command {
            TortureCommand::Kill(args) => run_kill_cycles(&args).await.map_err(|e| (e, args.options.seed)),
            TortureCommand::Faults(args) => run_faults(&args).await.map_err(|e| (e, args.options.seed)),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((finding, seed)) => report_failure(&format!("{finding}\nagain: --seed {seed}")),
    }
}

fn report_failure(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "{message}");
    ExitCode::FAILURE
}

fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A temporary folder for one run. It is kept after a finding, for inspection.
struct RunFolder(Option<tempfile::TempDir>);

impl RunFolder {
    fn path(&self) -> PathBuf {
        self.0.as_ref().map(|folder| folder.path().to_owned()).unwrap_or_default()
    }

    fn keep(&mut self) -> Option<PathBuf> {
        self.0.take().map(tempfile::TempDir::keep)
    }
}

/// Creates a test bed, runs `work` on it, and removes it. After a finding it is kept.
async fn with_test_bed<T>(
    options: &RunArgs,
    work: impl AsyncFnOnce(&mut TestBed) -> Result<T, String>,
) -> Result<T, String> {
    let mut folder = RunFolder(Some(tempfile::tempdir().map_err(|e| e.to_string())?));
    let data = folder.path().join("data");
    let name = format!("torture_{}_{}", std::process::id(), options.seed);
    let cluster = options.cluster.as_deref().unwrap_or_default();
    let place = match options.engine {
        EngineArg::Sqlite => TortureStore::File(data.join("opendrs.db")),
        EngineArg::Postgres => {
            let client = store::connect(cluster).await?;
            client.batch_execute(&format!("CREATE DATABASE {name}")).await.map_err(|e| e.to_string())?;
            let (server, _) = cluster.rsplit_once('/').ok_or("the cluster's URL names no database")?;
            TortureStore::Url(format!("{server}/{name}"))
        }
    };
    let seed = folder.path().join("seed.toml");
    std::fs::write(&seed, device::SEED).map_err(|e| e.to_string())?;
    let program = ServerProgram {
        file: std::path::absolute(&options.server).map_err(|e| e.to_string())?,
        wrapper: Vec::new(),
        data,
        store: place,
    };
    let rng = fastrand::Rng::with_seed(options.seed);
    let mut bed = TestBed::new(program, seed, &folder.path().join("ledger"), rng)?;
    match work(&mut bed).await {
        Ok(done) => {
            if options.engine == EngineArg::Postgres {
                let client = store::connect(cluster).await?;
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                client.batch_execute(&drop).await.map_err(|e| e.to_string())?;
            }
            Ok(done)
        }
        Err(finding) => {
            let kept = folder.keep().unwrap_or_default();
            Err(format!("{finding}\nkept: {}", kept.display()))
        }
    }
}

async fn run_faults(args: &FaultsArgs) -> Result<(), String> {
    let both = args.cluster_bin.clone().zip(args.cluster_data.clone());
    let cluster = both.map(|(bin, data)| fault::ExclusiveCluster { bin, data });
    print_line(&format!("{:?}, seed {}: faults", args.options.engine, args.options.seed));
    let permitted = if args.as_permitted { PermittedFaults::detect() } else { PermittedFaults::ALL };
    fault::run_all(&args.options, cluster.as_ref(), permitted, |done| print_line(&format!("  {done}"))).await
}

async fn run_kill_cycles(args: &KillArgs) -> Result<(), String> {
    let progress = std::io::stderr().is_terminal();
    let tell = |cycle: usize, deaths: &DeathCounts| {
        if progress {
            let _ = write!(std::io::stderr().lock(), "\r{cycle} of {} cycles, {} late ", args.cycles, deaths.late);
        }
    };
    let work = async |bed: &mut TestBed| {
        let deaths = kill::run_cycles(bed, args.cycles, tell).await?;
        Ok((deaths, bed.answer_counts()))
    };
    let (deaths, counts) = with_test_bed(&args.options, work).await?;
    if progress {
        let _ = writeln!(std::io::stderr().lock());
    }
    let points: Vec<_> = deaths.at_failpoint.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let answers: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    print_line(&format!(
        "{:?}, seed {}: {} cycles; killed at random {}, late {}; died at {}",
        args.options.engine,
        args.options.seed,
        args.cycles,
        deaths.random,
        deaths.late,
        points.join(", "),
    ));
    print_line(&format!("  all there: {}", answers.join(", ")));
    match counts.iter().find(|(_, count)| *count == 0) {
        Some((name, _)) if args.cycles >= MIN_CYCLES_FOR_COVERAGE => {
            Err(format!("there were no {name}: nothing was proved of them"))
        }
        _ => Ok(()),
    }
}
