//! Where a customer removes a device from their account: of all ways to deregister, the one that needs no device.
//!
//! Invariant: only its owner's sign-in opens it, and looking changes nothing; what is removed is gone at once, and pressing
//! twice is once.

use super::browser::{Browser, Form};
use super::shown::{Other, here};
use super::signin::sign_in_page;
use super::{Refused, asked, page, redirect_to};
use crate::state::Site;
use opendrs_texts::Texts;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::device::Device;
use opendrs_domain::id::{CustomerId, DeviceId};
use opendrs_service::device;
use std::sync::Arc;

/// The list of a customer's devices.
const LIST: &str = "/settings";

#[derive(Template)]
#[template(path = "remove.html")]
struct RemovePage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    device: String,
    model: &'a str,
    serial: &'a str,
}

/// A page's address: which device it is about.
pub(super) fn address(device: DeviceId) -> String {
    format!("/settings/remove?device={device}")
}

/// The customer's device of this id, with its model's name.
pub(super) async fn find(
    site: &Site,
    browser: &Browser,
    owner: CustomerId,
    id: &str,
) -> Result<Option<(Device, String)>, Refused> {
    let Ok(id) = DeviceId::parse(id) else { return Ok(None) };
    device::owned(&site.app, owner, id).await.map_err(Refused::by(&browser.shown))
}

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let id = &asked(&parts, "device");
    let browser = Browser::of(&site, &parts).await?;
    let Some(session) = &browser.session else {
        let back = DeviceId::parse(id).map_or_else(|_| LIST.to_owned(), address);
        return sign_in_page(&site, &browser, &back, None, "").await;
    };
    let Some((device, model)) = find(&site, &browser, session.customer, id).await? else {
        return Ok(redirect_to(StatusCode::SEE_OTHER, LIST));
    };
    let Browser { shown, .. } = &browser;
    let template = RemovePage {
        texts: shown.texts,
        switch: shown.switch(here(&parts)),
        csrf: &browser.form_token(&site),
        device: device.id.to_string(),
        model: &model,
        serial: device.serial.as_str(),
    };
    Ok(page(shown, StatusCode::OK, &template, None))
}

/// Removes the device, then shows which are left.
pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    let Some(session) = &browser.session else {
        return sign_in_page(&site, &browser, LIST, None, "").await;
    };
    if let Some((device, _)) = find(&site, &browser, session.customer, form.get("device").unwrap_or_default()).await? {
        device::remove(&site.app, device).await.map_err(Refused::by(&browser.shown))?;
    }
    Ok(redirect_to(StatusCode::SEE_OTHER, LIST))
}
