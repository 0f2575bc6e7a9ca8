//! `opendrs clock`: the clock of a running server.

use super::output;
use axum::http::{Method, StatusCode};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub(super) struct ClockArgs {
    /// URL of the server.
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:7373")]
    server: String,
    /// Print the server's JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: ClockCommand,
}

#[derive(Debug, Subcommand)]
enum ClockCommand {
    /// Show the server's time.
    Show,
    /// Stop the clock, or let it run on with --off.
    Freeze {
        /// Let the clock run on from the frozen time.
        #[arg(long)]
        off: bool,
    },
    /// Move the clock forward. Returns when all work that fell due is done, and lists it.
    Advance {
        /// Duration: 90s, 10m, 25h, 3d, "1d 12h".
        by: String,
    },
}

pub(super) async fn run(args: ClockArgs) -> Result<(), String> {
    let url = format!("{}/-/clock", args.server.trim_end_matches('/'));
    let (method, body) = match &args.what {
        ClockCommand::Show => (Method::GET, None),
        ClockCommand::Freeze { off } => (Method::POST, Some(json!({ "freeze": !off }))),
        ClockCommand::Advance { by } => (Method::POST, Some(json!({ "advance": by }))),
    };
    let text = body.map_or_else(String::new, |body| body.to_string());
    let reply = opendrs_client::send(method, &url, &[("content-type", "application/json")], text).await?;
    if reply.status == StatusCode::NOT_FOUND {
        return Err(format!("the clock of {} cannot be moved: start the server with --test-clock", args.server));
    }
    let answer = reply.json();
    if reply.status != StatusCode::OK {
        return Err(answer["message"].as_str().unwrap_or("the server refused the request without a reason").to_owned());
    }
    if args.json {
        output::print_line(answer.to_string());
        return Ok(());
    }
    for fired in answer["fired"].as_array().into_iter().flatten() {
        output::print_line(clock_event_line(fired));
    }
    let frozen = if answer["frozen"] == true { ", standing still" } else { "" };
    output::print_line(format!("{}{frozen}", answer["now"].as_str().unwrap_or_default()));
    Ok(())
}

/// One entry of a clock's report as a line.
pub(super) fn clock_event_line(fired: &Value) -> String {
    let text = |key: &str| fired[key].as_str().unwrap_or_default().to_owned();
    for (key, what) in [("message", "to "), ("mail", "mail to "), ("call", "call to ")] {
        if let Some(name) = fired[key].as_str() {
            let whom = ["topicArn", "recipient", "backend"].iter().find_map(|key| fired[*key].as_str());
            let whom = whom.unwrap_or("a deleted customer");
            let why = fired["reason"].as_str().map_or(String::new(), |why| format!(": {why}"));
            return format!("{}  {name} {what}{whom}: {}{why}", text("at"), text("outcome"));
        }
    }
    let notification =
        fired["notification"].as_str().map_or(String::new(), |notification| format!("  -> {notification}"));
    format!("{}  order of slot {}: {} -> {}{notification}", text("at"), text("slotId"), text("from"), text("to"))
}
