//! The settings page of one device (docs/spec/setup-pages.md#settings-page, docs/spec/setup-pages.md#settings-access).
//!
//! Invariant: every view and every change needs the customer's sign-in. The device comes from the device's token, with
//! which its app opens the page, or from the customer's own list. A token alone shows nothing.

mod feedback;
mod level_row;
mod slot_row;

use super::address as shipping;
use super::browser::{BrowserSession, PostedForm, PostedPage};
use super::device_name::NameForm;
use super::device_selection::{DeviceSelection, selection_of_form, settings_url};
use super::devices::{ListFeedback, devices_page};
use super::field_problem::FieldProblem;
use super::order_row::{OrderListRow, order_list_row};
use super::page_context::{self, PageFrame};
use super::page_image::PageImage;
use super::rule::{self, RejectedRules};
use super::saved::SavedChange;
use super::signin::sign_in_page;
use super::teaser::link_param;
use super::{PageError, message_page, prices, query_param, redirect_to, remove, render_page};
use askama::Template;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
pub(super) use feedback::Feedback;
use opendrs_domain::customer::Address;
use opendrs_domain::id::OrderId;
use opendrs_domain::language::Language;
use opendrs_domain::order::{CancelRequester, Order};
use opendrs_domain::session::Session;
use opendrs_domain::text::DeviceName;
use opendrs_edge::state::AppState;
use opendrs_http::credentials::has_conflicting_tokens;
use opendrs_http::request::query;
use opendrs_service::subscription::SlotChange;
use opendrs_service::token::{self, DeviceCaller, SettingsTarget};
use opendrs_service::{Error, FormError, customer, device, level, order, rule as rules, slot_statement, subscription};
use opendrs_texts::ReaderTexts;
use slot_row::{SlotRow, slot_row};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    which: DeviceSelection<'a>,
    exit: Option<&'a str>,
    /// The name of the device: the owner's own, or else the model's.
    device_name: &'a str,
    /// The name of the model, if the device has another one.
    model: Option<&'a str>,
    name_about: String,
    name_form: NameForm,
    picture: Option<PageImage>,
    serial: &'a str,
    test: bool,
    name: &'a str,
    address: Option<String>,
    /// Confirms a change that belongs to no slot.
    saved: Option<&'static str>,
    slots: Vec<SlotRow>,
    /// The first of the orders that wait, and their number.
    waiting: Option<&'a OrderListRow>,
    waiting_count: usize,
    orders: &'a [OrderListRow],
    /// The URL of the page with older orders, if there are some.
    older: Option<String>,
    /// The URL of the page with the newest orders, if this is another one.
    newest: Option<String>,
    change_address: String,
    /// The URL of the page that removes the device.
    remove: String,
}

#[derive(Template)]
#[template(path = "switch.html")]
struct SwitchAccountPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    return_to: &'a str,
    exit: Option<&'a str>,
}

/// Finds the device of a page, or returns the page that is shown instead.
async fn open_device(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    session: &Session,
    (which, exit): (DeviceSelection<'_>, Option<&str>),
    feedback: &Feedback<'_>,
) -> Result<Result<DeviceCaller, Response>, PageError> {
    let BrowserSession { context: shown, .. } = browser;
    let texts = &shown.texts.settings;
    let link_expired = ListFeedback { note: texts.link_expired, ..ListFeedback::default() };
    let text = match which {
        DeviceSelection::Token(text) => text,
        DeviceSelection::OwnDevice(id) => {
            let own = remove::find_owned_device(state, browser, session.customer, id).await?;
            let own = own.map(|own| DeviceCaller::for_owner(&state.app, own.device));
            return match own {
                Some(caller) => Ok(Ok(caller)),
                None => devices_page(state, browser, session, exit, link_expired).await.map(Err),
            };
        }
        DeviceSelection::DeviceList => {
            let feedback = ListFeedback { saved: feedback.saved, ..ListFeedback::default() };
            return devices_page(state, browser, session, exit, feedback).await.map(Err);
        }
    };
    match token::resolve_page_token(&state.app, text).await.map_err(PageError::with_context(shown))? {
        SettingsTarget::Registered(caller) if caller.device.customer == session.customer => Ok(Ok(*caller)),
        SettingsTarget::Registered(_) => {
            let return_to = settings_url(which, exit);
            let csrf = &browser.form_token(state);
            let frame = shown.frame(&return_to);
            let template = SwitchAccountPage { texts: shown.texts, frame, csrf, return_to: &return_to, exit };
            Ok(Err(render_page(shown, StatusCode::FORBIDDEN, &template, None)))
        }
        SettingsTarget::Unregistered(Some(again)) => {
            Ok(Err(shown.with_language_cookie(redirect_to(StatusCode::SEE_OTHER, &again))))
        }
        SettingsTarget::Unregistered(None) => {
            Ok(Err(message_page(shown, StatusCode::OK, texts.unregistered, texts.unregistered_why)))
        }
        SettingsTarget::Unknown => devices_page(state, browser, session, exit, link_expired).await.map(Err),
    }
}

/// Shows a device's settings: for an app with the device's token, and for links in the list of devices.
pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let pairs = query(&parts.uri);
    let exit = link_param(&pairs, "exitUri");
    let own = link_param(&pairs, "device").filter(|_| parts.uri.path() != "/settings");
    let which = DeviceSelection::from_params(link_param(&pairs, "access_token"), own);
    if has_conflicting_tokens(&pairs) {
        return Err(PageError::with_context(&browser.context)(opendrs_service::Error::InvalidToken));
    }
    let Some(session) = &browser.session else {
        let return_to = settings_url(which, exit.filter(|_| which.is_one()));
        return sign_in_page(&state, &browser, &return_to, None, "").await;
    };
    let slot = query_param(&parts, "slot");
    let feedback = Feedback {
        saved: SavedChange::from_request(&parts),
        slot: &slot,
        orders_before: OrderId::parse(&query_param(&parts, "before")).ok(),
        ..Feedback::default()
    };
    let caller = match open_device(&state, &browser, session, (which, exit), &feedback).await? {
        Ok(caller) => caller,
        Err(instead) => return Ok(instead),
    };
    device_page(&state, &browser, &caller, (which, exit), &feedback).await
}

/// Returns the URL of a page of a device's orders: those before one of them, or the newest ones.
fn orders_url(page: &str, before: Option<OrderId>) -> String {
    let joint = if page.contains('?') { '&' } else { '?' };
    match before {
        Some(order) => format!("{page}{joint}before={order}#orders"),
        None => format!("{page}#orders"),
    }
}

/// Renders the settings of a device. If rules were refused, their form has the typed values.
pub(super) async fn device_page(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    caller: &DeviceCaller,
    (which, exit): (DeviceSelection<'_>, Option<&str>),
    feedback: &Feedback<'_>,
) -> Result<Response, PageError> {
    let refused = PageError::with_context(&browser.context);
    let model = device::load_model(&state.app, &caller.device).await.map_err(&refused)?;
    let language = browser.context.texts.language;
    let named = device::load_named(&state.app, caller).await.map_err(&refused)?.in_language(language);
    let shown = &browser.context.branded(model.maker).await?;
    let texts = shown.texts;
    let of = Some((caller.shard, &caller.device));
    let slots = subscription::list_slot_views(&state.app, &model, of).await.map_err(&refused)?;
    let owner = customer::load(&state.app, caller.device.customer).await.map_err(&refused)?;
    let mut open = order::list_open_for_customer(&state.app, owner.id).await.map_err(&refused)?;
    open.retain(|order| order.device == caller.device.id);
    let before = feedback.orders_before;
    let mut page = order::list_for_device(&state.app, caller, before).await.map_err(&refused)?;
    if before.is_none() {
        // Open orders are on the first page, however many came after them.
        let is_missing = |order: &&Order| page.orders.iter().all(|listed| listed.id != order.id);
        let older: Vec<_> = open.iter().filter(is_missing).cloned().collect();
        page.orders.extend(older);
    }
    let levels = level::list_for_device(&state.app, caller.device.in_shard(caller.shard)).await.map_err(&refused)?;
    let statements = slot_statement::list_for_device(&state.app, caller).await.map_err(&refused)?;
    let (now, ask_above) = (state.app.now(), state.app.settings.timing.price_tolerance_percent);
    let views = slot_row::SlotPage {
        texts,
        test: caller.device.test,
        orders: &open,
        levels: &levels,
        statements: &statements,
        today: texts.zone().calendar_day(now),
        now,
        ask_above,
        feedback,
    };
    let slots: Vec<_> = slots.into_iter().map(|view| slot_row(view.in_language(language), &views)).collect();
    for orders in [&mut open, &mut page.orders] {
        order::translate(&state.app, orders, language).await.map_err(&refused)?;
    }
    let rows = |orders: &[Order]| orders.iter().map(|order| order_list_row(order, now, texts)).collect::<Vec<_>>();
    let (waiting, rows) = (rows(&open), rows(&page.orders));
    let waiting = || waiting.iter().filter(|row| row.held);
    let orders_url = |before| orders_url(&settings_url(which, exit), before);
    let template = SettingsPage {
        texts,
        frame: shown.frame(&settings_url(which, exit)),
        csrf: &browser.form_token(state),
        which,
        exit,
        device_name: named.name(),
        model: Some(named.model_name.as_str()).filter(|model| *model != named.name()),
        name_about: (texts.device_names.about)(&named.model_name),
        name_form: NameForm::new(named.own_name.as_ref().map(DeviceName::as_str), feedback.rejected_name),
        picture: PageImage::of(model.picture.as_ref()),
        serial: caller.device.serial.as_str(),
        test: caller.device.test,
        name: &owner.name,
        address: owner.address.as_ref().map(Address::to_single_line),
        saved: feedback
            .saved
            .filter(|_| slots.iter().all(|slot| slot.saved.is_none()))
            .map(|change| change.text(texts)),
        slots,
        waiting: waiting().next(),
        waiting_count: waiting().count(),
        orders: &rows,
        older: page.older.map(|order| orders_url(Some(order))),
        newest: before.map(|_| orders_url(None)),
        change_address: shipping::page_url(&settings_url(which, exit)),
        remove: remove::page_url(caller.device.id),
    };
    let status = if feedback.is_refusal() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(render_page(shown, status, &template, None))
}

/// The common parts of every form of the page.
pub(super) struct SettingsPost {
    pub(super) browser: BrowserSession,
    pub(super) form: PostedForm,
    pub(super) caller: DeviceCaller,
    pub(super) return_url: String,
}

async fn read_settings_post(
    state: &Arc<AppState>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Result<SettingsPost, Response>, PageError> {
    let (which, exit) = selection_of_form(&form);
    let back = settings_url(which, exit);
    let Some(session) = &browser.session else {
        return Ok(Err(sign_in_page(state, &browser, &back, None, "").await?));
    };
    let opened = open_device(state, &browser, session, (which, exit), &Feedback::default()).await?;
    Ok(opened.map(|caller| SettingsPost { browser, form, caller, return_url: back }))
}

impl FromRequest<Arc<AppState>> for SettingsPost {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, Response> {
        let page = PostedPage::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        read_settings_post(state, page).await.map_err(IntoResponse::into_response)?
    }
}

/// Switches the reordering of a slot on or off, or chooses another product.
pub(super) async fn change_slot(
    State(state): State<Arc<AppState>>,
    SettingsPost { browser, form, caller, return_url: back }: SettingsPost,
) -> Result<Response, PageError> {
    let slot = form.get("slotId").unwrap_or_default();
    let on = form.get("subscribed") == Some("true");
    let change = SlotChange { asin: form.get("asin"), reorder: on, shown_prices: &prices::parse_shown_prices(&form) };
    subscription::change_slot(&state.app, &caller, slot, change)
        .await
        .map_err(PageError::with_context(&browser.context))?;
    let saved = if on { SavedChange::Product } else { SavedChange::SwitchedOff };
    Ok(redirect_to(StatusCode::SEE_OTHER, &saved.url_at_slot(&back, slot)))
}

/// Cancels an order within its cancel window.
pub(super) async fn cancel_order(
    State(state): State<Arc<AppState>>,
    SettingsPost { browser, form, caller, return_url: back }: SettingsPost,
) -> Result<Response, PageError> {
    let instance = form.get("instanceId").unwrap_or_default();
    order::cancel_order(&state.app, &caller, instance, CancelRequester::Customer)
        .await
        .map_err(PageError::with_context(&browser.context))?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Cancelled.url(&back)))
}

/// Changes the slot rules.
pub(super) async fn change_rules(
    State(state): State<Arc<AppState>>,
    SettingsPost { browser, form, caller, return_url: back }: SettingsPost,
) -> Result<Response, PageError> {
    let slot = form.get("slotId").unwrap_or_default();
    let typed = (rule::parse_rules_form(&form), browser.context.texts.language);
    match rules::set_rules(&state.app, &caller, slot, typed, &form.get_all("substitute")).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, &SavedChange::Rules.url_at_slot(&back, slot))),
        Err(Error::InvalidForm(FormError::InvalidRule(why))) => {
            let problems = FieldProblem::in_rules(&why, &form, browser.context.texts);
            let rejected = RejectedRules { slot, form: &form, problems };
            let feedback = Feedback { rejected: Some(&rejected), ..Feedback::default() };
            device_page(&state, &browser, &caller, selection_of_form(&form), &feedback).await
        }
        Err(error) => Err(PageError::with_context(&browser.context)(error)),
    }
}

/// Changes the customer's language, for mails and for pages, and also in this browser.
pub(super) async fn change_language(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let (which, exit) = selection_of_form(&form);
    let back = settings_url(which, exit);
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &back, None, "").await;
    };
    let refused = PageError::with_context(&browser.context);
    let chosen = form.get("language").and_then(Language::parse);
    let chosen = chosen.ok_or_else(|| refused(FormError::NoButton.into()))?;
    customer::set_language(&state.app, session.customer, chosen).await.map_err(&refused)?;
    let mut response = redirect_to(StatusCode::SEE_OTHER, &SavedChange::Language.url(&back));
    page_context::set_language_cookie(&state, &mut response, chosen);
    Ok(response)
}
