//! `opendrs doctor`: what will not work, and the fix for each. It changes nothing and makes nothing.
//!
//! Invariant: one failed check never hides another that can be made without it.

mod machine;
mod reach;
pub(super) mod settings;
mod store;

use opendrs_server::store_check::{self, Key};
use super::out;
use crate::store_args::{self, StoreArgs};
use opendrs_server::config::Config;
use clap::Args;
use opendrs_store::Place;
use serde_json::json;
use std::path::Path;

#[derive(Debug, Args)]
#[command(after_help = "Ends with status 1 if anything failed; warnings alone are no failure.")]
pub(super) struct Doctor {
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object a line: check, result, says, fix.
    #[arg(long)]
    json: bool,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Good,
    Warning,
    Failed,
}

/// A check that was made.
pub(super) struct Check {
    name: &'static str,
    pub(super) outcome: Outcome,
    pub(super) says: String,
    pub(super) fix: String,
}

fn good(name: &'static str, says: impl Into<String>) -> Check {
    Check { name, outcome: Outcome::Good, says: says.into(), fix: String::new() }
}

fn warning(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Check {
    Check { name, outcome: Outcome::Warning, says: says.into(), fix: fix.into() }
}

fn failed(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Check {
    Check { name, outcome: Outcome::Failed, says: says.into(), fix: fix.into() }
}

pub(super) async fn run(file: Option<&Path>, args: Doctor) -> Result<(), String> {
    let checks = match store_args::config(file, &args.store, Vec::new()) {
        Ok(config) => all(&config).await,
        Err(why) => vec![failed("settings", why, "change it; `opendrs config default` lists every setting")],
    };
    for check in &checks {
        let word = match check.outcome {
            Outcome::Good => "good",
            Outcome::Warning => "warning",
            Outcome::Failed => "failed",
        };
        if args.json {
            let line = json!({ "check": check.name, "result": word, "says": check.says, "fix": check.fix });
            out::say(line.to_string());
            continue;
        }
        out::say(format!("{word:<8} {:<12} {}", check.name, check.says));
        if !check.fix.is_empty() {
            out::say(format!("{:21} Fix: {}", "", check.fix));
        }
    }
    match checks.iter().filter(|check| check.outcome == Outcome::Failed).count() {
        0 => Ok(()),
        1 => Err("one check failed".into()),
        count => Err(format!("{count} checks failed")),
    }
}

async fn all(config: &Config) -> Vec<Check> {
    let mut checks = vec![good("settings", "can be read")];
    checks.extend(local(config));
    if let Place::File(_) = config.place() {
        checks.extend(machine::disk(config));
    }
    checks.extend(store::store(config, store_check::key(config).0).await);
    checks.extend(settings::checks(config));
    checks.extend(reach::checks(config).await);
    checks.push(machine::files(config));
    checks
}

/// Where the store and its key are, as far as this machine's files and the settings' words tell it.
pub(super) fn local(config: &Config) -> Vec<Check> {
    let mut checks = vec![master(config)];
    match (store_check::store(config), config.place()) {
        (Err(fault), Place::Url(_)) => checks.push(failed("store", fault.says, fault.fix)),
        (Err(fault), Place::File(_)) => checks.push(failed("data folder", fault.says, fault.fix)),
        (Ok(()), Place::File(_)) => checks.push(machine::folder(config)),
        (Ok(()), Place::Url(_)) => {}
    }
    checks
}

fn master(config: &Config) -> Check {
    const NAME: &str = "master key";
    let at = config.master_file();
    let at = at.display();
    match store_check::key(config) {
        (_, Some(fault)) => failed(NAME, fault.says, fault.fix),
        (Key::Missing, None) => {
            let fix = "the first start makes one; for a store that exists, put its key there";
            warning(NAME, format!("there is none at {at}"), fix)
        }
        (_, None) => good(NAME, format!("{at}, for its owner alone")),
    }
}
