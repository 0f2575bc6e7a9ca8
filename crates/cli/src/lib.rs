//! The command line: one file a command.
//!
//! Invariant: what scripts read goes to standard output, everything else to standard error; a failure names the fix and
//! ends with status 1, wrong usage with status 2.

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
pub mod serve;
mod snapshot;
pub mod store_args;
mod test_server;
mod topic;
mod trigger;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Your own Dash Replenishment Service: link devices, take their reorders, follow their orders.
#[derive(Debug, Parser)]
#[command(name = "opendrs", version, arg_required_else_help = true, max_term_width = 110)]
#[command(after_help = "Begin with `opendrs demo`: it shows the whole service at work and prints lines to try.")]
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
    /// See the whole service at work: a device signs up, reorders, and its order is shipped and delivered.
    Demo(demo::DemoArgs),
    /// Add makers, models, products and customers from a file; applying it twice changes nothing.
    Seed(seed::SeedArgs),
    /// Devices.
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// The Login with Amazon clients of apps and clouds, and the rules each lives by.
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Block customers, and lift the block.
    #[command(subcommand)]
    Customer(customer::CustomerCommand),
    /// What customers consent to.
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    /// Show, freeze or move the clock of a server started with --test-clock.
    Clock(clock::ClockArgs),
    /// Notifications to makers.
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Receivers of notifications.
    #[command(subcommand)]
    Topic(topic::TopicCommand),
    /// Orders, and the operator's hand in them.
    #[command(subcommand)]
    Order(order::OrderCommand),
    /// Receive notifications here and now, and pass them on to a program of yours.
    Listen(listen::ListenArgs),
    /// Have a server started with --test-clock send a notification, as if what it tells of had happened.
    Trigger(trigger::TriggerArgs),
    /// Plan what goes wrong next on a server started with --test-clock.
    Fault(fault::FaultArgs),
    /// Have a server started with --test-clock forget what customers and devices did.
    Reset(reset::ResetArgs),
    /// Keep states of a server started with --test-clock under names, and bring them back.
    Snapshot(snapshot::SnapshotArgs),
    /// Mails to customers.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// What devices reported of their slots.
    #[command(subcommand)]
    Readings(readings::ReadingsCommand),
    /// The keys that tokens are made with.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Settings.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Copy the SQLite store to a file while the server runs.
    Backup(backup::BackupArgs),
    /// Put a backup in the SQLite store's place; the server must be stopped.
    Restore(backup::RestoreArgs),
    /// Look for what will not work: settings, store, keys, disk, clock, addresses. Says the fix for each; changes nothing.
    Doctor(doctor::DoctorArgs),
    /// Ask the node of these settings whether it does its work; for containers and service managers.
    Health(health::HealthArgs),
    /// Completion for your shell.
    Completions(completions::CompletionsArgs),
}

/// What a use case answers, as an operator at a shell reads it: with the cause, which the edges that strangers reach keep
/// to themselves.
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
            match path.is_dir() {
                true => collect_sources(&path, all),
                false => all.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap())),
            }
        }
    }

    /// `to_string` leaves out what an operator has to know of an internal error.
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
