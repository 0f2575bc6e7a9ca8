//! `opendrs keys`: the token keys, the master key and the operator's token.

mod rewrap;

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_domain::time::Time;
use opendrs_server::open_app;
use opendrs_server::private_file;
use opendrs_service::keys::{self, TokenKeyRow};
use opendrs_service::random::{RandomSource, SystemRandom};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List every token key, oldest first; the last one signs new tokens.
    List(KeysListArgs),
    /// Add a token key. Every node makes new tokens with it within a second; old tokens stay valid.
    Rotate(KeysListArgs),
    /// Retire a token key. Every token that was made with it is refused immediately on every node, refresh tokens too.
    ///
    /// Devices whose refresh token was made with it must be linked again, because the refresh token of an `lwa` client
    /// never changes. First add another key (`opendrs keys rotate`), and wait a few seconds until every node makes
    /// tokens with it.
    Retire {
        /// The key's number, as `opendrs keys list` prints it.
        #[arg(value_name = "KEY")]
        key: i64,
        #[command(flatten)]
        args: KeysListArgs,
    },
    /// Change the store's master key, and encrypt again everything that is encrypted with the old one.
    ///
    /// Every node must be stopped. Tokens, customer ids, webhook secrets and signatures stay valid; links in mails that
    /// were sent before stay valid for 30 days. Start the server with the new key afterwards. The change is atomic:
    /// after an interruption the store has one key or the other, and the same command run again reports which.
    Rewrap(rewrap::KeysRewrapArgs),
    /// Make a token for the operator API at /-/events, in a new file that only its owner can read.
    Operator {
        /// File to create, for the setting operator.token_file; it must not exist.
        #[arg(value_name = "FILE")]
        token: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct KeysListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

/// The change to make before the token keys are listed.
enum TokenKeyChange {
    ListOnly,
    Rotate,
    Retire(i64),
}

pub(super) async fn run(file: Option<&Path>, args: KeysCommand) -> Result<(), String> {
    let (change, args) = match args {
        KeysCommand::Rewrap(args) => return rewrap::run(file, args).await,
        KeysCommand::Operator { token } => return create_operator_token(&token),
        KeysCommand::List(args) => (TokenKeyChange::ListOnly, args),
        KeysCommand::Rotate(args) => (TokenKeyChange::Rotate, args),
        KeysCommand::Retire { key, args } => (TokenKeyChange::Retire(key), args),
    };
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    match change {
        TokenKeyChange::ListOnly => {}
        TokenKeyChange::Rotate => drop(keys::rotate_token_key(&app).await.map_err(super::error_text)?),
        TokenKeyChange::Retire(key) => keys::retire_token_key(&app, key).await.map_err(super::error_text)?,
    }
    let found = keys::list_token_keys(&app).await.map_err(super::error_text)?;
    let last = found.last().map(|key| key.number);
    for TokenKeyRow { number, created_at, retired_at } in found {
        if args.json {
            let (created, retired) = (created_at.to_rfc3339_millis(), retired_at.map(Time::to_rfc3339_millis));
            let signs = Some(number) == last;
            output::print_line(
                json!({ "key": number, "createdAt": created, "retiredAt": retired, "signs": signs }).to_string(),
            );
            continue;
        }
        let retired = retired_at.map(|at| format!("  retired {at}")).unwrap_or_default();
        output::print_line(format!("{number}  {created_at}{retired}"));
    }
    Ok(())
}

fn create_operator_token(path: &Path) -> Result<(), String> {
    let mut token = [0_u8; 32];
    SystemRandom.fill(&mut token);
    let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    private_file::create(path, format!("{token}\n")).map_err(|e| format!("cannot create {}: {e}", path.display()))?;
    output::print_note(format!("Created. Set operator.token_file = \"{}\" and restart the server.", path.display()));
    Ok(())
}
