//! The way of a browser from the pages to a client's redirect URI.
//!
//! Chromium checks every redirect of a form's navigation against the `form-action` of the form's page. This includes
//! the redirects of the redirect URI's own page, whose targets this server cannot know. The directive also cannot name
//! `[::1]`. So a browser that sends a form gets a page, and leaves that page by its own GET outside of the form's
//! navigation. It does so by the `Refresh` header, without a script, or by the page's link.
//!
//! Invariant: programs that read pages, and navigations that no form began, get a redirect (302), as Login with Amazon
//! sends it. So does a redirect URI with an app's scheme. No further redirect can follow there, and a system opens the
//! app only in the navigation that the person began.

use super::browser::BrowserSession;
use super::page_context::PageFrame;
use super::{redirect_to, render_page};
use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::Response;
use opendrs_domain::login::redirect;
use opendrs_texts::ReaderTexts;

const REFRESH_HEADER: HeaderName = HeaderName::from_static("refresh");

#[derive(Template)]
#[template(path = "leave.html")]
struct LeavePage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    target: &'a str,
}

/// Whether a form's answer that leads to `target` is a page instead of a redirect.
fn leaves_by_page(browser: &BrowserSession, target: &str) -> bool {
    browser.navigates && redirect::is_web_uri(target)
}

/// Returns the source that a page's `form-action` must allow besides this server, so that its forms may end at a
/// redirect URI.
pub(super) fn form_action_source(browser: &BrowserSession, redirect_uri: &str) -> Option<String> {
    if leaves_by_page(browser, redirect_uri) { None } else { redirect::csp_source(redirect_uri) }
}

/// Responds to a form that ends outside of this server.
pub(super) fn leave_to(browser: &BrowserSession, target: &str) -> Response {
    if leaves_by_page(browser, target) { refresh_page(browser, target) } else { redirect_to(StatusCode::FOUND, target) }
}

/// Renders a page that the browser leaves immediately, by a navigation that belongs to no form.
pub(super) fn refresh_page(browser: &BrowserSession, target: &str) -> Response {
    let Ok(refresh) = HeaderValue::try_from(format!("0;url={target}")) else {
        return redirect_to(StatusCode::FOUND, target);
    };
    let template = LeavePage { texts: browser.context.texts, frame: browser.context.frame_without_languages(), target };
    let mut response = render_page(&browser.context, StatusCode::OK, &template, None);
    response.headers_mut().insert(REFRESH_HEADER, refresh);
    response
}
