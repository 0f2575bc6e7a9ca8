//! Pages that people see: sign-in, consent, set-up, teaser, settings. A page is a template struct, a `get`, a `post`.
//!
//! Invariant: pages work without JavaScript; none can be framed; every form carries a token bound to the browser's
//! cookie; nothing of a third party is loaded; what a page says it says in the reader's language.

mod address;
mod browser;
mod cancel;
mod leave;
mod mail;
pub(crate) mod missing;
mod order;
mod order_row;
mod overview;
mod prices;
mod remove;
mod rule;
mod settings;
mod setup;
mod shown;
mod signin;
mod takeover;
mod teaser;
mod unlink;

use crate::edge_error::{log, retry_after};
use crate::state::{Route, Site};
use opendrs_http::request::query;
use opendrs_texts::{Headings, Texts};
use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, VARY,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_service::Error;
use shown::{Other, Shown};

/// Pages that belong to the login role.
pub(crate) fn login_routes() -> Vec<Route> {
    vec![
        Route::get("/ap/oa", signin::authorize),
        Route::post("/ap/consent", setup::consent),
        Route::get("/setup_slot", setup::slot),
        Route::post("/slot_action", setup::slot_action),
        Route::get("/setup_overview", overview::get),
        Route::post("/setup_overview", overview::post),
    ]
}

/// Pages that belong to the web role.
pub(crate) fn web_routes() -> Vec<Route> {
    vec![
        Route::get("/teaser", teaser::get),
        Route::get("/AccioCustomerUI/teaser", teaser::get),
        Route::get("/settings", settings::get),
        Route::post("/settings/slot", settings::slot),
        Route::post("/settings/order", settings::order),
        Route::post("/settings/rule", settings::rule),
        Route::post("/settings/language", settings::language),
        Route::get("/settings/device", settings::get),
        Route::get("/settings/address", address::get),
        Route::post("/settings/address", address::post),
        Route::get("/settings/remove", remove::get),
        Route::post("/settings/remove", remove::post),
        Route::get("/settings/unlink", unlink::get),
        Route::post("/settings/unlink", unlink::post),
        Route::get("/takeover", takeover::get),
        Route::post("/takeover", takeover::post),
        Route::get("/order", order::get),
        Route::post("/order", order::post),
        Route::get("/order/cancel", cancel::get),
        Route::post("/order/cancel", cancel::post),
    ]
}

/// Customers' mail, shown to whoever asks.
pub(crate) fn mail_routes() -> Vec<Route> {
    vec![Route::get("/-/mail", mail::list), Route::get("/-/mail/{id}", mail::show), Route::get("/-/mail/{id}/html", mail::html)]
}

/// What the pages of both roles need: their style, and signing in and out.
pub(crate) fn shared_routes() -> Vec<Route> {
    vec![Route::get("/-/style.css", style), Route::post("/ap/signin", signin::post), Route::post("/ap/signout", signin::sign_out)]
}

async fn style() -> Response {
    let mut response = include_str!("../../static/style.css").into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

/// What a page's address says under a name; empty where it says nothing.
fn asked(parts: &Parts, name: &str) -> String {
    let found = query(&parts.uri).into_iter().find(|(said, _)| said == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// Writes a page. `ends_at` is where its forms may end outside of this server, as its policy names it.
fn page(shown: &Shown, status: StatusCode, template: &impl Template, ends_at: Option<&str>) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            return (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be written.").into_response();
        }
    };
    let mut response = (status, html).into_response();
    let ends_at = ends_at.map_or(String::new(), |source| format!(" {source}"));
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self'{ends_at}; frame-ancestors 'none'; base-uri 'none'"
    );
    secure(&shown.site, response.headers_mut(), &policy);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(shown.texts.language.tag()));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    shown.remembered(response)
}

fn secure(site: &Site, headers: &mut HeaderMap, policy: &str) {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("content-type", "text/html; charset=utf-8");
    set("content-security-policy", policy);
    set("x-frame-options", "DENY");
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    set("cache-control", "no-store");
    if site.is_secure() && !site.is_local() {
        set("strict-transport-security", "max-age=31536000");
    }
}

/// A redirect: 302 for the answer to a client, 303 between our own pages.
fn redirect_to(status: StatusCode, target: &str) -> Response {
    let mut response = status.into_response();
    match HeaderValue::from_str(target) {
        Ok(target) => {
            response.headers_mut().insert(LOCATION, target);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(_) => (StatusCode::BAD_REQUEST, "The redirect target cannot be written into a header.").into_response(),
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    title: &'a str,
    text: &'a str,
}

/// A page of two sentences; a page that cannot be asked for again has no other languages.
fn message(shown: &Shown, status: StatusCode, title: &str, text: &str) -> Response {
    page(shown, status, &Message { texts: shown.texts, switch: Vec::new(), title, text }, None)
}

/// A refusal of a page.
struct Refused {
    shown: Shown,
    error: Error,
}

impl Refused {
    fn by(shown: &Shown) -> impl Fn(Error) -> Refused + use<> {
        let shown = shown.clone();
        move |error| Refused { shown: shown.clone(), error }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        log(&self.error);
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        let Headings { wait, again, wrong, expired, failed } = &self.shown.texts.refused;
        let (status, title) = match &self.error {
            Error::Throttled(_) | Error::TooOften(_) | Error::TooManyOrders(_) => (StatusCode::TOO_MANY_REQUESTS, wait),
            Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, again),
            Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, wrong),
            Error::SignupGone => (StatusCode::GONE, expired),
            Error::InvalidToken
            | Error::InsufficientScope(_)
            | Error::UnknownSlot { .. }
            | Error::Unsubscribed(_)
            | Error::NotTestDevice
            | Error::UnknownOrder
            | Error::OtherDevice { .. }
            | Error::BadField(_)
            | Error::NotCancelled(_)
            | Error::NotApproved(_)
            | Error::NotReported(_)
            | Error::OAuth { .. }
            | Error::WrongPassword
            | Error::Blocked
            | Error::BadChoice(_)
            | Error::UnknownEvent(_)
            | Error::BadSeed { .. }
            | Error::BadCommand(_) => (BAD, failed),
        };
        let text = (self.shown.texts.refusal)(&self.error);
        let mut response = message(&self.shown, status, title, &text);
        if let Some(after) = retry_after(&self.error) {
            response.headers_mut().insert(RETRY_AFTER, after);
        }
        response
    }
}
