//! `opendrs events`: notifications to makers, their deliveries, and sending them again.

use opendrs_server::open_app;
use super::out;
use crate::store_args::{self, StoreArgs};
use opendrs_server::operator::event_json;
use clap::{Args, Subcommand};
use opendrs_domain::delivery::EventState;
use opendrs_domain::notification::Event;
use opendrs_service::delivery::{self, Story, Which};
use opendrs_service::outbox::{self, Listed};
use opendrs_service::topic;
use opendrs_store::delivery::Attempt;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Events {
    /// List the newest events, oldest first, each with its state: waiting, delivered, dead (given up at a receiver) or
    /// no_receiver.
    List(List),
    /// One event: its message, and each attempt to deliver it with what was answered.
    Show(Show),
    /// Send events again: under the same id, with a new time and signature.
    Replay(Replay),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    store: StoreArgs,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only those that were given up at a receiver.
    #[arg(long)]
    failed: bool,
    /// Print one JSON object a line, with the state and the message in both versions.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Show {
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
pub(super) struct Replay {
    /// One event, by its id, as `opendrs events list` prints it last.
    event: Option<String>,
    /// Every event from this moment on, such as 2018-03-02T07:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Until this moment.
    #[arg(long, value_name = "TIME", requires = "since")]
    until: Option<String>,
    /// To this topic alone: its name or its ARN.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Only what was given up; without an event or --since, all of it.
    #[arg(long)]
    failed: bool,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(file: Option<&Path>, args: Events) -> Result<(), String> {
    match args {
        Events::List(args) => list(file, args).await,
        Events::Show(args) => show(file, args).await,
        Events::Replay(args) => replay(file, args).await,
    }
}

async fn list(file: Option<&Path>, args: List) -> Result<(), String> {
    let config = store_args::config(file, &args.store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    let found = match args.failed {
        true => outbox::list_failed(&app, args.limit).await,
        false => outbox::list(&app, None, args.limit).await,
    };
    for Listed { event, state } in found.map_err(super::cause)?.iter().rev() {
        if args.json {
            out::say(event_json::object(event, *state).to_string());
        } else {
            out::say(line(event, *state));
        }
    }
    Ok(())
}

fn line(event: &Event, state: EventState) -> String {
    let Event { at, model, serial, id, .. } = event;
    format!("{at}  {:<11} {:<31} {model} {serial}  {id}", state.as_str(), event.kind().wire_name())
}

async fn show(file: Option<&Path>, args: Show) -> Result<(), String> {
    let config = store_args::config(file, &args.store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    let story = delivery::story(&app, event_json::id(&args.event)?).await.map_err(super::cause)?;
    if args.json {
        out::say(event_json::told(&story).to_string());
        return Ok(());
    }
    out::say(line(&story.event, story.state()));
    show_message(&story)?;
    if story.deliveries.is_empty() {
        out::note("It was sent to nobody: its security profile had no confirmed topic. `opendrs topic add` adds one.");
    }
    for (topic, delivery, attempts) in &story.deliveries {
        out::say(format!(
            "  {:<9} {}  {}",
            delivery.state.as_str(),
            topic.arn,
            delivery.reason.as_deref().unwrap_or("")
        ));
        for Attempt { number, at, took, status, problem, answer } in attempts.iter().rev() {
            // Where both are known, what the problem was names the status.
            let came = problem.clone().or_else(|| status.map(|status| status.to_string())).unwrap_or_default();
            out::say(format!("    {number}  {at}  {} ms  {came}", took / 1000));
            answer.lines().filter(|line| !line.trim().is_empty()).for_each(|line| out::say(format!("       {line}")));
        }
    }
    Ok(())
}

/// The message in each version that was sent; in the newest, if none was.
fn show_message(story: &Story) -> Result<(), String> {
    let sent: BTreeSet<_> = story.deliveries.iter().map(|(_, delivery, _)| delivery.version.as_str()).collect();
    let versions = if sent.is_empty() { BTreeSet::from(["2.0"]) } else { sent };
    for version in versions {
        let message = &event_json::object(&story.event, story.state())["versions"][version];
        let text = serde_json::to_string_pretty(message).map_err(|e| e.to_string())?;
        text.lines().for_each(|line| out::say(format!("  {line}")));
    }
    Ok(())
}

async fn replay(file: Option<&Path>, args: Replay) -> Result<(), String> {
    let config = store_args::config(file, &args.store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    let which = match (&args.event, &args.since) {
        (Some(id), _) => Which::One(event_json::id(id)?),
        (None, Some(since)) => {
            let until = args.until.as_deref().map_or(Ok(app.now()), event_json::moment)?;
            Which::Range(event_json::moment(since)?, until)
        }
        (None, None) => Which::Failed,
    };
    let to = match &args.topic {
        Some(name) => Some(topic::find(&app, name).await.map_err(super::cause)?.id),
        None => None,
    };
    let count = delivery::replay(&app, which, to, args.failed).await.map_err(super::cause)?;
    out::say(format!("{count} to be sent again"));
    Ok(())
}
