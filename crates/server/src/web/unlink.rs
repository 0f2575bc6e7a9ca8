//! Where a customer takes back what an app of a maker's may do, and with it the devices that were linked.
//!
//! Invariant: only the sign-in of who consented opens it, and looking changes nothing; what the page says will end is gone
//! when it is answered, and pressing twice is once.

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
use opendrs_domain::id::ProfileId;
use opendrs_service::consent;
use std::sync::Arc;

/// The list of a customer's devices and apps.
const LIST: &str = "/settings";

#[derive(Template)]
#[template(path = "unlink.html")]
struct UnlinkPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    profile: String,
    name: &'a str,
    maker: &'a str,
    /// The model and the serial of each device that is removed.
    devices: Vec<(String, String)>,
}

/// A page's address: which app it is about.
pub(super) fn address(profile: ProfileId) -> String {
    format!("/settings/unlink?profile={profile}")
}

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let id = ProfileId::parse(&asked(&parts, "profile"));
    let browser = Browser::of(&site, &parts).await?;
    let Some(session) = &browser.session else {
        let back = id.map_or_else(|_| LIST.to_owned(), address);
        return sign_in_page(&site, &browser, &back, None, "").await;
    };
    let Browser { shown, .. } = &browser;
    let refused = Refused::by(shown);
    let given = consent::of_customer(&site.app, session.customer).await.map_err(&refused)?;
    let Some(given) = given.into_iter().find(|given| Ok(given.profile) == id) else {
        return Ok(redirect_to(StatusCode::SEE_OTHER, LIST));
    };
    let found = consent::devices(&site.app, session.customer, given.profile).await.map_err(&refused)?;
    let template = UnlinkPage {
        texts: shown.texts,
        switch: shown.switch(here(&parts)),
        csrf: &browser.form_token(&site),
        profile: given.profile.to_string(),
        name: &given.name,
        maker: &given.maker,
        devices: found.into_iter().map(|(device, model)| (model, device.serial.to_string())).collect(),
    };
    Ok(page(shown, StatusCode::OK, &template, None))
}

/// Withdraws the consent, then shows what is left.
pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    let Some(session) = &browser.session else {
        return sign_in_page(&site, &browser, LIST, None, "").await;
    };
    if let Ok(profile) = ProfileId::parse(form.get("profile").unwrap_or_default()) {
        consent::withdraw(&site.app, session.customer, profile).await.map_err(Refused::by(&browser.shown))?;
    }
    Ok(redirect_to(StatusCode::SEE_OTHER, LIST))
}
