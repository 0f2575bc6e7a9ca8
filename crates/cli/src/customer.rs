//! `opendrs customer`: blocks and unblocks a customer, switches a lost second factor off, and exports their data. Also
//! finds the customer for other commands.

mod export;

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_domain::id::CustomerId;
use opendrs_domain::text::Email;
use opendrs_server::open_app;
use opendrs_service::account::second_factor;
use opendrs_service::{App, customer};
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum CustomerCommand {
    /// End a customer's sessions and tokens, refuse their devices, and refuse new sign-ins, on every node.
    ///
    /// Orders under way go on; `opendrs order cancel` ends one. Devices stay registered.
    Block(NamedCustomerArgs),
    /// Let a blocked customer sign in again, and accept the tokens of their devices again.
    ///
    /// Browsers and apps must sign in again; devices go on as before the block.
    Unblock(NamedCustomerArgs),
    /// Switch a customer's two-step sign-in off, if they lost their authenticator app and their recovery codes.
    ///
    /// Their password is enough from then on. They get a mail, and can switch it on again on their account's page.
    ResetSecondFactor(NamedCustomerArgs),
    /// Write everything that is stored about a customer into a zip file, as the customer's own download does.
    Export(export::CustomerExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct NamedCustomerArgs {
    /// The customer's e-mail address.
    #[arg(value_name = "EMAIL", value_parser = Email::parse)]
    customer: Email,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, command: CustomerCommand) -> Result<(), String> {
    let named = match &command {
        CustomerCommand::Block(named) | CustomerCommand::Unblock(named) | CustomerCommand::ResetSecondFactor(named) => {
            named
        }
        CustomerCommand::Export(args) => return export::run(file, args).await,
    };
    let of = CustomerSelectorArgs { store: named.store.clone(), customer: Some(named.customer.clone()) };
    let (app, id) = open_app_and_find_customer(file, of).await?;
    if let CustomerCommand::ResetSecondFactor(_) = command {
        return reset_second_factor(&app, id, named).await;
    }
    let blocked = matches!(command, CustomerCommand::Block(_));
    let changed = if blocked { customer::block(&app, id).await } else { customer::unblock(&app, id).await };
    let changed = changed.map_err(super::error_text)?;
    let email = &named.customer;
    if named.json {
        output::print_line(
            json!({ "customer": email.to_string(), "blocked": blocked, "changed": changed }).to_string(),
        );
        return Ok(());
    }
    output::print_line(match (blocked, changed) {
        (true, true) => format!("{email} is blocked. Lift the block with `opendrs customer unblock {email}`."),
        (true, false) => format!("{email} is blocked already."),
        (false, true) => format!("{email} can sign in again, and their devices are accepted again."),
        (false, false) => format!("{email} is not blocked."),
    });
    Ok(())
}

async fn reset_second_factor(app: &App, id: CustomerId, named: &NamedCustomerArgs) -> Result<(), String> {
    let changed = second_factor::reset(app, id).await.map_err(super::error_text)?;
    let email = &named.customer;
    output::print_line(match (named.json, changed) {
        (true, _) => json!({ "customer": email.to_string(), "second_factor": false, "changed": changed }).to_string(),
        (false, true) => format!("{email} signs in with the password alone from now on. A mail tells them so."),
        (false, false) => format!("{email} has no second factor."),
    });
    Ok(())
}

#[derive(Debug, Args)]
pub(super) struct CustomerSelectorArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The customer's e-mail address; optional where there is only one customer.
    #[arg(long, value_name = "EMAIL", value_parser = Email::parse)]
    customer: Option<Email>,
}

/// Opens the store and finds the customer in it.
pub(super) async fn open_app_and_find_customer(
    file: Option<&Path>,
    of: CustomerSelectorArgs,
) -> Result<(App, CustomerId), String> {
    let app = open_app::open_existing_app(&store_args::load_config(file, &of.store, Vec::new())?).await?;
    let email = email_or_only_customer(&app, of.customer).await?;
    let id = customer::find_id_by_email(&app, &email).await.map_err(super::error_text)?;
    let id = id.ok_or_else(|| format!("no customer has the address {email}"))?;
    Ok((app, id))
}

/// The given address, or the address of the only customer.
///
/// # Errors
/// No address is given, and the store has no customer or several.
pub(super) async fn email_or_only_customer(app: &App, named: Option<Email>) -> Result<Email, String> {
    match named {
        Some(customer) => Ok(customer),
        None => customer::find_only_email(app).await.map_err(super::error_text),
    }
}
