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
mod pace;
mod plot;
mod report;
mod target;

use calls::Kind;
use clap::{Parser, Subcommand};
use opendrs_cli::out;
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
    Anchor(anchor::Anchor),
    /// Fill a store with devices and readings, fast, and write a fleet file for the loads below.
    Fill(fill::Fill),
    /// SlotStatus: each call stores a reading.
    SlotStatus(load::Load),
    /// Replenish: each call places an order, so each slot of the fleet is used once and a run ends with the last.
    Replenish(load::Load),
    /// SubscriptionInfo: each call reads a device's slots.
    SubscriptionInfo(load::Load),
    /// GetOrderInfo: each call reads an order, which was placed before the measurement.
    OrderInfo(load::Load),
    /// Token refresh: each call exchanges a refresh token for an access token.
    TokenRefresh(load::Load),
    /// Notifications to a receiver on this machine, beside what its cores sign when they do nothing else.
    Deliveries(deliveries::Deliveries),
    /// What a fleet does: nine readings of ten calls, and now and then each of the others.
    Mixed(load::Load),
}

async fn run(file: Option<&Path>, args: Command) -> Result<(), String> {
    match args {
        Command::Anchor(args) => anchor::run(args).await,
        Command::Fill(args) => fill::run(file, args).await,
        Command::SlotStatus(args) => load::run(Kind::SlotStatus, args).await,
        Command::Replenish(args) => load::run(Kind::Replenish, args).await,
        Command::SubscriptionInfo(args) => load::run(Kind::SubscriptionInfo, args).await,
        Command::OrderInfo(args) => load::run(Kind::OrderInfo, args).await,
        Command::TokenRefresh(args) => load::run(Kind::TokenRefresh, args).await,
        Command::Deliveries(args) => deliveries::run(file, args).await,
        Command::Mixed(args) => load::run(Kind::Mixed, args).await,
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return out::usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return out::fail(&format!("the runtime cannot start: {error}")),
    };
    out::status(runtime.block_on(run(cli.config.as_deref(), cli.command)))
}
