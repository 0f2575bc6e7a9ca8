//! `opendrs customer export`: everything that is stored about a customer, in a file that only its owner can read.
//!
//! Invariant: a file is written whole or not at all, and replaced only with `--force`.

use super::{CustomerSelectorArgs, open_app_and_find_customer};
use crate::output;
use crate::store_args::StoreArgs;
use clap::Args;
use opendrs_domain::text::Email;
use opendrs_server::private_file;
use opendrs_service::export;
use serde_json::json;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct CustomerExportArgs {
    /// The customer's e-mail address.
    #[arg(value_name = "EMAIL", value_parser = Email::parse)]
    customer: Email,
    /// Zip file to write, which only its owner can read.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: &CustomerExportArgs) -> Result<(), String> {
    let CustomerExportArgs { customer, output: path, force, store, json } = args;
    let of = CustomerSelectorArgs { store: store.clone(), customer: Some(customer.clone()) };
    let (app, id) = open_app_and_find_customer(file, of).await?;
    let made = export::make_for_operator(&app, id).await.map_err(crate::error_text)?;
    let written =
        if *force { private_file::replace(path, &made.bytes) } else { private_file::create(path, &made.bytes) };
    let name = path.display();
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!("{name} exists: --force replaces it"),
        _ => format!("cannot write {name}: {error}"),
    })?;
    let (size, records) = (made.bytes.len(), made.counts.values().sum::<u64>());
    if *json {
        let summary = json!({ "customer": customer.to_string(), "file": name.to_string(), "bytes": size,
            "records": made.counts });
        output::print_line(summary.to_string());
    } else {
        output::print_line(format!("{name}: {records} records about {customer}, {size} bytes."));
    }
    Ok(())
}
