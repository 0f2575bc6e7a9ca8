//! The customer that a command is about.

use super::{StoreArgs, open};
use clap::Args;
use opendrs_domain::id::CustomerId;
use opendrs_domain::text::Email;
use opendrs_service::{App, customer};
use std::path::Path;

#[derive(Debug, Args)]
pub(super) struct OfArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The customer's e-mail address; may be left out where there is only one.
    #[arg(long, value_name = "EMAIL", value_parser = Email::parse)]
    customer: Option<Email>,
}

/// Opens the store, and finds the customer in it.
pub(super) async fn find(file: Option<&Path>, of: OfArgs) -> Result<(App, CustomerId), String> {
    let app = open::beside(&open::config(file, &of.store, Vec::new())?).await?;
    let email = named(&app, of.customer).await?;
    let id = customer::id_by_email(&app, &email).await.map_err(super::cause)?;
    let id = id.ok_or_else(|| format!("no customer has the address {email}"))?;
    Ok((app, id))
}

/// The address that was named, or that of the only customer there is.
pub(super) async fn named(app: &App, named: Option<Email>) -> Result<Email, String> {
    match named {
        Some(customer) => Ok(customer),
        None => customer::only(app).await.map_err(super::cause),
    }
}
