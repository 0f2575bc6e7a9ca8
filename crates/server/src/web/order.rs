//! One order's page, where mails lead: what it is, what it costs, where it stands, and what its owner can do about it.
//!
//! Invariant: only the owner's sign-in opens it; the button that places an order says that it is to be paid for, and the
//! price that the page names is the one agreed to.

use super::address::{self, KeptRow};
use super::browser::{Browser, Form};
use super::order_row::{notes, standing};
use super::shown::Other;
use super::signin::sign_in_page;
use super::{Refused, asked, page, redirect_to};
use crate::state::Site;
use opendrs_texts::Texts;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::Address;
use opendrs_domain::login::form;
use opendrs_domain::money::Money;
use opendrs_domain::order::{Canceller, Order, Problem, Recipient, State as Standing};
use opendrs_service::order::{self, Owned, Word};
use opendrs_service::{BadChoice, Error, customer};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    instance: String,
    model: &'a str,
    serial: &'a str,
    title: &'a str,
    brings: String,
    number: String,
    price: String,
    /// What the price includes.
    parts: Vec<String>,
    amount: String,
    currency: &'a str,
    placed: String,
    standing: String,
    /// Who cancelled it, and why.
    notes: Vec<String>,
    /// The carrier's page of the parcel.
    track: Option<&'a str>,
    /// What happens if nothing is done about an order that is held.
    unanswered: Option<String>,
    /// Where the parcel goes.
    address: Option<String>,
    ask_address: bool,
    typed: Address,
    /// The open orders that a new address is not for.
    kept: Vec<KeptRow>,
    /// The account's present address, where it is another one and the order can still be sent there.
    present: Option<String>,
    may_approve: bool,
    may_look: bool,
    cancellable: bool,
}

fn show(site: &Site, browser: &Browser, owned: &Owned, present: Option<&Address>, kept: Vec<KeptRow>) -> Response {
    let Owned { caller, model, order } = owned;
    let Order { item, .. } = order;
    let problem = order.problem.filter(|_| order.state == Standing::Held);
    let Browser { shown, .. } = browser;
    let texts = shown.texts;
    let instance = order.instance().to_string();
    let template = OrderPage {
        texts,
        switch: shown.switch(&here(&instance)),
        csrf: &browser.form_token(site),
        instance,
        model,
        serial: caller.device.serial.as_str(),
        title: &item.title,
        brings: texts.amount(&item.quantity, &item.unit),
        number: order.number().to_string(),
        price: texts.money(&item.price),
        parts: parts(order, texts),
        amount: item.price.amount(),
        currency: &item.price.currency,
        placed: texts.moment(&order.opened_at),
        standing: standing(order, texts),
        notes: notes(order, texts),
        track: order.tracking.link.as_deref(),
        unanswered: (order.state == Standing::Held).then(|| unanswered(order, texts)),
        address: order.address().map(Address::one_line),
        ask_address: problem == Some(Problem::Address),
        typed: Address::default(),
        kept,
        present: present
            .filter(|present| order.is_addressable() && order.address() != Some(present))
            .map(Address::one_line),
        may_approve: problem.is_some_and(Problem::asks_customer),
        may_look: matches!(problem, Some(Problem::OutOfStock | Problem::Payment)),
        cancellable: order.is_cancellable(site.app.now()),
    };
    page(shown, StatusCode::OK, &template, None)
}

fn parts(order: &Order, texts: &Texts) -> Vec<String> {
    let said = &texts.orders;
    let shipping = order.parts.shipping.as_ref().map(|part| (said.shipping)(&texts.money(part)));
    let tax = order.parts.tax.as_ref().map(|part| (said.tax)(&texts.money(part)));
    shipping.into_iter().chain(tax).collect()
}

fn unanswered(order: &Order, texts: &Texts) -> String {
    let resumes = order.resumes_at.map(|at| texts.day(&at));
    (texts.letters.unanswered)(order.problem, &texts.moment(&order.window_ends_at), resumes.as_deref())
}

fn here(instance: &str) -> String {
    format!("/order?id={}", form::escape(instance, ""))
}

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let instance = &asked(&parts, "id");
    let browser = Browser::of(&site, &parts).await?;
    let Some(session) = &browser.session else {
        return sign_in_page(&site, &browser, &here(instance), None, "").await;
    };
    let owned = order::of_customer(&site.app, session.customer, instance).await.map_err(Refused::by(&browser.shown))?;
    let refused = Refused::by(&browser.shown);
    let owner = customer::get(&site.app, session.customer).await.map_err(&refused)?;
    let mut kept = Vec::new();
    if owned.order.state == Standing::Held && owned.order.problem == Some(Problem::Address) {
        kept = address::kept(&site, session.customer, browser.shown.texts).await.map_err(&refused)?;
        kept.retain(|row| row.instance != owned.order.instance().to_string());
    }
    Ok(show(&site, &browser, &owned, owner.address.as_ref(), kept))
}

/// Does what was pressed, then shows the order again.
pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    let instance = form.get("id").unwrap_or_default();
    let back = here(instance);
    let Some(session) = &browser.session else {
        return sign_in_page(&site, &browser, &back, None, "").await;
    };
    let refused = Refused::by(&browser.shown);
    let owned = order::of_customer(&site.app, session.customer, instance).await.map_err(&refused)?;
    press(&site, &form, &owned).await.map_err(&refused)?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &back))
}

/// Has the order sent to the address that its owner's account has now.
async fn send_to_present(site: &Site, owned: &Owned) -> Result<(), Error> {
    let owner = customer::get(&site.app, owned.caller.device.customer).await?;
    order::answer(&site.app, owned, Word::SendTo(Recipient::from(&owner))).await
}

async fn press(site: &Site, form: &Form, owned: &Owned) -> Result<(), Error> {
    let text = |name: &str| form.get(name).unwrap_or_default();
    match () {
        () if form.has("cancel") => order::cancel(&site.app, &owned.caller, text("id"), Canceller::Customer).await,
        () if form.has("approve") => {
            let seen = Money::parse(text("price"), text("currency")).map_err(Error::malformed)?;
            order::answer(&site.app, owned, Word::Approve(seen)).await
        }
        () if form.has("address") => {
            order::set_address(&site.app, owned.caller.device.customer, address::typed(form)).await?;
            match send_to_present(site, owned).await {
                // With its new address it moved on at once.
                Err(Error::NotApproved(_)) => Ok(()),
                sent => sent,
            }
        }
        () if form.has("present") => send_to_present(site, owned).await,
        () if form.has("look") => order::answer(&site.app, owned, Word::LookAgain).await,
        () => Err(BadChoice::NoButton.into()),
    }
}
