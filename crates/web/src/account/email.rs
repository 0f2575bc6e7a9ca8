//! The change of a mail address: the request, and the page that the link of its mail opens.
//!
//! Not here: the form, which is on the account's page. Invariant: the link works in any browser, since the mail may be read on another device.

use super::profile::{RefusedForm, render_refused};
use super::{AccountPost, done_page, shown_in_form, token_of};
use crate::browser::{BrowserSession, PostedPage};
use crate::page_context::PageFrame;
use crate::{PageError, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_service::account::{self, EmailChangeRequest};
use opendrs_service::{Error, FormError};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account/email.html")]
struct NewEmailPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    token: &'a str,
    email: &'a str,
}

/// Sends a mail to the new address.
pub(super) async fn request(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, client }: AccountPost,
) -> Result<Response, PageError> {
    let (email, password) = (form.get("email_new").unwrap_or_default(), form.get("password").unwrap_or_default());
    let asked = EmailChangeRequest { email, password, source: &client.source };
    match account::request_email_change(&state.app, session.customer, asked).await {
        Ok(email) => {
            let texts = &browser.context.texts.account;
            Ok(done_page(&browser, texts.check_mail, &(texts.email_sent)(email.as_str())))
        }
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            let field = match &error {
                Error::InvalidForm(FormError::WrongCurrentPassword) => "email_password",
                _ => "email_new",
            };
            render_refused(&state, &browser, &session, RefusedForm { field, error: &error, form: &form }).await
        }
    }
}

/// Shows the page that asks whether to use the new address.
pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let token = token_of(&parts);
    let email = account::open_email_change(&state.app, &token).await;
    let email = email.map_err(PageError::with_context(&browser.context))?;
    let template = NewEmailPage {
        texts: browser.context.texts,
        frame: browser.context.frame(&format!("/account/email/confirm?token={token}")),
        csrf: &browser.form_token(&state),
        token: &token,
        email: email.as_str(),
    };
    Ok(browser.with_session_cookie(&state, render_page(&browser.context, StatusCode::OK, &template, None)))
}

/// Gives the account its new address.
pub(super) async fn confirm(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let email = account::confirm_email_change(&state.app, form.get("token").unwrap_or_default()).await;
    let email = email.map_err(PageError::with_context(&browser.context))?;
    let texts = &browser.context.texts.account;
    Ok(done_page(&browser, texts.email_changed, &(texts.email_changed_text)(email.as_str())))
}
