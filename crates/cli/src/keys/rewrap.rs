//! `opendrs keys rewrap`: puts a store under another master key.
//!
//! Not here: what that means for what is sealed and derived ([`opendrs_service::rewrap`]). Invariant: the file of the new key
//! is whole on the disk before the store needs it; and the command may be given again, whatever ended it before.

use crate::store_args::{self, StoreArgs};
use crate::{cause, out};
use opendrs_server::open_app;
use opendrs_server::master_key;
use opendrs_server::config::Config;
use clap::Args;
use opendrs_service::keys;
use opendrs_service::rewrap::{Rewrapped, rewrap};
use opendrs_store::Place;
use opendrs_store::examine::{examine, in_use};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Rewrap {
    /// The file of the new master key, for its owner's eyes alone: 64 hex digits. Where there is none, a new key is made.
    #[arg(value_name = "NEW_KEY_FILE")]
    key: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: Rewrap) -> Result<(), String> {
    let config = store_args::config(file, &args.store, Vec::new())?;
    let place = config.place();
    let found = examine(&place).await.map_err(|e| cause(e.into()))?;
    let Some((proof, _)) = found.and_then(|found| found.installation) else {
        return Err("there is no store whose master key could be changed: `opendrs serve` makes one".into());
    };
    let known = master_key::read(&args.key)?;
    if known.is_some_and(|key| keys::check(&key) == proof) {
        return again(&config, &args);
    }
    let old = master_key::existing(&config.master_file())?;
    if keys::check(&old) != proof {
        return Err(format!(
            "the store was made with another master key than {}, or has got another one since: name its file with \
             keys.master_file",
            config.master_file().display()
        ));
    }
    if in_use(&place).await.map_err(|e| cause(e.into()))? {
        return Err(match place {
            Place::File(path) => format!("another process has {} open: stop the server first", path.display()),
            Place::Url(_) => "other processes are connected to the database: stop every node first".into(),
        });
    }
    let new = master_key::or_new(&args.key)?;
    let app = open_app::beside(&config).await?;
    let done = rewrap(&app, new).await.map_err(cause)?;
    say(&config, &args, &done);
    Ok(())
}

/// The store has the new key already: an earlier run was not heard to its end.
fn again(config: &Config, args: &Rewrap) -> Result<(), String> {
    // Whoever names the present key once more, under whatever path, wants another one.
    if master_key::read(&config.master_file())? == master_key::read(&args.key)? {
        return Err(format!("{} is the present master key: name another file", args.key.display()));
    }
    let at = args.key.display().to_string();
    match args.json {
        true => out::say(json!({ "masterKey": at, "done": "unchanged" }).to_string()),
        false => out::say(format!("the store has the master key {at} already")),
    }
    next(config, args);
    Ok(())
}

fn say(config: &Config, args: &Rewrap, done: &Rewrapped) {
    let Rewrapped { endpoints, signing_keys, token_keys, webhook_secrets, links_until } = done;
    let at = args.key.display().to_string();
    if args.json {
        let object = json!({
            "masterKey": at,
            "done": "changed",
            "endpoints": endpoints,
            "signingKeys": signing_keys,
            "tokenKeys": token_keys,
            "webhookSecrets": webhook_secrets,
            "linksUntil": links_until.to_millis_text(),
        });
        out::say(object.to_string());
    } else {
        out::say(format!("master key: {at}"));
        out::say(format!("encrypted anew: receivers' addresses {endpoints}, signing keys {signing_keys}"));
        out::say(format!("still valid: token keys {token_keys}, webhook secrets {webhook_secrets}, customer ids"));
        out::say(format!("links in mails that were sent before: valid until {links_until}"));
    }
    next(config, args);
}

/// What is left to the operator.
fn next(config: &Config, args: &Rewrap) {
    let (new, old) = (args.key.display(), config.master_file());
    out::note(format!(
        "Now set keys.master_file = \"{new}\" for every node, or put that file in the place of {}, and start the server. \
         Keep the old key as long as you keep backups from before. Pages that customers have open must be loaded anew once.",
        old.display()
    ));
}
