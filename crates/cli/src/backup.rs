//! `opendrs backup` and `opendrs restore`: a copy of the whole SQLite store as of one moment.

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::Args;
use opendrs_server::master_key;
use opendrs_service::keys;
use opendrs_store::StoreLocation;
use opendrs_store::backup::{copy, estimate_size, partial_path, restore_from, verify_file};
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Args)]
#[command(after_help = "The backup does not contain the master key, and cannot be used without it: back up the key \
                        in another place.\n\nFor PostgreSQL, use its own tools:\n  \
                        pg_dump --format=custom --file=FILE URL\n  \
                        pg_restore --clean --if-exists --dbname=URL FILE")]
pub(super) struct BackupArgs {
    /// File to write; it must not exist.
    #[arg(value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "First put the master key of the backup's store in place.")]
pub(super) struct RestoreArgs {
    /// File that `opendrs backup` wrote.
    #[arg(value_name = "FILE")]
    from: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Replace the existing store, and keep the old one beside it.
    #[arg(long)]
    force: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

fn require_sqlite(place: StoreLocation, instead: &str) -> Result<PathBuf, String> {
    match place {
        StoreLocation::File(path) => Ok(path),
        StoreLocation::Url(_) => {
            Err(format!("this command works with SQLite only, and the store is PostgreSQL: use {instead}"))
        }
    }
}

pub(super) async fn backup(file: Option<&Path>, args: BackupArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let to = args.to.clone();
    let tool = format!("pg_dump --format=custom --file={} \"$OPENDRS_SERVER_DATABASE_URL\"", to.display());
    let from = require_sqlite(config.store_location(), &tool)?;
    if !from.exists() {
        return Err(format!("there is no store {}: set --data to its folder", from.display()));
    }
    let whole = estimate_size(&from).map_err(|e| e.to_string())?;
    let (source, target) = (from.clone(), to.clone());
    let work = tokio::task::spawn_blocking(move || copy(&source, &target));
    let found = await_with_progress(work, &partial_path(&to), whole).await?.map_err(|e| e.to_string())?;
    let bytes = std::fs::metadata(&to).map_err(|e| e.to_string())?.len();
    if args.json {
        let (file, key) = (to.display().to_string(), config.master_key_file().display().to_string());
        output::print_line(
            json!({ "file": file, "bytes": bytes, "step": found.schema_step, "masterKey": key }).to_string(),
        );
    } else {
        output::print_line(format!("{}: {bytes} bytes, complete and verified.", to.display()));
        output::print_note(format!(
            "The backup does not contain the master key {}, and cannot be used without it: back up the key in \
             another place.",
            config.master_key_file().display()
        ));
    }
    Ok(())
}

/// Waits for the copy. Where standard error is a terminal, it shows the progress in per cent.
async fn await_with_progress<T>(mut work: tokio::task::JoinHandle<T>, part: &Path, whole: u64) -> Result<T, String> {
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    let watched = std::io::stderr().is_terminal();
    let mut said = false;
    loop {
        tokio::select! {
            done = &mut work => {
                if said {
                    let _ = write!(std::io::stderr(), "\r\x1b[K");
                }
                return done.map_err(|e| e.to_string());
            }
            _ = ticks.tick(), if watched => {
                let now = std::fs::metadata(part).map_or(0, |m| m.len());
                let percent = (now * 100).checked_div(whole).unwrap_or(100).min(100);
                let _ = write!(std::io::stderr(), "\r{percent:3} % of {} MiB ", whole.div_ceil(1 << 20));
                said = true;
            }
        }
    }
}

pub(super) async fn restore(file: Option<&Path>, args: RestoreArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let tool =
        format!("pg_restore --clean --if-exists --dbname=\"$OPENDRS_SERVER_DATABASE_URL\" {}", args.from.display());
    let store = require_sqlite(config.store_location(), &tool)?;
    if !args.from.exists() {
        return Err(format!("there is no file {}", args.from.display()));
    }
    let found = verify_file(&args.from).map_err(|e| e.to_string())?;
    let path = config.master_key_file();
    let key = master_key::read_existing(&path)
        .map_err(|e| format!("{e}. First put the master key of the backup's store in its place"))?;
    if found.installation.is_some_and(|(proof, _)| proof != keys::master_key_check(&key)) {
        return Err(format!(
            "the master key {} is not the one of the backup's store: first replace it with that key",
            path.display()
        ));
    }
    if store.exists() && !args.force {
        return Err(format!(
            "there is a store {}: --force replaces it, and keeps the old store beside the new one",
            store.display()
        ));
    }
    let (from, target) = (args.from.clone(), store.clone());
    let work = tokio::task::spawn_blocking(move || restore_from(&from, &target));
    let kept = work.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    let kept = kept.map(|path| path.display().to_string());
    if args.json {
        output::print_line(
            json!({ "store": store.display().to_string(), "kept": kept, "step": found.schema_step }).to_string(),
        );
    } else {
        output::print_line(format!("{} is restored.", store.display()));
        if let Some(kept) = kept {
            output::print_note(format!("The previous store is now {kept}."));
        }
    }
    Ok(())
}
