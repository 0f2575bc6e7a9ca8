//! `/setup_overview`: the chosen products, the shipping address and the prices, with the button that completes the
//! sign-up.

use super::address;
use super::browser::BrowserSession;
use super::field_problem::FieldProblem;
use super::leave::{form_action_source, leave_to};
use super::page_context::PageFrame;
use super::prices;
use super::setup::{OVERVIEW_PATH, SLOT_PATH, SignupPost, consent_page, finished_or_error, require_session};
use super::{PageError, redirect_to, render_page, takeover};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::product::Product;
use opendrs_domain::time::Span;
use opendrs_edge::state::AppState;
use opendrs_service::login::signup::{self, SignupInProgress};
use opendrs_service::{Error, FormError, customer, order, takeover as takeovers};
use opendrs_texts::{CancelWindow, ReaderTexts};
use std::sync::Arc;

struct OverviewRow<'a> {
    slot: &'a str,
    product: Option<&'a Product>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    flow: &'a str,
    model: &'a str,
    rows: Vec<OverviewRow<'a>>,
    name: &'a str,
    address: Option<String>,
    ask_address: bool,
    typed: &'a Address,
    test: bool,
    /// Whether another customer has the device.
    takes_over: bool,
    cancel_within: String,
    problem: Option<&'a str>,
    problems: FieldProblem,
}

async fn render_overview(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    (underway, owner): (&SignupInProgress, &Customer),
    problem: Option<&Error>,
    typed: &Address,
) -> Result<Response, PageError> {
    let takes_over = takeovers::is_owned_by_another(&state.app, underway, owner.id)
        .await
        .map_err(PageError::with_context(&browser.context))?;
    let test = underway.authorization.request.device.as_ref().is_some_and(|device| device.test);
    let shown = &browser.context.branded(underway.authorization.maker.id).await?;
    let refused = match problem {
        Some(Error::InvalidForm(FormError::Address(why))) => Some(*why),
        _ => None,
    };
    let words = problem.filter(|_| refused.is_none()).map(shown.texts.error_message);
    let template = OverviewPage {
        texts: shown.texts,
        frame: shown.frame(OVERVIEW_PATH),
        csrf: &browser.form_token(state),
        flow: &underway.id,
        model: underway.authorization.model.as_ref().map_or("", |model| model.name_in(shown.texts.language)),
        rows: underway
            .chosen_products()
            .map(|(view, product)| OverviewRow { slot: &view.slot.name, product })
            .collect(),
        name: &owner.name,
        address: owner.address.as_ref().map(Address::to_single_line),
        ask_address: owner.address.is_none() && !test,
        typed,
        test,
        takes_over,
        cancel_within: (shown.texts.set_up.cancel_within)(cancel_window(state.app.settings.timing.cancel_window)),
        problem: words.as_deref(),
        problems: address::address_problem(refused, typed, shown.texts),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(render_page(
        shown,
        status,
        &template,
        form_action_source(browser, &underway.authorization.request.redirect_uri).as_deref(),
    ))
}

/// Returns the cancel window, in hours if it is a whole number of hours.
fn cancel_window(span: Span) -> CancelWindow {
    match span.as_secs() / 60 {
        minutes if minutes > 0 && minutes % 60 == 0 => CancelWindow::Hours(minutes / 60),
        minutes => CancelWindow::Minutes(minutes),
    }
}

/// Shows the overview. Redirects to a slot's page first while a slot has no choice.
pub(super) async fn get(State(state): State<Arc<AppState>>, browser: BrowserSession) -> Result<Response, PageError> {
    let session = require_session(&browser)?;
    let refused = PageError::with_context(&browser.context);
    let id = browser.signup_id.as_deref().unwrap_or_default();
    let underway = signup::find(&state.app, session, id).await.map_err(&refused)?;
    if !underway.has_consented {
        return consent_page(&state, &browser, &underway.id, &underway.authorization).await;
    }
    if underway.next_slot().is_some() {
        return Ok(redirect_to(StatusCode::SEE_OTHER, SLOT_PATH));
    }
    let owner = customer::load(&state.app, session.customer).await.map_err(&refused)?;
    let underway = underway.in_language(browser.context.texts.language);
    render_overview(&state, &browser, (&underway, &owner), None, &Address::default()).await
}

/// Completes the sign-up, returns to the first slot, or cancels the sign-up.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    SignupPost { browser, session, form, signup: mut underway }: SignupPost,
) -> Result<Response, PageError> {
    let refused = PageError::with_context(&browser.context);
    if form.has("change") {
        signup::clear_choices(&state.app, &underway).await.map_err(&refused)?;
        return Ok(browser.with_signup_cookie(redirect_to(StatusCode::SEE_OTHER, SLOT_PATH), &underway.id));
    }
    underway.shown_prices = prices::parse_shown_prices(&form);
    let typed = address::parse_address(&form);
    let mut owner = customer::load(&state.app, session.customer).await.map_err(&refused)?;
    if owner.address.is_none() && form.has("line1") {
        match order::set_address(&state.app, owner.id, typed.clone()).await {
            Ok(()) => owner = customer::load(&state.app, owner.id).await.map_err(&refused)?,
            Err(error @ Error::InvalidForm(_)) => {
                return render_overview(&state, &browser, (&underway, &owner), Some(&error), &typed).await;
            }
            Err(error) => return Err(refused(error)),
        }
    }
    if let Some(blocked) = takeover::takeover_blocked_page(&state, &browser, &underway, &owner).await? {
        return Ok(blocked);
    }
    match signup::complete(&state.app, &underway, &owner).await {
        Ok(target) => Ok(leave_to(&browser, &target)),
        Err(error @ Error::InvalidForm(_)) => {
            render_overview(&state, &browser, (&underway, &owner), Some(&error), &typed).await
        }
        Err(error) => finished_or_error(&state, &browser, &session, &underway.id, error).await,
    }
}
