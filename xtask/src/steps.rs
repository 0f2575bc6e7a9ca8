//! The steps of `cargo xtask test`: their order and their work.
//!
//! Not here: selecting, timing and counting them (`test`). Invariant: a step with missing inputs fails; no step skips
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
    /// Checks the format of the source.
    Fmt,
    /// Checks references between texts: citations, links, file names.
    References,
    /// Loops of modules, long files, names of types, long sentences, words that no customer should read.
    Structure,
    /// Lints; a warning is a failure.
    Clippy,
    /// Links in doc comments.
    Doc,
    /// Builds each crate without the features that other crates turn on.
    Alone,
    /// Runs all Rust tests, with a real PostgreSQL.
    Rust,
    /// Runs the first command of a new user.
    Demo,
    /// Runs clients of others, and a browser, against our server.
    Peers,
    /// Runs a real shop that fulfils orders; only on request.
    Vendure,
    /// Runs a short form of the kills and faults.
    Torture,
    /// Checks bans, licences and sources of the dependencies.
    Deny,
}

impl TestStep {
    /// Every step, cheap ones first.
    pub const ALL: [Self; 12] = [
        Self::Fmt,
        Self::References,
        Self::Structure,
        Self::Clippy,
        Self::Doc,
        Self::Alone,
        Self::Rust,
        Self::Demo,
        Self::Peers,
        Self::Vendure,
        Self::Torture,
        Self::Deny,
    ];

    /// Whether a default run includes it. A step that takes long to install must be named.
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
            Self::Doc => "doc",
            Self::Alone => "alone",
            Self::Rust => "rust",
            Self::Demo => "demo",
            Self::Peers => "peers",
            Self::Vendure => "vendure",
            Self::Torture => "torture",
            Self::Deny => "deny",
        }
    }

    /// A short description of the step.
    pub fn description(self) -> &'static str {
        match self {
            Self::Fmt => "the source is formatted",
            Self::References => "citations, links and names of files lead somewhere",
            Self::Structure => "no loop of modules, no long file or sentence, no type name in three places",
            Self::Clippy => "no lint warns",
            Self::Doc => "links in doc comments lead somewhere",
            Self::Alone => "each crate builds by itself, without features that others turn on",
            Self::Rust => "all Rust tests, on SQLite and on a throw-away PostgreSQL",
            Self::Demo => "`opendrs demo --once` runs to its end",
            Self::Peers => "other people's clients (npm, PyPI) and Chromium get along with the server",
            Self::Vendure => "a real Vendure shop (npm) fulfils orders; only with `--with vendure`",
            Self::Torture => "a server is killed and disturbed, and loses nothing that it answered",
            Self::Deny => "dependencies: bans, licences, sources",
        }
    }

    /// Runs the step.
    pub fn run(self, site: &mut StepContext<'_>) -> TaskResult {
        match self {
            Self::Fmt => site.cargo(&["fmt", "--all", "--check"]).run(),
            Self::References => references::check_references(site.workspace),
            Self::Structure => structure::check_structure(site.workspace),
            Self::Clippy => site.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run(),
            Self::Doc => {
                let doc = ["doc", "--workspace", "--no-deps", "--document-private-items"];
                site.cargo(&doc)
                    .env("RUSTDOCFLAGS", "-D rustdoc::broken_intra_doc_links -A rustdoc::private_intra_doc_links")
                    .run()
            }
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

/// The names in a listing with one package per line, as `name version (path)`.
fn crate_names(listed: &str) -> Vec<&str> {
    listed.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

fn run_demo(site: &StepContext<'_>) -> TaskResult {
    // Built before, so that the time limit is for the demo only.
    site.cargo(&["build"]).run()?;
    let demo = site.cargo(&["run", "--quiet", "--", "demo", "--once", "--listen", "127.0.0.1:0"]);
    demo.with_time_limit(Duration::from_secs(120)).run()
}

fn run_cargo_deny(site: &StepContext<'_>) -> TaskResult {
    let cargo_deny = tools::ensure_cargo_deny(site.workspace)?;
    // cargo-deny reads the dependencies of every platform; a build fetches only those of this one.
    site.cargo(&["fetch", "--quiet", "--locked"]).run()?;
    // `advisories` is left out, because it needs a database that is not a registry package.
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
