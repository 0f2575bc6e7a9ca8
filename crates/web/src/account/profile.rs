//! The page of a customer's account: name, address, password and sessions.
//!
//! Not here: the link to a new address. Invariant: what gives access to the account changes with the current password only.

use super::identity_row::IdentityRow;
use super::zone_choices::ZoneChoices;
use super::{ACCOUNT_PATH, AccountPost, form_status, shown_in_form, with_retry_after};
use crate::browser::{BrowserSession, PostedForm};
use crate::cookie::{SESSION_COOKIE, set_cookie};
use crate::field_problem::FieldProblem;
use crate::page_context::PageFrame;
use crate::saved::SavedChange;
use crate::signin::sign_in_page;
use crate::{PageError, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::session::{AgentSummary, Session};
use opendrs_edge::state::AppState;
use opendrs_service::account::{self, PasswordChange, second_factor};
use opendrs_service::export::{self, ExportState};
use opendrs_service::session::{self, SessionView};
use opendrs_service::{Error, FormError, customer, federation};
use opendrs_texts::{ReaderTexts, Text};
use std::sync::Arc;

/// The second factor, as sentences.
struct SecondFactorRow {
    since: String,
    codes_left: String,
}

/// A session in the list.
struct SessionRow {
    id: String,
    text: String,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    typed_name: &'a str,
    email: &'a str,
    /// The new mail address of a form that was refused.
    typed_email: &'a str,
    zones: ZoneChoices,
    sessions: Vec<SessionRow>,
    second_factor: Option<SecondFactorRow>,
    /// The export that was asked for.
    export: Option<ExportNotice>,
    identity: IdentityRow,
    /// What the deletion of the account does.
    delete_why: String,
    /// The day of the deletion, if the customer asked for it.
    deletion: Option<String>,
    saved: Option<Text>,
    problems: FieldProblem,
}

/// How far the export of the customer's data is.
enum ExportNotice {
    Preparing,
    Ready { href: String, until: String },
}

fn export_notice(found: ExportState, texts: &ReaderTexts) -> ExportNotice {
    match found {
        ExportState::Preparing => ExportNotice::Preparing,
        ExportState::Ready { id, ends_at } => ExportNotice::Ready {
            href: format!("/account/export?id={id}"),
            until: (texts.account.export_until)(&texts.day(&ends_at)),
        },
    }
}

fn session_row(session: SessionView, texts: &ReaderTexts) -> SessionRow {
    let words = &texts.account;
    let browser = match AgentSummary::from_agent(&session.agent) {
        Some(AgentSummary { browser, system: Some(system) }) => (words.browser_on)(browser, system),
        Some(AgentSummary { browser, system: None }) => browser.to_owned(),
        None => words.unknown_browser.to_owned(),
    };
    SessionRow {
        text: (words.session)(&browser, &texts.day(&session.created_at), &texts.moment(&session.used_at)),
        id: session.id,
        is_current: session.is_current,
    }
}

/// Renders the page of a session's account, with an error at a field.
pub(super) async fn render_refused(
    state: &AppState,
    browser: &BrowserSession,
    session: &Session,
    refused: RefusedForm<'_>,
) -> Result<Response, PageError> {
    let RefusedForm { field, error, form } = refused;
    let problems = FieldProblem::at(field, Some(error), browser.context.texts);
    let shown = AccountState { problems, status: form_status(Some(error)), saved: None, typed: Some(form) };
    Ok(with_retry_after(render(state, browser, session, shown).await?, Some(error)))
}

/// A form that was refused: the field that is wrong, why, and what was typed.
pub(super) struct RefusedForm<'a> {
    pub(super) field: &'static str,
    pub(super) error: &'a Error,
    pub(super) form: &'a PostedForm,
}

/// What the page shows besides the account.
struct AccountState<'a> {
    /// What was typed into a form that was refused.
    typed: Option<&'a PostedForm>,
    problems: FieldProblem,
    status: StatusCode,
    saved: Option<SavedChange>,
}

async fn render(
    state: &AppState,
    browser: &BrowserSession,
    session: &Session,
    shown: AccountState<'_>,
) -> Result<Response, PageError> {
    let refused = PageError::with_context(&browser.context);
    let texts = browser.context.texts;
    let owner = customer::load(&state.app, session.customer).await.map_err(&refused)?;
    let sessions = session::list_sessions(&state.app, session).await.map_err(&refused)?;
    let factor = second_factor::find_state(&state.app, session.customer).await.map_err(&refused)?;
    let identity = federation::find_identity(&state.app, session.customer).await.map_err(&refused)?;
    let deletion = account::find_deletion(&state.app, session.customer).await.map_err(&refused)?;
    let found = export::find_state(&state.app, session.customer).await.map_err(&refused)?;
    let deleted_at = account::deletion_time(&state.app);
    let template = AccountPage {
        texts,
        frame: browser.context.frame(ACCOUNT_PATH),
        csrf: &browser.form_token(state),
        typed_name: shown.typed.and_then(|form| form.get("name")).unwrap_or(&owner.name),
        typed_email: shown.typed.and_then(|form| form.get("email_new")).unwrap_or_default(),
        email: owner.email.as_str(),
        zones: ZoneChoices::new(&owner, state.app.settings.zone, texts),
        sessions: sessions.into_iter().map(|session| session_row(session, texts)).collect(),
        second_factor: factor.map(|factor| SecondFactorRow {
            since: (texts.second_factor.on_since)(&texts.day(&factor.since)),
            codes_left: (texts.second_factor.codes_left)(factor.codes_left),
        }),
        export: found.map(|found| export_notice(found, texts)),
        identity: IdentityRow::new(identity, texts),
        delete_why: (texts.account.delete_why)(&texts.day(&deleted_at)),
        deletion: deletion.map(|at| texts.day(&at)),
        saved: shown.saved.map(|change| change.text(texts)),
        problems: shown.problems,
    };
    Ok(render_page(&browser.context, shown.status, &template, None))
}

/// Shows the account.
pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, ACCOUNT_PATH, None, "").await;
    };
    let saved = SavedChange::from_request(&parts);
    let shown = AccountState { typed: None, problems: FieldProblem::default(), status: StatusCode::OK, saved };
    render(&state, &browser, session, shown).await
}

/// Changes the name.
pub(super) async fn change_name(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, client }: AccountPost,
) -> Result<Response, PageError> {
    match account::change_name(&state.app, session.customer, form.get("name").unwrap_or_default()).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Name.url(ACCOUNT_PATH))),
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            render_refused(&state, &browser, &session, RefusedForm { field: "name", error: &error, form: &form }).await
        }
    }
}

/// Chooses the time zone.
pub(super) async fn change_zone(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, .. }: AccountPost,
) -> Result<Response, PageError> {
    let chosen = customer::set_zone(&state.app, session.customer, form.get("zone").unwrap_or_default()).await;
    chosen.map_err(PageError::with_context(&browser.context))?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Zone.url(ACCOUNT_PATH)))
}

/// Changes the password. This browser stays signed in, with a new cookie.
pub(super) async fn change_password(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, client }: AccountPost,
) -> Result<Response, PageError> {
    let change = PasswordChange {
        current: form.get("current").unwrap_or_default(),
        new: form.get("password").unwrap_or_default(),
        source: &client.source,
    };
    match account::change_password(&state.app, &session, change).await {
        Ok(cookie) => {
            let mut response = redirect_to(StatusCode::SEE_OTHER, &SavedChange::Password.url(ACCOUNT_PATH));
            set_cookie(&state, &mut response, SESSION_COOKIE, &cookie.value, cookie.max_age);
            Ok(response)
        }
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            let field = match &error {
                Error::InvalidForm(FormError::InvalidPassword(_)) => "password",
                _ => "current",
            };
            render_refused(&state, &browser, &session, RefusedForm { field, error: &error, form: &form }).await
        }
    }
}

/// Ends one session, or all others.
pub(super) async fn end_sessions(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, .. }: AccountPost,
) -> Result<Response, PageError> {
    let refused = PageError::with_context(&browser.context);
    match form.get("session") {
        Some(id) => session::end_session(&state.app, session.customer, id).await.map_err(refused)?,
        None if form.has("others") => {
            session::end_other_sessions(&state.app, &session).await.map_err(refused)?;
        }
        None => return Err(refused(FormError::NoButton.into())),
    }
    Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Sessions.url(ACCOUNT_PATH)))
}
