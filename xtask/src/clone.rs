//! `cargo xtask ci-clone`: what CI does, here: `.ci/run` in a fresh clone.
//!
//! Not here: what CI checks. Invariant: the clone sees nothing of this work tree but its HEAD, and is removed.

use crate::command::program;
use crate::failure::{Failure, Outcome};
use crate::postgres;
use crate::tree::Tree;
use crate::watchdog::Folder;
use std::time::Duration;

/// How long CI gives one run.
const LIMIT: Duration = Duration::from_secs(90 * 60);

/// What a shell or cargo may have set for this work tree, or CI would not have.
const OURS: [&str; 6] = [
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_MANIFEST_DIR",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    postgres::VARIABLE,
];

/// Clones HEAD and runs `.ci/run` in it.
pub fn run(tree: &Tree) -> Outcome {
    let git = |words: &[&str]| program("git").args(words).within(&tree.root);
    let head = git(&["rev-parse", "--short", "HEAD"]).read();
    let head = head.map_err(|_| Failure::new("there is no HEAD to clone", "commit something first"))?;
    if !git(&["status", "--porcelain"]).read()?.is_empty() {
        println!("only what is committed ({head}) is tested; this work tree has more");
    }
    let folder = Folder::make("opendrs-ci-clone")?;
    let clone = folder.path.join("opendrs");
    git(&["clone", "--quiet"]).args([&tree.root, &clone]).run()?;
    let ci = program("bash").args([".ci/run"]).within(&clone).env("CI", "true").limit(LIMIT);
    OURS.into_iter().fold(ci, |ci, name| ci.without(name)).run()
}
