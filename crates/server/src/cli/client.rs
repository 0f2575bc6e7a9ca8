//! `opendrs client`: which Login with Amazon clients there are, and by which rules each lives.

use super::open;
use super::{StoreArgs, out};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use opendrs_domain::profile::{Client as Row, Mode};
use opendrs_service::login::client;
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Client {
    /// Every client, profile by profile.
    List(Which),
    /// Let a client live by other rules from now on.
    ///
    /// `lwa`, those of Login with Amazon, which devices and apps in the field need; or `strict`, those of RFC 9700: S256
    /// always, redirect URIs always and to the letter, a new refresh token at each use, no token in a query. Tokens that the
    /// client was issued before stay good.
    Mode {
        #[command(flatten)]
        which: Which,
        /// The client: amzn1.application-oa2-client. and 32 hex digits.
        #[arg(value_name = "CLIENT")]
        client: String,
        /// lwa or strict.
        #[arg(value_name = "MODE", value_parser = PossibleValuesParser::new(Mode::ALL.map(Mode::as_str)), hide_possible_values = true)]
        mode: String,
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

pub(super) async fn run(file: Option<&Path>, command: Client) -> Result<(), String> {
    let (Client::List(which) | Client::Mode { which, .. }) = &command;
    let json = which.json;
    let app = open::beside(&open::config(file, &which.store, Vec::new())?).await?;
    if let Client::Mode { client, mode, .. } = &command {
        let mode = Mode::parse(mode).unwrap_or_default();
        client::set_mode(&app, client, mode).await.map_err(super::cause)?;
    }
    for (maker, profile, row) in client::all(&app).await.map_err(super::cause)? {
        match &command {
            Client::Mode { client, .. } if row.id.to_string() != *client => {}
            _ => out::say(line(&maker, &profile, &row, json)),
        }
    }
    Ok(())
}

fn line(maker: &str, profile: &str, row: &Row, json: bool) -> String {
    let Row { id, kind, mode, redirect_uris, .. } = row;
    if json {
        return json!({
            "id": id.to_string(),
            "kind": kind.as_str(),
            "mode": mode.as_str(),
            "profile": row.profile.to_string(),
            "profileName": profile,
            "maker": maker,
            "redirectUris": redirect_uris,
        })
        .to_string();
    }
    format!("{id}  {:<7}  {:<6}  {profile}, {maker}", kind.as_str(), mode.as_str())
}
