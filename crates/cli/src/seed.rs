//! `opendrs seed`: applies a seed file, previews it, and exports the present state as one.

mod export;
mod file_format;
mod parse;
mod picture_file;
mod print;

use super::output;
use super::secrets::{SecretOutput, SecretOutputArgs};
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_config::Config;
use opendrs_server::open_app::{self, ClockMode};
use opendrs_service::App;
use opendrs_service::seed::{self as service, OverwritePolicy, SeedItem};
use opendrs_store::regular_file;
pub use parse::ReadPicture;
use parse::parse_seed;
use picture_file::read_picture_file;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The largest seed file, in mebibytes. A catalogue of 60,000 products has six.
const MAX_SEED_MEBIBYTES: u64 = 64;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct SeedArgs {
    #[command(subcommand)]
    command: Option<SeedCommand>,
    /// The seed file; docs/seed.md lists its keys.
    #[arg(value_name = "FILE", required = true)]
    file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// Print the changes without making them.
    #[arg(long)]
    dry_run: bool,
    /// Overwrite later changes of customers and operators, and list them; with --dry-run, only list them.
    #[arg(long)]
    force: bool,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    secrets: SecretOutputArgs,
}

#[derive(Debug, Subcommand)]
enum SeedCommand {
    /// Export the present state as a seed file; applied to this store, it changes nothing.
    ///
    /// The file has makers, profiles, clients, topics, models, products and customers. Without --with-secrets it has
    /// neither hashes of passwords and secrets nor the logins and queries of endpoints, which a new store needs.
    Export(export::SeedExportArgs),
}

pub(super) async fn run(file: Option<&Path>, args: SeedArgs) -> Result<(), String> {
    let SeedArgs { command, file: seed, store, dry_run, force, json, secrets } = args;
    let seed = match (command, seed) {
        (Some(SeedCommand::Export(args)), _) => return export::run(file, args).await,
        (None, Some(seed)) => seed,
        (None, None) => return Err("give a seed file".into()),
    };
    let config = store_args::load_config(file, &store, Vec::new())?;
    let overwrite = if force { OverwritePolicy::Everything } else { OverwritePolicy::Never };
    if dry_run {
        let (seed, name) = read_seed_file(&seed)?;
        let (_folder, app) = open_preview_store(config).await?;
        let items =
            service::preview(&app, seed, overwrite).await.map_err(|e| format!("{name}: {}", super::error_text(e)))?;
        print::print_items(&items, json, true, false);
        return Ok(());
    }
    // The secrets' file is opened before anything is generated, because unwritten secrets would be lost.
    let mut secrets = secrets.open_output()?;
    let (seed, name) = read_seed_file(&seed)?;
    let app = open_app::open_app(&config, ClockMode::SameAsServer).await?;
    let items = service::apply_with_overwrite(&app, seed, overwrite)
        .await
        .map_err(|e| format!("{name}: {}", super::error_text(e)))?;
    print::print_items(&items, json, false, secrets.show);
    secrets.write_generated(&items)
}

/// Opens the store for a dry run. If there is none yet, this is an empty store in a temporary folder, so that nothing
/// is created at the store's location.
async fn open_preview_store(mut config: Config) -> Result<(Option<TempDir>, App), String> {
    if open_app::store_exists(&config).await? {
        return Ok((None, open_app::open_existing_app(&config).await?));
    }
    output::print_note("There is no store yet: everything is new.");
    let folder = tempfile::Builder::new().prefix("opendrs-dry-run-").tempdir();
    let folder = folder.map_err(|e| format!("cannot create a folder for the dry run: {e}"))?;
    config.keys.master_file = match config.master_key_file() {
        key if key.exists() => key,
        _ => PathBuf::new(),
    };
    config.server.database_url.clear();
    config.server.data = folder.path().to_owned();
    let app = open_app::open_app(&config, ClockMode::SameAsServer).await?;
    Ok((Some(folder), app))
}

/// Reads a seed file. Error texts begin with the file's name.
fn read_seed_file(path: &Path) -> Result<(service::SeedDeclaration, String), String> {
    let name = path.display().to_string();
    let text = regular_file::read_text_up_to(path, MAX_SEED_MEBIBYTES)
        .map_err(|e| format!("cannot read the seed file {name}: {e}"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let read = |picture: &str| read_picture_file(&folder.join(picture));
    Ok((parse_seed(&text, &read).map_err(|e| format!("{name}: {e}"))?, name))
}

/// Applies a file and prints the outcome of each declaration.
pub(super) async fn apply_file(app: &App, path: &Path, secrets: &mut SecretOutput) -> Result<(), String> {
    let (seed, name) = read_seed_file(path)?;
    let items = service::apply(app, seed).await.map_err(|e| format!("{name}: {}", super::error_text(e)))?;
    print::print_items(&items, false, false, secrets.show);
    secrets.write_generated(&items)
}

/// Applies the text of a seed without pictures. Error texts begin with `name`.
pub async fn apply_text(app: &App, text: &str, name: &str) -> Result<Vec<SeedItem>, String> {
    let none = |path: &str| Err(format!("there is no folder in which {path} could be"));
    apply_text_with_pictures(app, text, name, &none).await
}

/// Applies the text of a seed, whose pictures `read_picture` returns. Error texts begin with `name`.
pub async fn apply_text_with_pictures(
    app: &App,
    text: &str,
    name: &str,
    read_picture: ReadPicture<'_>,
) -> Result<Vec<SeedItem>, String> {
    let seed = parse_seed(text, read_picture).map_err(|e| format!("{name}: {e}"))?;
    service::apply(app, seed).await.map_err(|e| format!("{name}: {}", super::error_text(e)))
}
