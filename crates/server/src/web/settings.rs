//! The settings page of one device (docs/spec/setup-pages.md#settings-page, docs/spec/setup-pages.md#settings-access).
//!
//! Invariant: the customer's sign-in is needed for every look and every change. Which device it is says the device's token,
//! as its app opens the page, or the customer's own list; a token alone shows nothing.

mod which;

use opendrs_http::credentials::has_two_tokens;
use opendrs_http::request::query;
use super::address as shipping;
use super::browser::{Browser, Form};
use super::order_row::{OrderRow, row};
use super::prices;
use super::remove;
use super::rule::{self, Rejected, RuleRow};
use super::setup::wants;
use super::shown::{self, Other};
use super::signin::sign_in_page;
use super::teaser::link;
use super::unlink;
use super::{Refused, message, page, redirect_to};
use crate::state::Site;
use opendrs_texts::Texts;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::customer::Address;
use opendrs_domain::language::Language;
use opendrs_domain::order::Canceller;
use opendrs_domain::product::Product;
use opendrs_domain::session::Session;
use opendrs_service::consent::{self, Given};
use opendrs_service::subscription::{SlotChange, SlotView};
use opendrs_service::token::{self, Caller, PageDevice};
use opendrs_service::{BadChoice, Error, customer, device, order, rule as rules, subscription};
use std::sync::Arc;
use which::{Which, address, named};

struct SlotRow {
    id: String,
    name: String,
    on: bool,
    /// Each product, and whether it is the one chosen.
    products: Vec<(Product, bool)>,
    rule: Option<RuleRow>,
}

/// The product chosen is marked; where none is, the first.
fn slot_row(view: SlotView, texts: &Texts, ask_above: u32, rejected: Option<&Rejected<'_>>) -> SlotRow {
    let rule = rule::row(&view, texts, ask_above);
    let rejected = rejected.filter(|rejected| rejected.slot == view.slot.id.as_str());
    let rule = rule.map(|rule| rejected.map_or(rule.clone(), |rejected| rejected.row(rule)));
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

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    which: Which<'a>,
    exit: Option<&'a str>,
    model: &'a str,
    serial: &'a str,
    test: bool,
    name: &'a str,
    address: Option<String>,
    slots: Vec<SlotRow>,
    orders: Vec<OrderRow>,
    change_address: String,
    /// Where the device is removed.
    remove: String,
}

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    which: Which<'a>,
    note: &'a str,
    exit: Option<&'a str>,
    name: &'a str,
    address: Option<String>,
    change_address: String,
    /// Each device's model, its serial, and where it is opened and removed.
    devices: Vec<(String, String, String, String)>,
    apps: Vec<AppRow>,
}

/// An app that has the customer's consent.
struct AppRow {
    name: String,
    maker: String,
    since: String,
    wants: Vec<&'static str>,
    /// Where the consent is withdrawn.
    unlink: String,
}

fn app_row(given: Given, texts: &Texts) -> AppRow {
    AppRow {
        since: texts.moment(&given.granted_at),
        wants: wants(given.scopes, &texts.consent),
        unlink: unlink::address(given.profile),
        name: given.name,
        maker: given.maker,
    }
}

#[derive(Template)]
#[template(path = "switch.html")]
struct SwitchPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    return_to: &'a str,
    exit: Option<&'a str>,
}

/// The device a page speaks of, or the page that is shown instead.
async fn open(
    site: &Arc<Site>,
    browser: &Browser,
    session: &Session,
    which: Which<'_>,
    exit: Option<&str>,
) -> Result<Result<Caller, Response>, Refused> {
    let Browser { shown, .. } = browser;
    let texts = &shown.texts.settings;
    let text = match which {
        Which::Token(text) => text,
        Which::Own(id) => {
            let own = remove::find(site, browser, session.customer, id).await?;
            let own = own.map(|(device, _)| Caller::of(&site.app, device));
            return match own {
                Some(caller) => Ok(Ok(caller)),
                None => devices(site, browser, session, texts.link_gone, exit).await.map(Err),
            };
        }
        Which::None => return devices(site, browser, session, "", exit).await.map(Err),
    };
    match token::for_page(&site.app, text).await.map_err(Refused::by(shown))? {
        PageDevice::Open(caller) if caller.device.customer == session.customer => Ok(Ok(*caller)),
        PageDevice::Open(_) => {
            let return_to = address(which, exit);
            let csrf = &browser.form_token(site);
            let switch = shown.switch(&return_to);
            let template = SwitchPage { texts: shown.texts, switch, csrf, return_to: &return_to, exit };
            Ok(Err(page(shown, StatusCode::FORBIDDEN, &template, None)))
        }
        PageDevice::Unregistered(Some(again)) => Ok(Err(shown.remembered(redirect_to(StatusCode::SEE_OTHER, &again)))),
        PageDevice::Unregistered(None) => {
            Ok(Err(message(shown, StatusCode::OK, texts.unregistered, texts.unregistered_why)))
        }
        PageDevice::Unknown => devices(site, browser, session, texts.link_gone, exit).await.map(Err),
    }
}

async fn devices(
    site: &Arc<Site>,
    browser: &Browser,
    session: &Session,
    note: &str,
    exit: Option<&str>,
) -> Result<Response, Refused> {
    let Browser { shown, .. } = browser;
    let refused = Refused::by(shown);
    let found = device::of_customer(&site.app, session.customer).await.map_err(&refused)?;
    let owner = customer::get(&site.app, session.customer).await.map_err(&refused)?;
    let given = consent::of_customer(&site.app, session.customer).await.map_err(&refused)?;
    let template = DevicesPage {
        texts: shown.texts,
        switch: shown.switch(&address(Which::None, exit)),
        csrf: &browser.form_token(site),
        which: Which::None,
        note,
        exit,
        name: &owner.name,
        address: owner.address.as_ref().map(Address::one_line),
        change_address: shipping::address(&address(Which::None, exit)),
        devices: found
            .into_iter()
            .map(|(device, model)| {
                let own = address(Which::Own(&device.id.to_string()), exit);
                (model, device.serial.to_string(), own, remove::address(device.id))
            })
            .collect(),
        apps: given.into_iter().map(|given| app_row(given, shown.texts)).collect(),
    };
    Ok(page(shown, StatusCode::OK, &template, None))
}

/// Of the page that an app opens with its device's token, and of the one that the list links to.
pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let pairs = query(&parts.uri);
    let exit = link(&pairs, "exitUri");
    let own = link(&pairs, "device").filter(|_| parts.uri.path() != "/settings");
    let which = Which::asked(link(&pairs, "access_token"), own);
    let browser = Browser::of(&site, &parts).await?;
    if has_two_tokens(&pairs) {
        return Err(Refused::by(&browser.shown)(opendrs_service::Error::InvalidToken));
    }
    let Some(session) = &browser.session else {
        let return_to = address(which, exit.filter(|_| which.is_one()));
        return sign_in_page(&site, &browser, &return_to, None, "").await;
    };
    let caller = match open(&site, &browser, session, which, exit).await? {
        Ok(caller) => caller,
        Err(instead) => return Ok(instead),
    };
    show(&site, &browser, &caller, (which, exit), None).await
}

/// The page of a device; with rules that were refused, which stand in their form as they were typed.
async fn show(
    site: &Arc<Site>,
    browser: &Browser,
    caller: &Caller,
    (which, exit): (Which<'_>, Option<&str>),
    rejected: Option<&Rejected<'_>>,
) -> Result<Response, Refused> {
    let Browser { shown, .. } = browser;
    let (texts, refused) = (shown.texts, Refused::by(shown));
    let model = device::model(&site.app, &caller.device).await.map_err(&refused)?;
    let of = Some((caller.shard, &caller.device));
    let slots = subscription::view(&site.app, &model, of).await.map_err(&refused)?;
    let owner = customer::get(&site.app, caller.device.customer).await.map_err(&refused)?;
    let orders = order::history(&site.app, caller).await.map_err(&refused)?;
    let (now, ask_above) = (site.app.now(), site.app.settings.timing.ask_above);
    let template = SettingsPage {
        texts,
        switch: shown.switch(&address(which, exit)),
        csrf: &browser.form_token(site),
        which,
        exit,
        model: &model.name,
        serial: caller.device.serial.as_str(),
        test: caller.device.test,
        name: &owner.name,
        address: owner.address.as_ref().map(Address::one_line),
        slots: slots.into_iter().map(|view| slot_row(view, texts, ask_above, rejected)).collect(),
        orders: orders.iter().map(|order| row(order, now, texts)).collect(),
        change_address: shipping::address(&address(which, exit)),
        remove: remove::address(caller.device.id),
    };
    let status = if rejected.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(page(shown, status, &template, None))
}

/// What every form of the page begins with: who, which device.
struct Posted {
    browser: Browser,
    form: Form,
    caller: Caller,
    back: String,
}

async fn posted(site: &Arc<Site>, request: Request) -> Result<Result<Posted, Response>, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(site, &parts).await?;
    let form = Form::read(site, &parts, &browser, body).await?;
    let (which, exit) = named(&form);
    let back = address(which, exit);
    let Some(session) = &browser.session else {
        return Ok(Err(sign_in_page(site, &browser, &back, None, "").await?));
    };
    let opened = open(site, &browser, session, which, exit).await?;
    Ok(opened.map(|caller| Posted { browser, form, caller, back }))
}

/// Switches a slot on or off, or takes another product.
pub(super) async fn slot(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { browser, form, caller, back } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    let slot = form.get("slotId").unwrap_or_default();
    let on = form.get("subscribed") == Some("true");
    let change = SlotChange { asin: form.get("asin"), on, shown: &prices::shown(&form) };
    subscription::change(&site.app, &caller, slot, change).await.map_err(Refused::by(&browser.shown))?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &back))
}

/// Cancels an order within its window.
pub(super) async fn order(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { browser, form, caller, back } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    let instance = form.get("instanceId").unwrap_or_default();
    order::cancel(&site.app, &caller, instance, Canceller::Customer).await.map_err(Refused::by(&browser.shown))?;
    Ok(redirect_to(StatusCode::SEE_OTHER, &back))
}

/// Changes a slot's rules.
pub(super) async fn rule(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let Posted { browser, form, caller, back } = match posted(&site, request).await? {
        Ok(posted) => posted,
        Err(instead) => return Ok(instead),
    };
    let slot = form.get("slotId").unwrap_or_default();
    let typed = (rule::typed(&form), browser.shown.texts.language);
    match rules::set(&site.app, &caller, slot, typed, &form.all("substitute")).await {
        Ok(()) => Ok(redirect_to(StatusCode::SEE_OTHER, &back)),
        Err(Error::BadChoice(BadChoice::Rule(why))) => {
            let problem = (browser.shown.texts.refusal)(&BadChoice::Rule(why).into());
            let (which, exit) = named(&form);
            let rejected = Rejected { slot, form: &form, problem: &problem };
            show(&site, &browser, &caller, (which, exit), Some(&rejected)).await
        }
        Err(error) => Err(Refused::by(&browser.shown)(error)),
    }
}

/// Changes the customer's language: of the pages from here on, in this browser too, and of mails.
pub(super) async fn language(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    let (which, exit) = named(&form);
    let back = address(which, exit);
    let Some(session) = &browser.session else {
        return sign_in_page(&site, &browser, &back, None, "").await;
    };
    let refused = Refused::by(&browser.shown);
    let chosen = form.get("language").and_then(Language::parse);
    let chosen = chosen.ok_or_else(|| refused(BadChoice::NoButton.into()))?;
    customer::set_language(&site.app, session.customer, chosen).await.map_err(&refused)?;
    let mut response = redirect_to(StatusCode::SEE_OTHER, &back);
    shown::remember(&site, &mut response, chosen);
    Ok(response)
}
