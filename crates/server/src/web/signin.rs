//! `GET /ap/oa`: the authorize request; `POST /ap/signin`: e-mail and password.
//!
//! Field names are those that page readers in the field look for (docs/spec/setup-pages.md#sign-in-page).

use super::browser::{Browser, Form, SESSION, set_cookie};
use super::leave::{form_source, leave, on_the_way};
use super::setup::{self, step};
use super::shown::Other;
use super::{Refused, Shown, page, redirect_to};
use crate::telemetry::refusals;
use crate::state::Site;
use opendrs_texts::Texts;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use opendrs_domain::id::ClientId;
use opendrs_domain::login::authorize::{Params, Refusal};
use opendrs_domain::login::form;
use opendrs_service::login::authorize as login;
use opendrs_service::{Error, session};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "signin.html")]
struct SignInPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    csrf: &'a str,
    return_to: &'a str,
    cancel: Option<&'a str>,
    problem: Option<&'a str>,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "sorry.html")]
struct Sorry<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    reason: &'a str,
    details: Vec<String>,
}

/// The authorize request.
pub(super) async fn authorize(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let browser = Browser::of(&site, &parts).await?;
    let Browser { shown, .. } = &browser;
    let query = parts.uri.query().unwrap_or_default();
    let here = format!("/ap/oa?{query}");
    let Some(pairs) = form::decode(query.as_bytes()) else {
        return Ok(sorry(shown, &here, "The request is not UTF-8", &Params::default()));
    };
    let params = Params::new(pairs);
    let asked = match login::check(&site.app, &params, &site.urls.login).await.map_err(Refused::by(shown))? {
        Ok(asked) => asked,
        Err(refusal) => {
            note(&site, &parts, &params, &refusal);
            return Ok(match refusal {
                Refusal::Page(reason) => sorry(shown, &here, reason, &params),
                Refusal::Redirect(target) => redirect_to(StatusCode::FOUND, &target),
            });
        }
    };
    let Some(session) = &browser.session else {
        return sign_in_page(&site, &browser, &here, None, "").await;
    };
    let (id, consented) = login::begin(&site.app, session, &asked).await.map_err(Refused::by(shown))?;
    match consented {
        true => Ok(shown.remembered(step(&site, &browser, session, &id).await?.redirect(&browser))),
        false => setup::consent_page(&site, &browser, &id, &asked),
    }
}

/// Has a refused request logged, with its client and the reason: nothing else that it brought.
fn note(site: &Site, parts: &Parts, params: &Params, refusal: &Refusal) {
    let why = match refusal {
        Refusal::Page(reason) => reason,
        // The last parameter of the answer.
        Refusal::Redirect(target) => target.rsplit_once("error=").map_or("", |(_, error)| error),
    };
    let client = params.get("client_id").filter(|id| ClientId::parse(id).is_ok()).unwrap_or("unknown");
    let source = site.sources.of_request(&parts.extensions, &parts.headers);
    site.refusals.note(site.app.real_time(), refusals::Refused::Authorize, &source, client, why);
}

/// The 400 page for requests whose redirect target cannot be trusted (docs/spec/login.md#authorization-errors).
fn sorry(shown: &Shown, here: &str, reason: &str, params: &Params) -> Response {
    let details =
        params.pairs().iter().take(40).map(|(n, v)| format!("{}={}", form::escape(n, ""), form::escape(v, "")));
    let template = Sorry { texts: shown.texts, switch: shown.switch(here), reason, details: details.collect() };
    page(shown, StatusCode::BAD_REQUEST, &template, None)
}

/// What the authorize request at `return_to` is found to be; `None` where a sign-in goes on to another page.
async fn authorize_at(shown: &Shown, return_to: &str) -> Result<Option<Result<login::Asked, Refusal>>, Refused> {
    let Some(query) = return_to.strip_prefix("/ap/oa?") else { return Ok(None) };
    let params = Params::new(form::decode(query.as_bytes()).unwrap_or_default());
    login::check(&shown.site.app, &params, &shown.site.urls.login).await.map_err(Refused::by(shown)).map(Some)
}

/// Where a cancelled sign-in goes, if it began with an authorize request that may be answered.
async fn denied(shown: &Shown, return_to: &str) -> Result<Option<(String, String)>, Refused> {
    let asked = authorize_at(shown, return_to).await?.and_then(Result::ok);
    Ok(asked.map(|asked| (asked.request.denied(), asked.request.redirect_uri)))
}

/// Goes on after a sign-in or a sign-out. An authorize request that may be answered by a redirect to the client is not gone to within
/// the form's navigation.
async fn go_on(browser: &Browser, return_to: &str) -> Result<Response, Refused> {
    let may_leave = match authorize_at(&browser.shown, return_to).await? {
        // No device is to be linked, so that consent, if it was given before, is all that is needed.
        Some(Ok(asked)) => asked.model.is_none(),
        Some(Err(Refusal::Redirect(_))) => true,
        Some(Err(Refusal::Page(_))) | None => false,
    };
    Ok(match may_leave && browser.navigates {
        true => on_the_way(browser, return_to),
        false => redirect_to(StatusCode::SEE_OTHER, return_to),
    })
}

/// The sign-in page; what it is for goes on at `return_to`.
pub(super) async fn sign_in_page(
    site: &Arc<Site>,
    browser: &Browser,
    return_to: &str,
    problem: Option<&Error>,
    email: &str,
) -> Result<Response, Refused> {
    let Browser { shown, .. } = browser;
    let cancel = denied(shown, return_to).await?;
    let words = problem.map(shown.texts.refusal);
    let template = SignInPage {
        texts: shown.texts,
        switch: shown.switch(return_to),
        csrf: &browser.form_token(site),
        return_to,
        cancel: cancel.as_ref().map(|(target, _)| target.as_str()),
        problem: words.as_deref(),
        email,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(Error::Throttled(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let source = cancel.as_ref().and_then(|(_, uri)| form_source(browser, uri));
    let mut response = page(shown, status, &template, source.as_deref());
    if let Some(Error::Throttled(seconds)) = problem {
        response.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
    }
    Ok(browser.remember(site, response))
}

/// Only a path of ours may follow a sign-in: no host, no scheme, nothing a browser would take for one.
pub(super) fn is_local(target: &str) -> bool {
    target.starts_with('/')
        && !target.starts_with("//")
        && !target.contains('\\')
        && target.bytes().all(|b| b.is_ascii_graphic())
}

pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    let return_to = form.get("return_to").filter(|target| is_local(target)).unwrap_or("/settings");
    if form.has("cancel") {
        return Ok(match denied(&browser.shown, return_to).await? {
            Some((target, _)) => leave(&browser, &target),
            None => redirect_to(StatusCode::SEE_OTHER, return_to),
        });
    }
    let email = form.get("email").unwrap_or_default();
    let source = site.sources.of_request(&parts.extensions, &parts.headers);
    let sign_in = session::SignIn {
        email,
        password: form.get("password").unwrap_or_default(),
        remember: form.has("rememberMe"),
        language: browser.shown.texts.language,
        source: &source,
    };
    match session::sign_in(&site.app, sign_in).await {
        Ok(cookie) => {
            if browser.session.is_some() {
                session::sign_out(&site.app, browser.cookie()).await.map_err(Refused::by(&browser.shown))?;
            }
            let mut response = go_on(&browser, return_to).await?;
            set_cookie(&site, &mut response, SESSION, &cookie.value, cookie.max_age);
            Ok(response)
        }
        Err(error @ (Error::WrongPassword | Error::Blocked | Error::Throttled(_))) => {
            site.refusals.note(site.app.real_time(), refusals::Refused::SignIn, &source, "", &error);
            sign_in_page(&site, &browser, return_to, Some(&error), email).await
        }
        Err(error) => Err(Refused::by(&browser.shown)(error)),
    }
}

/// Signs out, and asks for another sign-in where a page was open.
pub(super) async fn sign_out(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let browser = Browser::of(&site, &parts).await?;
    let form = Form::read(&site, &parts, &browser, body).await?;
    session::sign_out(&site.app, browser.cookie()).await.map_err(Refused::by(&browser.shown))?;
    let return_to = form.get("return_to").filter(|target| is_local(target)).unwrap_or("/settings");
    let mut response = go_on(&browser, return_to).await?;
    set_cookie(&site, &mut response, SESSION, "", Some(0));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn a_sign_in_leads_nowhere_else() {
        for target in ["/settings", "/ap/oa?client_id=x&redirect_uri=https%3A%2F%2Fa", "/settings?access_token=Atza|x"]
        {
            assert!(is_local(target), "{target}");
        }
        for target in
            ["https://evil", "//evil", "/\\evil", "\\evil", "evil", "", "/a\r\nb", "/%0d\t", " /a", "javascript:x"]
        {
            assert!(!is_local(target), "{target}");
        }
    }
}
