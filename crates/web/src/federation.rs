//! Federated sign-in: `GET /ap/federated` leads to the provider, `GET /ap/federated/callback` takes its answer.
//!
//! Not here: what follows for somebody without an account ([`pending`]). Invariant: the answer comes to the host where
//! the sign-in began, since cookies belong to one host. A failure has a page with a way back, and a line in the log of
//! refusals that names nobody.

mod pending;

use super::browser::{BrowserSession, RequestClient};
use super::cookie::{cookie_name, find_cookie, set_cookie};
use super::page_context::PageFrame;
use super::provider_link::BEGIN_PATH;
use super::signin::{is_local_path, signed_in};
use super::{PageError, query_param, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::federation::{AnswerParams, FLOW_LIFETIME, PENDING_LIFETIME};
use opendrs_domain::login::form;
use opendrs_edge::refusal_log::RefusalKind;
use opendrs_edge::state::{AppState, Route};
use opendrs_http::request::header;
use opendrs_service::federation::{self, FederatedOutcome, ProviderAnswer, SignInBegin};
use opendrs_service::{Error, ErrorKind};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;
use url::Url;

/// The path to which the provider's answer comes.
const CALLBACK_PATH: &str = "/ap/federated/callback";
/// The page for somebody whom the provider knows, and whom no account here knows yet.
const CONTINUE_PATH: &str = "/ap/federated/continue";
/// The cookie with what the browser keeps of a sign-in.
const FEDERATION_COOKIE: &str = "opendrs-federated";

/// The pages of federated sign-in. Sign-in pages of each role lead to them.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(BEGIN_PATH, begin),
        Route::get(CALLBACK_PATH, callback),
        Route::get(CONTINUE_PATH, pending::get),
        Route::post(pending::CREATE_PATH, pending::create),
        Route::post(pending::LINK_PATH, pending::link),
    ]
}

/// Returns the URL of the pages at the host of a request.
fn own_url<'s>(state: &'s AppState, parts: &Parts) -> &'s str {
    let host = header(&parts.headers, "host").and_then(|host| Url::parse(&format!("http://{host}")).ok());
    let web = Url::parse(&state.urls.web).ok();
    let is_web = host.zip(web).is_some_and(|(host, web)| host.host() == web.host() && host.port() == web.port());
    if is_web { &state.urls.web } else { &state.urls.login }
}

/// What the browser keeps of a sign-in.
fn kept_cookie(state: &AppState, parts: &Parts) -> Option<String> {
    find_cookie(parts, &cookie_name(state, FEDERATION_COOKIE)).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Makes the browser forget the sign-in.
fn without_cookie(state: &AppState, mut response: Response) -> Response {
    set_cookie(state, &mut response, FEDERATION_COOKIE, "", Some(0));
    response
}

#[derive(Template)]
#[template(path = "federation/refused.html")]
struct RefusedPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    reason: &'a str,
    return_to: &'a str,
}

/// Records a refusal, and renders its page with the way back.
fn refuse(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    source: &str,
    (error, return_to): (Error, &str),
) -> Result<Response, PageError> {
    let status = match (&error, error.kind()) {
        (Error::FederationRefused(_), ErrorKind::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        (Error::FederationRefused(_) | Error::CustomerBlocked, _) => StatusCode::BAD_REQUEST,
        _ => return Err(PageError::with_context(&browser.context)(error)),
    };
    state.refusal_log.record(state.app.system_time(), RefusalKind::SignIn, source, "", &error);
    let texts = browser.context.texts;
    let template = RefusedPage {
        texts,
        frame: browser.context.frame_without_languages(),
        reason: &(texts.error_message)(&error),
        return_to,
    };
    Ok(without_cookie(state, render_page(&browser.context, status, &template, None)))
}

/// Leads to the provider.
async fn begin(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    client: RequestClient,
    parts: Parts,
) -> Result<Response, PageError> {
    let asked = query_param(&parts, "return_to");
    let is_usable = is_local_path(&asked) && !asked.starts_with(BEGIN_PATH);
    let return_to = if is_usable { asked.as_str() } else { "/settings" };
    let redirect_uri = format!("{}{CALLBACK_PATH}", own_url(&state, &parts).trim_end_matches('/'));
    let begun = SignInBegin { return_to, redirect_uri: &redirect_uri, language: browser.context.texts.language };
    match federation::begin(&state.app, begun).await {
        Ok(begun) => {
            let mut response = redirect_to(StatusCode::FOUND, &begun.url);
            set_cookie(&state, &mut response, FEDERATION_COOKIE, &begun.cookie, Some(FLOW_LIFETIME.as_secs()));
            Ok(response)
        }
        Err(error) => refuse(&state, &browser, &client.source, (error, return_to)),
    }
}

/// Takes the provider's answer. Whatever it is, the browser forgets the sign-in, so that the answer counts once.
async fn callback(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    client: RequestClient,
    parts: Parts,
) -> Result<Response, PageError> {
    let kept = kept_cookie(&state, &parts);
    let pairs = form::decode_pairs(parts.uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let params = AnswerParams::new(pairs);
    let answer =
        ProviderAnswer { cookie: kept.as_deref(), params: &params, source: &client.source, agent: &client.agent };
    match federation::finish(&state.app, answer).await {
        Ok(FederatedOutcome::SignedIn { cookie, return_to }) => {
            Ok(without_cookie(&state, signed_in(&state, &browser, &return_to, &cookie).await?))
        }
        Ok(FederatedOutcome::Pending(pending)) => {
            let mut response = redirect_to(StatusCode::SEE_OTHER, CONTINUE_PATH);
            set_cookie(&state, &mut response, FEDERATION_COOKIE, &pending, Some(PENDING_LIFETIME.as_secs()));
            Ok(response)
        }
        Err(error) => {
            let return_to = kept.and_then(|kept| federation::find_return_path(&state.app, &kept));
            refuse(&state, &browser, &client.source, (error, return_to.as_deref().unwrap_or("/settings")))
        }
    }
}
