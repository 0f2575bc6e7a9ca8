//! What the owner of a device states on its page: the device's name.
//!
//! Not here: the page with these forms ([`super::settings`]). Invariant: the device's row decides who owns it, when it is
//! read and when it is written.

use super::device_name::RejectedName;
use super::device_selection::selection_of_form;
use super::field_problem::FieldProblem;
use super::saved::SavedChange;
use super::settings::{Feedback, SettingsPost, device_page};
use super::{PageError, redirect_to};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_service::{Error, FormError, device};
use std::sync::Arc;

/// Renames a device, or gives it the name of its model again.
pub(super) async fn rename(
    State(state): State<Arc<AppState>>,
    SettingsPost { browser, form, caller, return_url: back }: SettingsPost,
) -> Result<Response, PageError> {
    let typed = form.get("name").unwrap_or_default();
    match device::rename(&state.app, &caller, typed).await {
        Ok(Some(_)) => Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Renamed.url(&back))),
        Ok(None) => Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::NameRemoved.url(&back))),
        Err(error @ Error::InvalidForm(FormError::InvalidDeviceName)) => {
            let problems = FieldProblem::at("name", Some(&error), browser.context.texts);
            let rejected = RejectedName { typed, problems };
            let feedback = Feedback { rejected_name: Some(&rejected), ..Feedback::default() };
            device_page(&state, &browser, &caller, selection_of_form(&form), &feedback).await
        }
        Err(error) => Err(PageError::with_context(&browser.context)(error)),
    }
}
