//! `opendrs doctor`: finds what will not work, with a fix for each problem. It changes nothing and creates nothing.
//!
//! Invariant: a failed check never hides another one that does not depend on it.

mod machine;
mod network;
pub(super) mod settings;
mod store;

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::Args;
use opendrs_config::Config;
use opendrs_server::store_check::{self, MasterKeyState};
use opendrs_store::StoreLocation;
use serde_json::json;
use std::path::Path;

#[derive(Debug, Args)]
#[command(after_help = "The exit status is 1 if a check failed. Warnings do not change it.")]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object per line, with check, result, says and fix.
    #[arg(long)]
    json: bool,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckOutcome {
    Passed,
    Warning,
    Failed,
}

/// A check with its result, message and fix.
pub(super) struct DoctorCheck {
    name: &'static str,
    pub(super) outcome: CheckOutcome,
    pub(super) message: String,
    pub(super) fix: String,
}

fn passed(name: &'static str, says: impl Into<String>) -> DoctorCheck {
    DoctorCheck { name, outcome: CheckOutcome::Passed, message: says.into(), fix: String::new() }
}

fn warning(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> DoctorCheck {
    DoctorCheck { name, outcome: CheckOutcome::Warning, message: says.into(), fix: fix.into() }
}

fn failed(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> DoctorCheck {
    DoctorCheck { name, outcome: CheckOutcome::Failed, message: says.into(), fix: fix.into() }
}

pub(super) async fn run(file: Option<&Path>, args: DoctorArgs) -> Result<(), String> {
    let checks = match store_args::load_config(file, &args.store, Vec::new()) {
        Ok(config) => run_checks(&config).await,
        Err(why) => vec![failed("settings", why, "correct the setting; `opendrs config default` lists every setting")],
    };
    for check in &checks {
        let word = match check.outcome {
            CheckOutcome::Passed => "good",
            CheckOutcome::Warning => "warning",
            CheckOutcome::Failed => "failed",
        };
        if args.json {
            let line = json!({ "check": check.name, "result": word, "says": check.message, "fix": check.fix });
            output::print_line(line.to_string());
            continue;
        }
        output::print_line(format!("{word:<8} {:<12} {}", check.name, check.message));
        if !check.fix.is_empty() {
            output::print_line(format!("{:21} Fix: {}", "", check.fix));
        }
    }
    match checks.iter().filter(|check| check.outcome == CheckOutcome::Failed).count() {
        0 => Ok(()),
        1 => Err("one check failed".into()),
        count => Err(format!("{count} checks failed")),
    }
}

async fn run_checks(config: &Config) -> Vec<DoctorCheck> {
    let mut checks = vec![passed("settings", "can be read")];
    checks.extend(local_checks(config));
    if let StoreLocation::File(_) = config.store_location() {
        checks.extend(machine::check_disk_space(config));
    }
    checks.extend(store::check_store(config, store_check::load_master_key(config).0).await);
    checks.extend(settings::check_settings(config));
    checks.extend(network::check_network(config).await);
    checks.push(machine::check_open_file_limit(config));
    checks
}

/// Checks the locations of store and master key. Uses only the settings and this machine's files.
pub(super) fn local_checks(config: &Config) -> Vec<DoctorCheck> {
    let mut checks = vec![check_master_key(config)];
    match (store_check::check_store(config), config.store_location()) {
        (Err(fault), StoreLocation::Url(_)) => checks.push(failed("store", fault.message, fault.fix)),
        (Err(fault), StoreLocation::File(_)) => checks.push(failed("data folder", fault.message, fault.fix)),
        (Ok(()), StoreLocation::File(_)) => checks.push(machine::check_data_folder(config)),
        (Ok(()), StoreLocation::Url(_)) => {}
    }
    checks
}

fn check_master_key(config: &Config) -> DoctorCheck {
    const NAME: &str = "master key";
    let at = config.master_key_file();
    let at = at.display();
    match store_check::load_master_key(config) {
        (_, Some(fault)) => failed(NAME, fault.message, fault.fix),
        (MasterKeyState::Missing, None) => {
            let fix = "the first start creates one; for an existing store, put its key there";
            warning(NAME, format!("there is none at {at}"), fix)
        }
        (_, None) => passed(NAME, format!("{at}, readable by its owner only")),
    }
}
