//! `opendrs-loadgen`: load for measurements. `cargo xtask bench` runs its parts side by side.
//!
//! What it is: a bare endpoint to compare with, a store full of devices, and a generator of load. What it is not: a
//! judge; what must be reached is `xtask`'s. Invariant: only loopback is loaded, bounded in time, calls and
//! connections, and a run with any answer other than the one that is measured is no measurement.

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

/// The allocator of the product, so that both sides of a comparison have the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure an OpenDRS server on this machine: fill stores, send load, compare with a bare endpoint.
#[derive(Debug, Parser)]
#[command(name = "opendrs-loadgen", version, arg_required_else_help = true, max_term_width = 110)]
struct Cli {
    /// Settings file of the store that is filled.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve constant answers from a bare endpoint: the ceiling that others are measured against.
    Anchor(anchor::BenchAnchorArgs),
    /// Fill a store with devices and readings, fast, and write a fleet file for the loads below.
    Fill(fill::BenchFillArgs),
    /// SlotStatus: each call stores a reading.
    SlotStatus(load::BenchLoadArgs),
    /// Replenish: each call places an order, so each slot of the fleet is used once and a run ends with the last.
    Replenish(load::BenchLoadArgs),
    /// SubscriptionInfo: each call reads a device's slots.
    SubscriptionInfo(load::BenchLoadArgs),
    /// GetOrderInfo: each call reads an order, which was placed before the measurement.
    OrderInfo(load::BenchLoadArgs),
    /// Token refresh: each call exchanges a refresh token for an access token.
    TokenRefresh(load::BenchLoadArgs),
    /// Notifications to a receiver on this machine, beside what its cores sign when they do nothing else.
    Deliveries(deliveries::BenchDeliveriesArgs),
    /// What a fleet does: nine readings of ten calls, and now and then each of the others.
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
