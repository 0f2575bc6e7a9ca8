//! The page after the provider's answer for somebody who has no account here, or one with the same mail address only.
//!
//! Not here: the sign-in of that account, which is the ordinary one. Invariant: an account is created or linked by a
//! button, and not by a link.

use super::{CONTINUE_PATH, kept_cookie, refuse, without_cookie};
use crate::browser::{BrowserSession, PostedPage, RequestClient};
use crate::field_problem::FieldProblem;
use crate::page_context::PageFrame;
use crate::signin::{action_source, continue_to, sign_in_context, sign_in_page, signed_in};
use crate::{PageError, query_param, render_page};
use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::federation::PendingIdentity;
use opendrs_edge::state::AppState;
use opendrs_service::federation::{self, IdentityAccountForm, PendingStep};
use opendrs_service::{Error, FormError};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

/// The path of the form that creates an account.
pub(super) const CREATE_PATH: &str = "/ap/federated/create";
/// The path of the form that links an account.
pub(super) const LINK_PATH: &str = "/ap/federated/link";

/// What the form offers.
enum Offer {
    Create,
    SignIn,
    Link,
}

#[derive(Template)]
#[template(path = "federation/pending.html")]
struct PendingPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    offer: Offer,
    title: &'a str,
    why: &'a str,
    /// What becomes of an earlier link, if there is one.
    replaces: Option<String>,
    terms: &'a str,
    typed_name: &'a str,
    email: &'a str,
    return_to: &'a str,
    problems: FieldProblem,
}

/// A page of the step, perhaps with a name that was refused.
struct ShownStep<'a> {
    step: PendingStep,
    refused: Option<(&'a str, &'a Error)>,
}

async fn render(state: &Arc<AppState>, browser: &BrowserSession, shown: ShownStep<'_>) -> Result<Response, PageError> {
    let texts = browser.context.texts;
    let said = &texts.federation;
    let provider = state.app.settings.federation.as_ref().map_or("", |provider| provider.name.as_str());
    let (offer, pending, replaces) = match shown.step {
        PendingStep::Create(pending) => (Offer::Create, pending, None),
        PendingStep::SignIn(pending) => (Offer::SignIn, pending, None),
        PendingStep::Link { pending, replaces } => (Offer::Link, pending, replaces),
    };
    let PendingIdentity { email, name, return_to, .. } = &pending;
    let context = &sign_in_context(browser, return_to).await?;
    let email = email.as_str();
    let (title, why) = match offer {
        Offer::Create => (said.create_title.to_owned(), (said.create_why)(provider, email)),
        Offer::SignIn => (said.exists_title.to_owned(), (said.exists_why)(provider, email)),
        Offer::Link => ((said.link_title)(provider), (said.link_why)(provider, email)),
    };
    let template = PendingPage {
        texts,
        frame: context.frame(CONTINUE_PATH),
        csrf: &browser.form_token(state),
        offer,
        title: &title,
        why: &why,
        replaces: replaces.map(|earlier| (said.link_replaces)(&earlier)),
        terms: &(said.create_terms)(provider),
        typed_name: shown.refused.map_or(name, |(typed, _)| typed),
        email,
        return_to,
        problems: FieldProblem::at("name", shown.refused.map(|(_, error)| error), texts),
    };
    let status = if shown.refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let source = action_source(browser, return_to).await?;
    let response = render_page(context, status, &template, source.as_deref());
    Ok(browser.with_session_cookie(state, response))
}

/// Shows the next step.
pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    client: RequestClient,
    parts: Parts,
) -> Result<Response, PageError> {
    let kept = kept_cookie(&state, &parts);
    match federation::find_pending(&state.app, kept.as_deref(), browser.session.as_ref()).await {
        Ok(PendingStep::SignIn(pending)) if !query_param(&parts, "sign-in").is_empty() => {
            sign_in_page(&state, &browser, CONTINUE_PATH, None, pending.email.as_str()).await
        }
        Ok(step) => render(&state, &browser, ShownStep { step, refused: None }).await,
        Err(error) => refuse(&state, &browser, &client.source, (error, "/settings")),
    }
}

/// A form of these pages, and what the browser kept.
pub(super) struct PendingPost {
    posted: PostedPage,
    client: RequestClient,
    kept: Option<String>,
}

impl FromRequest<Arc<AppState>> for PendingPost {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let Ok(client) = RequestClient::from_request_parts(&mut parts, state).await;
        let kept = kept_cookie(state, &parts);
        let posted = PostedPage::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self { posted, client, kept })
    }
}

/// Creates an account, and continues signed in.
pub(super) async fn create(
    State(state): State<Arc<AppState>>,
    PendingPost { posted: PostedPage { browser, form }, client, kept }: PendingPost,
) -> Result<Response, PageError> {
    let name = form.get("name").unwrap_or_default();
    let language = browser.context.texts.language;
    let new = IdentityAccountForm { cookie: kept.as_deref(), name, language, agent: &client.agent };
    match federation::create_account(&state.app, new).await {
        Ok(created) => {
            Ok(without_cookie(&state, signed_in(&state, &browser, &created.return_to, &created.cookie).await?))
        }
        Err(error @ Error::InvalidForm(FormError::InvalidName)) => {
            let step = federation::find_pending(&state.app, kept.as_deref(), browser.session.as_ref()).await;
            let step = step.map_err(PageError::with_context(&browser.context))?;
            render(&state, &browser, ShownStep { step, refused: Some((name, &error)) }).await
        }
        Err(error) => refuse(&state, &browser, &client.source, (error, "/settings")),
    }
}

/// Links the account of the session.
pub(super) async fn link(
    State(state): State<Arc<AppState>>,
    PendingPost { posted: PostedPage { browser, .. }, client, kept }: PendingPost,
) -> Result<Response, PageError> {
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, CONTINUE_PATH, None, "").await;
    };
    match federation::link(&state.app, kept.as_deref(), session).await {
        Ok(return_to) => Ok(without_cookie(&state, continue_to(&browser, &return_to).await?)),
        Err(error) => refuse(&state, &browser, &client.source, (error, "/settings")),
    }
}
