//! The second step of a sign-in: a code of the customer's authenticator app, or a recovery code.
//!
//! Not here: how it is set up ([`crate::account`]). Invariant: the page opens after the right password only, and leads
//! where the sign-in would have led.

use super::PageError;
use super::browser::{PostedPage, RequestClient};
use super::second_step_page::{SecondStep, second_step_page};
use super::signin::{action_source, is_local_path, sign_in_context, sign_in_page, signed_in};
use axum::extract::State;
use axum::response::Response;
use opendrs_edge::refusal_log::RefusalKind;
use opendrs_edge::state::AppState;
use opendrs_service::session::{self, SecondStepForm};
use opendrs_service::{Error, FormError};
use std::sync::Arc;

/// Checks the code, and completes the sign-in.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    client: RequestClient,
    PostedPage { browser, form }: PostedPage,
) -> Result<Response, PageError> {
    let return_to = form.get("return_to").filter(|target| is_local_path(target)).unwrap_or("/settings");
    let token = form.get("token").unwrap_or_default();
    let code = form.get("code").unwrap_or_default();
    let typed = SecondStepForm { token, code, source: &client.source, agent: &client.agent };
    match session::finish_sign_in(&state.app, typed).await {
        Ok(cookie) => signed_in(&state, &browser, return_to, &cookie).await,
        Err(error @ (Error::Throttled(_) | Error::InvalidForm(FormError::WrongAppCode))) => {
            let now = state.app.system_time();
            state.refusal_log.record(now, RefusalKind::SignIn, &client.source, "", &error);
            let source = action_source(&browser, return_to).await?;
            let shown = &sign_in_context(&browser, return_to).await?;
            let step = SecondStep { shown, return_to, token, source: source.as_deref() };
            Ok(second_step_page(&state, &browser, step, Some(&error)))
        }
        Err(error @ Error::InvalidForm(FormError::SignInExpired)) => {
            sign_in_page(&state, &browser, return_to, Some(&error), "").await
        }
        Err(error) => Err(PageError::with_context(&browser.context)(error)),
    }
}
