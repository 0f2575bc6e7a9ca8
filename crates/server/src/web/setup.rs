//! Consent, and one page a slot (docs/spec/setup-pages.md#consent-page, docs/spec/setup-pages.md#slot-pages).

use super::browser::{Browser, Form};
use super::leave::{form_source, leave};
use super::shown::Other;
use super::{Refused, page, redirect_to, takeover};
use crate::state::Site;
use opendrs_texts::{Consent, Texts};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::login::scope::{Scope, Scopes};
use opendrs_domain::product::Product;
use opendrs_domain::session::Session;
use opendrs_service::login::authorize::Asked;
use opendrs_service::login::signup::{self, Underway};
use opendrs_service::{BadChoice, Error, customer};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    flow: &'a str,
    profile: &'a str,
    maker: &'a str,
    privacy_url: Option<&'a str>,
    device: Option<&'a str>,
    serial: &'a str,
    wants: Vec<&'static str>,
}

/// What scopes open, in words.
pub(super) fn wants(scopes: Scopes, texts: &Consent) -> Vec<&'static str> {
    [
        (Scope::Replenish, texts.replenish),
        (Scope::Profile, texts.profile),
        (Scope::UserId, texts.user_id),
        (Scope::PostalCode, texts.postal_code),
    ]
    .into_iter()
    .filter(|(scope, _)| scopes.has(*scope))
    .map(|(_, words)| words)
    .collect()
}

/// The page that asks for consent to exactly this request.
pub(super) fn consent_page(site: &Arc<Site>, browser: &Browser, id: &str, asked: &Asked) -> Result<Response, Refused> {
    let Browser { shown, .. } = browser;
    let template = ConsentPage {
        texts: shown.texts,
        switch: shown.switch(SLOT),
        csrf: &browser.form_token(site),
        flow: id,
        profile: &asked.profile.name,
        maker: &asked.maker.name,
        privacy_url: asked.profile.privacy_url.as_deref(),
        device: asked.model.as_ref().map(|model| model.name.as_str()),
        serial: asked.request.device.as_ref().map_or("", |device| device.serial.as_str()),
        wants: wants(asked.request.scopes(), &shown.texts.consent),
    };
    let source = form_source(browser, &asked.request.redirect_uri);
    Ok(browser.with_signup(page(shown, StatusCode::OK, &template, source.as_deref()), id))
}

/// The page of the next slot; before consent, it is where consent is asked for.
pub(super) const SLOT: &str = "/setup_slot";
/// The page that confirms what was chosen. Old page readers stop where the address is this and nothing more.
pub(super) const OVERVIEW: &str = "/setup_overview";

/// Who is signed in; without a sign-in there is no sign-up to go on with.
pub(super) fn signed_in(browser: &Browser) -> Result<&Session, Refused> {
    browser.session.as_ref().ok_or_else(|| Refused::by(&browser.shown)(Error::SignupGone))
}

/// What follows in a sign-up.
pub(super) enum Step {
    /// A page of ours, and of which sign-up.
    Page(&'static str, String),
    /// The client: it is over.
    Client(String),
}

impl Step {
    /// The answer to a form. Another navigation goes on by [`Step::redirect`].
    fn after_form(self, browser: &Browser) -> Response {
        match self {
            Step::Client(target) => leave(browser, &target),
            page @ Step::Page(..) => page.redirect(browser),
        }
    }

    pub(super) fn redirect(self, browser: &Browser) -> Response {
        match self {
            Step::Page(path, id) => browser.with_signup(redirect_to(StatusCode::SEE_OTHER, path), &id),
            Step::Client(target) => redirect_to(StatusCode::FOUND, &target),
        }
    }
}

/// Finds what is next in a sign-up; where only profile scopes are asked for, it is completed.
pub(super) async fn step(site: &Arc<Site>, browser: &Browser, session: &Session, id: &str) -> Result<Step, Refused> {
    let refused = Refused::by(&browser.shown);
    let underway = signup::find(&site.app, session, id).await.map_err(&refused)?;
    if underway.asked.model.is_none() {
        let owner = customer::get(&site.app, session.customer).await.map_err(&refused)?;
        let target = signup::complete(&site.app, &underway, &owner).await.map_err(&refused)?;
        return Ok(Step::Client(target));
    }
    Ok(Step::Page(if underway.next_slot().is_some() { SLOT } else { OVERVIEW }, id.to_owned()))
}

/// What the button that completes a sign-up is answered when that cannot go on: where it led to, if it was finished just
/// now. Every other form of a finished sign-up is refused.
pub(super) async fn over(
    site: &Arc<Site>,
    browser: &Browser,
    session: &Session,
    id: &str,
    error: Error,
) -> Result<Response, Refused> {
    let refused = Refused::by(&browser.shown);
    match error {
        Error::SignupGone => {
            let target = signup::finished(&site.app, session, id).await.map_err(refused)?;
            Ok(leave(browser, &target))
        }
        error => Err(refused(error)),
    }
}

/// The button that completes a sign-up.
const COMPLETE: &str = "completeSetup";

/// A form of a sign-up's page: what was sent, by whom, in which sign-up.
pub(super) struct Posted {
    pub(super) browser: Browser,
    pub(super) session: Session,
    pub(super) form: Form,
    pub(super) underway: Underway,
}

/// Reads a sign-up's form. The button that cancels is the same on every page, and is answered here.
pub(super) async fn posted(site: &Arc<Site>, request: Request) -> Result<Result<Posted, Response>, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(site, &parts).await?;
    let form = Form::read(site, &parts, &browser, body).await?;
    let refused = Refused::by(&browser.shown);
    let session = signed_in(&browser)?.clone();
    let id = form.get("flow").unwrap_or_default();
    let underway = match signup::find(&site.app, &session, id).await {
        Ok(underway) => underway,
        Err(error) if form.has(COMPLETE) => return over(site, &browser, &session, id, error).await.map(Err),
        Err(error) => return Err(refused(error)),
    };
    if form.has("cancel") || form.has("consentDenied") {
        signup::abandon(&site.app, &underway).await.map_err(&refused)?;
        return Ok(Err(leave(&browser, &underway.asked.request.denied())));
    }
    Ok(Ok(Posted { browser, session, form, underway }))
}

/// Goes on after a slot's answer. Behind the last one it is looked whose the device is.
async fn answered(site: &Arc<Site>, browser: &Browser, session: &Session, id: &str) -> Result<Response, Refused> {
    let refused = Refused::by(&browser.shown);
    let underway = signup::find(&site.app, session, id).await.map_err(&refused)?;
    if underway.next_slot().is_none() {
        let owner = customer::get(&site.app, session.customer).await.map_err(&refused)?;
        if let Some(blocked) = takeover::blocked(site, browser, &underway, &owner).await? {
            return Ok(blocked);
        }
    }
    Ok(step(site, browser, session, id).await?.after_form(browser))
}

/// The answer to the consent page.
pub(super) async fn consent(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { browser, session, form, underway } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    if !form.has("consentApproved") {
        // No button was named, as when a form is sent by the Enter key: consent is never guessed.
        return consent_page(&site, &browser, &underway.id, &underway.asked);
    }
    signup::consent(&site.app, &session, &underway).await.map_err(Refused::by(&browser.shown))?;
    Ok(step(&site, &browser, &session, &underway.id).await?.after_form(&browser))
}

#[derive(Template)]
#[template(path = "slot.html")]
struct SlotPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    flow: &'a str,
    slot_id: &'a str,
    slot: &'a str,
    step: String,
    products: &'a [Product],
    problem: Option<&'a str>,
}

fn slot_page(
    site: &Arc<Site>,
    browser: &Browser,
    underway: &Underway,
    problem: Option<&Error>,
) -> Result<Response, Refused> {
    let Some(view) = underway.next_slot() else {
        return Ok(redirect_to(StatusCode::SEE_OTHER, OVERVIEW));
    };
    let number = 1 + underway.slots.iter().position(|other| other.slot.id == view.slot.id).unwrap_or_default();
    let Browser { shown, .. } = browser;
    let model = underway.asked.model.as_ref().map_or("", |model| model.name.as_str());
    let words = problem.map(shown.texts.refusal);
    let template = SlotPage {
        texts: shown.texts,
        switch: shown.switch(SLOT),
        csrf: &browser.form_token(site),
        flow: &underway.id,
        slot_id: view.slot.id.as_str(),
        slot: &view.slot.name,
        step: (shown.texts.set_up.step)(model, number, underway.slots.len()),
        products: &view.products,
        problem: words.as_deref(),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(shown, status, &template, form_source(browser, &underway.asked.request.redirect_uri).as_deref()))
}

/// The page of the next slot.
pub(super) async fn slot(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let browser = Browser::of(&site, &parts).await?;
    let session = signed_in(&browser)?;
    let id = browser.signup.as_deref().unwrap_or_default();
    let underway = signup::find(&site.app, session, id).await.map_err(Refused::by(&browser.shown))?;
    if !underway.consented {
        return consent_page(&site, &browser, &underway.id, &underway.asked);
    }
    slot_page(&site, &browser, &underway, None)
}

/// The answer to a slot's page: a product, or skip.
pub(super) async fn slot_action(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { browser, session, form, underway } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    let asin = form.get("asin").filter(|_| !form.has("skip"));
    if asin.is_none() && !form.has("skip") {
        let missing = BadChoice::NoAnswer.into();
        return slot_page(&site, &browser, &underway, Some(&missing));
    }
    match signup::choose(&site.app, &underway, form.get("slotId").unwrap_or_default(), asin).await {
        Ok(()) => answered(&site, &browser, &session, &underway.id).await,
        Err(error @ Error::BadChoice(_)) => slot_page(&site, &browser, &underway, Some(&error)),
        Err(error) => Err(Refused::by(&browser.shown)(error)),
    }
}
