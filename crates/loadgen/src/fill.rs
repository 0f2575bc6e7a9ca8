//! `opendrs-loadgen fill`: fills a store with devices, and writes a fleet file with which to call it.
//!
//! Invariant: memory is bounded for all numbers, and every command to the store is small, so that a server on the same
//! store goes on answering.

use crate::fleet::{self, FleetDevice};
use crate::report;
use clap::Args;
use opendrs_cli::store_args::{self, StoreArgs};
use opendrs_cli::{output, seed};
use opendrs_domain::customer::Address;
use opendrs_domain::id::ClientId;
use opendrs_domain::text::ModelCode;
use opendrs_server::open_app::{self, ClockMode};
use opendrs_service::App;
use opendrs_service::fill::{self, FillPlan};
use opendrs_store::Command;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;

#[derive(Debug, Args)]
pub(crate) struct BenchFillArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Number of devices to add; each customer has two of them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    devices: u64,
    /// Number of readings to add, spread over the devices.
    #[arg(long, value_name = "M", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    readings: u64,
    /// Number of lines with tokens to write, each about 1,000 bytes, spread evenly over the devices; several per device
    /// if there are more lines than devices.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    tokens: u64,
    /// Fleet file to write. It contains tokens, so only you can read it.
    #[arg(long, value_name = "FILE")]
    fleet: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) const BENCH_SEED: &str = include_str!("bench.seed.toml");
/// The seed's client and model.
const CLIENT: &str = "amzn1.application-oa2-client.be4c0000be4c0000be4c0000be4c0000";
const MODEL: &str = "Bench-Pitcher_1";
/// The number of devices, and of readings, per command; and the maximum number of pending commands. Their product
/// limits one transaction on SQLite, and the pipelines of PostgreSQL's connections.
const DEVICES_PER_COMMAND: u64 = 128;
const READINGS_PER_COMMAND: usize = 512;
const MAX_PENDING_WRITES: usize = 64;

pub(crate) async fn run(file: Option<&Path>, args: BenchFillArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = Arc::new(open_app::open_app(&config, ClockMode::SameAsServer).await?);
    seed::apply_text(&app, BENCH_SEED, "bench").await?;
    let plan = load_plan(&app).await?;
    let mut fleet = fleet::FleetWriter::create(&args.fleet)?;
    #[expect(clippy::disallowed_methods, reason = "this command measures")]
    let started = Instant::now();
    let tokens = args.tokens;
    let mut filling = PendingWrites { app: app.clone(), tasks: JoinSet::new() };
    let bar = report::progress_bar(
        "filling",
        args.devices + args.readings,
        "{msg} {wide_bar} {human_pos} of {human_len}  {eta}",
    );
    for first in (0..args.devices).step_by(usize::try_from(DEVICES_PER_COMMAND).unwrap_or(1)) {
        let numbers = first..(first + DEVICES_PER_COMMAND).min(args.devices);
        let (devices, units) = fill::build_devices(&app, &plan, numbers.clone()).map_err(|e| e.to_string())?;
        filling.write(devices).await?;
        bar.inc(units.len() as u64);
        for (n, unit) in numbers.clone().zip(&units) {
            for _ in cumulative_share(tokens, n, args.devices)..cumulative_share(tokens, n + 1, args.devices) {
                let pair = fill::issue_tokens(&app, &plan, *unit);
                fleet.write_device(&FleetDevice {
                    access_token: pair.access_token,
                    refresh_token: pair.refresh_token,
                    client_id: plan.client().to_string(),
                    slots: plan.slots().iter().map(|slot| slot.id.to_string()).collect(),
                })?;
            }
        }
        // This batch's share of the readings, one reading per device in turn.
        let share = cumulative_share(args.readings, numbers.end, args.devices)
            - cumulative_share(args.readings, numbers.start, args.devices);
        let mut turns = units.iter().cycle().take(usize::try_from(share).unwrap_or(usize::MAX)).copied();
        loop {
            let some: Vec<_> = turns.by_ref().take(READINGS_PER_COMMAND).collect();
            let Some(readings) = fill::build_readings(&app, &plan, &some) else { break };
            filling.write(readings).await?;
            bar.inc(some.len() as u64);
        }
    }
    filling.finish().await?;
    fleet.finish()?;
    bar.finish_and_clear();
    let (devices, readings, seconds) = (args.devices, args.readings, started.elapsed().as_secs_f64());
    let at = args.fleet.display();
    if args.json {
        let line = json!({ "devices": devices, "readings": readings, "tokens": tokens, "seconds": seconds,
            "fleet": args.fleet });
        output::print_line(line.to_string());
    } else {
        output::print_line(format!(
            "{devices} devices and {readings} readings in {seconds:.1} s; {tokens} lines with tokens in {at}"
        ));
    }
    Ok(())
}

/// How many of `all` must be done after step `n` of `of`.
fn cumulative_share(all: u64, n: u64, of: u64) -> u64 {
    u64::try_from(u128::from(all) * u128::from(n) / u128::from(of.max(1))).unwrap_or(u64::MAX)
}

fn bench_address() -> Address {
    Address {
        line1: "1 Main Street".into(),
        line2: None,
        city: "Springfield".into(),
        region: None,
        postal_code: "97477".into(),
        country: "US".into(),
    }
}

/// The values that all devices of the seed share.
pub(crate) async fn load_plan(app: &App) -> Result<FillPlan, String> {
    let client = ClientId::parse(CLIENT).map_err(|e| e.to_string())?;
    let model = ModelCode::parse(MODEL).map_err(|e| e.to_string())?;
    FillPlan::load(app, client, &model, bench_address()).await.map_err(|e| e.to_string())
}

/// Commands that the store has not committed yet.
struct PendingWrites {
    app: Arc<App>,
    tasks: JoinSet<Result<(), String>>,
}

impl PendingWrites {
    async fn write(&mut self, command: impl Command<Output = ()>) -> Result<(), String> {
        if self.tasks.len() >= MAX_PENDING_WRITES {
            self.join_one().await?;
        }
        let app = self.app.clone();
        self.tasks.spawn(async move { app.db.write(command).await.map_err(|e| e.to_string()) });
        Ok(())
    }

    async fn join_one(&mut self) -> Result<(), String> {
        match self.tasks.join_next().await {
            Some(done) => done.map_err(|e| e.to_string())?,
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<(), String> {
        while !self.tasks.is_empty() {
            self.join_one().await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_spread_evenly_and_whole() {
        for (all, of) in [(10_u64, 3_u64), (3, 10), (0, 5), (7, 7)] {
            let shares: Vec<_> =
                (0..of).map(|n| cumulative_share(all, n + 1, of) - cumulative_share(all, n, of)).collect();
            assert_eq!(shares.iter().sum::<u64>(), all);
            assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1, "{shares:?}");
        }
    }
}
