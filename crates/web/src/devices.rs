//! The list of a customer's devices, apps and waiting orders: the home of the customer pages.
//!
//! Not here: the settings of one device ([`super::settings`]). Invariant: what waits for the customer is listed first.

use super::address as shipping;
use super::browser::BrowserSession;
use super::device_selection::{DeviceSelection, settings_url};
use super::field_problem::FieldProblem;
use super::order_row::{OrderListRow, StatePill, open_orders_pill, order_list_row};
use super::page_context::PageFrame;
use super::page_image::PageImage;
use super::saved::SavedChange;
use super::setup::scope_descriptions;
use super::{PageError, remove, render_page, unlink};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::customer::Address;
use opendrs_domain::device::{Device, NamedDevice};
use opendrs_domain::order::{Order, OrderState};
use opendrs_domain::session::Session;
use opendrs_edge::state::AppState;
use opendrs_service::consent::{self, ConsentSummary};
use opendrs_service::pause::CustomerPauses;
use opendrs_service::token::DeviceCaller;
use opendrs_service::{Error, customer, device, order, pause, picture, subscription};
use opendrs_texts::ReaderTexts;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    which: DeviceSelection<'a>,
    note: &'a str,
    saved: Option<&'static str>,
    exit: Option<&'a str>,
    name: &'a str,
    address: Option<String>,
    change_address: String,
    /// The orders that wait for something.
    waiting: Vec<OrderListRow>,
    devices: Vec<DeviceRow>,
    has_devices: bool,
    /// The present pauses, as a sentence.
    paused: Option<String>,
    /// Whether some slots are not paused.
    is_partly_paused: bool,
    pause: PauseFields,
    /// Whether the fold with the form for a pause is open.
    pause_open: bool,
    apps: Vec<AppRow>,
}

/// A device of the customer.
struct DeviceRow {
    /// Its name for the owner.
    name: String,
    /// The name of its model, if it has another name.
    model: Option<String>,
    picture: Option<PageImage>,
    serial: String,
    state: StatePill,
    /// The URL of its settings.
    open: String,
    /// The URL of the page that removes it.
    remove: String,
}

/// An app that has the customer's consent.
struct AppRow {
    name: String,
    maker: String,
    since: String,
    wants: Vec<&'static str>,
    /// The URL of the page that withdraws the consent.
    unlink: String,
}

fn app_row(given: ConsentSummary, texts: &ReaderTexts) -> AppRow {
    AppRow {
        since: texts.moment(&given.granted_at),
        wants: scope_descriptions(given.scopes, &texts.consent),
        unlink: unlink::page_url(given.profile),
        name: given.name,
        maker: given.maker,
    }
}

async fn device_pill(
    state: &AppState,
    device: &Device,
    open: &[Order],
    pauses: &CustomerPauses,
    texts: &ReaderTexts,
) -> Result<StatePill, Error> {
    if let Some(pill) = open_orders_pill(open.iter().filter(|order| order.device == device.id), texts) {
        return Ok(pill);
    }
    if device.test {
        return Ok(StatePill { kind: "", label: texts.parts.test_device });
    }
    let slots = subscription::list_for_device(&state.app, &DeviceCaller::for_owner(&state.app, device.clone())).await?;
    let reorders = slots.iter().any(|slot| slot.subscribed);
    Ok(if reorders && pauses.paused_devices.contains(&device.id) {
        StatePill { kind: "info", label: texts.ordering.paused_state }
    } else if reorders {
        StatePill { kind: "good", label: texts.parts.reorders }
    } else {
        StatePill { kind: "", label: texts.parts.no_reorders }
    })
}

fn paused_sentence(pauses: &CustomerPauses, texts: &ReaderTexts) -> String {
    match pauses.common {
        Some(pause) => (texts.ordering.paused)(&texts.date(&pause.from), &texts.date(&pause.last_day())),
        None => texts.ordering.partly_paused.to_owned(),
    }
}

/// The days of a pause as the form shows them, and what is wrong with them.
#[derive(Default)]
pub(super) struct PauseFields {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) problems: FieldProblem,
}

/// What led to the list.
#[derive(Default)]
pub(super) struct ListFeedback<'a> {
    /// Why the list is shown in place of another page.
    pub(super) note: &'a str,
    /// What a form changed.
    pub(super) saved: Option<SavedChange>,
    /// A pause that was refused.
    pub(super) rejected: Option<PauseFields>,
}

/// Renders the list.
pub(super) async fn devices_page(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    session: &Session,
    exit: Option<&str>,
    feedback: ListFeedback<'_>,
) -> Result<Response, PageError> {
    let BrowserSession { context: shown, .. } = browser;
    let (texts, refused) = (shown.texts, PageError::with_context(shown));
    let owner = customer::load(&state.app, session.customer).await.map_err(&refused)?;
    let given = consent::list_for_customer(&state.app, session.customer).await.map_err(&refused)?;
    let mut open = order::list_open_for_customer(&state.app, session.customer).await.map_err(&refused)?;
    order::translate(&state.app, &mut open, texts.language).await.map_err(&refused)?;
    let own = device::list_for_customer(&state.app, session.customer).await.map_err(&refused)?;
    let models = own.iter().map(|own| own.device.model).collect();
    let pictures = picture::list_of_models(&state.app, &models).await.map_err(&refused)?;
    // The page is a maker's where all devices are that maker's.
    let makers: BTreeSet<_> = own.iter().map(|own| own.device.maker).collect();
    let shown = &match makers.first() {
        Some(maker) if makers.len() == 1 => shown.branded(*maker).await?,
        _ => shown.clone(),
    };
    let pauses = pause::find(&state.app, session.customer).await.map_err(&refused)?;
    let mut devices = Vec::new();
    for own in own.into_iter().map(|own| own.in_language(texts.language)) {
        let name = own.name().to_owned();
        let NamedDevice { device, model_name, .. } = own;
        devices.push(DeviceRow {
            model: Some(model_name).filter(|model| *model != name),
            name,
            picture: PageImage::of(pictures.get(&device.model)),
            serial: device.serial.to_string(),
            state: device_pill(state, &device, &open, &pauses, texts).await.map_err(&refused)?,
            open: settings_url(DeviceSelection::OwnDevice(&device.id.to_string()), exit),
            remove: remove::page_url(device.id),
        });
    }
    let refused_pause = feedback.rejected.is_some();
    let waiting = open.iter().filter(|order| order.state == OrderState::Held);
    let template = DevicesPage {
        texts,
        frame: shown.frame(&settings_url(DeviceSelection::DeviceList, exit)),
        csrf: &browser.form_token(state),
        which: DeviceSelection::DeviceList,
        note: feedback.note,
        saved: feedback.saved.map(|change| change.text(texts)),
        exit,
        name: &owner.name,
        address: owner.address.as_ref().map(Address::to_single_line),
        change_address: shipping::page_url(&settings_url(DeviceSelection::DeviceList, exit)),
        waiting: waiting.map(|order| order_list_row(order, state.app.now(), texts)).collect(),
        has_devices: !devices.is_empty(),
        devices,
        paused: pauses.is_any.then(|| paused_sentence(&pauses, texts)),
        is_partly_paused: pauses.is_any && pauses.common.is_none(),
        pause: feedback.rejected.unwrap_or_default(),
        pause_open: refused_pause,
        apps: given.into_iter().map(|given| app_row(given, texts)).collect(),
    };
    let status = if refused_pause { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(render_page(shown, status, &template, None))
}
