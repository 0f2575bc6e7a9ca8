//! The steps of `cargo xtask test`: their order, and what each does.
//!
//! Not here: choosing, timing and counting them (`test`). Invariant: a step whose inputs are missing fails; none skips
//! itself.

use crate::command::{Program, program};
use crate::failure::{Failure, Outcome};
use crate::peers;
use crate::postgres::{Cluster, Durability, VARIABLE};
use crate::references;
use crate::tools::{self, Apt};
use crate::torture;
use crate::tree::Tree;
use std::time::Duration;

/// One check of the whole project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Layout of the source text.
    Fmt,
    /// References between texts: citations, links, names of files.
    References,
    /// Lints; a warning is a failure.
    Clippy,
    /// Each crate without the features that the others happen to turn on.
    Alone,
    /// All Rust tests, with a real PostgreSQL.
    Rust,
    /// The first command a newcomer types.
    Demo,
    /// Programs by others, against ours.
    Peers,
    /// A real shop that fulfils orders; only when it is asked for.
    Vendure,
    /// Kills and faults, in short.
    Torture,
    /// Bans, licences and sources of what we depend on.
    Deny,
}

impl Step {
    /// Every step, cheap ones first.
    pub const ALL: [Self; 10] = [
        Self::Fmt,
        Self::References,
        Self::Clippy,
        Self::Alone,
        Self::Rust,
        Self::Demo,
        Self::Peers,
        Self::Vendure,
        Self::Torture,
        Self::Deny,
    ];

    /// Whether it is part of every run, or takes so long to install that it is asked for by name.
    pub fn is_usual(self) -> bool {
        self != Self::Vendure
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::References => "references",
            Self::Clippy => "clippy",
            Self::Alone => "alone",
            Self::Rust => "rust",
            Self::Demo => "demo",
            Self::Peers => "peers",
            Self::Vendure => "vendure",
            Self::Torture => "torture",
            Self::Deny => "deny",
        }
    }

    /// What it does, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Fmt => "the source is formatted",
            Self::References => "citations, links and names of files lead somewhere",
            Self::Clippy => "no lint warns",
            Self::Alone => "each crate builds by itself, without features that others turn on",
            Self::Rust => "all Rust tests, on SQLite and on a throw-away PostgreSQL",
            Self::Demo => "`opendrs demo --once` runs to its end",
            Self::Peers => "other people's clients (npm, PyPI) get along with the server",
            Self::Vendure => "a real Vendure shop (npm) fulfils orders; only with `--with vendure`",
            Self::Torture => "a server is killed and disturbed, and loses nothing that it answered",
            Self::Deny => "dependencies: bans, licences, sources",
        }
    }

    /// Does it.
    pub fn run(self, site: &mut Site<'_>) -> Outcome {
        match self {
            Self::Fmt => site.cargo(&["fmt", "--all", "--check"]).run(),
            Self::References => references::check(site.tree),
            Self::Clippy => site.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run(),
            Self::Alone => alone(site),
            Self::Rust => {
                let url = site.cluster()?.url.clone();
                site.cargo(&["test", "--workspace", "--no-fail-fast"]).env(VARIABLE, url).run()
            }
            Self::Demo => demo(site),
            Self::Peers => peers::run(site),
            Self::Vendure => peers::vendure(site),
            Self::Torture => torture::short(site),
            Self::Deny => deny(site),
        }
    }
}

/// Where the steps run, and what they share.
pub struct Site<'t> {
    /// The work tree.
    pub tree: &'t Tree,
    /// For what is missing.
    pub apt: Apt,
    cluster: Option<Cluster>,
}

impl<'t> Site<'t> {
    /// A site with nothing started yet.
    pub fn new(tree: &'t Tree) -> Self {
        Self { tree, apt: Apt::default(), cluster: None }
    }

    /// Cargo in the work tree's root.
    pub fn cargo(&self, words: &[&str]) -> Program {
        program("cargo").args(words).within(&self.tree.root)
    }

    /// The PostgreSQL of this run, started at its first use.
    pub fn cluster(&mut self) -> Outcome<&Cluster> {
        let cluster = match self.cluster.take() {
            Some(cluster) => cluster,
            None => {
                let cluster = Cluster::start(self.tree, &mut self.apt, "test-postgres", Durability::None)?;
                println!("PostgreSQL runs; its log: {}", cluster.log.display());
                cluster
            }
        };
        Ok(self.cluster.insert(cluster))
    }
}

/// Building the workspace at once gives every crate the features that any crate asks for; alone, each has only its own, and
/// here not even those that are on by default.
fn alone(site: &Site<'_>) -> Outcome {
    let listed = site.cargo(&["tree", "--quiet", "--workspace", "--depth", "0", "--prefix", "none"]).read()?;
    let crates = crates(&listed);
    if crates.is_empty() {
        return Err(Failure::new("`cargo tree` named no crate", "see what `cargo tree --workspace --depth 0` prints"));
    }
    let checks = crates.iter().map(|name| site.cargo(&["check", "--no-default-features", "--package", name]).run());
    Failure::all(checks.filter_map(Result::err).collect())
}

/// The names in a listing with one package a line, as `name version (path)`.
fn crates(listed: &str) -> Vec<&str> {
    listed.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

fn demo(site: &Site<'_>) -> Outcome {
    // Built first, so that the time limit is the demo's own.
    site.cargo(&["build"]).run()?;
    let demo = site.cargo(&["run", "--quiet", "--", "demo", "--once", "--listen", "127.0.0.1:0"]);
    demo.limit(Duration::from_secs(120)).run()
}

fn deny(site: &Site<'_>) -> Outcome {
    let cargo_deny = tools::cargo_deny(site.tree)?;
    // cargo-deny looks at every platform's dependencies, a build fetches only this one's.
    site.cargo(&["fetch", "--quiet", "--locked"]).run()?;
    // `advisories` is left out: it needs a database that is no registry package.
    program(cargo_deny).args(["--offline", "check", "bans", "licenses", "sources"]).within(&site.tree.root).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_from_a_listing() {
        let listed = "opendrs-domain v0.1.0 (/somewhere/domain)\n\nxtask v0.1.0 (/somewhere/xtask)\n";
        assert_eq!(crates(listed), ["opendrs-domain", "xtask"]);
    }

    #[test]
    fn names_differ() {
        for (i, step) in Step::ALL.iter().enumerate() {
            assert!(Step::ALL[i + 1..].iter().all(|other| other.name() != step.name()));
        }
    }
}
