//! The tokens of account links, and the codes that people type instead.
//!
//! Invariant: a token is accepted while its link is valid; nothing is stored for it.

use crate::signed_link::{self, ACCOUNT_PURPOSE, REQUEST_PURPOSE};
use crate::{App, FormError, Result};
use opendrs_domain::account::{AccountLink, CodeRequest, CredentialState};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_store::{account, customer};

/// The token of a link in a mail.
pub(crate) fn link_token(app: &App, link: &AccountLink) -> Result<String> {
    signed_link::sign_value(app, ACCOUNT_PURPOSE, link)
}

/// The code in the mail of a request.
pub(crate) fn code_for(app: &App, request: &CodeRequest) -> Result<String> {
    signed_link::digits(app, &signed_link::to_bytes(request)?)
}

/// Whether a typed code is that of a request.
pub(super) fn is_code_for(app: &App, request: &CodeRequest, typed: &str) -> bool {
    signed_link::to_bytes(request).is_ok_and(|request| signed_link::has_digits(app, &request, typed))
}

/// Opens the token of a link.
pub(super) fn open_link(app: &App, token: &str) -> Result<AccountLink> {
    let link: Option<AccountLink> = signed_link::open_value(app, ACCOUNT_PURPOSE, token);
    link.filter(|link| link.is_valid_at(app.now())).ok_or_else(|| FormError::LinkEnded.into())
}

/// The token of a request, with which a browser opens the page for its code.
pub(super) fn request_token(app: &App, request: &CodeRequest) -> Result<String> {
    signed_link::sign_value(app, REQUEST_PURPOSE, request)
}

/// The request of a token.
///
/// # Errors
/// [`FormError::LinkEnded`].
pub fn open_request(app: &App, token: &str) -> Result<CodeRequest> {
    let request: Option<CodeRequest> = signed_link::open_value(app, REQUEST_PURPOSE, token);
    request.filter(|request| request.is_valid_at(app.now())).ok_or_else(|| FormError::LinkEnded.into())
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
