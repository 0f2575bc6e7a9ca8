//! `opendrs config`: the settings and whether they can be read.

use super::{StoreArgs, open, out};
use crate::config::DEFAULT;
use clap::{Args, Subcommand};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Print every setting with its default and what it does.
    Default,
    /// Read the settings of file, environment and command line; say what is wrong, or what holds.
    Check(Check),
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) fn run(file: Option<&Path>, args: &Config) -> Result<(), String> {
    match args {
        Config::Default => out::say(DEFAULT.trim_end()),
        Config::Check(check) => {
            let config = open::config(file, &check.store, Vec::new())?;
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
