//! `opendrs-loadgen`: load for measurements. `cargo xtask bench` runs its commands in turns.
//!
//! It has a bare endpoint to compare with, a command that fills a store with devices, and a generator of load. It does
//! not judge results; `xtask` has the targets. Invariant: load goes to loopback only, with bounds for time, calls and
//! connections. A run with any other answer than the measured one is a failure.

mod anchor;
mod calls;
mod deliveries;
mod fill;
mod fleet;
mod load;
mod pacer;
mod plot;
mod report;
mod target;

use calls::LoadKind;
use clap::{Parser, Subcommand};
use opendrs_cli::output;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The allocator of the product, so that both sides of a comparison use the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure an OpenDRS server on this machine: fill stores, send load, compare with a bare endpoint.
#[derive(Debug, Parser)]
#[command(name = "opendrs-loadgen", version, arg_required_else_help = true, max_term_width = 110)]
struct Cli {
    /// Settings file for the store to fill.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve constant answers from a bare endpoint, as the upper limit for comparisons.
    Anchor(anchor::BenchAnchorArgs),
    /// Fill a store with devices and readings, and write a fleet file for the loads below.
    Fill(fill::BenchFillArgs),
    /// Send SlotStatus calls; each stores a reading.
    SlotStatus(load::BenchLoadArgs),
    /// Send Replenish calls; each places an order, so each slot of the fleet is used once and a run ends with the last
    /// slot.
    Replenish(load::BenchLoadArgs),
    /// Send SubscriptionInfo calls; each reads a device's slots.
    SubscriptionInfo(load::BenchLoadArgs),
    /// Send GetOrderInfo calls; each reads an order, which was placed before the measurement.
    OrderInfo(load::BenchLoadArgs),
    /// Send token refreshes; each exchanges a refresh token for an access token.
    TokenRefresh(load::BenchLoadArgs),
    /// Deliver notifications to a receiver on this machine, and compare with the rate at which its cores only sign.
    Deliveries(deliveries::BenchDeliveriesArgs),
    /// Send the calls of a typical fleet: nine readings in ten calls, and some of each other kind.
    Mixed(load::BenchLoadArgs),
}

async fn run(file: Option<&Path>, args: Command) -> Result<(), String> {
    match args {
        Command::Anchor(args) => anchor::run(args).await,
        Command::Fill(args) => fill::run(file, args).await,
        Command::SlotStatus(args) => load::run(LoadKind::SlotStatus, args).await,
        Command::Replenish(args) => load::run(LoadKind::Replenish, args).await,
        Command::SubscriptionInfo(args) => load::run(LoadKind::SubscriptionInfo, args).await,
        Command::OrderInfo(args) => load::run(LoadKind::OrderInfo, args).await,
        Command::TokenRefresh(args) => load::run(LoadKind::TokenRefresh, args).await,
        Command::Deliveries(args) => deliveries::run(file, args).await,
        Command::Mixed(args) => load::run(LoadKind::Mixed, args).await,
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::report_clap_error(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::report_failure(&format!("the runtime cannot start: {error}")),
    };
    output::exit_code(runtime.block_on(run(cli.config.as_deref(), cli.command)))
}
