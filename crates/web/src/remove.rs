//! The page on which a customer removes a device from their account. It is the only way to deregister that does not
//! need the device.
//!
//! Invariant: only the owner's sign-in opens the page, and opening it changes nothing. A device is removed immediately.
//! Pressing the button twice has the same effect as pressing it once.

use super::browser::{BrowserSession, PostedPage};
use super::page_context::{PageFrame, current_path};
use super::saved::SavedChange;
use super::signin::sign_in_page;
use super::{PageError, query_param, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::device::NamedDevice;
use opendrs_domain::id::{CustomerId, DeviceId};
use opendrs_edge::state::AppState;
use opendrs_service::device;
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

/// The path of the list of a customer's devices.
const DEVICE_LIST_PATH: &str = "/settings";

#[derive(Template)]
#[template(path = "remove.html")]
struct RemovePage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    device: String,
    name: &'a str,
    /// The name of its model, if it has another name.
    model: Option<&'a str>,
    serial: &'a str,
}

/// Returns the URL of the page for a device.
pub(super) fn page_url(device: DeviceId) -> String {
    format!("/settings/remove?device={device}")
}

/// Finds the customer's device with this id.
pub(super) async fn find_owned_device(
    state: &AppState,
    browser: &BrowserSession,
    owner: CustomerId,
    id: &str,
) -> Result<Option<NamedDevice>, PageError> {
    let Ok(id) = DeviceId::parse(id) else { return Ok(None) };
    device::find_owned(&state.app, owner, id).await.map_err(PageError::with_context(&browser.context))
}

pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let id = &query_param(&parts, "device");
    let Some(session) = &browser.session else {
        let back = DeviceId::parse(id).map_or_else(|_| DEVICE_LIST_PATH.to_owned(), page_url);
        return sign_in_page(&state, &browser, &back, None, "").await;
    };
    let Some(named) = find_owned_device(&state, &browser, session.customer, id).await? else {
        return Ok(redirect_to(StatusCode::SEE_OTHER, DEVICE_LIST_PATH));
    };
    let BrowserSession { context: shown, .. } = &browser;
    let named = named.in_language(shown.texts.language);
    let NamedDevice { device, model_name, .. } = &named;
    let template = RemovePage {
        texts: shown.texts,
        frame: shown.frame(current_path(&parts)),
        csrf: &browser.form_token(&state),
        device: device.id.to_string(),
        name: named.name(),
        model: Some(model_name.as_str()).filter(|model| *model != named.name()),
        serial: device.serial.as_str(),
    };
    Ok(render_page(shown, StatusCode::OK, &template, None))
}

/// Removes the device, then redirects to the list of devices.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, DEVICE_LIST_PATH, None, "").await;
    };
    if let Some(NamedDevice { device, .. }) =
        find_owned_device(&state, &browser, session.customer, form.get("device").unwrap_or_default()).await?
    {
        device::remove(&state.app, device).await.map_err(PageError::with_context(&browser.context))?;
    }
    Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Removed.url(DEVICE_LIST_PATH)))
}
