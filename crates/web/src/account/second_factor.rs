//! The pages of the second factor: set it up, switch it off, see recovery codes.
//!
//! Not here: the second step of a sign-in ([`crate::second_step`]). Invariant: every change needs the current password,
//! and recovery codes are shown once.

use super::profile::{RefusedForm, render_refused};
use super::{ACCOUNT_PATH, AccountPost, form_status, shown_in_form, with_retry_after};
use crate::browser::BrowserSession;
use crate::field_problem::FieldProblem;
use crate::page_context::PageFrame;
use crate::saved::SavedChange;
use crate::signin::sign_in_page;
use crate::{PageError, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::session::Session;
use opendrs_edge::state::AppState;
use opendrs_service::account::second_factor::{self, PasswordProof, SecondFactorSetup, SetupConfirmation};
use opendrs_service::{Error, FormError, federation};
use opendrs_texts::ReaderTexts;
use qrcode::QrCode;
use qrcode::render::svg;
use std::sync::Arc;

/// The path of the page that sets it up.
pub(super) const SETUP_PATH: &str = "/account/second-factor";
/// The place on the account's page that shows its state.
const STATE_PATH: &str = "/account#second-factor";
/// The place on the account's page that offers a first password.
const NO_PASSWORD_PATH: &str = "/account#no-password";
/// The name by which the app lists the account, if the pages' address has no host name.
const ISSUER: &str = "OpenDRS";

#[derive(Template)]
#[template(path = "account/second_factor_setup.html")]
struct SetupPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    setup: &'a SecondFactorSetup,
    /// The picture that the app scans, as SVG.
    qr: String,
    problems: FieldProblem,
}

#[derive(Template)]
#[template(path = "account/recovery_codes.html")]
struct RecoveryCodesPage {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    codes: Vec<String>,
}

/// The name by which the app lists the account: the host of the pages.
fn issuer(state: &AppState) -> String {
    let url = url::Url::parse(&state.urls.web).ok();
    url.as_ref().and_then(url::Url::domain).map_or_else(|| ISSUER.to_owned(), str::to_owned)
}

/// Draws a QR code in two colours of its own, since apps read dark squares on light ground only.
fn draw_qr(text: &str) -> String {
    QrCode::new(text).map_or_else(
        |_| String::new(),
        |code| {
            let svg = code.render::<svg::Color<'_>>().min_dimensions(220, 220).build();
            svg.find("<svg").map_or_else(String::new, |begin| svg[begin..].to_owned())
        },
    )
}

fn render_setup(
    state: &AppState,
    browser: &BrowserSession,
    setup: &SecondFactorSetup,
    refused: Option<&Error>,
) -> Response {
    let field = match refused {
        Some(Error::InvalidForm(FormError::WrongAppCode)) => "code",
        _ => "second_password",
    };
    let template = SetupPage {
        texts: browser.context.texts,
        frame: browser.context.frame(SETUP_PATH),
        csrf: &browser.form_token(state),
        setup,
        qr: draw_qr(&setup.url),
        problems: FieldProblem::at(field, refused, browser.context.texts),
    };
    with_retry_after(render_page(&browser.context, form_status(refused), &template, None), refused)
}

fn render_codes(browser: &BrowserSession, codes: Vec<String>) -> Response {
    let template =
        RecoveryCodesPage { texts: browser.context.texts, frame: browser.context.frame_without_languages(), codes };
    render_page(&browser.context, StatusCode::OK, &template, None)
}

/// Shows the page that sets it up. If there is one already, or no password, the account's page says so.
pub(super) async fn get(State(state): State<Arc<AppState>>, browser: BrowserSession) -> Result<Response, PageError> {
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, SETUP_PATH, None, "").await;
    };
    let refused = PageError::with_context(&browser.context);
    if !federation::find_identity(&state.app, session.customer).await.map_err(&refused)?.has_password {
        return Ok(redirect_to(StatusCode::SEE_OTHER, NO_PASSWORD_PATH));
    }
    if is_on(&state, &browser, session).await? {
        return Ok(redirect_to(StatusCode::SEE_OTHER, STATE_PATH));
    }
    let setup = second_factor::begin_setup(&state.app, session.customer, &issuer(&state)).await.map_err(&refused)?;
    Ok(render_setup(&state, &browser, &setup, None))
}

/// Whether the customer has a second factor.
async fn is_on(state: &AppState, browser: &BrowserSession, session: &Session) -> Result<bool, PageError> {
    let found = second_factor::find_state(&state.app, session.customer).await;
    Ok(found.map_err(PageError::with_context(&browser.context))?.is_some())
}

/// Switches it on, and shows the recovery codes.
pub(super) async fn confirm(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, client }: AccountPost,
) -> Result<Response, PageError> {
    let text = |name: &str| form.get(name).unwrap_or_default();
    let token = text("token");
    let proof = PasswordProof { password: text("password"), source: &client.source };
    let typed = SetupConfirmation { token, code: text("code"), proof };
    match second_factor::confirm_setup(&state.app, session.customer, typed).await {
        Ok(codes) => Ok(render_codes(&browser, codes)),
        // The form came twice, or from another page: the account's page says that it is on, and has new codes.
        Err(Error::InvalidForm(FormError::LinkEnded)) if is_on(&state, &browser, &session).await? => {
            Ok(redirect_to(StatusCode::SEE_OTHER, STATE_PATH))
        }
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            let setup = second_factor::find_setup(&state.app, session.customer, token, &issuer(&state)).await;
            let setup = setup.map_err(PageError::with_context(&browser.context))?;
            Ok(render_setup(&state, &browser, &setup, Some(&error)))
        }
    }
}

/// Replaces the recovery codes and shows them, or switches the second factor off.
pub(super) async fn change(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, client }: AccountPost,
) -> Result<Response, PageError> {
    let typed = PasswordProof { password: form.get("password").unwrap_or_default(), source: &client.source };
    let done = if form.has("off") {
        let saved = SavedChange::SecondFactorOff.url(ACCOUNT_PATH);
        second_factor::switch_off(&state.app, session.customer, typed)
            .await
            .map(|()| redirect_to(StatusCode::SEE_OTHER, &saved))
    } else if form.has("codes") {
        second_factor::renew_recovery_codes(&state.app, session.customer, typed)
            .await
            .map(|codes| render_codes(&browser, codes))
    } else {
        Err(FormError::NoButton.into())
    };
    match done {
        Ok(page) => Ok(page),
        // It was switched off meanwhile, which the account's page says.
        Err(Error::InvalidForm(FormError::LinkEnded)) => Ok(redirect_to(StatusCode::SEE_OTHER, STATE_PATH)),
        Err(error) => refuse(&state, &browser, &session, &form, &client.source, error).await,
    }
}

async fn refuse(
    state: &AppState,
    browser: &BrowserSession,
    session: &Session,
    form: &crate::browser::PostedForm,
    source: &str,
    error: Error,
) -> Result<Response, PageError> {
    let error = shown_in_form(browser, source, error)?;
    render_refused(state, browser, session, RefusedForm { field: "factor_password", error: &error, form }).await
}
