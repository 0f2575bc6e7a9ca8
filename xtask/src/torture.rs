//! `cargo xtask torture`, and its short form as a step of `cargo xtask test`.
//!
//! Builds the server with failpoints under a name of its own, and `opendrs-torture`, which kills and disturbs the one and
//! checks what it leaves. Not here: kills, faults and checks (`crates/torture`). Invariant: PostgreSQL syncs to disk here, and is
//! nobody else's, since it is killed as well.

use crate::command::{find_on_path, program};
use crate::error::TaskResult;
use crate::postgres::{Durability, PostgresCluster};
use crate::step_context::StepContext;
use crate::tools::Apt;
use crate::workspace::Workspace;
use std::time::Duration;

/// How many servers are killed on each engine when nothing else is said.
const DEFAULT_CYCLES: u64 = 200;
/// The same in `cargo xtask test`: enough that every failpoint has its turn.
const SHORT_CYCLES: u64 = 16;
/// How long one part may take.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TortureEngine {
    /// Embedded.
    Sqlite,
    /// A cluster of its own.
    Postgres,
}

impl TortureEngine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct TortureOptions {
    /// How many servers are killed on each engine.
    pub cycles: u64,
    /// On which engines.
    pub engines: Vec<TortureEngine>,
    /// Repeats the choices of an earlier run.
    pub seed: Option<u64>,
}

impl Default for TortureOptions {
    fn default() -> Self {
        Self { cycles: DEFAULT_CYCLES, engines: TortureEngine::ALL.to_vec(), seed: None }
    }
}

/// The step of `cargo xtask test`.
pub fn run_short(site: &mut StepContext<'_>) -> TaskResult {
    let torture = TortureOptions { cycles: SHORT_CYCLES, ..TortureOptions::default() };
    // Where the machine lets nobody mount or trace, those faults are left out, and that is printed.
    run_on_engines(site.workspace, &mut site.apt, &torture, &["faults", "--as-permitted"])
}

/// `cargo xtask torture`.
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

/// Another one each time; it is printed.
#[expect(clippy::disallowed_methods, reason = "a seed, for which the time is as good as any")]
fn random_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(1, |since| u64::from(since.subsec_nanos()))
}
