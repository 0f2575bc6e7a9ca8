//! The page of the second step of a sign-in.
//!
//! Not here: what its form does ([`super::second_step`]). Invariant: the page shows nothing of the account.

use super::browser::BrowserSession;
use super::field_problem::FieldProblem;
use super::page_context::{PageContext, PageFrame};
use super::render_page;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_service::Error;
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "second_step.html")]
struct SecondStepPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    return_to: &'a str,
    token: &'a str,
    problems: FieldProblem,
}

/// Where a sign-in stands before its second step.
#[derive(Clone, Copy)]
pub(super) struct SecondStep<'a> {
    /// The context, with the brand of the maker for whose app the sign-in began.
    pub(super) shown: &'a PageContext,
    /// Where the browser continues after the sign-in.
    pub(super) return_to: &'a str,
    /// Proves the first step.
    pub(super) token: &'a str,
    /// Where the form may end outside of this server.
    pub(super) source: Option<&'a str>,
}

/// Renders the page.
pub(super) fn second_step_page(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    step: SecondStep<'_>,
    problem: Option<&Error>,
) -> Response {
    let shown = step.shown;
    let template = SecondStepPage {
        texts: shown.texts,
        frame: shown.frame_without_languages(),
        csrf: &browser.form_token(state),
        return_to: step.return_to,
        token: step.token,
        problems: FieldProblem::at("code", problem, shown.texts),
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(Error::Throttled(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let mut response = render_page(shown, status, &template, step.source);
    if let Some(Error::Throttled(seconds)) = problem {
        response.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
    }
    browser.with_session_cookie(state, response)
}
