//! `opendrs seed`: applies a seed file, says what that would do, and writes the present state as one.

mod export;
mod parse;
mod print;
mod shape;

use opendrs_server::open_app::{self, Time};
use super::secrets::{SecretArgs, Secrets};
use super::out;
use crate::store_args::{self, StoreArgs};
use opendrs_server::config::Config;
use clap::{Args, Subcommand};
use opendrs_service::App;
use opendrs_service::seed::{self as service, Item, Overwrite};
use parse::parse;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Seed {
    #[command(subcommand)]
    command: Option<Command>,
    /// The seed file; docs/seed.md lists its keys.
    #[arg(value_name = "FILE", required = true)]
    file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// Print what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Overwrite what customers and operators set since, and list it; with --dry-run, only list it.
    #[arg(long)]
    force: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    secrets: SecretArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the present state as a seed file, which applies to this store without a change.
    ///
    /// It holds makers, profiles, clients, topics, models, products and customers. Without --with-secrets it holds neither
    /// hashes of passwords and secrets nor the logins and queries of endpoints; a new store needs these.
    Export(export::Export),
}

pub(super) async fn run(file: Option<&Path>, args: Seed) -> Result<(), String> {
    let Seed { command, file: seed, store, dry_run, force, json, secrets } = args;
    let seed = match (command, seed) {
        (Some(Command::Export(args)), _) => return export::run(file, args).await,
        (None, Some(seed)) => seed,
        (None, None) => return Err("name a seed file".into()),
    };
    let config = store_args::config(file, &store, Vec::new())?;
    let overwrite = if force { Overwrite::Everything } else { Overwrite::Never };
    if dry_run {
        let (seed, name) = read(&seed)?;
        let (_folder, app) = held_against(config).await?;
        let items =
            service::preview(&app, seed, overwrite).await.map_err(|e| format!("{name}: {}", super::cause(e)))?;
        print::all(&items, json, true, false);
        return Ok(());
    }
    // Before anything is made: secrets that have no place to go would be lost.
    let mut secrets = secrets.open()?;
    let (seed, name) = read(&seed)?;
    let app = open_app::app(&config, Time::AsServed).await?;
    let items = service::apply_with(&app, seed, overwrite).await.map_err(|e| format!("{name}: {}", super::cause(e)))?;
    print::all(&items, json, false, secrets.shown);
    secrets.keep(&items)
}

/// The store that a dry run is held against. Where there is none yet, that is an empty one, which ends with its folder:
/// nothing is made where the store will be.
async fn held_against(mut config: Config) -> Result<(Option<TempDir>, App), String> {
    if open_app::is_there(&config).await? {
        return Ok((None, open_app::beside(&config).await?));
    }
    out::note("There is no store yet: everything is new.");
    let folder = tempfile::Builder::new().prefix("opendrs-dry-run-").tempdir();
    let folder = folder.map_err(|e| format!("cannot make a folder for the dry run: {e}"))?;
    config.keys.master_file = match config.master_file() {
        key if key.exists() => key,
        _ => PathBuf::new(),
    };
    config.server.database_url.clear();
    config.server.data = folder.path().to_owned();
    let app = open_app::app(&config, Time::AsServed).await?;
    Ok((Some(folder), app))
}

/// Reads a seed file; its name stands before errors.
fn read(path: &Path) -> Result<(service::Seed, String), String> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read the seed file {name}: {e}"))?;
    Ok((parse(&text).map_err(|e| format!("{name}: {e}"))?, name))
}

/// Applies a file and prints what became of each declaration.
pub(super) async fn apply(app: &App, path: &Path, secrets: &mut Secrets) -> Result<(), String> {
    let (seed, name) = read(path)?;
    let items = service::apply(app, seed).await.map_err(|e| format!("{name}: {}", super::cause(e)))?;
    print::all(&items, false, false, secrets.shown);
    secrets.keep(&items)
}

/// Applies a seed's text; `name` stands before errors.
pub async fn apply_text(app: &App, text: &str, name: &str) -> Result<Vec<Item>, String> {
    let seed = parse(text).map_err(|e| format!("{name}: {e}"))?;
    service::apply(app, seed).await.map_err(|e| format!("{name}: {}", super::cause(e)))
}
