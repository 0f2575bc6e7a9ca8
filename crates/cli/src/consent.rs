//! `opendrs consent`: does for customers what they ask for by telephone: says which apps have their consent, and withdraws
//! it.

use super::{customer, out};
use clap::Subcommand;
use opendrs_domain::id::ProfileId;
use opendrs_service::consent::{self, Given};
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Consent {
    /// The apps (security profiles) that have a customer's consent, since when and for what.
    List {
        #[command(flatten)]
        of: customer::OfArgs,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Withdraw a customer's consent, as they can at /settings: its tokens end, the devices that they have of its maker's
    /// are deregistered, the maker gets the notifications, orders under way go on.
    Withdraw {
        #[command(flatten)]
        of: customer::OfArgs,
        /// The security profile: amzn1.application. and 32 hex digits.
        #[arg(long, value_name = "PROFILE", value_parser = ProfileId::parse)]
        profile: ProfileId,
    },
}

pub(super) async fn run(file: Option<&Path>, command: Consent) -> Result<(), String> {
    match command {
        Consent::List { of, json } => {
            let (app, id) = customer::find(file, of).await?;
            for given in consent::of_customer(&app, id).await.map_err(super::cause)? {
                out::say(line(&given, json));
            }
            Ok(())
        }
        Consent::Withdraw { of, profile } => {
            let (app, id) = customer::find(file, of).await?;
            match consent::withdraw(&app, id, profile).await.map_err(super::cause)? {
                true => out::say(format!("{profile} has no consent of theirs any more.")),
                false => {
                    return Err(format!(
                        "{profile} has no consent of this customer: `opendrs consent list` tells which have"
                    ));
                }
            }
            Ok(())
        }
    }
}

fn line(given: &Given, json: bool) -> String {
    let Given { profile, name, maker, scopes, granted_at } = given;
    let since = granted_at.to_millis_text();
    if json {
        let scopes = scopes.to_string();
        let scopes: Vec<_> = scopes.split(' ').collect();
        return json!({
            "profile": profile.to_string(),
            "name": name,
            "maker": maker,
            "scopes": scopes,
            "grantedAt": since,
        })
        .to_string();
    }
    format!("{since}  {profile}  {name}, {maker}  ({scopes})")
}
