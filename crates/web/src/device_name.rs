//! The form with which a customer renames a device.
//!
//! Not here: the page with the form ([`super::settings`]). Invariant: only the owner renames a device, and a refused
//! name stays in its field.

use super::device_selection::selection_of_form;
use super::field_problem::FieldProblem;
use super::saved::SavedChange;
use super::settings::{Feedback, SettingsPost, device_page};
use super::{PageError, redirect_to};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::text::DeviceName;
use opendrs_edge::state::AppState;
use opendrs_service::{Error, FormError, device};
use std::sync::Arc;

/// The most characters of a name.
pub(super) const MAX_CHARS: usize = DeviceName::MAX_CHARS;

/// A name that was refused.
pub(super) struct RejectedName<'f> {
    pub(super) typed: &'f str,
    pub(super) problems: FieldProblem,
}

/// The form on the device's page.
#[derive(Default)]
pub(super) struct NameForm {
    /// The owner's name, or what was typed in its place.
    pub(super) typed: String,
    /// Whether its fold is open.
    pub(super) open: bool,
    pub(super) problems: FieldProblem,
}

impl NameForm {
    /// Returns the form for a device with the owner's name `own`.
    pub(super) fn new(own: Option<&str>, rejected: Option<&RejectedName<'_>>) -> Self {
        match rejected {
            Some(RejectedName { typed, problems }) => {
                Self { typed: (*typed).to_owned(), open: true, problems: problems.clone() }
            }
            None => Self { typed: own.unwrap_or_default().to_owned(), ..Self::default() },
        }
    }
}

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
