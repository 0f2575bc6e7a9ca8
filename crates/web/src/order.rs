//! The page of one order, to which mails link: the order, its price, its status, and what its owner can do about it.
//!
//! Invariant: only the owner's sign-in opens the page. The button that places an order states that the order costs
//! money. The owner agrees to the price that the page shows.

use super::address::{self, KeptOrderRow};
use super::browser::{BrowserSession, PostedForm, PostedPage};
use super::field_problem::FieldProblem;
use super::order_row::{
    OrderFact, OrderStep, StatePill, order_history, order_notes, order_pill, order_steps, order_url, status_text,
    withdrawal_notice, withdrawal_url,
};
use super::page_context::PageFrame;
use super::page_image::PageImage;
use super::saved::SavedChange;
use super::signin::sign_in_page;
use super::{PageError, query_param, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::{Address, AddressError};
use opendrs_domain::money::Money;
use opendrs_domain::order::{CancelRequester, Order, OrderProblem, OrderState, Recipient};
use opendrs_edge::state::AppState;
use opendrs_service::order::{self, OwnedOrder, OwnerDecision};
use opendrs_service::{Error, FormError, customer, device, picture};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    instance: String,
    picture: Option<PageImage>,
    title: &'a str,
    brings: String,
    price: String,
    amount: String,
    currency: &'a str,
    standing: String,
    state: StatePill,
    steps: Vec<OrderStep>,
    /// What is known of the order.
    facts: Vec<OrderFact>,
    /// Its steps with their times.
    history: Vec<OrderFact>,
    /// Until when the owner may cancel, or may withdraw from the contract.
    deadline: Option<String>,
    saved: Option<&'static str>,
    /// Who cancelled the order, and why.
    notes: Vec<String>,
    /// The carrier's page of the parcel.
    track: Option<&'a str>,
    /// What happens to a held order if the owner does nothing.
    unanswered: Option<String>,
    ask_address: bool,
    typed: Address,
    problems: FieldProblem,
    /// The open orders that a new address does not change.
    kept: Vec<KeptOrderRow>,
    /// The account's present address, if it differs and the order can still be sent there.
    present: Option<String>,
    may_approve: bool,
    may_look: bool,
    cancellable: bool,
    /// The page on which the owner withdraws from the contract, if they may.
    withdraw: Option<String>,
}

impl OrderPage<'_> {
    /// Whether the owner can do anything now.
    fn has_actions(&self) -> bool {
        let buttons = self.may_approve || self.may_look || self.cancellable;
        buttons || self.present.is_some() || self.track.is_some() || self.withdraw.is_some()
    }
}

async fn render_order(
    state: &AppState,
    browser: &BrowserSession,
    owned: &OwnedOrder,
    shows: OrderExtras,
) -> Result<Response, PageError> {
    let (refused, language) = (PageError::with_context(&browser.context), browser.context.texts.language);
    let owned = &order::translate_owned(&state.app, owned, language).await.map_err(refused)?;
    let OwnedOrder { caller, named, order } = owned;
    let Order { item, .. } = order;
    let present = shows.present.as_ref();
    let problem = order.problem.filter(|_| order.state == OrderState::Held);
    let shown = &browser.context.branded(caller.device.maker).await?;
    let texts = shown.texts;
    let (instance, now) = (order.instance_id().to_string(), state.app.now());
    let period = state.app.settings.timing.withdrawal_period;
    let may_withdraw = order.withdrawal.is_none() && order.check_withdrawal(now, period).is_ok();
    let template = OrderPage {
        texts,
        frame: shown.frame(&order_url(&instance)),
        csrf: &browser.form_token(state),
        instance,
        picture: shows.picture,
        title: &item.title,
        brings: (texts.orders.brings)(
            &texts.amount(&item.quantity, &item.unit),
            named.name(),
            caller.device.serial.as_str(),
        ),
        price: texts.money(&item.price),
        amount: item.price.to_decimal_text(),
        currency: &item.price.currency,
        standing: status_text(order, texts),
        state: order_pill(order, texts),
        steps: order_steps(order, texts),
        facts: order_facts(owned, &shows.maker, texts),
        history: order_history(order, texts),
        deadline: deadline_notice(state, order, texts),
        saved: shows.saved.map(|change| change.text(texts)),
        notes: order_notes(order, texts),
        track: order.tracking.link.as_deref(),
        unanswered: (order.state == OrderState::Held).then(|| unanswered_notice(order, texts)),
        ask_address: problem == Some(OrderProblem::MissingAddress),
        problems: address::address_problem(shows.refused, &shows.typed, texts),
        typed: shows.typed,
        kept: shows.kept,
        present: present
            .filter(|present| order.can_change_recipient() && order.shipping_address() != Some(present))
            .map(Address::to_single_line),
        may_approve: problem.is_some_and(OrderProblem::is_customer_decision),
        may_look: matches!(problem, Some(OrderProblem::OutOfStock | OrderProblem::PaymentFailed)),
        cancellable: order.is_cancellable(now),
        withdraw: may_withdraw.then(|| withdrawal_url(&order.instance_id().to_string())),
    };
    let status = if shows.refused.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(render_page(shown, status, &template, None))
}

fn order_facts(owned: &OwnedOrder, maker: &str, texts: &ReaderTexts) -> Vec<OrderFact> {
    let Order { item, tracking, .. } = &owned.order;
    let (order, letters) = (&owned.order, &texts.letters);
    let approved = order.times.approved_at.map(|at| texts.moment(&at));
    let parts = texts.price_parts(&item.price_parts(&order.price_parts), order.stated_tax_rate());
    let price = std::iter::once(texts.money(&item.price)).chain(parts);
    let facts = [
        (letters.price, Some(price.collect::<Vec<_>>().join(" · "))),
        (letters.order_number, Some(order.number().to_string())),
        (letters.ships_to, order.shipping_address().map(Address::to_single_line)),
        (letters.carrier, tracking.carrier.clone()),
        (letters.tracking, tracking.number.clone()),
        (texts.orders.sold_by, Some(maker.to_owned())),
        (texts.orders.why, Some((texts.orders.why_ordered)(order.trigger, owned.named.name(), approved.as_deref()))),
    ];
    facts.into_iter().filter_map(|(term, value)| Some(OrderFact { term, value: value? })).collect()
}

/// Until when the owner may cancel a placed order, or may withdraw from the contract of a delivered one.
fn deadline_notice(state: &AppState, order: &Order, texts: &ReaderTexts) -> Option<String> {
    let (now, period) = (state.app.now(), state.app.settings.timing.withdrawal_period);
    if order.state == OrderState::Placed && order.is_cancellable(now) {
        return Some((texts.letters.cancel_until)(&texts.moment(&order.window_ends_at)));
    }
    let offered = order.withdrawal.is_none() && order.check_withdrawal(now, period).is_ok();
    offered.then(|| withdrawal_notice(order, period, texts))
}

fn unanswered_notice(order: &Order, texts: &ReaderTexts) -> String {
    let resumes = order.resumes_at.map(|at| texts.date(&at));
    (texts.letters.unanswered)(order.problem, &texts.moment(&order.window_ends_at), resumes.as_deref())
}

pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let instance = &query_param(&parts, "id");
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &order_url(instance), None, "").await;
    };
    let owned = order::find_for_customer(&state.app, session.customer, instance)
        .await
        .map_err(PageError::with_context(&browser.context))?;
    let refused = PageError::with_context(&browser.context);
    let shows = order_extras(&state, &browser, &owned).await.map_err(&refused)?;
    let shows = OrderExtras { saved: SavedChange::from_request(&parts), ..shows };
    render_order(&state, &browser, &owned, shows).await
}

/// What an order's page shows besides the order.
#[derive(Default)]
struct OrderExtras {
    /// The present address of the owner's account.
    present: Option<Address>,
    /// The name of the device's maker, who sells the product.
    maker: String,
    /// The picture of the product.
    picture: Option<PageImage>,
    /// The open orders that a new address does not change.
    kept: Vec<KeptOrderRow>,
    saved: Option<SavedChange>,
    /// An address that was refused, and why.
    typed: Address,
    refused: Option<AddressError>,
}

async fn order_extras(state: &AppState, browser: &BrowserSession, owned: &OwnedOrder) -> Result<OrderExtras, Error> {
    let customer = owned.caller.device.customer;
    let mut kept = Vec::new();
    if owned.order.state == OrderState::Held && owned.order.problem == Some(OrderProblem::MissingAddress) {
        kept = address::list_kept_orders(state, customer, browser.context.texts).await?;
        kept.retain(|row| row.instance != owned.order.instance_id().to_string());
    }
    let present = customer::load(&state.app, customer).await?.address;
    let picture = picture::find_of_product(&state.app, &owned.order.item.asin).await?;
    let picture = PageImage::of(picture.as_ref());
    let maker = device::load_maker(&state.app, owned.caller.device.maker).await?.name;
    Ok(OrderExtras { present, maker, picture, kept, ..OrderExtras::default() })
}

/// Performs the action of the pressed button, then redirects to the order.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let instance = form.get("id").unwrap_or_default();
    let back = order_url(instance);
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &back, None, "").await;
    };
    let refused = PageError::with_context(&browser.context);
    let owned = order::find_for_customer(&state.app, session.customer, instance).await.map_err(&refused)?;
    let saved = if form.has("cancel") { SavedChange::Cancelled } else { SavedChange::Order };
    match apply_button(&state, &form, &owned).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, &saved.url(&back))),
        Err(Error::InvalidForm(FormError::Address(why))) => {
            let shows = order_extras(&state, &browser, &owned).await.map_err(&refused)?;
            let shows = OrderExtras { typed: address::parse_address(&form), refused: Some(why), ..shows };
            render_order(&state, &browser, &owned, shows).await
        }
        Err(error) => Err(refused(error)),
    }
}

/// Changes the recipient of a held order to the present address of its owner's account.
async fn send_to_current_address(state: &AppState, owned: &OwnedOrder) -> Result<(), Error> {
    let owner = customer::load(&state.app, owned.caller.device.customer).await?;
    order::decide_held_order(&state.app, owned, OwnerDecision::ShipTo(Recipient::from(&owner))).await
}

async fn apply_button(state: &AppState, form: &PostedForm, owned: &OwnedOrder) -> Result<(), Error> {
    let text = |name: &str| form.get(name).unwrap_or_default();
    if form.has("cancel") {
        order::cancel_order(&state.app, &owned.caller, text("id"), CancelRequester::Customer).await
    } else if form.has("approve") {
        let seen = Money::parse(text("price"), text("currency")).map_err(Error::malformed)?;
        order::decide_held_order(&state.app, owned, OwnerDecision::Approve(seen)).await
    } else if form.has("address") {
        order::set_address(&state.app, owned.caller.device.customer, address::parse_address(form)).await?;
        match send_to_current_address(state, owned).await {
            // The new address already released the order.
            Err(Error::ApproveRejected(_)) => Ok(()),
            sent => sent,
        }
    } else if form.has("present") {
        send_to_current_address(state, owned).await
    } else if form.has("look") {
        order::decide_held_order(&state.app, owned, OwnerDecision::Recheck).await
    } else {
        Err(FormError::NoButton.into())
    }
}
