//! `opendrs readings`: lists slot readings of devices, and the daily summaries that replace old ones. Computes levels
//! again.

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_server::open_app;
use opendrs_service::{App, level, reading};
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum ReadingsCommand {
    /// List readings, newest first.
    List(ReadingsListArgs),
    /// List the summaries that remain after `readings.keep`: one per device, slot and day, newest first.
    Daily(ReadingsListArgs),
    /// Compute the levels of all slots again, from the readings.
    Rebuild(ReadingsRebuildArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Levels say how full each slot is, and was in the last 90 days. The worker keeps them current. \
                        The command removes them and reads all readings again. Meanwhile devices may report and a \
                        worker may run. Levels of days whose readings are no longer kept do not come back."
)]
pub(super) struct ReadingsRebuildArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReadingsListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Maximum number of entries.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, which: ReadingsCommand) -> Result<(), String> {
    let args = match &which {
        ReadingsCommand::List(args) | ReadingsCommand::Daily(args) => args,
        ReadingsCommand::Rebuild(args) => return rebuild_levels(file, args).await,
    };
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    if let ReadingsCommand::Daily(_) = which {
        return print_daily(&app, args).await;
    }
    for r in reading::list_newest(&app, args.limit).await.map_err(super::error_text)? {
        if args.json {
            let line = json!({
                "at": r.at.to_rfc3339_millis(), "serial": r.serial.as_str(), "slotId": r.slot.as_str(),
                "remainingQuantityInUnit": r.status.remaining, "originalQuantityInUnit": r.status.original,
                "totalQuantityOnHand": r.status.on_hand,
                "expectedReplenishmentDate": r.status.expected_at.map(|t| t.to_rfc3339_millis()),
                "lastUseDate": r.status.last_use_at.map(|t| t.to_rfc3339_millis()), "flagged": r.exceeds_original,
            });
            output::print_line(line.to_string());
        } else {
            let odd = if r.exceeds_original { "  (more than full)" } else { "" };
            let (left, full) = (r.status.remaining, r.status.original);
            output::print_line(format!("{}  {} {}  {left} of {full}{odd}", r.at, r.serial, r.slot));
        }
    }
    Ok(())
}

async fn rebuild_levels(file: Option<&Path>, args: &ReadingsRebuildArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    while level::clear(&app).await.map_err(super::error_text)? {}
    let mut readings = 0;
    loop {
        let done = level::fold_new(&app).await.map_err(super::error_text)?;
        readings += done.readings;
        if !done.more {
            break;
        }
        output::print_note(format!("{readings} readings so far"));
    }
    if args.json {
        output::print_line(json!({ "readings": readings }).to_string());
    } else {
        output::print_line(format!("The levels were computed from {readings} readings."));
    }
    Ok(())
}

async fn print_daily(app: &App, args: &ReadingsListArgs) -> Result<(), String> {
    for r in reading::list_newest_days(app, args.limit).await.map_err(super::error_text)? {
        let day = opendrs_domain::time::Time::from_secs(r.day.day * 86_400).to_rfc3339_millis();
        let date = day.split('T').next().unwrap_or_default();
        let (d, serial) = (&r.day, r.serial.as_str());
        if args.json {
            let line = json!({
                "day": date, "serial": serial, "slotId": d.slot.as_str(), "readings": d.count, "lowest": d.lowest,
                "highest": d.highest, "lastAt": d.last_at.to_rfc3339_millis(), "remainingQuantityInUnit": d.remaining,
                "originalQuantityInUnit": d.original,
            });
            output::print_line(line.to_string());
        } else {
            let (count, low, high) = (d.count, d.lowest, d.highest);
            output::print_line(format!(
                "{date}  {serial} {}  {count} readings, {low} to {high}, last {} of {}",
                d.slot, d.remaining, d.original
            ));
        }
    }
    Ok(())
}
