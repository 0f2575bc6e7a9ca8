//! `opendrs consent`: lists and withdraws consents for customers who ask the operator for it, such as by telephone.

use super::{customer, output};
use clap::Subcommand;
use opendrs_domain::id::ProfileId;
use opendrs_service::consent::{self, ConsentSummary};
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum ConsentCommand {
    /// List the security profiles that have a customer's consent, with date and scopes.
    List {
        #[command(flatten)]
        of: customer::CustomerSelectorArgs,
        /// Print one JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Withdraw a customer's consent, as the customer can at /settings. Its tokens end, the customer's devices of that
    /// maker are deregistered, the maker is notified, and orders under way go on.
    Withdraw {
        #[command(flatten)]
        of: customer::CustomerSelectorArgs,
        /// The security profile: amzn1.application. and 32 hex digits.
        #[arg(long, value_name = "PROFILE", value_parser = ProfileId::parse)]
        profile: ProfileId,
    },
}

pub(super) async fn run(file: Option<&Path>, command: ConsentCommand) -> Result<(), String> {
    match command {
        ConsentCommand::List { of, json } => {
            let (app, id) = customer::open_app_and_find_customer(file, of).await?;
            for given in consent::list_for_customer(&app, id).await.map_err(super::error_text)? {
                output::print_line(consent_line(&given, json));
            }
            Ok(())
        }
        ConsentCommand::Withdraw { of, profile } => {
            let (app, id) = customer::open_app_and_find_customer(file, of).await?;
            if consent::withdraw(&app, id, profile).await.map_err(super::error_text)? {
                output::print_line(format!("The customer's consent for {profile} is withdrawn."));
            } else {
                return Err(format!(
                    "{profile} has no consent of this customer: `opendrs consent list` lists those that have one"
                ));
            }
            Ok(())
        }
    }
}

fn consent_line(given: &ConsentSummary, json: bool) -> String {
    let ConsentSummary { profile, name, maker, scopes, granted_at } = given;
    let since = granted_at.to_rfc3339_millis();
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
