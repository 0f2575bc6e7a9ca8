//! What a customer does about orders besides rules: order by hand, skip the next order, pause all orders.
//!
//! Not here: the pages with these forms ([`super::settings`], [`super::devices`]). Invariant: the button that orders
//! states the price, and the customer agrees to the price that the page shows.

use super::browser::PostedPage;
use super::device_selection::{selection_of_form, settings_url};
use super::devices::{ListFeedback, PauseFields, devices_page};
use super::field_problem::FieldProblem;
use super::order_row::order_url;
use super::saved::SavedChange;
use super::settings::{Feedback, SettingsPost, device_page};
use super::signin::sign_in_page;
use super::{PageError, redirect_to};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::money::Money;
use opendrs_edge::state::AppState;
use opendrs_service::order::{self, OrderNow, OrderNowOutcome};
use opendrs_service::{Error, ErrorKind, FormError, pause, rule};
use std::sync::Arc;

/// Orders a slot's product now, and shows the order. If an order of the slot is open, it shows that one.
pub(super) async fn order_now(
    State(state): State<Arc<AppState>>,
    SettingsPost { browser, form, caller, .. }: SettingsPost,
) -> Result<Response, PageError> {
    let text = |name: &str| form.get(name).unwrap_or_default();
    let placed = match Money::parse(text("price"), text("currency")) {
        Ok(price) => {
            let wanted = OrderNow { slot: text("slotId"), asin: text("asin"), price: &price };
            order::order_now(&state.app, &caller, wanted).await
        }
        Err(why) => Err(Error::malformed(why)),
    };
    let (saved, order) = match placed {
        Ok(OrderNowOutcome::Placed(order)) => (SavedChange::Placed, order),
        Ok(OrderNowOutcome::AlreadyOpen(order)) => (SavedChange::AlreadyOpen, order),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
            let why = (browser.context.texts.error_message)(&error);
            let feedback = Feedback { refused: Some(&why), slot: text("slotId"), ..Feedback::default() };
            return device_page(&state, &browser, &caller, selection_of_form(&form), &feedback).await;
        }
        Err(error) => return Err(PageError::with_context(&browser.context)(error)),
    };
    Ok(redirect_to(StatusCode::SEE_OTHER, &saved.url(&order_url(&order.to_string()))))
}

/// Skips the next order of a slot, or takes that back.
pub(super) async fn skip(
    State(state): State<Arc<AppState>>,
    SettingsPost { browser, form, caller, return_url: back }: SettingsPost,
) -> Result<Response, PageError> {
    let (slot, skip) = (form.get("slotId").unwrap_or_default(), form.get("skip") == Some("true"));
    rule::set_skip(&state.app, &caller, slot, skip).await.map_err(PageError::with_context(&browser.context))?;
    let saved = if skip { SavedChange::Skipped } else { SavedChange::Unskipped };
    Ok(redirect_to(StatusCode::SEE_OTHER, &saved.url_at_slot(&back, slot)))
}

/// Pauses all orders of the customer, or ends every pause.
pub(super) async fn pause_all(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let (which, exit) = selection_of_form(&form);
    let back = settings_url(which, exit);
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &back, None, "").await;
    };
    if form.has("resume") {
        let ended = pause::end_all(&state.app, session.customer).await;
        ended.map_err(PageError::with_context(&browser.context))?;
        return Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Resumed.url(&back)));
    }
    match pause::pause_all(&state.app, session.customer, form.get("pause_from"), form.get("pause_until")).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Paused.url(&back))),
        Err(Error::InvalidForm(FormError::InvalidRule(why))) => {
            let typed = |name| form.get(name).unwrap_or_default().to_owned();
            let rejected = PauseFields {
                from: typed("pause_from"),
                until: typed("pause_until"),
                problems: FieldProblem::in_rules(&why, &form, browser.context.texts),
            };
            let feedback = ListFeedback { rejected: Some(rejected), ..ListFeedback::default() };
            devices_page(&state, &browser, session, exit, feedback).await
        }
        Err(error) => Err(PageError::with_context(&browser.context)(error)),
    }
}
