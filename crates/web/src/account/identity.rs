//! The link of an account with a provider, on the account's page.
//!
//! Not here: how it is made ([`crate::federation`]). Invariant: it is removed with the current password, if there is one.

use super::profile::{RefusedForm, render_refused};
use super::{ACCOUNT_PATH, AccountPost, shown_in_form};
use crate::saved::SavedChange;
use crate::{PageError, redirect_to};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_service::federation::{self, IdentityRemoval};
use std::sync::Arc;

/// Removes the link.
pub(super) async fn remove(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, client }: AccountPost,
) -> Result<Response, PageError> {
    let removal = IdentityRemoval { password: form.get("password").unwrap_or_default(), source: &client.source };
    match federation::remove(&state.app, session.customer, removal).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::IdentityRemoved.url(ACCOUNT_PATH))),
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            let refused = RefusedForm { field: "identity_password", error: &error, form: &form };
            render_refused(&state, &browser, &session, refused).await
        }
    }
}
