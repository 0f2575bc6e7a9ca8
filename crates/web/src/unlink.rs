//! The page on which a customer withdraws the consent for an app, and with it the devices that depend on the consent.
//!
//! Invariant: only the sign-in of the customer who consented opens the page, and opening it changes nothing. Everything
//! that the page announces has ended when the form is answered. Pressing the button twice has the same effect as
//! pressing it once.

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
use opendrs_domain::id::ProfileId;
use opendrs_edge::state::AppState;
use opendrs_service::consent;
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

/// The path of the list of a customer's devices and apps.
const SETTINGS_PATH: &str = "/settings";

#[derive(Template)]
#[template(path = "unlink.html")]
struct UnlinkPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    profile: String,
    name: &'a str,
    maker: &'a str,
    /// The name and the serial of each device that is removed.
    devices: Vec<(String, String)>,
}

/// Returns the URL of the page for an app.
pub(super) fn page_url(profile: ProfileId) -> String {
    format!("/settings/unlink?profile={profile}")
}

pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let id = ProfileId::parse(&query_param(&parts, "profile"));
    let Some(session) = &browser.session else {
        let back = id.map_or_else(|_| SETTINGS_PATH.to_owned(), page_url);
        return sign_in_page(&state, &browser, &back, None, "").await;
    };
    let BrowserSession { context: shown, .. } = &browser;
    let refused = PageError::with_context(shown);
    let given = consent::list_for_customer(&state.app, session.customer).await.map_err(&refused)?;
    let Some(given) = given.into_iter().find(|given| Ok(given.profile) == id) else {
        return Ok(redirect_to(StatusCode::SEE_OTHER, SETTINGS_PATH));
    };
    let found = consent::list_affected_devices(&state.app, session.customer, given.profile).await.map_err(&refused)?;
    let found = found.into_iter().map(|found| found.in_language(shown.texts.language));
    let template = UnlinkPage {
        texts: shown.texts,
        frame: shown.frame(current_path(&parts)),
        csrf: &browser.form_token(&state),
        profile: given.profile.to_string(),
        name: &given.name,
        maker: &given.maker,
        devices: found.map(|found| (found.full_name(), found.device.serial.to_string())).collect(),
    };
    Ok(render_page(shown, StatusCode::OK, &template, None))
}

/// Withdraws the consent, then redirects to the list of devices and apps.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, SETTINGS_PATH, None, "").await;
    };
    if let Ok(profile) = ProfileId::parse(form.get("profile").unwrap_or_default()) {
        consent::withdraw(&state.app, session.customer, profile)
            .await
            .map_err(PageError::with_context(&browser.context))?;
    }
    Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Unlinked.url(SETTINGS_PATH)))
}
