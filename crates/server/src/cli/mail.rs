//! `opendrs mail`: what customers are told by mail, and what became of it.

use super::open;
use super::{StoreArgs, out};
use crate::mail::words::Words;
use clap::{Args, Subcommand};
use opendrs_domain::mail::State;
use opendrs_service::{App, mail as mails};
use opendrs_store::mail::Mail as Row;
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// The newest mails, oldest first.
    List(List),
    /// One mail, as its customer reads it.
    Show(Show),
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

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The mail's id, as `opendrs mail list` prints it.
    mail: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object, with text, HTML and links.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: Mail) -> Result<(), String> {
    match args {
        Mail::List(args) => list(file, args).await,
        Mail::Show(args) => show(file, args).await,
    }
}

/// Who a mail is to, and its words; nothing is left of either when the customer is gone.
async fn words(app: &App, row: &Row) -> Result<(Option<String>, Option<Words>), String> {
    let letter = mails::letter(app, row).await.map_err(|e| e.to_string())?;
    Ok((letter.as_ref().map(|letter| letter.to.as_str().to_owned()), letter.as_ref().map(Words::of)))
}

async fn list(file: Option<&Path>, args: List) -> Result<(), String> {
    let config = open::config(file, &args.store, Vec::new())?;
    let app = open::beside(&config).await?;
    let found = mails::newest(&app, args.limit).await.map_err(|e| e.to_string())?;
    if found.is_empty() && !args.json {
        out::note(
            "No mail yet: it is written when an order is placed, ships or ends, and when a device comes or goes.",
        );
    }
    for row in &found {
        let (to, words) = words(&app, row).await?;
        let subject = words.map(|words| words.subject);
        if args.json {
            out::say(object(row, to.as_deref(), subject.as_deref()).to_string());
        } else {
            let (to, subject) = (to.as_deref().unwrap_or("nobody"), subject.as_deref().unwrap_or(""));
            out::say(format!("{}  {:<7} {}  {to}  {subject}", row.at, row.state.as_str(), row.id));
        }
    }
    Ok(())
}

fn object(row: &Row, to: Option<&str>, subject: Option<&str>) -> Value {
    json!({
        "id": row.id,
        "at": row.at.to_millis_text(),
        "kind": row.news.kind(),
        "to": to,
        "subject": subject,
        "state": row.state.as_str(),
        "attempts": row.attempts,
        "due": row.due_at.filter(|_| row.state == State::Waiting).map(|at| at.to_millis_text()),
        "reason": row.reason,
    })
}

async fn show(file: Option<&Path>, args: Show) -> Result<(), String> {
    let config = open::config(file, &args.store, Vec::new())?;
    let app = open::beside(&config).await?;
    let row = mails::find(&app, &args.mail).await.map_err(|e| e.to_string())?;
    let (to, words) = words(&app, &row).await?;
    let words = words.ok_or("the customer of this mail is gone, and with them what it said")?;
    let text = words.text().map_err(|e| e.to_string())?;
    if args.json {
        let mut shown = object(&row, to.as_deref(), Some(&words.subject));
        shown["text"] = text.into();
        shown["html"] = words.html().map_err(|e| e.to_string())?.into();
        shown["links"] = words.links.iter().map(|(name, url)| json!({ "name": name, "url": url })).collect();
        out::say(shown.to_string());
        return Ok(());
    }
    let why = row.reason.as_deref().map_or(String::new(), |why| format!(": {why}"));
    out::say(format!("To: {}", to.as_deref().unwrap_or("nobody")));
    out::say(format!("Subject: {}", words.subject));
    let attempts = if row.attempts == 1 { "1 attempt".into() } else { format!("{} attempts", row.attempts) };
    out::say(format!("State: {}, {attempts}{why}", row.state.as_str()));
    out::say("");
    out::say(text.trim_end());
    Ok(())
}
