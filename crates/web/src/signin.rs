//! `GET /ap/oa`: the authorization request; `POST /ap/signin`: mail address and password.
//!
//! Field names are those that page readers in the field look for (docs/spec/setup-pages.md#sign-in-page).

use super::browser::{BrowserSession, PostedPage, RequestClient};
use super::cookie::{SESSION_COOKIE, set_cookie};
use super::leave::{form_action_source, leave_to, refresh_page};
use super::page_context::PageFrame;
use super::provider_link::{ProviderLink, provider_link};
use super::second_step_page::{SecondStep, second_step_page};
use super::setup::{self, next_step};
use super::{PageContext, PageError, redirect_to, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use opendrs_domain::id::ClientId;
use opendrs_domain::login::authorize::{AuthorizationError, AuthorizationParams};
use opendrs_domain::login::form;
use opendrs_edge::refusal_log;
use opendrs_edge::state::AppState;
use opendrs_service::Error;
use opendrs_service::login::authorize as login;
use opendrs_service::session::{self, SessionCookie, SignInOutcome};
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "signin.html")]
struct SignInPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    csrf: &'a str,
    return_to: &'a str,
    cancel: Option<&'a str>,
    problem: Option<&'a str>,
    email: &'a str,
    /// The URL of the page that creates an account, if customers may.
    create: Option<String>,
    /// The link to the provider, if there is one.
    federated: Option<ProviderLink>,
}

#[derive(Template)]
#[template(path = "sorry.html")]
struct ErrorPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    reason: &'a str,
    details: Vec<String>,
    devices: String,
}

/// Handles the authorization request.
pub(super) async fn authorize(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let BrowserSession { context: shown, .. } = &browser;
    let query = parts.uri.query().unwrap_or_default();
    let here = format!("/ap/oa?{query}");
    let Some(pairs) = form::decode_pairs(query.as_bytes()) else {
        return Ok(error_page(shown, &here, "The request is not UTF-8", &AuthorizationParams::default()));
    };
    let params = AuthorizationParams::new(pairs);
    let asked = match login::check_request(&state.app, &params, &state.urls.login)
        .await
        .map_err(PageError::with_context(shown))?
    {
        Ok(asked) => asked,
        Err(refusal) => {
            record_refusal(&state, &parts, &params, &refusal);
            return Ok(match refusal {
                AuthorizationError::ErrorPage(reason) => error_page(shown, &here, reason, &params),
                AuthorizationError::Redirect(target) => redirect_to(StatusCode::FOUND, &target),
            });
        }
    };
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, &here, None, "").await;
    };
    let login::BegunSignup { id, has_consent } =
        login::begin_signup(&state.app, session, &asked).await.map_err(PageError::with_context(shown))?;
    if has_consent {
        Ok(shown.with_language_cookie(next_step(&state, &browser, session, &id).await?.redirect(&browser)))
    } else {
        setup::consent_page(&state, &browser, &id, &asked).await
    }
}

/// Records a refused request in the log, with its client and the reason only.
fn record_refusal(state: &AppState, parts: &Parts, params: &AuthorizationParams, refusal: &AuthorizationError) {
    let why = match refusal {
        AuthorizationError::ErrorPage(reason) => reason,
        // `error` is the last parameter of the redirect.
        AuthorizationError::Redirect(target) => target.rsplit_once("error=").map_or("", |(_, error)| error),
    };
    let client = params.get("client_id").filter(|id| ClientId::parse(id).is_ok()).unwrap_or("unknown");
    let source = state.sources.of_request(&parts.extensions, &parts.headers);
    state.refusal_log.record(state.app.system_time(), refusal_log::RefusalKind::Authorize, &source, client, why);
}

/// Renders the 400 page for requests whose redirect URI cannot be trusted (docs/spec/login.md#authorization-errors).
fn error_page(shown: &PageContext, here: &str, reason: &str, params: &AuthorizationParams) -> Response {
    let details = params
        .pairs()
        .iter()
        .take(40)
        .map(|(n, v)| format!("{}={}", form::percent_encode(n, ""), form::percent_encode(v, "")));
    let template = ErrorPage {
        texts: shown.texts,
        frame: shown.frame(here),
        reason,
        details: details.collect(),
        devices: shown.state.web_url("/settings"),
    };
    render_page(shown, StatusCode::BAD_REQUEST, &template, None)
}

/// Checks the authorization request at `return_to`. The result is `None` if `return_to` is another page.
async fn check_return_request(
    shown: &PageContext,
    return_to: &str,
) -> Result<Option<Result<login::ResolvedAuthorization, AuthorizationError>>, PageError> {
    let Some(query) = return_to.strip_prefix("/ap/oa?") else { return Ok(None) };
    let params = AuthorizationParams::new(form::decode_pairs(query.as_bytes()).unwrap_or_default());
    login::check_request(&shown.state.app, &params, &shown.state.urls.login)
        .await
        .map_err(PageError::with_context(shown))
        .map(Some)
}

/// Finds the valid authorization request with which a sign-in began.
async fn find_valid_request(
    shown: &PageContext,
    return_to: &str,
) -> Result<Option<login::ResolvedAuthorization>, PageError> {
    Ok(check_return_request(shown, return_to).await?.and_then(Result::ok))
}

/// Redirects after a sign-in or a sign-out. If an authorization request may lead directly to the client, the browser
/// leaves the form's navigation first.
pub(super) async fn continue_to(browser: &BrowserSession, return_to: &str) -> Result<Response, PageError> {
    let may_leave = match check_return_request(&browser.context, return_to).await? {
        // Without a device, an earlier consent is all that the sign-up needs.
        Some(Ok(asked)) => asked.model.is_none(),
        Some(Err(AuthorizationError::Redirect(_))) => true,
        Some(Err(AuthorizationError::ErrorPage(_))) | None => false,
    };
    Ok(if may_leave && browser.navigates {
        refresh_page(browser, return_to)
    } else {
        redirect_to(StatusCode::SEE_OTHER, return_to)
    })
}

/// Where the forms of a sign-in may end outside of this server: at the client whose request it began with.
pub(super) async fn action_source(browser: &BrowserSession, return_to: &str) -> Result<Option<String>, PageError> {
    let asked = find_valid_request(&browser.context, return_to).await?;
    Ok(asked.and_then(|asked| form_action_source(browser, &asked.request.redirect_uri)))
}

/// Returns the URL of the page that creates an account. The browser continues at `return_to`.
pub(super) fn new_account_url(return_to: &str) -> String {
    format!("/account/new?return_to={}", form::percent_encode(return_to, ""))
}

/// Returns the context of a sign-in, with the brand of the maker for whose app it began.
pub(super) async fn sign_in_context(browser: &BrowserSession, return_to: &str) -> Result<PageContext, PageError> {
    match find_valid_request(&browser.context, return_to).await? {
        Some(asked) => browser.context.branded(asked.maker.id).await,
        None => Ok(browser.context.clone()),
    }
}

/// Renders the sign-in page. After the sign-in, the browser continues at `return_to`.
pub(super) async fn sign_in_page(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    return_to: &str,
    problem: Option<&Error>,
    email: &str,
) -> Result<Response, PageError> {
    let asked = find_valid_request(&browser.context, return_to).await?;
    let shown = &match &asked {
        Some(asked) => browser.context.branded(asked.maker.id).await?,
        None => browser.context.clone(),
    };
    let cancel = asked.as_ref().map(|asked| asked.request.denied_redirect());
    let words = problem.map(shown.texts.error_message);
    let template = SignInPage {
        texts: shown.texts,
        frame: shown.frame(return_to),
        csrf: &browser.form_token(state),
        return_to,
        cancel: cancel.as_deref(),
        problem: words.as_deref(),
        email,
        create: state.app.settings.accounts.open.then(|| new_account_url(return_to)),
        federated: provider_link(state, shown.texts, return_to),
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(Error::Throttled(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let source = asked.as_ref().and_then(|asked| form_action_source(browser, &asked.request.redirect_uri));
    let mut response = render_page(shown, status, &template, source.as_deref());
    if let Some(Error::Throttled(seconds)) = problem {
        response.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
    }
    Ok(browser.with_session_cookie(state, response))
}

/// Whether `target` is a path of this server. A host, a scheme, or text that a browser may interpret as one is refused.
pub(super) fn is_local_path(target: &str) -> bool {
    target.starts_with('/')
        && !target.starts_with("//")
        && !target.contains('\\')
        && target.bytes().all(|b| b.is_ascii_graphic())
}

pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    client: RequestClient,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let return_to = form.get("return_to").filter(|target| is_local_path(target)).unwrap_or("/settings");
    if form.has("cancel") {
        return Ok(match find_valid_request(&browser.context, return_to).await? {
            Some(asked) => leave_to(&browser, &asked.request.denied_redirect()),
            None => redirect_to(StatusCode::SEE_OTHER, return_to),
        });
    }
    let email = form.get("email").unwrap_or_default();
    let sign_in = session::SignInRequest {
        email,
        password: form.get("password").unwrap_or_default(),
        remember: form.has("rememberMe"),
        language: browser.context.texts.language,
        source: &client.source,
        agent: &client.agent,
    };
    match session::sign_in(&state.app, sign_in).await {
        Ok(SignInOutcome::SignedIn(cookie)) => signed_in(&state, &browser, return_to, &cookie).await,
        Ok(SignInOutcome::SecondStep(token)) => {
            let source = action_source(&browser, return_to).await?;
            let shown = &sign_in_context(&browser, return_to).await?;
            let step = SecondStep { shown, return_to, token: &token, source: source.as_deref() };
            Ok(second_step_page(&state, &browser, step, None))
        }
        Err(error @ (Error::WrongPassword | Error::CustomerBlocked | Error::Throttled(_))) => {
            state.refusal_log.record(
                state.app.system_time(),
                refusal_log::RefusalKind::SignIn,
                &client.source,
                "",
                &error,
            );
            sign_in_page(&state, &browser, return_to, Some(&error), email).await
        }
        Err(error) => Err(PageError::with_context(&browser.context)(error)),
    }
}

/// Sets the cookie of a new session, and continues at `return_to`. The browser's earlier session ends.
pub(super) async fn signed_in(
    state: &Arc<AppState>,
    browser: &BrowserSession,
    return_to: &str,
    cookie: &SessionCookie,
) -> Result<Response, PageError> {
    if browser.session.is_some() {
        session::sign_out(&state.app, browser.cookie_value())
            .await
            .map_err(PageError::with_context(&browser.context))?;
    }
    let mut response = continue_to(browser, return_to).await?;
    set_cookie(state, &mut response, SESSION_COOKIE, &cookie.value, cookie.max_age);
    Ok(response)
}

/// Signs out, and returns to the page, which then asks for a sign-in.
pub(super) async fn sign_out(
    State(state): State<Arc<AppState>>,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    session::sign_out(&state.app, browser.cookie_value()).await.map_err(PageError::with_context(&browser.context))?;
    let return_to = form.get("return_to").filter(|target| is_local_path(target)).unwrap_or("/settings");
    let mut response = continue_to(&browser, return_to).await?;
    set_cookie(&state, &mut response, SESSION_COOKIE, "", Some(0));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::is_local_path;

    #[test]
    fn a_sign_in_leads_nowhere_else() {
        for target in ["/settings", "/ap/oa?client_id=x&redirect_uri=https%3A%2F%2Fa", "/settings?access_token=Atza|x"]
        {
            assert!(is_local_path(target), "{target}");
        }
        for target in
            ["https://evil", "//evil", "/\\evil", "\\evil", "evil", "", "/a\r\nb", "/%0d\t", " /a", "javascript:x"]
        {
            assert!(!is_local_path(target), "{target}");
        }
    }
}
