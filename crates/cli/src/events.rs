//! `opendrs events`: lists, shows and replays notification events.

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_domain::delivery::EventDeliveryState;
use opendrs_domain::notification::Event;
use opendrs_server::open_app;
use opendrs_server::operator::event_json;
use opendrs_service::delivery::{self, EventHistory, ReceiverDelivery, ReplaySelection};
use opendrs_service::outbox::{self, EventSummary};
use opendrs_service::receiver;
use opendrs_store::delivery::DeliveryAttempt;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum EventsCommand {
    /// List the newest events, oldest first, each with its state: waiting, delivered, dead (a receiver's delivery was
    /// given up) or no_receiver.
    List(EventsListArgs),
    /// Show one event: its message, and each delivery attempt with the receiver's answer.
    Show(EventsShowArgs),
    /// Replay events: send them again under the same id, with a new time and signature.
    Replay(EventsReplayArgs),
}

#[derive(Debug, Args)]
pub(super) struct EventsListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Maximum number of events.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only events with a dead delivery.
    #[arg(long)]
    failed: bool,
    /// Print one JSON object per line, with the state and the message in both versions.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct EventsShowArgs {
    /// The event's id, as `opendrs events list` prints it last.
    event: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("one").args(["event", "since"]))]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true).args(["event", "since", "failed"]))]
pub(super) struct EventsReplayArgs {
    /// Id of one event, as `opendrs events list` prints it last.
    event: Option<String>,
    /// Every event since this time, such as 2018-03-02T07:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// End of the time range; the default is now.
    #[arg(long, value_name = "TIME", requires = "since")]
    until: Option<String>,
    /// Send to this topic only: its name or its ARN.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Only dead deliveries; without an event or --since, all of them.
    #[arg(long)]
    failed: bool,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(file: Option<&Path>, args: EventsCommand) -> Result<(), String> {
    match args {
        EventsCommand::List(args) => list_events(file, args).await,
        EventsCommand::Show(args) => show_event(file, args).await,
        EventsCommand::Replay(args) => replay_events(file, args).await,
    }
}

async fn list_events(file: Option<&Path>, args: EventsListArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    let found = if args.failed {
        outbox::list_failed(&app, args.limit).await
    } else {
        outbox::list(&app, None, args.limit).await
    };
    for EventSummary { event, state } in found.map_err(super::error_text)?.iter().rev() {
        if args.json {
            output::print_line(event_json::event_json(event, *state).to_string());
        } else {
            output::print_line(event_line(event, *state));
        }
    }
    Ok(())
}

fn event_line(event: &Event, state: EventDeliveryState) -> String {
    let Event { at, model, serial, id, .. } = event;
    format!("{at}  {:<11} {:<31} {model} {serial}  {id}", state.as_str(), event.notification_type().wire_name())
}

async fn show_event(file: Option<&Path>, args: EventsShowArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    let history = delivery::load_event_history(&app, event_json::parse_event_id(&args.event)?)
        .await
        .map_err(super::error_text)?;
    if args.json {
        output::print_line(event_json::event_history_json(&history).to_string());
        return Ok(());
    }
    output::print_line(event_line(&history.event, history.state()));
    print_message_versions(&history)?;
    if history.deliveries.is_empty() {
        output::print_note(
            "It was sent to no receiver: its security profile had no confirmed topic. `opendrs topic add` adds one.",
        );
    }
    for ReceiverDelivery { receiver, delivery, attempts } in &history.deliveries {
        output::print_line(format!(
            "  {:<9} {}  {}",
            delivery.state.as_str(),
            receiver.arn,
            delivery.reason.as_deref().unwrap_or("")
        ));
        for DeliveryAttempt { number, at, duration_micros: took, status, error: problem, response: answer } in
            attempts.iter().rev()
        {
            // An error of an answered attempt includes the status.
            let came = problem.clone().or_else(|| status.map(|status| status.to_string())).unwrap_or_default();
            output::print_line(format!("    {number}  {at}  {} ms  {came}", took / 1000));
            answer
                .lines()
                .filter(|line| !line.trim().is_empty())
                .for_each(|line| output::print_line(format!("       {line}")));
        }
    }
    Ok(())
}

/// Prints the message in each version that was sent, or in version 2.0 if none was sent.
fn print_message_versions(history: &EventHistory) -> Result<(), String> {
    let sent: BTreeSet<_> = history.deliveries.iter().map(|to| to.delivery.version.as_str()).collect();
    let versions = if sent.is_empty() { BTreeSet::from(["2.0"]) } else { sent };
    for version in versions {
        let message = &event_json::event_json(&history.event, history.state())["versions"][version];
        let text = serde_json::to_string_pretty(message).map_err(|e| e.to_string())?;
        text.lines().for_each(|line| output::print_line(format!("  {line}")));
    }
    Ok(())
}

async fn replay_events(file: Option<&Path>, args: EventsReplayArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    let which = match (&args.event, &args.since) {
        (Some(id), _) => ReplaySelection::Event(event_json::parse_event_id(id)?),
        (None, Some(since)) => {
            let until = args.until.as_deref().map_or(Ok(app.now()), event_json::parse_moment)?;
            ReplaySelection::Range(event_json::parse_moment(since)?, until)
        }
        (None, None) => ReplaySelection::Failed,
    };
    let to = match &args.topic {
        Some(name) => Some(receiver::find(&app, name).await.map_err(super::error_text)?.id),
        None => None,
    };
    let count = delivery::replay(&app, which, to, args.failed).await.map_err(super::error_text)?;
    output::print_line(format!("{count} to be sent again"));
    Ok(())
}
