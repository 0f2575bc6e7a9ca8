//! The deletion of an account: asks for it, or keeps the account after all.
//!
//! Not here: what a deletion does. Invariant: the deletion needs the current password.

use super::profile::{RefusedForm, render_refused};
use super::{ACCOUNT_PATH, AccountPost, shown_in_form};
use crate::saved::SavedChange;
use crate::{PageError, redirect_to};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_service::account;
use std::sync::Arc;

/// Plans the deletion, or keeps the account.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, client }: AccountPost,
) -> Result<Response, PageError> {
    if form.has("keep") {
        let kept = account::cancel_deletion(&state.app, session.customer).await;
        kept.map_err(PageError::with_context(&browser.context))?;
        return Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Kept.url(ACCOUNT_PATH)));
    }
    let password = form.get("password").unwrap_or_default();
    match account::request_deletion(&state.app, session.customer, password, &client.source).await {
        Ok(_) => Ok(redirect_to(StatusCode::SEE_OTHER, ACCOUNT_PATH)),
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            let refused = RefusedForm { field: "delete_password", error: &error, form: &form };
            render_refused(&state, &browser, &session, refused).await
        }
    }
}
