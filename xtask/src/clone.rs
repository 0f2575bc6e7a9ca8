//! `cargo xtask ci-clone`: runs `.ci/run` in a fresh clone, as CI does.
//!
//! Not here: the checks of CI. Invariant: the clone contains only HEAD of this work tree, and is removed.

use crate::command::program;
use crate::error::{TaskError, TaskResult};
use crate::postgres;
use crate::watchdog::TemporaryFolder;
use crate::workspace::Workspace;
use std::time::Duration;

/// CI's time limit of one run.
const CI_TIME_LIMIT: Duration = Duration::from_secs(90 * 60);

/// Variables that a shell or cargo may have set for this work tree, and that CI does not have.
const REMOVED_VARIABLES: [&str; 6] = [
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_MANIFEST_DIR",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    postgres::CLUSTER_VARIABLE,
];

/// Clones HEAD and runs `.ci/run` in it.
pub fn run(tree: &Workspace) -> TaskResult {
    let git = |words: &[&str]| program("git").args(words).in_folder(&tree.root);
    let head = git(&["rev-parse", "--short", "HEAD"]).read_output();
    let head = head.map_err(|_| TaskError::new("there is no HEAD to clone", "commit something first"))?;
    if !git(&["status", "--porcelain"]).read_output()?.is_empty() {
        println!("only what is committed ({head}) is tested; this work tree has more");
    }
    let folder = TemporaryFolder::create("opendrs-ci-clone")?;
    let clone = folder.path.join("opendrs");
    git(&["clone", "--quiet"]).args([&tree.root, &clone]).run()?;
    let ci = program("bash").args([".ci/run"]).in_folder(&clone).env("CI", "true").with_time_limit(CI_TIME_LIMIT);
    REMOVED_VARIABLES.into_iter().fold(ci, |ci, name| ci.without_env(name)).run()
}
