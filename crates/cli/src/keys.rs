//! `opendrs keys`: the keys that tokens are made with, the master key, and the operator's own token.

mod rewrap;

use opendrs_server::open_app;
use opendrs_server::private_file;
use super::out;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_domain::time::Time;
use opendrs_service::keys::{self, TokenKey};
use opendrs_service::random::{Random, SystemRandom};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List every token key, oldest first; the last one makes new tokens.
    List(Which),
    /// Add a key. Every node makes new tokens with it within a second; old tokens stay good.
    Rotate(Which),
    /// End a key: every token that was made with it, refresh tokens too, is refused at once, on every node.
    ///
    /// Devices whose refresh token was made with it must be linked anew: a refresh token of a client in the mode `lwa` never
    /// changes. Add another key first (`opendrs keys rotate`) and wait a few seconds, until every node makes tokens with it.
    Retire {
        /// The key's number, as `opendrs keys list` shows it.
        #[arg(value_name = "KEY")]
        key: i64,
        #[command(flatten)]
        which: Which,
    },
    /// Put the store under another master key: what is encrypted with the old one is encrypted anew.
    ///
    /// Every node must be stopped. Tokens, customer ids, webhook secrets and signatures stay valid; links in mails that were
    /// sent before do for 30 days. Start the server with the new key then. It is all or nothing: what ended the command
    /// early leaves the store with one key or the other, and the same command again says which.
    Rewrap(rewrap::Rewrap),
    /// Make the token that an operator's programs show at /-/events, in a new file for its owner's eyes alone.
    Operator {
        /// The file, which operator.token_file is then to name; it must not exist.
        #[arg(value_name = "FILE")]
        token: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct Which {
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What is done before the keys are listed.
enum Change {
    None,
    Rotate,
    Retire(i64),
}

pub(super) async fn run(file: Option<&Path>, args: Keys) -> Result<(), String> {
    let (change, which) = match args {
        Keys::Rewrap(args) => return rewrap::run(file, args).await,
        Keys::Operator { token } => return operator(&token),
        Keys::List(which) => (Change::None, which),
        Keys::Rotate(which) => (Change::Rotate, which),
        Keys::Retire { key, which } => (Change::Retire(key), which),
    };
    let config = store_args::config(file, &which.store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    match change {
        Change::None => {}
        Change::Rotate => drop(keys::rotate(&app).await.map_err(super::cause)?),
        Change::Retire(key) => keys::retire(&app, key).await.map_err(super::cause)?,
    }
    let found = keys::all(&app).await.map_err(super::cause)?;
    let last = found.last().map(|key| key.number);
    for TokenKey { number, created_at, retired_at } in found {
        if which.json {
            let (created, retired) = (created_at.to_millis_text(), retired_at.map(Time::to_millis_text));
            let signs = Some(number) == last;
            out::say(json!({ "key": number, "createdAt": created, "retiredAt": retired, "signs": signs }).to_string());
            continue;
        }
        let retired = retired_at.map(|at| format!("  retired {at}")).unwrap_or_default();
        out::say(format!("{number}  {created_at}{retired}"));
    }
    Ok(())
}

fn operator(path: &Path) -> Result<(), String> {
    let mut token = [0_u8; 32];
    SystemRandom.fill(&mut token);
    let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    private_file::create(path, &format!("{token}\n")).map_err(|e| format!("cannot make {}: {e}", path.display()))?;
    out::note(format!("Made. Set operator.token_file = \"{}\" and start the server anew.", path.display()));
    Ok(())
}
