//! `opendrs mail`: lists, shows and resends mails to customers.

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_domain::id::MailId;
use opendrs_domain::mail::MailState;
use opendrs_domain::time::Time;
use opendrs_server::open_app;
use opendrs_server::operator::event_json;
use opendrs_service::App;
use opendrs_service::mail::{self as mails, ResendSelection};
use opendrs_store::mail::StoredMail;
use opendrs_texts::compose::ComposedMail;
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum MailCommand {
    /// List the newest mails, oldest first, each with its state: waiting, sending, sent, kept (there is no mail
    /// server), dead (given up) or suppressed (over limits.mails_per_day).
    List(MailListArgs),
    /// Show one mail with its text.
    Show(MailShowArgs),
    /// Resend a mail, or all that were given up.
    Resend(MailResendArgs),
}

#[derive(Debug, Args)]
pub(super) struct MailListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Maximum number of mails.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only mails that were given up.
    #[arg(long)]
    failed: bool,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct MailShowArgs {
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
pub(super) struct MailResendArgs {
    /// The mail's id, as `opendrs mail list` prints it.
    mail: Option<String>,
    /// Every mail that was given up.
    #[arg(long)]
    failed: bool,
    /// Only mails that were given up since this time, such as 2018-03-02T07:00:00Z.
    #[arg(long, value_name = "TIME", requires = "failed", conflicts_with = "mail")]
    since: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(file: Option<&Path>, args: MailCommand) -> Result<(), String> {
    match args {
        MailCommand::List(args) => list_mails(file, args).await,
        MailCommand::Show(args) => show_mail(file, args).await,
        MailCommand::Resend(args) => resend_mails(file, args).await,
    }
}

/// The address and the texts of a mail. Both are `None` when the customer is deleted.
async fn load_mail_texts(app: &App, row: &StoredMail) -> Result<(Option<String>, Option<ComposedMail>), String> {
    let letter = mails::build_message(app, row).await.map_err(super::error_text)?;
    Ok((letter.as_ref().map(|letter| letter.to.as_str().to_owned()), letter.as_ref().map(ComposedMail::compose)))
}

async fn list_mails(file: Option<&Path>, args: MailListArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    let found = if args.failed {
        mails::list_newest_failed(&app, args.limit).await
    } else {
        mails::list_newest(&app, args.limit).await
    };
    let found = found.map_err(super::error_text)?;
    if found.is_empty() && args.failed && !args.json {
        output::print_note("No mail was given up.");
    } else if found.is_empty() && !args.json {
        output::print_note(
            "There are no mails yet. They are written when an order is placed, shipped or ended, and when a device \
             is linked or removed.",
        );
    }
    for row in &found {
        let (to, words) = load_mail_texts(&app, row).await?;
        let subject = words.map(|words| words.subject);
        if args.json {
            output::print_line(mail_json(row, to.as_deref(), subject.as_deref()).to_string());
        } else {
            let (to, subject) = (to.as_deref().unwrap_or("-"), subject.as_deref().unwrap_or(""));
            output::print_line(format!("{}  {:<10} {}  {to}  {subject}", row.at, row.state.as_str(), row.id));
        }
    }
    Ok(())
}

fn mail_json(row: &StoredMail, to: Option<&str>, subject: Option<&str>) -> Value {
    json!({
        "id": row.id,
        "at": row.at.to_rfc3339_millis(),
        "kind": row.content.kind(),
        "to": to,
        "subject": subject,
        "state": row.state.as_str(),
        "attempts": row.attempts,
        "due": row.due_at.filter(|_| row.state == MailState::Waiting).map(|at| at.to_rfc3339_millis()),
        "reason": row.reason,
    })
}

async fn resend_mails(file: Option<&Path>, args: MailResendArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    let which = match &args.mail {
        Some(id) => ResendSelection::Mail(MailId::parse(id).map_err(|e| e.to_string())?),
        None => {
            ResendSelection::Failed(args.since.as_deref().map_or(Ok(Time::from_micros(0)), event_json::parse_moment)?)
        }
    };
    let count = mails::resend(&app, which).await.map_err(super::error_text)?;
    output::print_line(format!("{count} to be sent again"));
    if config.mail.host.is_empty() && count > 0 {
        output::print_note("No mail server is set here (`mail.host`): without one, mails are kept and not sent.");
    }
    Ok(())
}

async fn show_mail(file: Option<&Path>, args: MailShowArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    let row = mails::find(&app, &args.mail).await.map_err(super::error_text)?;
    let (to, words) = load_mail_texts(&app, &row).await?;
    let words = words.ok_or("the text of this mail was deleted together with its customer")?;
    let text = words.to_text().map_err(|e| e.to_string())?;
    if args.json {
        let mut shown = mail_json(&row, to.as_deref(), Some(&words.subject));
        shown["text"] = text.into();
        shown["html"] = words.to_html().map_err(|e| e.to_string())?.into();
        shown["links"] = words.links.iter().map(|(name, url)| json!({ "name": name, "url": url })).collect();
        output::print_line(shown.to_string());
        return Ok(());
    }
    let why = row.reason.as_deref().map_or(String::new(), |why| format!(": {why}"));
    output::print_line(format!("To: {}", to.as_deref().unwrap_or("-")));
    output::print_line(format!("Subject: {}", words.subject));
    let attempts = if row.attempts == 1 { "1 attempt".into() } else { format!("{} attempts", row.attempts) };
    output::print_line(format!("State: {}, {attempts}{why}", row.state.as_str()));
    output::print_line("");
    output::print_line(text.trim_end());
    Ok(())
}
