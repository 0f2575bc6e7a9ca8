//! The command line, with one file per command.
//!
//! Invariant: output for scripts goes to standard output, everything else to standard error. A failure names the fix
//! and ends with status 1; wrong usage ends with status 2.

mod backup;
mod certificate_cache;
mod client;
mod clock;
mod completions;
mod config;
mod consent;
mod customer;
mod demo;
mod device;
mod doctor;
mod events;
mod fault;
mod health;
mod keys;
mod listen;
mod mail;
mod order;
pub mod output;
mod readings;
mod reset;
pub mod secrets;
pub mod seed;
mod serve;
mod snapshot;
pub mod stop_signals;
pub mod store_args;
mod test_server;
mod topic;
mod trigger;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Run your own Dash Replenishment Service: link devices, place their reorders, follow their orders.
#[derive(Debug, Parser)]
#[command(name = "opendrs", version, arg_required_else_help = true, max_term_width = 110)]
#[command(after_help = "Start with `opendrs demo`: it runs through the whole service and prints commands to try.")]
struct OpendrsCli {
    /// Settings file; `opendrs config default` prints one with every setting.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: OpendrsCommand,
}

#[derive(Debug, Subcommand)]
enum OpendrsCommand {
    /// Run the service.
    Serve(serve::ServeArgs),
    /// Run a demonstration: a device signs up and reorders, and its order is shipped and delivered.
    Demo(demo::DemoArgs),
    /// Add makers, models, products and customers from a file; a second run changes nothing.
    Seed(seed::SeedArgs),
    /// Link, list and remove devices.
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Manage Login with Amazon clients: modes, states and secrets.
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Block and unblock customers.
    #[command(subcommand)]
    Customer(customer::CustomerCommand),
    /// List and withdraw customers' consents.
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    /// Show, freeze or move the clock of a server that runs with --test-clock.
    Clock(clock::ClockArgs),
    /// List, show and replay notification events.
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Manage notification receivers.
    #[command(subcommand)]
    Topic(topic::TopicCommand),
    /// List orders, and manage those that are fulfilled by hand.
    #[command(subcommand)]
    Order(order::OrderCommand),
    /// Receive notifications on this machine, and forward them to a program.
    Listen(listen::ListenArgs),
    /// Send a notification from a server that runs with --test-clock, as if its event had happened.
    Trigger(trigger::TriggerArgs),
    /// Plan faults on a server that runs with --test-clock.
    Fault(fault::FaultArgs),
    /// Reset a server that runs with --test-clock: delete what customers and devices did.
    Reset(reset::ResetArgs),
    /// Save and load named states of a server that runs with --test-clock.
    Snapshot(snapshot::SnapshotArgs),
    /// List, show and resend mails to customers.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// List the slot readings of devices.
    #[command(subcommand)]
    Readings(readings::ReadingsCommand),
    /// Manage token keys, the master key and the operator's token.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Print and check settings.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Copy the SQLite store to a file while the server runs.
    Backup(backup::BackupArgs),
    /// Restore a backup of the SQLite store; the server must be stopped.
    Restore(backup::RestoreArgs),
    /// Check settings, store, keys, disk, clock and addresses, with a fix for each problem; change nothing.
    Doctor(doctor::DoctorArgs),
    /// Check whether a node with these settings is healthy, for containers and service managers.
    Health(health::HealthArgs),
    /// Print a completion script for your shell.
    Completions(completions::CompletionsArgs),
}

/// The text of an error for an operator at a shell. It includes the cause, which public interfaces leave out.
#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`, which hands errors over")]
pub fn error_text(error: opendrs_service::Error) -> String {
    error.message_with_cause()
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let cli = match OpendrsCli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::report_clap_error(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::report_failure(&format!("the runtime cannot start: {error}")),
    };
    let file = cli.config.as_deref();
    let done = runtime.block_on(async {
        match cli.command {
            OpendrsCommand::Serve(args) => serve::run(file, args).await,
            OpendrsCommand::Demo(args) => demo::run(file, args).await,
            OpendrsCommand::Seed(args) => seed::run(file, args).await,
            OpendrsCommand::Device(args) => device::run(file, args).await,
            OpendrsCommand::Client(args) => client::run(file, args).await,
            OpendrsCommand::Customer(args) => customer::run(file, args).await,
            OpendrsCommand::Consent(args) => consent::run(file, args).await,
            OpendrsCommand::Clock(args) => clock::run(args).await,
            OpendrsCommand::Events(args) => events::run(file, args).await,
            OpendrsCommand::Topic(args) => topic::run(file, args).await,
            OpendrsCommand::Order(args) => order::run(file, args).await,
            OpendrsCommand::Listen(args) => listen::run(file, args).await,
            OpendrsCommand::Fault(args) => fault::run(args).await,
            OpendrsCommand::Reset(args) => reset::run(args).await,
            OpendrsCommand::Snapshot(args) => snapshot::run(args).await,
            OpendrsCommand::Trigger(args) => trigger::run(args).await,
            OpendrsCommand::Mail(args) => mail::run(file, args).await,
            OpendrsCommand::Readings(args) => readings::run(file, args).await,
            OpendrsCommand::Keys(args) => keys::run(file, args).await,
            OpendrsCommand::Config(args) => config::run(file, &args),
            OpendrsCommand::Backup(args) => backup::backup(file, args).await,
            OpendrsCommand::Restore(args) => backup::restore(file, args).await,
            OpendrsCommand::Doctor(args) => doctor::run(file, args).await,
            OpendrsCommand::Health(args) => health::run(file, args).await,
            OpendrsCommand::Completions(args) => completions::run(&args),
        }
    });
    output::exit_code(done)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn collect_sources(folder: &Path, all: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect_sources(&path, all);
            } else {
                all.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    /// `to_string` leaves out the cause of an internal error, which an operator needs.
    #[test]
    fn no_command_hides_the_cause_of_an_error() {
        let mut all = Vec::new();
        collect_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
        let hidden = [".await", ".map_err(|e| e.to_string())"].concat();
        for (path, text) in all {
            if !path.ends_with("/backup.rs") {
                let lines = text.lines().filter(|line| line.contains(&hidden) && !line.contains("network.send("));
                assert_eq!(lines.collect::<Vec<_>>(), [""; 0], "{path}: write map_err(error_text)");
            }
        }
        let error = opendrs_service::Error::Internal("a row is missing".into());
        assert_eq!(super::error_text(error), "internal error: a row is missing");
        let error = opendrs_service::Error::Unavailable("no connection".into());
        assert_eq!(super::error_text(error), "the store is out of reach: no connection");
    }
}
