//! The pages that create an account: address, code, name and password.
//!
//! Not here: the mail. Invariant: the pages are the same whether the address has an account or not.

use super::{form_status, shown_in_form, token_of, with_retry_after};
use crate::browser::{BrowserSession, PostedPage, RequestClient};
use crate::cookie::{SESSION_COOKIE, set_cookie};
use crate::field_problem::FieldProblem;
use crate::leave::leave_to;
use crate::page_context::PageFrame;
use crate::signin::{continue_to, is_local_path, new_account_url};
use crate::{PageError, query_param, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_service::account::{self, CreatedAccount, NewAccountForm, NewAccountRequest};
use opendrs_service::{Error, FormError, session};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account/new.html")]
struct NewAccountPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    return_to: &'a str,
    email: &'a str,
    problems: FieldProblem,
}

#[derive(Template)]
#[template(path = "account/confirm.html")]
struct CodePage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    token: &'a str,
    email: &'a str,
    again: String,
    problems: FieldProblem,
}

#[derive(Template)]
#[template(path = "account/create.html")]
struct DetailsPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    token: &'a str,
    email: &'a str,
    typed_name: &'a str,
    problems: FieldProblem,
}

fn render_new(
    state: &AppState,
    browser: &BrowserSession,
    return_to: &str,
    email: &str,
    problem: Option<&Error>,
) -> Response {
    let texts = browser.context.texts;
    let template = NewAccountPage {
        texts,
        frame: browser.context.frame(&new_account_url(return_to)),
        csrf: &browser.form_token(state),
        return_to,
        email,
        problems: FieldProblem::at("email", problem, texts),
    };
    with_retry_after(
        browser.with_session_cookie(state, render_page(&browser.context, form_status(problem), &template, None)),
        problem,
    )
}

/// Shows the page that asks for the address.
pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    if !state.app.settings.accounts.open {
        return Err(PageError::with_context(&browser.context)(FormError::AccountsClosed.into()));
    }
    let return_to = query_param(&parts, "return_to");
    Ok(render_new(&state, &browser, local_path(Some(&return_to)), "", None))
}

/// The longest path to continue at, which the link of a mail carries.
const MAX_RETURN_PATH: usize = 4000;

/// Returns the page at which the browser continues.
fn local_path(target: Option<&str>) -> &str {
    target.filter(|target| is_local_path(target) && target.len() <= MAX_RETURN_PATH).unwrap_or("/settings")
}

/// Sends the mail with the code.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    client: RequestClient,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let (email, return_to) = (form.get("email").unwrap_or_default(), local_path(form.get("return_to")));
    let asked =
        NewAccountRequest { email, return_to, language: browser.context.texts.language, source: &client.source };
    match account::request_account(&state.app, asked).await {
        Ok(token) => Ok(redirect_to(StatusCode::SEE_OTHER, &format!("/account/confirm?token={token}"))),
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            Ok(render_new(&state, &browser, return_to, email, Some(&error)))
        }
    }
}

fn render_code(
    state: &AppState,
    browser: &BrowserSession,
    token: &str,
    problem: Option<&Error>,
) -> Result<Response, PageError> {
    let texts = browser.context.texts;
    let request = account::open_request(&state.app, token).map_err(PageError::with_context(&browser.context))?;
    let template = CodePage {
        texts,
        frame: browser.context.frame(&format!("/account/confirm?token={token}")),
        csrf: &browser.form_token(state),
        token,
        email: request.email.as_str(),
        again: new_account_url(&request.return_to),
        problems: FieldProblem::at("code", problem, texts),
    };
    let response = render_page(&browser.context, form_status(problem), &template, None);
    Ok(with_retry_after(browser.with_session_cookie(state, response), problem))
}

/// Shows the page that asks for the code.
pub(super) async fn code_page(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    render_code(&state, &browser, &token_of(&parts), None)
}

/// Checks the code.
pub(super) async fn check_code(
    State(state): State<Arc<AppState>>,
    client: RequestClient,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let token = form.get("token").unwrap_or_default();
    match account::confirm_code(&state.app, token, form.get("code").unwrap_or_default(), &client.source) {
        Ok(link) => Ok(redirect_to(StatusCode::SEE_OTHER, &format!("/account/create?token={link}"))),
        Err(error) => render_code(&state, &browser, token, Some(&shown_in_form(&browser, &client.source, error)?)),
    }
}

fn render_details(
    state: &AppState,
    browser: &BrowserSession,
    page: &DetailsForm<'_>,
    problem: Option<&Error>,
) -> Response {
    let texts = browser.context.texts;
    let field = match problem {
        Some(Error::InvalidForm(FormError::InvalidName)) => "name",
        _ => "password",
    };
    let template = DetailsPage {
        texts,
        frame: browser.context.frame(&format!("/account/create?token={}", page.token)),
        csrf: &browser.form_token(state),
        token: page.token,
        email: page.email,
        typed_name: page.name,
        problems: FieldProblem::at(field, problem, texts),
    };
    with_retry_after(
        browser.with_session_cookie(state, render_page(&browser.context, form_status(problem), &template, None)),
        problem,
    )
}

/// What the page for name and password shows.
struct DetailsForm<'a> {
    token: &'a str,
    email: &'a str,
    name: &'a str,
}

/// Shows the page for name and password, which the link of the mail opens.
pub(super) async fn details_page(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let token = token_of(&parts);
    let request = match account::open_new_account(&state.app, &token).await {
        // Back from the pages that follow: the account exists, and a customer is signed in.
        Err(Error::InvalidForm(FormError::EmailTaken)) if browser.session.is_some() => {
            let return_to = account::find_return_path(&state.app, &token);
            return Ok(redirect_to(StatusCode::SEE_OTHER, &state.page_url(&return_to.unwrap_or_default())));
        }
        opened => opened.map_err(PageError::with_context(&browser.context))?,
    };
    let page = DetailsForm { token: &token, email: request.email.as_str(), name: "" };
    Ok(render_details(&state, &browser, &page, None))
}

/// Creates the account, and continues signed in.
pub(super) async fn create(
    State(state): State<Arc<AppState>>,
    client: RequestClient,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let (token, name) = (form.get("token").unwrap_or_default(), form.get("name").unwrap_or_default());
    let new = NewAccountForm {
        token,
        name,
        password: form.get("password").unwrap_or_default(),
        language: browser.context.texts.language,
        source: &client.source,
        agent: &client.agent,
    };
    match account::create_account(&state.app, new).await {
        Ok(CreatedAccount { cookie, return_to }) => {
            if browser.session.is_some() {
                let ended = session::sign_out(&state.app, browser.cookie_value()).await;
                ended.map_err(PageError::with_context(&browser.context))?;
            }
            // The link of a mail opens a page of the web role, and the login role may have another host.
            let target = state.page_url(&return_to);
            let mut response = if is_local_path(&target) {
                continue_to(&browser, &target).await?
            } else {
                leave_to(&browser, &target)
            };
            set_cookie(&state, &mut response, SESSION_COOKIE, &cookie.value, cookie.max_age);
            Ok(response)
        }
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            let request = account::open_new_account(&state.app, token).await;
            let request = request.map_err(PageError::with_context(&browser.context))?;
            let page = DetailsForm { token, email: request.email.as_str(), name };
            Ok(render_details(&state, &browser, &page, Some(&error)))
        }
    }
}
