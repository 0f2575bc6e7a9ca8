//! The teaser: what automatic reordering is, before anybody signs in (docs/spec/setup-pages.md#teaser-page).
//!
//! Its buttons are plain links whose targets are written as they came, since apps watch for them; no target, no button.

use opendrs_http::request::query;
use super::browser::Browser;
use super::shown::{Other, here};
use super::{Refused, message, page};
use crate::state::Site;
use opendrs_texts::Texts;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::login::redirect;
use opendrs_service::device;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "teaser.html")]
struct TeaserPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    model: &'a str,
    login: Option<&'a str>,
    later: Option<&'a str>,
    skip: Option<&'a str>,
}

/// A link as it came, unless it would run code.
pub(super) fn link<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    found.filter(|uri| !uri.is_empty() && !redirect::is_dangerous(uri))
}

pub(super) async fn get(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let Browser { shown, .. } = Browser::of(&site, &parts).await?;
    let texts = &shown.texts.teaser;
    let pairs = query(&parts.uri);
    let composite = link(&pairs, "compositeId").unwrap_or_default();
    let model = device::model_by_composite(&site.app, composite).await.map_err(Refused::by(&shown))?;
    let Some(model) = model else {
        return Ok(message(&shown, StatusCode::BAD_REQUEST, texts.unknown, texts.unknown_why));
    };
    let template = TeaserPage {
        texts: shown.texts,
        switch: shown.switch(here(&parts)),
        model: &model.name,
        login: link(&pairs, "loginUri"),
        later: link(&pairs, "remindLaterUri"),
        skip: link(&pairs, "skipUri"),
    };
    Ok(page(&shown, StatusCode::OK, &template, None))
}
