//! What the owner of a device states on its page: the device's name, and notes about a slot.
//!
//! Not here: the page with these forms ([`super::settings`]). Invariant: the device's row decides who owns it, when it is
//! read and when it is written.

use super::device_name::RejectedName;
use super::device_selection::selection_of_form;
use super::field_problem::FieldProblem;
use super::saved::SavedChange;
use super::settings::{Feedback, SettingsPost, device_page};
use super::slot_statement::RejectedStatement;
use super::{PageError, redirect_to};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::slot_statement::{StatementError, StatementForm};
use opendrs_edge::state::AppState;
use opendrs_service::{Error, FormError, device, slot_statement};
use std::sync::Arc;

/// Renames a device, or gives it the name of its model again.
pub(super) async fn rename(
    State(state): State<Arc<AppState>>,
    SettingsPost { browser, form, caller, return_url: back }: SettingsPost,
) -> Result<Response, PageError> {
    // A form without the field would take the name away.
    let typed =
        form.get("name").ok_or_else(|| PageError::with_context(&browser.context)(FormError::Incomplete.into()))?;
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

/// Saves what the customer states of a slot, or removes it.
pub(super) async fn state_slot(
    State(state): State<Arc<AppState>>,
    SettingsPost { browser, form, caller, return_url: back }: SettingsPost,
) -> Result<Response, PageError> {
    let slot = form.get("slotId").unwrap_or_default();
    let typed = StatementForm { replaced_on: form.get("replaced_on"), stock: form.get("stock") };
    let typed = Some(typed).filter(|_| !form.has("remove"));
    let saved = if typed.is_some() { SavedChange::Stated } else { SavedChange::StatementRemoved };
    match slot_statement::state(&state.app, &caller, slot, typed).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, &saved.url_at_slot(&back, slot))),
        Err(error @ Error::InvalidForm(FormError::InvalidStatement(_))) => {
            let field = match &error {
                Error::InvalidForm(FormError::InvalidStatement(StatementError::Stock)) => "stock",
                _ => "replaced_on",
            };
            let rejected = RejectedStatement {
                slot,
                replaced_on: form.get("replaced_on").unwrap_or_default(),
                stock: form.get("stock").unwrap_or_default(),
                problems: FieldProblem::at(field, Some(&error), browser.context.texts),
            };
            let feedback = Feedback { rejected_statement: Some(&rejected), ..Feedback::default() };
            device_page(&state, &browser, &caller, selection_of_form(&form), &feedback).await
        }
        Err(error) => Err(PageError::with_context(&browser.context)(error)),
    }
}
