//! `opendrs config`: the settings and whether they can be read.

use super::doctor::{self, Outcome};
use super::out;
use crate::store_args::{self, StoreArgs};
use opendrs_server::config::{Config as Settings, DEFAULT};
use clap::{Args, Subcommand};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Print every setting with its default and what it does.
    Default,
    /// Read the settings of file, environment and command line, and the files that they name; say what is wrong, or what
    /// holds. `opendrs doctor` also asks the store and other servers.
    Check(Check),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    store: StoreArgs,
}

/// Within a runtime: what would send mail looks after its connections.
pub(super) fn run(file: Option<&Path>, args: &Config) -> Result<(), String> {
    match args {
        Config::Default => out::say(DEFAULT.trim_end()),
        Config::Check(check) => {
            let config = store_args::config(file, &check.store, Vec::new())?;
            judge(&config)?;
            let store = match config.place() {
                opendrs_store::Place::File(path) => format!("SQLite, {}", path.display()),
                opendrs_store::Place::Url(_) => "PostgreSQL".to_owned(),
            };
            let roles = config.server.roles.iter().map(|r| format!("{r:?}").to_lowercase()).collect::<Vec<_>>();
            out::say(format!("The settings are good. Listen: {}", config.server.listen));
            out::say(format!(
                "Roles: {}. Store: {store}. Master key: {}",
                roles.join(", "),
                config.master_file().display()
            ));
        }
    }
    Ok(())
}

/// Refuses settings that a server would not start with, or not work with; says what else is to be thought of.
fn judge(config: &Settings) -> Result<(), String> {
    // That the first start makes folder, key and store is no news before it.
    let local = doctor::local(config).into_iter().filter(|check| check.outcome == Outcome::Failed);
    let checks: Vec<_> = local.chain(doctor::settings::checks(config)).collect();
    let of = |outcome| checks.iter().filter(move |check| check.outcome == outcome);
    let line = |check: &doctor::Check| format!("{}. Fix: {}", check.says, check.fix);
    of(Outcome::Warning).for_each(|check| out::note(format!("Warning: {}", line(check))));
    let bad: Vec<_> = of(Outcome::Failed).map(line).collect();
    if bad.is_empty() { Ok(()) } else { Err(bad.join("\n")) }
}
