//! The consent page and the slot pages of a sign-up (docs/spec/setup-pages.md#consent-page,
//! docs/spec/setup-pages.md#slot-pages).

use super::browser::{BrowserSession, PostedForm, PostedPage};
use super::leave::{form_action_source, leave_to};
use super::page_context::PageFrame;
use super::page_image::PageImage;
use super::{PageError, redirect_to, render_page, takeover};
use askama::Template;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opendrs_domain::login::scope::{Scope, Scopes};
use opendrs_domain::order::{OrderItem, PriceParts};
use opendrs_domain::product::Product;
use opendrs_domain::session::Session;
use opendrs_edge::state::AppState;
use opendrs_service::login::authorize::ResolvedAuthorization;
use opendrs_service::login::signup::{self, SignupInProgress};
use opendrs_service::{Error, FormError, customer};
use opendrs_texts::{ConsentTexts, ReaderTexts};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    flow: &'a str,
    profile: &'a str,
    maker: &'a str,
    /// A sentence that names the customer.
    account: String,
    privacy_url: Option<&'a str>,
    device: Option<&'a str>,
    picture: Option<PageImage>,
    serial: &'a str,
    wants: Vec<&'static str>,
}

/// Returns the descriptions of scopes for the customer.
pub(super) fn scope_descriptions(scopes: Scopes, texts: &ConsentTexts) -> Vec<&'static str> {
    [
        (Scope::Replenish, texts.replenish),
        (Scope::Profile, texts.profile),
        (Scope::UserId, texts.user_id),
        (Scope::PostalCode, texts.postal_code),
    ]
    .into_iter()
    .filter(|(scope, _)| scopes.contains(*scope))
    .map(|(_, words)| words)
    .collect()
}

/// Renders the page that asks for consent to exactly this request.
pub(super) async fn consent_page(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    id: &str,
    asked: &ResolvedAuthorization,
) -> Result<Response, PageError> {
    let shown = &browser.context.branded(asked.maker.id).await?;
    let customer = require_session(browser)?.customer;
    let owner = customer::load(&state.app, customer).await.map_err(PageError::with_context(shown))?;
    let template = ConsentPage {
        texts: shown.texts,
        frame: shown.frame(SLOT_PATH),
        csrf: &browser.form_token(state),
        flow: id,
        profile: &asked.profile.name,
        maker: &asked.maker.name,
        account: (shown.texts.settings.signed_in)(&owner.name),
        privacy_url: asked.profile.privacy_url.as_deref(),
        device: asked.model.as_ref().map(|model| model.name_in(shown.texts.language)),
        picture: PageImage::of(asked.model.as_ref().and_then(|model| model.picture.as_ref())),
        serial: asked.request.device.as_ref().map_or("", |device| device.serial.as_str()),
        wants: scope_descriptions(asked.request.scopes(), &shown.texts.consent),
    };
    let source = form_action_source(browser, &asked.request.redirect_uri);
    Ok(browser.with_signup_cookie(render_page(shown, StatusCode::OK, &template, source.as_deref()), id))
}

/// The path of the next slot's page. Before the consent, it shows the consent page.
pub(super) const SLOT_PATH: &str = "/setup_slot";
/// The path of the overview. Old page readers stop at exactly this path without a query.
pub(super) const OVERVIEW_PATH: &str = "/setup_overview";

/// Returns the session, which every sign-up needs.
pub(super) fn require_session(browser: &BrowserSession) -> Result<&Session, PageError> {
    browser.session.as_ref().ok_or_else(|| PageError::with_context(&browser.context)(Error::SignupClosed))
}

/// The next step of a sign-up.
pub(super) enum SignupStep {
    /// A page of this server: its path, and the id of the sign-up.
    Page(&'static str, String),
    /// The redirect to the client: the sign-up is complete.
    Client(String),
}

impl SignupStep {
    /// Responds to a form. Other navigations continue with [`SignupStep::redirect`].
    fn respond_to_form(self, browser: &BrowserSession) -> Response {
        match self {
            SignupStep::Client(target) => leave_to(browser, &target),
            page @ SignupStep::Page(..) => page.redirect(browser),
        }
    }

    pub(super) fn redirect(self, browser: &BrowserSession) -> Response {
        match self {
            SignupStep::Page(path, id) => browser.with_signup_cookie(redirect_to(StatusCode::SEE_OTHER, path), &id),
            SignupStep::Client(target) => redirect_to(StatusCode::FOUND, &target),
        }
    }
}

/// Finds the next step of a sign-up. A sign-up with profile scopes only is completed here.
pub(super) async fn next_step(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    session: &Session,
    id: &str,
) -> Result<SignupStep, PageError> {
    let refused = PageError::with_context(&browser.context);
    let underway = signup::find(&state.app, session, id).await.map_err(&refused)?;
    if underway.authorization.model.is_none() {
        let owner = customer::load(&state.app, session.customer).await.map_err(&refused)?;
        let target = signup::complete(&state.app, &underway, &owner).await.map_err(&refused)?;
        return Ok(SignupStep::Client(target));
    }
    Ok(SignupStep::Page(if underway.next_slot().is_some() { SLOT_PATH } else { OVERVIEW_PATH }, id.to_owned()))
}

/// Handles an error of the button that completes a sign-up. If the sign-up was completed just before, the browser gets
/// the same target again. Every other form of a completed sign-up is refused.
pub(super) async fn finished_or_error(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    session: &Session,
    id: &str,
    error: Error,
) -> Result<Response, PageError> {
    let refused = PageError::with_context(&browser.context);
    match error {
        Error::SignupClosed => {
            let target = signup::find_finished_redirect(&state.app, session, id).await.map_err(refused)?;
            Ok(leave_to(browser, &target))
        }
        error => Err(refused(error)),
    }
}

/// The name of the button that completes a sign-up.
const COMPLETE_BUTTON: &str = "completeSetup";

/// A posted form of a sign-up, with its session and its sign-up.
pub(super) struct SignupPost {
    pub(super) browser: BrowserSession,
    pub(super) session: Session,
    pub(super) form: PostedForm,
    pub(super) signup: SignupInProgress,
}

/// Reads a posted form of a sign-up. The cancel button is the same on every page, and is handled here.
async fn read_signup_post(
    state: &Arc<AppState>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Result<SignupPost, Response>, PageError> {
    let refused = PageError::with_context(&browser.context);
    let session = require_session(&browser)?.clone();
    let id = form.get("flow").unwrap_or_default();
    let underway = match signup::find(&state.app, &session, id).await {
        Ok(underway) => underway.in_language(browser.context.texts.language),
        Err(error) if form.has(COMPLETE_BUTTON) => {
            return finished_or_error(state, &browser, &session, id, error).await.map(Err);
        }
        Err(error) => return Err(refused(error)),
    };
    if form.has("cancel") || form.has("consentDenied") {
        signup::abandon(&state.app, &underway).await.map_err(&refused)?;
        return Ok(Err(leave_to(&browser, &underway.authorization.request.denied_redirect())));
    }
    Ok(Ok(SignupPost { browser, session, form, signup: underway }))
}

impl FromRequest<Arc<AppState>> for SignupPost {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, Response> {
        let page = PostedPage::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        read_signup_post(state, page).await.map_err(IntoResponse::into_response)?
    }
}

/// Continues after a slot's answer. After the last slot it checks who owns the device.
async fn continue_after_slot(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    session: &Session,
    id: &str,
) -> Result<Response, PageError> {
    let refused = PageError::with_context(&browser.context);
    let underway = signup::find(&state.app, session, id).await.map_err(&refused)?;
    if underway.next_slot().is_none() {
        let owner = customer::load(&state.app, session.customer).await.map_err(&refused)?;
        if let Some(blocked) = takeover::takeover_blocked_page(state, browser, &underway, &owner).await? {
            return Ok(blocked);
        }
    }
    Ok(next_step(state, browser, session, id).await?.respond_to_form(browser))
}

/// Handles the form of the consent page.
pub(super) async fn answer_consent(
    State(state): State<Arc<AppState>>,
    SignupPost { browser, session, form, signup: underway }: SignupPost,
) -> Result<Response, PageError> {
    if !form.has("consentApproved") {
        // The form has no button, for example because the Enter key sent it. A consent is never assumed.
        return consent_page(&state, &browser, &underway.id, &underway.authorization).await;
    }
    signup::record_consent(&state.app, &session, &underway).await.map_err(PageError::with_context(&browser.context))?;
    Ok(next_step(&state, &browser, &session, &underway.id).await?.respond_to_form(&browser))
}

/// Returns the note to a product: what one order brings, what its price includes, and its unit price.
pub(crate) fn product_note(product: &Product, texts: &ReaderTexts) -> String {
    let said = &texts.set_up;
    let mut note = vec![(said.per_order)(texts.amount(&product.quantity, &product.unit))];
    let item = OrderItem::from(product.clone());
    let parts = item.price_parts(&PriceParts::default());
    // Where the catalogue does not state both parts, the price includes the other one as always.
    if parts.shipping.is_none() || parts.tax.is_none() {
        note.push(said.tax.to_owned());
    }
    note.extend(texts.price_parts(&parts, product.tax_rate));
    note.extend(product.unit_price.as_ref().map(|basis| {
        let price = texts.money(&basis.of_price(&product.goods_price()));
        (texts.orders.unit_price)(&price, &texts.amount(&basis.per(), basis.unit()))
    }));
    if !product.available {
        note.push(said.out_of_stock.to_owned());
    }
    note.join(" ")
}

#[derive(Template)]
#[template(path = "slot.html")]
struct SlotPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    flow: &'a str,
    slot_id: &'a str,
    slot: &'a str,
    step: String,
    products: &'a [Product],
    problem: Option<&'a str>,
}

async fn slot_page(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    underway: &SignupInProgress,
    problem: Option<&Error>,
) -> Result<Response, PageError> {
    let Some(view) = underway.next_slot() else {
        return Ok(redirect_to(StatusCode::SEE_OTHER, OVERVIEW_PATH));
    };
    let number = 1 + underway.slots.iter().position(|other| other.slot.id == view.slot.id).unwrap_or_default();
    let shown = &browser.context.branded(underway.authorization.maker.id).await?;
    let model = underway.authorization.model.as_ref().map_or("", |model| model.name_in(shown.texts.language));
    let words = problem.map(shown.texts.error_message);
    let template = SlotPage {
        texts: shown.texts,
        frame: shown.frame(SLOT_PATH),
        csrf: &browser.form_token(state),
        flow: &underway.id,
        slot_id: view.slot.id.as_str(),
        slot: &view.slot.name,
        step: (shown.texts.set_up.step)(model, number, underway.slots.len()),
        products: &view.products,
        problem: words.as_deref(),
    };
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(render_page(
        shown,
        status,
        &template,
        form_action_source(browser, &underway.authorization.request.redirect_uri).as_deref(),
    ))
}

/// Shows the page of the next slot.
pub(super) async fn show_slot(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
) -> Result<Response, PageError> {
    let session = require_session(&browser)?;
    let id = browser.signup_id.as_deref().unwrap_or_default();
    let underway = signup::find(&state.app, session, id).await.map_err(PageError::with_context(&browser.context))?;
    if !underway.has_consented {
        return consent_page(&state, &browser, &underway.id, &underway.authorization).await;
    }
    let underway = underway.in_language(browser.context.texts.language);
    slot_page(&state, &browser, &underway, None).await
}

/// Handles the form of a slot's page: a product, or skip.
pub(super) async fn answer_slot(
    State(state): State<Arc<AppState>>,
    SignupPost { browser, session, form, signup: underway }: SignupPost,
) -> Result<Response, PageError> {
    let asin = form.get("asin").filter(|_| !form.has("skip"));
    if asin.is_none() && !form.has("skip") {
        let missing = FormError::NoSelection.into();
        return slot_page(&state, &browser, &underway, Some(&missing)).await;
    }
    match signup::record_choice(&state.app, &underway, form.get("slotId").unwrap_or_default(), asin).await {
        Ok(()) => continue_after_slot(&state, &browser, &session, &underway.id).await,
        Err(error @ Error::InvalidForm(_)) => slot_page(&state, &browser, &underway, Some(&error)).await,
        Err(error) => Err(PageError::with_context(&browser.context)(error)),
    }
}
