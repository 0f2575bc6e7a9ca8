//! `opendrs mail`: mails to customers, and what became of each.

use opendrs_server::open_app;
use super::out;
use crate::store_args::{self, StoreArgs};
use opendrs_server::operator::event_json;
use opendrs_server::mail::words::Words;
use clap::{Args, Subcommand};
use opendrs_domain::id::MailId;
use opendrs_domain::mail::State;
use opendrs_domain::time::Time;
use opendrs_service::App;
use opendrs_service::mail::{self as mails, Again};
use opendrs_store::mail::Mail as Row;
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// List the newest mails, oldest first, each with its state: waiting, sending, sent, kept (there is no mail server), dead
    /// (given up) or suppressed (over limits.mails_per_day).
    List(List),
    /// One mail, as its customer reads it.
    Show(Show),
    /// Send a mail again, or all that were given up.
    Resend(Resend),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    store: StoreArgs,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only those that were given up.
    #[arg(long)]
    failed: bool,
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

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["mail", "failed"]))]
pub(super) struct Resend {
    /// The mail's id, as `opendrs mail list` prints it.
    mail: Option<String>,
    /// Every mail that was given up.
    #[arg(long)]
    failed: bool,
    /// Only those that were given up from this moment on, such as 2018-03-02T07:00:00Z.
    #[arg(long, value_name = "TIME", requires = "failed")]
    since: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(file: Option<&Path>, args: Mail) -> Result<(), String> {
    match args {
        Mail::List(args) => list(file, args).await,
        Mail::Show(args) => show(file, args).await,
        Mail::Resend(args) => resend(file, args).await,
    }
}

/// Who a mail is to, and its words; nothing is left of either when the customer is gone.
async fn words(app: &App, row: &Row) -> Result<(Option<String>, Option<Words>), String> {
    let letter = mails::letter(app, row).await.map_err(super::cause)?;
    Ok((letter.as_ref().map(|letter| letter.to.as_str().to_owned()), letter.as_ref().map(Words::of)))
}

async fn list(file: Option<&Path>, args: List) -> Result<(), String> {
    let config = store_args::config(file, &args.store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    let found = match args.failed {
        true => mails::newest_failed(&app, args.limit).await,
        false => mails::newest(&app, args.limit).await,
    };
    let found = found.map_err(super::cause)?;
    if found.is_empty() && args.failed && !args.json {
        out::note("No mail was given up.");
    } else if found.is_empty() && !args.json {
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
            out::say(format!("{}  {:<10} {}  {to}  {subject}", row.at, row.state.as_str(), row.id));
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

async fn resend(file: Option<&Path>, args: Resend) -> Result<(), String> {
    let config = store_args::config(file, &args.store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    let which = match &args.mail {
        Some(id) => Again::One(MailId::parse(id).map_err(|e| e.to_string())?),
        None => Again::Failed(args.since.as_deref().map_or(Ok(Time::from_micros(0)), event_json::moment)?),
    };
    let count = mails::resend(&app, which).await.map_err(super::cause)?;
    out::say(format!("{count} to be sent again"));
    if config.mail.host.is_empty() && count > 0 {
        out::note("No mail server is set here (`mail.host`): without one, mails are kept and not sent.");
    }
    Ok(())
}

async fn show(file: Option<&Path>, args: Show) -> Result<(), String> {
    let config = store_args::config(file, &args.store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    let row = mails::find(&app, &args.mail).await.map_err(super::cause)?;
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
