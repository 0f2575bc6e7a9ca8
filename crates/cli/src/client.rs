//! `opendrs client`: lists the Login with Amazon clients, and changes their modes, states and secrets.

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use opendrs_domain::id::ProfileId;
use opendrs_domain::profile::{Client, ClientMode, ClientState};
use opendrs_server::open_app;
use opendrs_service::App;
use opendrs_service::login::client::{self, ClientChange, ListedClient};
use opendrs_service::seed::list_client_names;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// List every client by security profile, without removed ones.
    List(ClientListArgs),
    /// Change the rules for a client.
    ///
    /// `lwa` has the rules of Login with Amazon, which devices and apps in the field need. `strict` has those of RFC
    /// 9700: PKCE with S256 and a redirect URI exactly as registered are required, each use gives a new refresh token,
    /// and a token in a query is refused. Existing tokens of the client stay valid.
    Mode {
        #[command(flatten)]
        named: ClientIdArgs,
        /// lwa or strict.
        #[arg(value_name = "MODE", value_parser = PossibleValuesParser::new(ClientMode::ALL.map(ClientMode::as_str)), hide_possible_values = true)]
        mode: String,
    },
    /// End all codes and tokens of a client immediately on every node, and refuse new logins through it.
    ///
    /// Sign-ups under way are refused. Devices stay registered. Devices that were linked only through this client are
    /// refused until they are linked again. `opendrs client enable` lets customers log in again.
    Disable(ClientIdArgs),
    /// Let customers log in through a disabled client again. Codes and tokens that were ended stay invalid.
    Enable(ClientIdArgs),
    /// Remove a client permanently; it cannot be enabled again.
    Remove(ClientIdArgs),
    /// Rotate a client's secret without an interruption.
    #[command(subcommand)]
    Secret(ClientSecretCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum ClientSecretCommand {
    /// Make a new secret and print it once. The present secret stays valid until it is retired.
    Rotate(ClientIdArgs),
    /// End the older of a client's two secrets.
    Retire(ClientIdArgs),
}

#[derive(Debug, Args)]
pub(super) struct ClientListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ClientIdArgs {
    /// The client: amzn1.application-oa2-client. and 32 hex digits.
    #[arg(value_name = "CLIENT_ID")]
    client: String,
    #[command(flatten)]
    which: ClientListArgs,
}

pub(super) async fn run(file: Option<&Path>, command: ClientCommand) -> Result<(), String> {
    let which = match &command {
        ClientCommand::List(which) => which,
        ClientCommand::Mode { named, .. }
        | ClientCommand::Disable(named)
        | ClientCommand::Enable(named)
        | ClientCommand::Remove(named)
        | ClientCommand::Secret(ClientSecretCommand::Rotate(named) | ClientSecretCommand::Retire(named)) => {
            &named.which
        }
    };
    let json = which.json;
    let app = open_app::open_existing_app(&store_args::load_config(file, &which.store, Vec::new())?).await?;
    let change = async |named: &ClientIdArgs, change| {
        let changed = client::apply_change(&app, &named.client, change).await.map_err(super::error_text)?;
        print_clients(&app, Some(&changed), json, None).await
    };
    match &command {
        ClientCommand::List(_) => print_clients(&app, None, json, None).await,
        ClientCommand::Mode { named, mode } => {
            let mode = ClientMode::parse(mode).unwrap_or_default();
            let changed = client::set_mode(&app, &named.client, mode).await.map_err(super::error_text)?;
            print_clients(&app, Some(&changed), json, None).await
        }
        ClientCommand::Disable(named) => change(named, ClientChange::Disable).await,
        ClientCommand::Enable(named) => change(named, ClientChange::Enable).await,
        ClientCommand::Remove(named) => change(named, ClientChange::Remove).await,
        ClientCommand::Secret(ClientSecretCommand::Retire(named)) => change(named, ClientChange::RetireSecret).await,
        ClientCommand::Secret(ClientSecretCommand::Rotate(named)) => {
            let rotated = client::rotate_secret(&app, &named.client).await.map_err(super::error_text)?;
            let (changed, secret) = rotated;
            print_clients(&app, Some(&changed), json, Some(&secret)).await?;
            if !json {
                output::print_note(
                    "This secret is printed only once: store it. The previous one stays valid until `opendrs client \
                     secret retire`.",
                );
            }
            Ok(())
        }
    }
}

/// Prints the client `only`, or all clients that are not removed.
async fn print_clients(app: &App, only: Option<&Client>, json: bool, secret: Option<&str>) -> Result<(), String> {
    let all = client::list(app).await.map_err(super::error_text)?;
    let profiles: BTreeSet<_> = all.iter().map(|listed| listed.client.profile.0).collect();
    let names = list_client_names(app, profiles.into_iter().map(ProfileId)).await.map_err(super::error_text)?;
    for ListedClient { maker, profile, client: row } in all {
        let name = names.get(&row.id.to_string()).map(String::as_str);
        let wanted = match only {
            Some(only) => only.id == row.id,
            None => row.access.state != ClientState::Removed,
        };
        if !wanted {
            continue;
        }
        let mut object = client_json(&maker, &profile, name, &row);
        if let Some(secret) = secret {
            object["secret"] = secret.into();
        }
        match (json, secret) {
            (true, _) => output::print_line(object.to_string()),
            (false, Some(secret)) => output::print_line(secret),
            (false, None) => output::print_line(client_line(&maker, &profile, name, &row)),
        }
    }
    Ok(())
}

fn client_json(maker: &str, profile: &str, name: Option<&str>, row: &Client) -> Value {
    let Client { id, kind, mode, redirect_uris, .. } = row;
    let secrets = [row.secret_hash, row.former_secret_hash].iter().flatten().count();
    json!({
        "id": id.to_string(),
        "name": name,
        "kind": kind.as_str(),
        "mode": mode.as_str(),
        "state": row.access.state.as_str(),
        "secrets": secrets,
        "profile": row.profile.to_string(),
        "profileName": profile,
        "maker": maker,
        "redirectUris": redirect_uris,
    })
}

fn client_line(maker: &str, profile: &str, name: Option<&str>, row: &Client) -> String {
    let Client { id, kind, mode, .. } = row;
    let state = match row.access.state {
        ClientState::Enabled => String::new(),
        state => format!("  ({})", state.as_str()),
    };
    let secrets = if row.former_secret_hash.is_some() { "  (two secrets)" } else { "" };
    let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
    format!("{id}  {:<7}  {:<6}  {name}{profile}, {maker}{state}{secrets}", kind.as_str(), mode.as_str())
}
