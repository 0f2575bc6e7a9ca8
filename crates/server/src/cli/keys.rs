//! `opendrs keys`: the keys that tokens are made with, and the operator's own token.

use super::open;
use super::{StoreArgs, out};
use clap::{Args, Subcommand};
use opendrs_service::keys;
use opendrs_service::random::{Random, SystemRandom};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Every token key, oldest first; the last one makes new tokens.
    List(Which),
    /// Add a key. Every node makes new tokens with it within a second; old tokens stay good.
    Rotate(Which),
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
}

pub(super) async fn run(file: Option<&Path>, args: Keys) -> Result<(), String> {
    let which = match &args {
        Keys::List(which) | Keys::Rotate(which) => which,
        Keys::Operator { token } => return operator(token),
    };
    let config = open::config(file, &which.store, Vec::new())?;
    let app = open::beside(&config).await?;
    if let Keys::Rotate(_) = args {
        keys::rotate(&app).await.map_err(super::cause)?;
    }
    for (number, made) in keys::all(&app).await.map_err(super::cause)? {
        out::say(format!("{number}  {made}"));
    }
    Ok(())
}

fn operator(path: &Path) -> Result<(), String> {
    let bad = |e: &dyn std::fmt::Display| format!("cannot make {}: {e}", path.display());
    let mut token = [0_u8; 32];
    SystemRandom.fill(&mut token);
    let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(|e| bad(&e))?;
    file.write_all(format!("{token}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(|e| bad(&e))?;
    out::note(format!("Made. Set operator.token_file = \"{}\" and start the server anew.", path.display()));
    Ok(())
}
