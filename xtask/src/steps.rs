//! The steps of `cargo xtask test`: their order, and what each does.
//!
//! Not here: choosing, timing and counting them (`test`). Invariant: a step whose inputs are missing fails; none skips
//! itself.

use crate::command::program;
use crate::error::{TaskError, TaskResult};
use crate::peers;
use crate::postgres::CLUSTER_VARIABLE;
use crate::references;
use crate::step_context::StepContext;
use crate::structure;
use crate::tools;
use crate::torture;
use std::time::Duration;

/// One check of the whole project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStep {
    /// Layout of the source text.
    Fmt,
    /// References between texts: citations, links, names of files.
    References,
    /// Loops of modules, long files, names of types, long sentences, words that no customer should read.
    Structure,
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

impl TestStep {
    /// Every step, cheap ones first.
    pub const ALL: [Self; 11] = [
        Self::Fmt,
        Self::References,
        Self::Structure,
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
    pub fn runs_by_default(self) -> bool {
        self != Self::Vendure
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::References => "references",
            Self::Structure => "structure",
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
    pub fn description(self) -> &'static str {
        match self {
            Self::Fmt => "the source is formatted",
            Self::References => "citations, links and names of files lead somewhere",
            Self::Structure => "no loop of modules, no long file or sentence, no type name in three places",
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
    pub fn run(self, site: &mut StepContext<'_>) -> TaskResult {
        match self {
            Self::Fmt => site.cargo(&["fmt", "--all", "--check"]).run(),
            Self::References => references::check_references(site.workspace),
            Self::Structure => structure::check_structure(site.workspace),
            Self::Clippy => site.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run(),
            Self::Alone => check_crates_alone(site),
            Self::Rust => {
                let url = site.postgres_cluster()?.url.clone();
                site.cargo(&["test", "--workspace", "--no-fail-fast"]).env(CLUSTER_VARIABLE, url).run()
            }
            Self::Demo => run_demo(site),
            Self::Peers => peers::run(site),
            Self::Vendure => peers::run_vendure(site),
            Self::Torture => torture::run_short(site),
            Self::Deny => run_cargo_deny(site),
        }
    }
}

/// Building the workspace at once gives every crate the features that any crate asks for; alone, each has only its own, and
/// here not even those that are on by default.
fn check_crates_alone(site: &StepContext<'_>) -> TaskResult {
    let listed = site.cargo(&["tree", "--quiet", "--workspace", "--depth", "0", "--prefix", "none"]).read_output()?;
    let crates = crate_names(&listed);
    if crates.is_empty() {
        return Err(TaskError::new(
            "`cargo tree` named no crate",
            "see what `cargo tree --workspace --depth 0` prints",
        ));
    }
    let checks = crates.iter().map(|name| site.cargo(&["check", "--no-default-features", "--package", name]).run());
    TaskError::combine(checks.filter_map(Result::err).collect())
}

/// The names in a listing with one package a line, as `name version (path)`.
fn crate_names(listed: &str) -> Vec<&str> {
    listed.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

fn run_demo(site: &StepContext<'_>) -> TaskResult {
    // Built first, so that the time limit is the demo's own.
    site.cargo(&["build"]).run()?;
    let demo = site.cargo(&["run", "--quiet", "--", "demo", "--once", "--listen", "127.0.0.1:0"]);
    demo.with_time_limit(Duration::from_secs(120)).run()
}

fn run_cargo_deny(site: &StepContext<'_>) -> TaskResult {
    let cargo_deny = tools::ensure_cargo_deny(site.workspace)?;
    // cargo-deny looks at every platform's dependencies, a build fetches only this one's.
    site.cargo(&["fetch", "--quiet", "--locked"]).run()?;
    // `advisories` is left out: it needs a database that is no registry package.
    program(cargo_deny)
        .args(["--offline", "check", "bans", "licenses", "sources"])
        .in_folder(&site.workspace.root)
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_from_a_listing() {
        let listed = "opendrs-domain v0.1.0 (/somewhere/domain)\n\nxtask v0.1.0 (/somewhere/xtask)\n";
        assert_eq!(crate_names(listed), ["opendrs-domain", "xtask"]);
    }

    #[test]
    fn names_differ() {
        for (i, step) in TestStep::ALL.iter().enumerate() {
            assert!(TestStep::ALL[i + 1..].iter().all(|other| other.name() != step.name()));
        }
    }
}
