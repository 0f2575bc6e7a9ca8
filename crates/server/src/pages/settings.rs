//! The settings page of one device (login-and-web 7.2; decisions 30).
//!
//! Invariant: the device's token says which device, the customer's sign-in says whose; both are needed for every look
//! and every change, and the token alone shows nothing.

use super::browser::{Browser, Form};
use super::remove;
use super::rule::{self, RuleRow};
use super::signin::sign_in_page;
use super::teaser::link;
use super::{Message, Refused, page, redirect_to};
use crate::site::Site;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::Address;
use opendrs_domain::login::{form, redirect};
use opendrs_domain::order::{Order, Problem, State as Standing};
use opendrs_domain::product::Product;
use opendrs_domain::session::Session;
use opendrs_domain::time::Time;
use opendrs_service::subscription::SlotView;
use opendrs_service::token::{self, Caller, PageDevice};
use opendrs_service::{customer, device, order, rule as rules, subscription};
use std::sync::Arc;

struct SlotRow {
    id: String,
    name: String,
    on: bool,
    /// Each product, and whether it is the one chosen.
    products: Vec<(Product, bool)>,
    rule: Option<RuleRow>,
}

/// The product chosen is marked; where none is, the first.
fn slot_row(view: SlotView) -> SlotRow {
    let rule = rule::row(&view);
    let SlotView { slot, products, subscription, .. } = view;
    let chosen = subscription.as_ref().and_then(|sub| sub.asin.clone()).or(slot.products.first().cloned());
    let products = products.into_iter().map(|product| (chosen.as_ref() == Some(&product.asin), product));
    SlotRow {
        id: slot.id.to_string(),
        name: slot.name,
        on: subscription.is_some_and(|sub| sub.on),
        products: products.map(|(chosen, product)| (product, chosen)).collect(),
        rule,
    }
}

struct OrderRow {
    instance: String,
    title: String,
    price: String,
    placed: String,
    standing: String,
    held: bool,
    cancellable: bool,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage<'a> {
    csrf: &'a str,
    access_token: &'a str,
    exit: Option<&'a str>,
    model: &'a str,
    serial: &'a str,
    test: bool,
    name: &'a str,
    address: Option<String>,
    slots: Vec<SlotRow>,
    orders: Vec<OrderRow>,
    /// Where the device is removed.
    remove: String,
}

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage<'a> {
    note: &'a str,
    exit: Option<&'a str>,
    name: &'a str,
    /// Each device's model, its serial, and where it is removed.
    devices: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "switch.html")]
struct SwitchPage<'a> {
    csrf: &'a str,
    return_to: &'a str,
    exit: Option<&'a str>,
}

/// Where an order stands, for its owner.
pub(super) fn standing(order: &Order) -> String {
    let until = |time: Option<Time>| time.map_or(String::new(), |t| format!(", expected {}", t.to_reading_text()));
    match order.state {
        Standing::Held => format!("On hold: {}", order.problem.map_or("it is being placed", reason)),
        Standing::Placed | Standing::Fulfilling => format!("In preparation{}", until(order.expected_at)),
        Standing::Shipped => {
            let tracking =
                order.tracking.as_ref().map_or(String::new(), |number| format!(", tracking number {number}"));
            format!("Shipped{}{tracking}", until(order.expected_at))
        }
        Standing::Delivered => "Delivered".into(),
        Standing::Cancelled => "Cancelled".into(),
        Standing::Expired => "Not placed: the problem was not resolved in time".into(),
    }
}

/// Why an order is held, for its owner.
pub(super) fn reason(problem: Problem) -> &'static str {
    match problem {
        Problem::Address => "there is no address to ship to",
        Problem::OutOfStock => "the product is out of stock",
        Problem::Payment => "it could not be paid for",
        Problem::Unconfirmed => "it is being confirmed",
        Problem::Price => "it costs more than you allow",
        Problem::Ask => "it waits for your word",
        Problem::Limit => "there were as many orders as you allow",
        Problem::Paused => "you paused orders at this time",
    }
}

fn row(order: &Order, now: Time) -> OrderRow {
    OrderRow {
        instance: order.instance().to_string(),
        title: order.item.title.clone(),
        price: order.item.price.to_string(),
        placed: order.opened_at.to_reading_text(),
        standing: standing(order),
        held: order.state == Standing::Held,
        cancellable: order.is_cancellable(now),
    }
}

/// The device a page speaks of, or the page that is shown instead.
async fn open(
    site: &Arc<Site>,
    browser: &Browser,
    session: &Session,
    access_token: Option<&str>,
    exit: Option<&str>,
) -> Result<Result<Caller, Response>, Refused> {
    let Some(text) = access_token else { return devices(site, session, "", exit).await.map(Err) };
    match token::for_page(&site.app, text).await.map_err(Refused::by(site))? {
        PageDevice::Open(caller) if caller.device.customer == session.customer => Ok(Ok(*caller)),
        PageDevice::Open(_) => {
            let return_to = address(text, exit);
            let template = SwitchPage { csrf: &browser.form_token(site), return_to: &return_to, exit };
            Ok(Err(page(site, StatusCode::FORBIDDEN, &template, None)))
        }
        PageDevice::Unregistered(Some(again)) => Ok(Err(redirect_to(StatusCode::SEE_OTHER, &again))),
        PageDevice::Unregistered(None) => {
            let title = "This device is not registered";
            let text = "Start its set-up again from the device or its app.";
            Ok(Err(page(site, StatusCode::OK, &Message { title, text }, None)))
        }
        PageDevice::Unknown => {
            let note = "This link is no longer good. Open the settings again from your device or app.";
            devices(site, session, note, exit).await.map(Err)
        }
    }
}

async fn devices(site: &Arc<Site>, session: &Session, note: &str, exit: Option<&str>) -> Result<Response, Refused> {
    let found = device::of_customer(&site.app, session.customer).await.map_err(Refused::by(site))?;
    let owner = customer::get(&site.app, session.customer).await.map_err(Refused::by(site))?;
    let devices =
        found.into_iter().map(|(device, model)| (model, device.serial.to_string(), remove::address(device.id)));
    let devices = devices.collect();
    Ok(page(site, StatusCode::OK, &DevicesPage { note, exit, name: &owner.name, devices }, None))
}

/// The page's own address.
fn address(access_token: &str, exit: Option<&str>) -> String {
    let mut out = format!("/settings?access_token={}", form::escape(access_token, ""));
    if let Some(exit) = exit {
        out.push_str(&format!("&exitUri={}", form::escape(exit, "")));
    }
    out
}

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let pairs = form::decode(parts.uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let exit = link(&pairs, "exitUri");
    let access_token = link(&pairs, "access_token");
    let browser = Browser::of(&site, &parts).await?;
    let Some(session) = &browser.session else {
        let return_to = access_token.map_or_else(|| "/settings".into(), |text| address(text, exit));
        return sign_in_page(&site, &browser, &return_to, None, "").await;
    };
    let caller = match open(&site, &browser, session, access_token, exit).await? {
        Ok(caller) => caller,
        Err(instead) => return Ok(instead),
    };
    let model = device::model(&site.app, &caller.device).await.map_err(Refused::by(&site))?;
    let of = Some((caller.shard, &caller.device));
    let slots = subscription::view(&site.app, &model, of).await.map_err(Refused::by(&site))?;
    let owner = customer::get(&site.app, session.customer).await.map_err(Refused::by(&site))?;
    let orders = order::history(&site.app, &caller).await.map_err(Refused::by(&site))?;
    let now = site.app.now();
    let template = SettingsPage {
        csrf: &browser.form_token(&site),
        access_token: access_token.unwrap_or_default(),
        exit,
        model: &model.name,
        serial: caller.device.serial.as_str(),
        test: caller.device.test,
        name: &owner.name,
        address: owner.address.as_ref().map(Address::one_line),
        slots: slots.into_iter().map(slot_row).collect(),
        orders: orders.iter().map(|order| row(order, now)).collect(),
        remove: remove::address(caller.device.id),
    };
    Ok(page(&site, StatusCode::OK, &template, None))
}

/// What every form of the page begins with: who, which device.
struct Posted {
    form: Form,
    caller: Caller,
    back: String,
}

async fn posted(site: &Arc<Site>, request: Request) -> Result<Result<Posted, Response>, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(site, &parts).await?;
    let form = Form::read(site, &parts, &browser, body).await?;
    let access_token = form.get("access_token").unwrap_or_default().to_owned();
    let exit = form.get("exitUri").filter(|uri| !redirect::is_dangerous(uri)).map(str::to_owned);
    let back = address(&access_token, exit.as_deref());
    let Some(session) = &browser.session else {
        return Ok(Err(sign_in_page(site, &browser, &back, None, "").await?));
    };
    let opened = open(site, &browser, session, Some(&access_token), exit.as_deref()).await?;
    Ok(opened.map(|caller| Posted { form, caller, back }))
}

/// Switches a slot on or off, or takes another product.
pub(super) async fn slot(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { form, caller, back } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    let slot = form.get("slotId").unwrap_or_default();
    let on = form.get("subscribed") == Some("true");
    let changed = subscription::change(&site.app, &caller, slot, form.get("asin"), on).await;
    changed.map_err(Refused::by(&site))?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &back))
}

/// Cancels an order within its window.
pub(super) async fn order(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { form, caller, back } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    let instance = form.get("instanceId").unwrap_or_default();
    order::cancel(&site.app, &caller, instance).await.map_err(Refused::by(&site))?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &back))
}

/// Changes a slot's rules.
pub(super) async fn rule(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { form, caller, back } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    let slot = form.get("slotId").unwrap_or_default();
    let changed = rules::set(&site.app, &caller, slot, rule::typed(&form), &form.all("substitute")).await;
    changed.map_err(Refused::by(&site))?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &back))
}
