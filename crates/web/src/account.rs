//! The account pages: create an account, choose a new password, change name, address and password, end sessions.
//!
//! Not here: sign-in, and devices. Invariant: a page that a link of a mail opens changes nothing before its button is
//! pressed, since mail programs open links too.

mod delete;
mod email;
mod export;
mod identity;
mod identity_row;
mod new_account;
mod profile;
mod recovery;
mod second_factor;
mod zone_choices;

use super::browser::{BrowserSession, PostedForm, PostedPage, RequestClient};
use super::signin::sign_in_page;
use super::{PageError, message_page};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use opendrs_domain::session::Session;
use opendrs_edge::error::retry_after;
use opendrs_edge::refusal_log::RefusalKind;
use opendrs_edge::state::{AppState, Route};
use opendrs_service::{Error, ErrorKind, FormError};
use std::sync::Arc;

/// The path of the account's page.
const ACCOUNT_PATH: &str = "/account";

/// The account pages. Sign-in pages of each role lead to them.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/account", profile::get),
        Route::post("/account/name", profile::change_name),
        Route::post("/account/password", profile::change_password),
        Route::post("/account/sessions", profile::end_sessions),
        Route::get(second_factor::SETUP_PATH, second_factor::get),
        Route::post(second_factor::SETUP_PATH, second_factor::confirm),
        Route::post("/account/second-factor/change", second_factor::change),
        Route::get("/account/export", export::get),
        Route::post("/account/export", export::post),
        Route::post("/account/identity/remove", identity::remove),
        Route::post("/account/delete", delete::post),
        Route::post("/account/zone", profile::change_zone),
        Route::post("/account/email", email::request),
        Route::get("/account/email/confirm", email::get),
        Route::post("/account/email/confirm", email::confirm),
        Route::get("/account/new", new_account::get),
        Route::post("/account/new", new_account::post),
        Route::get("/account/confirm", new_account::code_page),
        Route::post("/account/confirm", new_account::check_code),
        Route::get("/account/create", new_account::details_page),
        Route::post("/account/create", new_account::create),
        Route::get("/account/forgotten", recovery::get),
        Route::post("/account/forgotten", recovery::post),
        Route::get("/account/reset", recovery::password_page),
        Route::post("/account/reset", recovery::set_password),
    ]
}

/// A form of a signed-in customer about their account.
struct AccountPost {
    browser: BrowserSession,
    session: Session,
    form: PostedForm,
    client: RequestClient,
}

impl FromRequest<Arc<AppState>> for AccountPost {
    /// The sign-in page, or the page of an error.
    type Rejection = Response;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(client) = RequestClient::from_request_parts(&mut parts, state).await;
        let posted = PostedPage::from_request(Request::from_parts(parts, body), state).await;
        let PostedPage { browser, form } = posted.map_err(IntoResponse::into_response)?;
        match browser.session.clone() {
            Some(session) => Ok(Self { browser, session, form, client }),
            None => {
                let page = sign_in_page(state, &browser, ACCOUNT_PATH, None, "").await;
                Err(page.unwrap_or_else(IntoResponse::into_response))
            }
        }
    }
}

/// Records that guesses or mails were too many, or that a code or a password was wrong.
fn record_refusal(state: &AppState, source: &str, error: &Error) {
    state.refusal_log.record(state.app.system_time(), RefusalKind::SignIn, source, "", error);
}

/// Adds the time to wait to the page of a form that came too often.
fn with_retry_after(mut response: Response, problem: Option<&Error>) -> Response {
    if let Some(after) = problem.and_then(retry_after) {
        response.headers_mut().insert(header::RETRY_AFTER, after);
    }
    response
}

/// Returns the status of a page whose form may have been refused.
fn form_status(error: Option<&Error>) -> StatusCode {
    match error.map(Error::kind) {
        None => StatusCode::OK,
        Some(ErrorKind::RateLimited(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    }
}

/// Returns an error that a form shows, or else the page of the error.
fn shown_in_form(browser: &BrowserSession, source: &str, error: Error) -> Result<Error, PageError> {
    let context = &browser.context;
    if matches!(
        error,
        Error::Throttled(_)
            | Error::InvalidForm(FormError::WrongCode | FormError::WrongAppCode | FormError::WrongCurrentPassword)
    ) {
        record_refusal(&context.state, source, &error);
    }
    match error {
        Error::InvalidForm(FormError::LinkEnded | FormError::EmailTaken | FormError::AccountsClosed) => {
            Err(PageError::with_context(context)(error))
        }
        Error::InvalidForm(_) | Error::Throttled(_) => Ok(error),
        error => Err(PageError::with_context(context)(error)),
    }
}

/// Renders a page with a title and a text for a browser that may go on to another page.
fn done_page(browser: &BrowserSession, title: &str, text: &str) -> Response {
    message_page(&browser.context, StatusCode::OK, title, text)
}

/// Returns the token in a page's URL.
fn token_of(parts: &Parts) -> String {
    super::query_param(parts, "token")
}
