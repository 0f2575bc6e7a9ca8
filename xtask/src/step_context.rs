//! What the steps of `cargo xtask test` share: the work tree, packages, one PostgreSQL.
//!
//! Invariant: nothing is started before a step needs it, and it ends with this.

use crate::command::{ExternalProgram, program};
use crate::error::TaskResult;
use crate::postgres::{Durability, PostgresCluster};
use crate::tools::Apt;
use crate::workspace::Workspace;

/// Where the steps run, and what they share.
pub struct StepContext<'t> {
    /// The work tree.
    pub workspace: &'t Workspace,
    /// For what is missing.
    pub apt: Apt,
    cluster: Option<PostgresCluster>,
}

impl<'t> StepContext<'t> {
    /// A site with nothing started yet.
    pub fn new(tree: &'t Workspace) -> Self {
        Self { workspace: tree, apt: Apt::default(), cluster: None }
    }

    /// Cargo in the work tree's root.
    pub fn cargo(&self, words: &[&str]) -> ExternalProgram {
        program("cargo").args(words).in_folder(&self.workspace.root)
    }

    /// The PostgreSQL of this run, started at its first use.
    pub fn postgres_cluster(&mut self) -> TaskResult<&PostgresCluster> {
        let cluster = match self.cluster.take() {
            Some(cluster) => cluster,
            None => {
                let cluster =
                    PostgresCluster::start(self.workspace, &mut self.apt, "test-postgres", Durability::Relaxed)?;
                println!("PostgreSQL runs; its log: {}", cluster.log.display());
                cluster
            }
        };
        Ok(self.cluster.insert(cluster))
    }
}
