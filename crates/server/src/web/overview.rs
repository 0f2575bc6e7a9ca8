//! `/setup_overview`: what was chosen, where it goes, what it costs; and the button that completes set-up.

use super::address;
use super::browser::Browser;
use super::leave::{form_source, leave};
use super::prices;
use super::setup::{OVERVIEW, Posted, SLOT, consent_page, over, posted, signed_in};
use super::shown::Other;
use super::{Refused, page, redirect_to, takeover};
use crate::state::Site;
use opendrs_texts::{Texts, Window};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::product::Product;
use opendrs_domain::time::Span;
use opendrs_service::login::signup::{self, Underway};
use opendrs_service::{Error, customer, order, takeover as takeovers};
use std::sync::Arc;

struct Row<'a> {
    slot: &'a str,
    product: Option<&'a Product>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    flow: &'a str,
    model: &'a str,
    rows: Vec<Row<'a>>,
    name: &'a str,
    address: Option<String>,
    ask_address: bool,
    typed: &'a Address,
    test: bool,
    /// The device is somebody else's.
    takes_over: bool,
    cancel_within: String,
    problem: Option<&'a str>,
}

async fn overview(
    site: &Arc<Site>,
    browser: &Browser,
    (underway, owner): (&Underway, &Customer),
    problem: Option<&Error>,
    typed: &Address,
) -> Result<Response, Refused> {
    let takes_over =
        takeovers::is_of_another(&site.app, underway, owner.id).await.map_err(Refused::by(&browser.shown))?;
    let test = underway.asked.request.device.as_ref().is_some_and(|device| device.test);
    let Browser { shown, .. } = browser;
    let words = problem.map(shown.texts.refusal);
    let template = OverviewPage {
        texts: shown.texts,
        switch: shown.switch(OVERVIEW),
        csrf: &browser.form_token(site),
        flow: &underway.id,
        model: underway.asked.model.as_ref().map_or("", |model| model.name.as_str()),
        rows: underway.chosen().map(|(view, product)| Row { slot: &view.slot.name, product }).collect(),
        name: &owner.name,
        address: owner.address.as_ref().map(Address::one_line),
        ask_address: owner.address.is_none() && !test,
        typed,
        test,
        takes_over,
        cancel_within: (shown.texts.set_up.cancel_within)(window(site.app.settings.timing.cancel_window)),
        problem: words.as_deref(),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(shown, status, &template, form_source(browser, &underway.asked.request.redirect_uri).as_deref()))
}

/// How long an order may be cancelled, in whole hours where it is some.
fn window(span: Span) -> Window {
    match span.secs() / 60 {
        minutes if minutes > 0 && minutes % 60 == 0 => Window::Hours(minutes / 60),
        minutes => Window::Minutes(minutes),
    }
}

/// The overview; a slot without an answer is asked for first.
pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let browser = Browser::of(&site, &parts).await?;
    let session = signed_in(&browser)?;
    let refused = Refused::by(&browser.shown);
    let id = browser.signup.as_deref().unwrap_or_default();
    let underway = signup::find(&site.app, session, id).await.map_err(&refused)?;
    if !underway.consented {
        return consent_page(&site, &browser, &underway.id, &underway.asked);
    }
    if underway.next_slot().is_some() {
        return Ok(redirect_to(StatusCode::SEE_OTHER, SLOT));
    }
    let owner = customer::get(&site.app, session.customer).await.map_err(&refused)?;
    overview(&site, &browser, (&underway, &owner), None, &Address::default()).await
}

/// Completes set-up, goes back to the first slot, or cancels.
pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { browser, session, form, mut underway } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    let refused = Refused::by(&browser.shown);
    if form.has("change") {
        signup::restart(&site.app, &underway).await.map_err(&refused)?;
        return Ok(browser.with_signup(redirect_to(StatusCode::SEE_OTHER, SLOT), &underway.id));
    }
    underway.shown = prices::shown(&form);
    let typed = address::typed(&form);
    let mut owner = customer::get(&site.app, session.customer).await.map_err(&refused)?;
    if owner.address.is_none() && form.has("line1") {
        match order::set_address(&site.app, owner.id, typed.clone()).await {
            Ok(()) => owner = customer::get(&site.app, owner.id).await.map_err(&refused)?,
            Err(error @ Error::BadChoice(_)) => {
                return overview(&site, &browser, (&underway, &owner), Some(&error), &typed).await;
            }
            Err(error) => return Err(refused(error)),
        }
    }
    if let Some(blocked) = takeover::blocked(&site, &browser, &underway, &owner).await? {
        return Ok(blocked);
    }
    match signup::complete(&site.app, &underway, &owner).await {
        Ok(target) => Ok(leave(&browser, &target)),
        Err(error @ Error::BadChoice(_)) => overview(&site, &browser, (&underway, &owner), Some(&error), &typed).await,
        Err(error) => over(&site, &browser, &session, &underway.id, error).await,
    }
}
