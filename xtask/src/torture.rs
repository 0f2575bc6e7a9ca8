//! `cargo xtask torture`, and its short form as a step of `cargo xtask test`.
//!
//! It builds the server with failpoints, under another name, and `opendrs-torture`, which kills and disturbs that
//! server and checks its store. Not here: kills, faults and checks (`crates/torture`). Invariant: PostgreSQL syncs to
//! disk here, and has no other users, because it is killed as well.

use crate::command::{find_on_path, program};
use crate::error::TaskResult;
use crate::postgres::{Durability, PostgresCluster};
use crate::step_context::StepContext;
use crate::tools::Apt;
use crate::workspace::Workspace;
use std::time::Duration;

/// The default number of servers to kill on each engine.
const DEFAULT_CYCLES: u64 = 200;
/// The number in `cargo xtask test`, which is enough for every failpoint.
const SHORT_CYCLES: u64 = 16;
/// The time limit of one part.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// A store engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TortureEngine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL, with a cluster of its own.
    Postgres,
}

impl TortureEngine {
    /// Both engines.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The options of `torture`.
#[derive(Debug, PartialEq, Eq)]
pub struct TortureOptions {
    /// The number of servers to kill on each engine.
    pub cycles: u64,
    /// The engines to run on.
    pub engines: Vec<TortureEngine>,
    /// The seed of an earlier run, to repeat its random choices.
    pub seed: Option<u64>,
}

impl Default for TortureOptions {
    fn default() -> Self {
        Self { cycles: DEFAULT_CYCLES, engines: TortureEngine::ALL.to_vec(), seed: None }
    }
}

/// Runs the step of `cargo xtask test`.
pub fn run_short(site: &mut StepContext<'_>) -> TaskResult {
    let torture = TortureOptions { cycles: SHORT_CYCLES, ..TortureOptions::default() };
    // Faults of mounting and tracing are left out, and reported, where the machine does not permit them.
    run_on_engines(site.workspace, &mut site.apt, &torture, &["faults", "--as-permitted"])
}

/// Runs `cargo xtask torture`.
pub fn run(tree: &Workspace, torture: &TortureOptions) -> TaskResult {
    run_on_engines(tree, &mut Apt::default(), torture, &["faults"])
}

fn run_on_engines(tree: &Workspace, apt: &mut Apt, torture: &TortureOptions, faults: &[&str]) -> TaskResult {
    let build = ["build", "--package", "opendrs-torture", "--features", "failpoints"];
    program("cargo").args(build).in_folder(&tree.root).run()?;
    let seed = torture.seed.unwrap_or_else(random_seed).to_string();
    println!("seed {seed}");
    if find_on_path("strace").is_none() {
        apt.install(&["strace"])?;
    }
    for engine in &torture.engines {
        let cluster = match engine {
            TortureEngine::Sqlite => None,
            TortureEngine::Postgres => Some(PostgresCluster::start(tree, apt, "torture-postgres", Durability::Full)?),
        };
        let torturer = |words: &[&str]| {
            let common = ["--engine", engine.name(), "--seed", &seed];
            let mut torturer =
                program(tree.built_program("opendrs-torture")).args(words).args(common).with_time_limit(LIMIT);
            torturer = torturer.arg("--server").arg(tree.built_program("opendrs-failing"));
            match &cluster {
                Some(cluster) => torturer.args(["--cluster", &cluster.url]),
                None => torturer,
            }
        };
        torturer(&["kill", "--cycles", &torture.cycles.to_string()]).run()?;
        let faults = torturer(faults);
        let faults = match &cluster {
            Some(cluster) => faults.arg("--cluster-bin").arg(&cluster.bin).arg("--cluster-data").arg(&cluster.data),
            None => faults,
        };
        faults.run()?;
    }
    Ok(())
}

/// A new seed for each run; it is printed.
#[expect(clippy::disallowed_methods, reason = "a seed, for which the time is as good as any")]
fn random_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(1, |since| u64::from(since.subsec_nanos()))
}
