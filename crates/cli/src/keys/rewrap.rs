//! `opendrs keys rewrap`: changes the master key of a store.
//!
//! Not here: the effect on sealed and derived values ([`opendrs_service::rewrap`]). Invariant: the file of the new key
//! is completely on disk before the store needs it. The command can be run again after any interruption.

use crate::store_args::{self, StoreArgs};
use crate::{error_text, output};
use clap::Args;
use opendrs_config::Config;
use opendrs_server::master_key;
use opendrs_server::open_app;
use opendrs_service::keys;
use opendrs_service::rewrap::{RewrapReport, rewrap};
use opendrs_store::StoreLocation;
use opendrs_store::inspection::{inspect, is_in_use};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct KeysRewrapArgs {
    /// File of the new master key: 64 hex digits, readable by its owner only. If it does not exist, a new key is made.
    #[arg(value_name = "NEW_KEY_FILE")]
    key: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: KeysRewrapArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let place = config.store_location();
    let found = inspect(&place).await.map_err(|e| error_text(e.into()))?;
    let Some((proof, _)) = found.and_then(|found| found.installation) else {
        return Err("there is no store yet, so there is no master key to change: `opendrs serve` creates one".into());
    };
    let known = master_key::read_master_key(&args.key)?;
    if known.is_some_and(|key| keys::master_key_check(&key) == proof) {
        return report_already_changed(&config, &args);
    }
    let old = master_key::read_existing(&config.master_key_file())?;
    if keys::master_key_check(&old) != proof {
        return Err(format!(
            "the store has another master key than {}: set keys.master_file to the file of its key",
            config.master_key_file().display()
        ));
    }
    if is_in_use(&place).await.map_err(|e| error_text(e.into()))? {
        return Err(match place {
            StoreLocation::File(path) => format!("another process has {} open: stop the server first", path.display()),
            StoreLocation::Url(_) => "other processes are connected to the database: stop every node first".into(),
        });
    }
    let new = master_key::read_or_create(&args.key)?;
    let app = open_app::open_existing_app(&config).await?;
    let done = rewrap(&app, new).await.map_err(error_text)?;
    print_report(&config, &args, &done);
    Ok(())
}

/// The store has the new key already, because an earlier run was interrupted after the change.
fn report_already_changed(config: &Config, args: &KeysRewrapArgs) -> Result<(), String> {
    // The named file holds the present key.
    if master_key::read_master_key(&config.master_key_file())? == master_key::read_master_key(&args.key)? {
        return Err(format!("{} is the present master key: name another file", args.key.display()));
    }
    let at = args.key.display().to_string();
    if args.json {
        output::print_line(json!({ "masterKey": at, "done": "unchanged" }).to_string());
    } else {
        output::print_line(format!("the store has the master key {at} already"));
    }
    print_next_steps(config, args);
    Ok(())
}

fn print_report(config: &Config, args: &KeysRewrapArgs, done: &RewrapReport) {
    let RewrapReport { endpoints, signing_keys, token_keys, webhook_secrets, links_until } = done;
    let at = args.key.display().to_string();
    if args.json {
        let object = json!({
            "masterKey": at,
            "done": "changed",
            "endpoints": endpoints,
            "signingKeys": signing_keys,
            "tokenKeys": token_keys,
            "webhookSecrets": webhook_secrets,
            "linksUntil": links_until.to_rfc3339_millis(),
        });
        output::print_line(object.to_string());
    } else {
        output::print_line(format!("master key: {at}"));
        output::print_line(format!("encrypted anew: receivers' addresses {endpoints}, signing keys {signing_keys}"));
        output::print_line(format!(
            "still valid: token keys {token_keys}, webhook secrets {webhook_secrets}, customer ids"
        ));
        output::print_line(format!("links in mails that were sent before: valid until {links_until}"));
    }
    print_next_steps(config, args);
}

/// Prints the steps that the operator must take next.
fn print_next_steps(config: &Config, args: &KeysRewrapArgs) {
    let (new, old) = (args.key.display(), config.master_key_file());
    output::print_note(format!(
        "Now set keys.master_file = \"{new}\" for every node, or replace {} with that file, and start the server. \
         Keep the old key as long as you keep backups that need it. Customers must reload open pages once.",
        old.display()
    ));
}
