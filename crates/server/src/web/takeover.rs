//! A device that another account has: what stops its set-up, and the page at which its owner answers.
//!
//! Invariant: the owner's page is opened by the link of a mail alone, and looking changes nothing; it tells nothing of the
//! other account.

use super::browser::{Browser, Form};
use super::shown::{Other, here};
use super::{Refused, asked, message, page};
use crate::edge_error::retry_after;
use crate::state::Site;
use opendrs_texts::{Takeovers, Texts};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::Customer;
use opendrs_domain::takeover::{Answer, State as Standing};
use opendrs_service::login::signup::Underway;
use opendrs_service::takeover::{self, Begun, Linked};
use opendrs_service::{BadChoice, Error};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "takeover_blocked.html")]
struct Blocked<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    text: &'a str,
    /// Where the app is told that nothing came of it.
    back: &'a str,
}

/// Begins the takeover of a sign-up's device, if somebody else has it. A page, if the sign-up cannot go on.
pub(super) async fn blocked(
    site: &Arc<Site>,
    browser: &Browser,
    underway: &Underway,
    customer: &Customer,
) -> Result<Option<Response>, Refused> {
    let Browser { shown, .. } = browser;
    let (status, text, wait) = match takeover::begin(&site.app, underway, customer).await {
        Ok(Begun::Free | Begun::Open) => return Ok(None),
        Ok(Begun::Waiting(until)) => {
            (StatusCode::OK, (shown.texts.takeovers.waiting)(&shown.texts.moment(&until)), None)
        }
        Err(error @ Error::BadChoice(_)) => (StatusCode::BAD_REQUEST, (shown.texts.refusal)(&error), None),
        Err(error @ Error::Throttled(_)) => {
            (StatusCode::TOO_MANY_REQUESTS, (shown.texts.refusal)(&error), retry_after(&error))
        }
        Err(error) => return Err(Refused::by(shown)(error)),
    };
    let back = &underway.asked.request.denied();
    let template = Blocked { texts: shown.texts, switch: Vec::new(), text: &text, back };
    let mut response = page(shown, status, &template, None);
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    Ok(Some(response))
}

#[derive(Template)]
#[template(path = "takeover.html")]
struct TakeoverPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    token: &'a str,
    title: String,
    why: &'a str,
    device: String,
    until: String,
    /// Names and labels of the buttons.
    buttons: Vec<(&'static str, &'static str)>,
}

/// A button's name, and what it answers.
const BUTTONS: [(&str, Answer); 3] = [("agree", Answer::Agree), ("decline", Answer::Decline), ("undo", Answer::Undo)];

fn label(texts: &Takeovers, answer: Answer) -> &'static str {
    match answer {
        Answer::Agree => texts.agree,
        Answer::Decline => texts.decline,
        Answer::Undo => texts.undo,
    }
}

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let token = &asked(&parts, "token");
    let browser = Browser::of(&site, &parts).await?;
    let Browser { shown, .. } = &browser;
    let texts = &shown.texts.takeovers;
    let linked = takeover::linked(&site.app, token).await.map_err(Refused::by(shown))?;
    let Linked { takeover, model, device, answers, .. } = &linked;
    let (title, why): (fn(&str) -> String, _) = match takeover.state {
        Standing::Asked => (texts.asked, texts.asked_why),
        Standing::Announced | Standing::Agreed => (texts.announced, texts.announced_why),
        Standing::Done => (texts.done, texts.done_why),
        Standing::Declined => return Ok(message(shown, StatusCode::OK, texts.declined, texts.declined_text)),
        Standing::Undone => return Ok(message(shown, StatusCode::OK, texts.undone, texts.undone_text)),
    };
    if answers.is_empty() {
        let why = (shown.texts.refusal)(&BadChoice::TakeoverOver.into());
        return Ok(message(shown, StatusCode::OK, texts.over, &why));
    }
    let buttons = BUTTONS.iter().filter(|(_, answer)| answers.contains(answer));
    let template = TakeoverPage {
        texts: shown.texts,
        switch: shown.switch(here(&parts)),
        csrf: &browser.form_token(&site),
        token,
        title: title(&model.name),
        why,
        device: (shown.texts.settings.device)(&model.name, device.serial.as_str()),
        until: (texts.until)(&shown.texts.moment(&takeover.answer_by)),
        buttons: buttons.map(|(name, answer)| (*name, label(texts, *answer))).collect(),
    };
    Ok(browser.remember(&site, page(shown, StatusCode::OK, &template, None)))
}

/// Answers.
pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    let Browser { shown, .. } = &browser;
    let refused = Refused::by(shown);
    let pressed = BUTTONS.iter().find(|(name, _)| form.has(name)).map(|(_, answer)| *answer);
    let answer = pressed.ok_or_else(|| refused(BadChoice::NoButton.into()))?;
    takeover::answer(&site.app, form.get("token").unwrap_or_default(), answer).await.map_err(refused)?;
    let texts = &shown.texts.takeovers;
    let (title, text) = match answer {
        Answer::Agree => (texts.agreed, texts.agreed_text),
        Answer::Decline => (texts.declined, texts.declined_text),
        Answer::Undo => (texts.undone, texts.undone_text),
    };
    Ok(message(shown, StatusCode::OK, title, text))
}
