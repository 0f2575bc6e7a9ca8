//! `opendrs keys`: the keys that tokens are made with.

use super::open::{self, Time};
use super::{StoreArgs, out};
use clap::{Args, Subcommand};
use opendrs_service::keys;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Every token key, oldest first; the last one makes new tokens.
    List(Which),
    /// Add a key. Every node makes new tokens with it within a second; old tokens stay good.
    Rotate(Which),
}

#[derive(Debug, Args)]
pub(super) struct Which {
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(file: Option<&Path>, args: Keys) -> Result<(), String> {
    let (Keys::List(which) | Keys::Rotate(which)) = &args;
    let config = open::config(file, &which.store, Vec::new())?;
    let app = open::app(&config, Time::AsServed).await?;
    if let Keys::Rotate(_) = args {
        keys::rotate(&app).await.map_err(|e| e.to_string())?;
    }
    for (number, made) in keys::all(&app).await.map_err(|e| e.to_string())? {
        out::say(format!("{number}  {made}"));
    }
    Ok(())
}
