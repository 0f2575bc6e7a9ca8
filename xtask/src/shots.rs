//! `cargo xtask shots`: pictures of every page, for people who look at them.
//!
//! Not here: the walk through the pages, which the step `peers` checks (`peers/node/walk.mjs`). Invariant: the folder holds the
//! pictures of one run only.

use crate::error::TaskResult;
use crate::peers;
use crate::step_context::StepContext;
use crate::workspace::Workspace;

/// Builds the program, walks through its pages and writes pictures of them to `target/shots`.
pub fn run(tree: &Workspace) -> TaskResult {
    let mut site = StepContext::new(tree);
    site.apt.ensure_japanese_font()?;
    site.cargo(&["build"]).run()?;
    let script = peers::prepare_node_script(&mut site, "shots.mjs")?;
    peers::run_with_server(&site, script.arg(tree.target_path("shots")))
}
