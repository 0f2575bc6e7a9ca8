//! The tokens of account links, and the codes that people type instead.
//!
//! Invariant: a token is accepted while its link is valid; nothing is stored for it.

use crate::signed_link::{self, ACCOUNT_PURPOSE, REQUEST_PURPOSE};
use crate::{App, Error, FormError, Result};
use opendrs_domain::account::{AccountLink, CodeRequest, CredentialState};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_store::{account, customer};
use serde::Serialize;

/// The token of a link in a mail.
pub(crate) fn link_token(app: &App, link: &AccountLink) -> Result<String> {
    signed_link::sign(app, ACCOUNT_PURPOSE, &to_bytes(link)?)
}

/// The code in the mail of a request.
pub(crate) fn code_for(app: &App, request: &CodeRequest) -> Result<String> {
    signed_link::digits(app, &to_bytes(request)?)
}

/// Whether a typed code is that of a request.
pub(super) fn is_code_for(app: &App, request: &CodeRequest, typed: &str) -> bool {
    to_bytes(request).is_ok_and(|request| signed_link::has_digits(app, &request, typed))
}

/// Opens the token of a link.
pub(super) fn open_link(app: &App, token: &str) -> Result<AccountLink> {
    let link: Option<AccountLink> =
        signed_link::open(app, ACCOUNT_PURPOSE, token).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    link.filter(|link| link.is_valid_at(app.now())).ok_or_else(|| FormError::LinkEnded.into())
}

/// The token of a request, with which a browser opens the page for its code.
pub(super) fn request_token(app: &App, request: &CodeRequest) -> Result<String> {
    signed_link::sign(app, REQUEST_PURPOSE, &to_bytes(request)?)
}

/// The request of a token.
///
/// # Errors
/// [`FormError::LinkEnded`].
pub fn open_request(app: &App, token: &str) -> Result<CodeRequest> {
    let request: Option<CodeRequest> =
        signed_link::open(app, REQUEST_PURPOSE, token).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    request.filter(|request| request.is_valid_at(app.now())).ok_or_else(|| FormError::LinkEnded.into())
}

fn to_bytes(payload: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(payload).map_err(|e| Error::Internal(e.to_string()))
}

/// The customer of a link, while what it relies on has not changed.
pub(super) async fn check_link_holder(app: &App, id: CustomerId, state: &CredentialState) -> Result<Customer> {
    let shard = app.db.shards().for_customer(id);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let credentials = account::find_credentials(&mut tx, shard, id).await?;
    let customer = customer::find_by_id(&mut tx, shard, id).await?;
    let is_valid = credentials.is_some_and(|credentials| credentials.are_still(state));
    customer.filter(|_| is_valid).ok_or_else(|| FormError::LinkEnded.into())
}
