//! The pages for a forgotten password.
//!
//! Not here: the mail. Invariant: the answer is the same whether the address has an account or not.

use super::{done_page, form_status, shown_in_form, token_of, with_retry_after};
use crate::browser::{BrowserSession, PostedPage, RequestClient};
use crate::field_problem::FieldProblem;
use crate::page_context::PageFrame;
use crate::{PageError, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_service::Error;
use opendrs_service::account::{self, RecoveryRequest};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account/forgotten.html")]
struct ForgottenPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    email: &'a str,
    problems: FieldProblem,
}

#[derive(Template)]
#[template(path = "account/reset.html")]
struct NewPasswordPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    token: &'a str,
    email: &'a str,
    problems: FieldProblem,
}

#[derive(Template)]
#[template(path = "account/password_saved.html")]
struct PasswordSavedPage {
    texts: &'static ReaderTexts,
    frame: PageFrame,
}

fn render_forgotten(state: &AppState, browser: &BrowserSession, email: &str, problem: Option<&Error>) -> Response {
    let texts = browser.context.texts;
    let template = ForgottenPage {
        texts,
        frame: browser.context.frame("/account/forgotten"),
        csrf: &browser.form_token(state),
        email,
        problems: FieldProblem::at("email", problem, texts),
    };
    with_retry_after(
        browser.with_session_cookie(state, render_page(&browser.context, form_status(problem), &template, None)),
        problem,
    )
}

/// Shows the page that asks for the address.
pub(super) async fn get(State(state): State<Arc<AppState>>, browser: BrowserSession) -> Result<Response, PageError> {
    Ok(render_forgotten(&state, &browser, "", None))
}

/// Sends the mail with the link.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    client: RequestClient,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let email = form.get("email").unwrap_or_default();
    let texts = browser.context.texts;
    let asked = RecoveryRequest { email, language: texts.language, source: &client.source };
    match account::request_recovery(&state.app, asked).await {
        Ok(()) => Ok(done_page(&browser, texts.account.check_mail, &(texts.account.link_sent)(email))),
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            Ok(render_forgotten(&state, &browser, email, Some(&error)))
        }
    }
}

async fn render_password(
    state: &AppState,
    browser: &BrowserSession,
    token: &str,
    problem: Option<&Error>,
) -> Result<Response, PageError> {
    let texts = browser.context.texts;
    let customer = account::open_recovery(&state.app, token).await;
    let customer = customer.map_err(PageError::with_context(&browser.context))?;
    let template = NewPasswordPage {
        texts,
        frame: browser.context.frame(&format!("/account/reset?token={token}")),
        csrf: &browser.form_token(state),
        token,
        email: customer.email.as_str(),
        problems: FieldProblem::at("password", problem, texts),
    };
    let response = render_page(&browser.context, form_status(problem), &template, None);
    Ok(with_retry_after(browser.with_session_cookie(state, response), problem))
}

/// Shows the page for the new password, which the link of the mail opens.
pub(super) async fn password_page(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    render_password(&state, &browser, &token_of(&parts), None).await
}

/// Saves the new password. The customer then signs in with it.
pub(super) async fn set_password(
    State(state): State<Arc<AppState>>,
    client: RequestClient,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let (token, password) = (form.get("token").unwrap_or_default(), form.get("password").unwrap_or_default());
    match account::set_forgotten_password(&state.app, token, password, &client.source).await {
        Ok(()) => {
            let template =
                PasswordSavedPage { texts: browser.context.texts, frame: browser.context.frame_without_languages() };
            Ok(render_page(&browser.context, StatusCode::OK, &template, None))
        }
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            render_password(&state, &browser, token, Some(&error)).await
        }
    }
}
