//! `opendrs readings`: what devices reported of their slots, and what is left of it after its time.

use opendrs_server::open_app;
use super::out;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_service::{App, reading};
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Readings {
    /// The newest readings, newest first.
    List(List),
    /// What is left of readings after `readings.keep`: a line a device, slot and day, newest first.
    Daily(List),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    store: StoreArgs,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, which: Readings) -> Result<(), String> {
    let (Readings::List(args) | Readings::Daily(args)) = &which;
    let config = store_args::config(file, &args.store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    if let Readings::Daily(_) = which {
        return daily(&app, args).await;
    }
    for r in reading::newest(&app, args.limit).await.map_err(super::cause)? {
        if args.json {
            let line = json!({
                "at": r.at.to_millis_text(), "serial": r.serial.as_str(), "slotId": r.slot.as_str(),
                "remainingQuantityInUnit": r.status.remaining, "originalQuantityInUnit": r.status.original,
                "totalQuantityOnHand": r.status.on_hand,
                "expectedReplenishmentDate": r.status.expected_at.map(|t| t.to_millis_text()),
                "lastUseDate": r.status.last_use_at.map(|t| t.to_millis_text()), "flagged": r.odd,
            });
            out::say(line.to_string());
        } else {
            let odd = if r.odd { "  (more than full)" } else { "" };
            let (left, full) = (r.status.remaining, r.status.original);
            out::say(format!("{}  {} {}  {left} of {full}{odd}", r.at, r.serial, r.slot));
        }
    }
    Ok(())
}

async fn daily(app: &App, args: &List) -> Result<(), String> {
    for r in reading::newest_days(app, args.limit).await.map_err(super::cause)? {
        let day = opendrs_domain::time::Time::from_secs(r.day.day * 86_400).to_millis_text();
        let date = day.split('T').next().unwrap_or_default();
        let (d, serial) = (&r.day, r.serial.as_str());
        if args.json {
            let line = json!({
                "day": date, "serial": serial, "slotId": d.slot.as_str(), "readings": d.count, "lowest": d.lowest,
                "highest": d.highest, "lastAt": d.last_at.to_millis_text(), "remainingQuantityInUnit": d.remaining,
                "originalQuantityInUnit": d.original,
            });
            out::say(line.to_string());
        } else {
            let (count, low, high) = (d.count, d.lowest, d.highest);
            out::say(format!(
                "{date}  {serial} {}  {count} readings, {low} to {high}, last {} of {}",
                d.slot, d.remaining, d.original
            ));
        }
    }
    Ok(())
}
