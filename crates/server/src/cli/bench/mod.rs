//! `opendrs bench`: a measure of speed that is honest by comparison. `cargo xtask bench` runs its parts side by side.
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

use calls::Kind;
use clap::Subcommand;
use std::net::SocketAddr;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Bench {
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

pub(super) async fn run(file: Option<&Path>, args: Bench) -> Result<(), String> {
    match args {
        Bench::Anchor(args) => anchor::run(args).await,
        Bench::Fill(args) => fill::run(file, args).await,
        Bench::SlotStatus(args) => load::run(Kind::SlotStatus, args).await,
        Bench::Replenish(args) => load::run(Kind::Replenish, args).await,
        Bench::SubscriptionInfo(args) => load::run(Kind::SubscriptionInfo, args).await,
        Bench::OrderInfo(args) => load::run(Kind::OrderInfo, args).await,
        Bench::TokenRefresh(args) => load::run(Kind::TokenRefresh, args).await,
        Bench::Deliveries(args) => deliveries::run(file, args).await,
        Bench::Mixed(args) => load::run(Kind::Mixed, args).await,
    }
}

fn loopback(address: SocketAddr) -> Result<(), String> {
    if address.ip().is_loopback() { Ok(()) } else { Err(format!("{address} is not on this machine's loopback")) }
}
