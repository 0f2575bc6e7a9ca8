//! `opendrs config`: prints the default settings, and checks settings.

use super::doctor::{self, CheckOutcome};
use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_config::{Config, DEFAULT_SETTINGS};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print every setting with its default and its meaning.
    Default,
    /// Check the settings of file, environment and command line, and the files that they name. `opendrs doctor` also
    /// checks the store and other servers.
    Check(ConfigCheckArgs),
}

#[derive(Debug, Args)]
pub(super) struct ConfigCheckArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command. It needs a Tokio runtime, because the mailer that the check opens watches its connections.
pub(super) fn run(file: Option<&Path>, args: &ConfigCommand) -> Result<(), String> {
    match args {
        ConfigCommand::Default => output::print_line(DEFAULT_SETTINGS.trim_end()),
        ConfigCommand::Check(check) => {
            let config = store_args::load_config(file, &check.store, Vec::new())?;
            check_settings(&config)?;
            let store = match config.store_location() {
                opendrs_store::StoreLocation::File(path) => format!("SQLite, {}", path.display()),
                opendrs_store::StoreLocation::Url(_) => "PostgreSQL".to_owned(),
            };
            let roles = config.server.roles.iter().map(|r| format!("{r:?}").to_lowercase()).collect::<Vec<_>>();
            output::print_line(format!("The settings are valid. Listen: {}", config.server.listen));
            output::print_line(format!(
                "Roles: {}. Store: {store}. Master key: {}",
                roles.join(", "),
                config.master_key_file().display()
            ));
        }
    }
    Ok(())
}

/// Checks the settings and prints warnings to standard error.
///
/// # Errors
/// The settings with which a server would not start, or not work.
fn check_settings(config: &Config) -> Result<(), String> {
    // Folder, key and store may be missing before the first start, so their warnings are left out.
    let local = doctor::local_checks(config).into_iter().filter(|check| check.outcome == CheckOutcome::Failed);
    let checks: Vec<_> = local.chain(doctor::settings::check_settings(config)).collect();
    let of = |outcome| checks.iter().filter(move |check| check.outcome == outcome);
    let line = |check: &doctor::DoctorCheck| format!("{}. Fix: {}", check.message, check.fix);
    of(CheckOutcome::Warning).for_each(|check| output::print_note(format!("Warning: {}", line(check))));
    let bad: Vec<_> = of(CheckOutcome::Failed).map(line).collect();
    if bad.is_empty() { Ok(()) } else { Err(bad.join("\n")) }
}
