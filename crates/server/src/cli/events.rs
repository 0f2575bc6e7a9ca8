//! `opendrs events list`: what makers are told.

use super::open::{self, Time};
use super::{StoreArgs, out};
use clap::{Args, Subcommand};
use opendrs_domain::version::Version;
use opendrs_domain::wire;
use opendrs_service::outbox;
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Events {
    /// The newest events, oldest first.
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    store: StoreArgs,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object a line, with the message in both versions.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, Events::List(args): Events) -> Result<(), String> {
    let config = open::config(file, &args.store, Vec::new())?;
    let app = open::app(&config, Time::AsServed).await?;
    for event in outbox::newest(&app, args.limit).await.map_err(|e| e.to_string())? {
        if args.json {
            let message =
                |version| serde_json::from_str::<Value>(&wire::notification(&event, version)).unwrap_or_default();
            let line = json!({
                "id": event.id.to_string(),
                "at": event.at.to_millis_text(),
                "type": event.kind().wire_name(),
                "model": event.model,
                "serial": event.serial,
                "versions": { "1.0": message(Version::V1), "2.0": message(Version::V2) },
            });
            out::say(line.to_string());
        } else {
            out::say(format!("{}  {:<31} {} {}", event.at, event.kind().wire_name(), event.model, event.serial));
        }
    }
    Ok(())
}
