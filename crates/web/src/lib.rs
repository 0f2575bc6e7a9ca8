//! The pages: sign-in, consent, sign-up, teaser and settings. A page has a template struct, a `get` and a `post`.
//!
//! Invariant: pages work without JavaScript, and no page can be framed. Every form has a token that is bound to the
//! browser's cookie. Pages load nothing from third parties. All texts are in the reader's language.

mod account;
mod address;
mod brand;
mod browser;
mod cancel;
mod cookie;
mod design;
mod device_name;
mod device_selection;
mod devices;
mod federation;
mod field_problem;
mod leave;
mod mail;
pub mod missing;
mod navigation;
mod order;
mod order_row;
mod ordering;
mod overview;
mod owner_forms;
mod page_context;
mod page_image;
mod picture;
mod prices;
mod provider_link;
mod remove;
mod rule;
mod saved;
mod second_step;
mod second_step_page;
mod settings;
mod setup;
mod signin;
mod slot_statement;
pub mod stylesheet;
mod takeover;
mod teaser;
mod unlink;
mod withdrawal;

use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_edge::error::{log, retry_after};
use opendrs_edge::state::{AppState, Route};
use opendrs_http::request::query;
use opendrs_service::{Error, ErrorKind};
use opendrs_texts::{ErrorHeadings, ReaderTexts};
use page_context::{PageContext, PageFrame};

/// Pages of the login role.
pub fn login_routes() -> Vec<Route> {
    vec![
        Route::get("/ap/oa", signin::authorize),
        Route::post("/ap/consent", setup::answer_consent),
        Route::get("/setup_slot", setup::show_slot),
        Route::post("/slot_action", setup::answer_slot),
        Route::get("/setup_overview", overview::get),
        Route::post("/setup_overview", overview::post),
    ]
}

/// Pages of the web role.
pub fn web_routes() -> Vec<Route> {
    vec![
        Route::get("/teaser", teaser::get),
        Route::get("/AccioCustomerUI/teaser", teaser::get),
        Route::get("/settings", settings::get),
        Route::post("/settings/slot", settings::change_slot),
        Route::post("/settings/order", settings::cancel_order),
        Route::post("/settings/rule", settings::change_rules),
        Route::post("/settings/order-now", ordering::order_now),
        Route::post("/settings/skip", ordering::skip),
        Route::post("/settings/pause", ordering::pause_all),
        Route::post("/settings/language", settings::change_language),
        Route::post("/settings/name", owner_forms::rename),
        Route::post("/settings/stock", owner_forms::state_slot),
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
        Route::get("/order/withdraw", withdrawal::get),
        Route::post("/order/withdraw", withdrawal::post),
    ]
}

/// Pages with the mails to customers. They need no sign-in.
pub fn mail_routes() -> Vec<Route> {
    vec![
        Route::get("/-/mail", mail::list),
        Route::get("/-/mail/{id}", mail::show),
        Route::get("/-/mail/{id}/html", mail::html),
    ]
}

/// The page with all parts of pages. It needs no sign-in.
pub fn design_routes() -> Vec<Route> {
    vec![Route::get("/-/design", design::get)]
}

/// Routes that both roles need: stylesheets, pictures, sign-in and sign-out.
pub fn shared_routes() -> Vec<Route> {
    let mut routes = account::routes();
    routes.extend(federation::routes());
    routes.extend([
        Route::get(stylesheet::stylesheet_path(), stylesheet::get),
        Route::get(brand::ICON_PATH, brand::icon),
        Route::get("/-/accent/{name}", brand::accent),
        Route::get("/-/picture/{name}", picture::get),
        Route::post("/ap/signin", signin::post),
        Route::post("/ap/second-step", second_step::post),
        Route::post("/ap/signout", signin::sign_out),
    ]);
    routes
}

/// Returns a parameter of a page's query, or an empty text if it is missing.
fn query_param(parts: &Parts, name: &str) -> String {
    let found = query(&parts.uri).into_iter().find(|(said, _)| said == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// Renders a page. `ends_at` is an additional source for the `form-action` of its Content Security Policy: where its
/// forms may end outside of this server.
fn render_page(shown: &PageContext, status: StatusCode, template: &impl Template, ends_at: Option<&str>) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be written.").into_response();
        }
    };
    let mut response = (status, html).into_response();
    let ends_at = ends_at.map_or(String::new(), |source| format!(" {source}"));
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{ends_at}; frame-ancestors 'none'; base-uri 'none'"
    );
    set_security_headers(&shown.state, response.headers_mut(), &policy);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(shown.texts.language.tag()));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    shown.with_language_cookie(response)
}

fn set_security_headers(state: &AppState, headers: &mut HeaderMap, policy: &str) {
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
    if state.is_https() && !state.is_loopback() {
        set("strict-transport-security", "max-age=31536000");
    }
}

/// Redirects: with 302 to a client, with 303 between pages of this server.
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
struct MessagePage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    title: &'a str,
    text: &'a str,
    devices: String,
}

/// Renders a page with a title and a text. It has no links to other languages, because its request may not be
/// repeatable.
fn message_page(shown: &PageContext, status: StatusCode, title: &str, text: &str) -> Response {
    let devices = shown.state.web_url("/settings");
    render_page(
        shown,
        status,
        &MessagePage { texts: shown.texts, frame: shown.frame_without_languages(), title, text, devices },
        None,
    )
}

/// An error of a page, with the context in which it is rendered.
struct PageError {
    context: PageContext,
    error: Error,
}

impl PageError {
    fn with_context(shown: &PageContext) -> impl Fn(Error) -> PageError + use<> {
        let shown = shown.clone();
        move |error| PageError { context: shown.clone(), error }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        log(&self.error);
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        let ErrorHeadings { rate_limited: wait, unavailable: again, internal: wrong, expired, failed } =
            &self.context.texts.error_headings;
        let (status, title) = match self.error.kind() {
            ErrorKind::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, wait),
            ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, again),
            ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, wrong),
            ErrorKind::Closed => (StatusCode::GONE, expired),
            ErrorKind::Unauthorized | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Invalid => (BAD, failed),
        };
        let text = (self.context.texts.error_message)(&self.error);
        let mut response = message_page(&self.context, status, title, &text);
        if let Some(after) = retry_after(&self.error) {
            response.headers_mut().insert(RETRY_AFTER, after);
        }
        response
    }
}
