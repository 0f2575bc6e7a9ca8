//! The pages of a takeover: the page of a sign-up that cannot continue, and the page on which the owner answers.
//!
//! Invariant: only the link in a mail opens the owner's page, and opening it changes nothing. The page shows nothing
//! about the other account.

use super::browser::{BrowserSession, PostedPage};
use super::page_context::{PageFrame, current_path};
use super::page_image::PageImage;
use super::{PageError, message_page, query_param, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::Customer;
use opendrs_domain::takeover::{TakeoverAnswer, TakeoverState};
use opendrs_edge::error::retry_after;
use opendrs_edge::state::AppState;
use opendrs_service::login::signup::SignupInProgress;
use opendrs_service::takeover::{self, TakeoverLink, TakeoverStatus};
use opendrs_service::{Error, FormError};
use opendrs_texts::{ReaderTexts, TakeoverTexts};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "takeover_blocked.html")]
struct TakeoverBlockedPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    text: &'a str,
    /// The target that reports the cancelled sign-up to the app.
    back: &'a str,
}

/// Begins a takeover if another customer has the sign-up's device. Returns a page if the sign-up cannot continue.
pub(super) async fn takeover_blocked_page(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    underway: &SignupInProgress,
    customer: &Customer,
) -> Result<Option<Response>, PageError> {
    let BrowserSession { context: shown, .. } = browser;
    let (status, text, wait) = match takeover::begin_takeover(&state.app, underway, customer).await {
        Ok(TakeoverStatus::NotOwned | TakeoverStatus::Allowed) => return Ok(None),
        Ok(TakeoverStatus::AwaitingAnswer(until)) => {
            (StatusCode::OK, (shown.texts.takeovers.waiting)(&shown.texts.moment(&until)), None)
        }
        Err(error @ Error::InvalidForm(_)) => (StatusCode::BAD_REQUEST, (shown.texts.error_message)(&error), None),
        Err(error @ Error::Throttled(_)) => {
            (StatusCode::TOO_MANY_REQUESTS, (shown.texts.error_message)(&error), retry_after(&error))
        }
        Err(error) => return Err(PageError::with_context(shown)(error)),
    };
    let back = &underway.authorization.request.denied_redirect();
    let template =
        TakeoverBlockedPage { texts: shown.texts, frame: shown.frame_without_languages(), text: &text, back };
    let mut response = render_page(shown, status, &template, None);
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    Ok(Some(response))
}

#[derive(Template)]
#[template(path = "takeover.html")]
struct TakeoverPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    token: &'a str,
    title: String,
    why: &'a str,
    device: String,
    picture: Option<PageImage>,
    until: String,
    /// Names and labels of the buttons.
    buttons: Vec<(&'static str, &'static str)>,
}

/// The name of each button, and its answer.
const ANSWER_BUTTONS: [(&str, TakeoverAnswer); 3] =
    [("agree", TakeoverAnswer::Agree), ("decline", TakeoverAnswer::Decline), ("undo", TakeoverAnswer::Undo)];

fn button_label(texts: &TakeoverTexts, answer: TakeoverAnswer) -> &'static str {
    match answer {
        TakeoverAnswer::Agree => texts.agree,
        TakeoverAnswer::Decline => texts.decline,
        TakeoverAnswer::Undo => texts.undo,
    }
}

pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let token = &query_param(&parts, "token");
    let BrowserSession { context: shown, .. } = &browser;
    let texts = &shown.texts.takeovers;
    let linked = takeover::find_takeover_link(&state.app, token).await.map_err(PageError::with_context(shown))?;
    let TakeoverLink { takeover, model, device, allowed_answers: answers, .. } = &linked;
    let device = device.clone().in_language(shown.texts.language);
    let (title, why): (fn(&str) -> String, _) = match takeover.state {
        TakeoverState::Asked => (texts.requested, texts.requested_why),
        TakeoverState::Announced | TakeoverState::Agreed => (texts.announced, texts.announced_why),
        TakeoverState::Done => (texts.done, texts.done_why),
        TakeoverState::Declined => return Ok(message_page(shown, StatusCode::OK, texts.declined, texts.declined_text)),
        TakeoverState::Undone => return Ok(message_page(shown, StatusCode::OK, texts.undone, texts.undone_text)),
    };
    if answers.is_empty() {
        let why = (shown.texts.error_message)(&FormError::TakeoverClosed.into());
        return Ok(message_page(shown, StatusCode::OK, texts.closed, &why));
    }
    let shown = &shown.in_zone_of(device.device.customer).await?.branded(model.maker).await?;
    let buttons = ANSWER_BUTTONS.iter().filter(|(_, answer)| answers.contains(answer));
    let template = TakeoverPage {
        texts: shown.texts,
        frame: shown.frame(current_path(&parts)),
        csrf: &browser.form_token(&state),
        token,
        title: title(device.name()),
        why,
        device: (shown.texts.settings.device)(&device.full_name(), device.device.serial.as_str()),
        picture: PageImage::of(model.picture.as_ref()),
        until: (texts.until)(&shown.texts.moment(&takeover.answer_by)),
        buttons: buttons.map(|(name, answer)| (*name, button_label(texts, *answer))).collect(),
    };
    Ok(browser.with_session_cookie(&state, render_page(shown, StatusCode::OK, &template, None)))
}

/// Records the owner's answer.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let BrowserSession { context: shown, .. } = &browser;
    let refused = PageError::with_context(shown);
    let pressed = ANSWER_BUTTONS.iter().find(|(name, _)| form.has(name)).map(|(_, answer)| *answer);
    let answer = pressed.ok_or_else(|| refused(FormError::NoButton.into()))?;
    takeover::answer_takeover(&state.app, form.get("token").unwrap_or_default(), answer).await.map_err(refused)?;
    let texts = &shown.texts.takeovers;
    let (title, text) = match answer {
        TakeoverAnswer::Agree => (texts.agreed, texts.agreed_text),
        TakeoverAnswer::Decline => (texts.declined, texts.declined_text),
        TakeoverAnswer::Undo => (texts.undone, texts.undone_text),
    };
    Ok(message_page(shown, StatusCode::OK, title, text))
}
