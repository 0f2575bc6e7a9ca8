//! `opendrs snapshot`: saves and loads states of a test server.

use super::output;
use super::test_server::TestServerArgs;
use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Debug, Args)]
#[command(after_help = "A snapshot contains the whole state: makers, models, products, customers, topics, devices, \
                        orders, notifications, mails, sessions, keys and the clock's time. Loading one deletes the \
                        planned faults. Tokens and codes are valid if they were valid when it was saved. Snapshots are \
                        files in the data folder (SQLite) or schemas of the database (PostgreSQL). Only the release \
                        that saved a snapshot can load it; use `opendrs backup` to keep a state for longer.")]
pub(super) struct SnapshotArgs {
    #[command(flatten)]
    server: TestServerArgs,
    /// Print the server's JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: SnapshotCommand,
}

#[derive(Debug, Subcommand)]
enum SnapshotCommand {
    /// Save the present state.
    Save {
        /// Name of the snapshot: 1 to 40 small letters, digits, `-` and `_`.
        name: String,
        /// Replace a snapshot of that name.
        #[arg(long)]
        replace: bool,
    },
    /// Load a saved state.
    Load {
        /// Name of the snapshot.
        name: String,
    },
    /// List the snapshots with the time of their clocks.
    List,
    /// Delete a snapshot.
    Delete {
        /// Name of the snapshot.
        name: String,
    },
}

pub(super) async fn run(args: SnapshotArgs) -> Result<(), String> {
    let (method, path, body) = match &args.what {
        SnapshotCommand::Save { name, replace } => {
            (Method::POST, "/-/snapshots".to_owned(), Some(json!({ "save": name, "replace": replace })))
        }
        SnapshotCommand::Load { name } => (Method::POST, "/-/snapshots".to_owned(), Some(json!({ "load": name }))),
        SnapshotCommand::List => (Method::GET, "/-/snapshots".to_owned(), None),
        SnapshotCommand::Delete { name } => {
            // A malformed name is refused here, because as a part of the path it could lead elsewhere.
            let name = opendrs_domain::snapshot::SnapshotName::parse(name)?;
            (Method::DELETE, format!("/-/snapshots/{}", name.as_str()), None)
        }
    };
    let answer = args.server.send_request(method, &path, body).await?;
    if args.json {
        output::print_line(answer.to_string());
        return Ok(());
    }
    let at = |snapshot: &Value| snapshot["at"].as_str().unwrap_or_default().to_owned();
    match args.what {
        SnapshotCommand::Save { name, .. } => {
            output::print_note(format!("Saved {name}: its clock is at {}.", at(&answer)));
        }
        SnapshotCommand::Load { name } => {
            output::print_note(format!("Loaded {name}: the clock is at {}.", at(&answer)));
        }
        SnapshotCommand::Delete { name } => output::print_note(format!("Deleted {name}.")),
        SnapshotCommand::List => {
            let all = answer["snapshots"].as_array().map(Vec::as_slice).unwrap_or_default();
            if all.is_empty() {
                output::print_note("There are no snapshots.");
            }
            for snapshot in all {
                let name = snapshot["name"].as_str().unwrap_or_default();
                output::print_line(format!("{name:<20}  {}", at(snapshot)));
            }
        }
    }
    Ok(())
}
