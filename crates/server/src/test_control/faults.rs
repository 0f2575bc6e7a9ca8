//! `/-/faults`: the plan of faults, and its effect on calls.
//!
//! Invariant: a call with a planned fault gets the same answer as a call that fails by itself. Only the device API and
//! the endpoints of Login with Amazon can fail; the paths for tests never do.

use super::read_json;
use crate::api::error::ApiError;
use crate::login::OAuthError;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opendrs_domain::fault::{CallFault, FaultKind};
use opendrs_domain::time::Span;
use opendrs_domain::version::ENDPOINTS;
use opendrs_edge::state::AppState;
use opendrs_http::response::json;
use opendrs_service::Error;
use opendrs_service::error::OAuthErrorCode;
use opendrs_service::faults::{FaultPlanEntry, plan_fault};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The endpoints of Login with Amazon.
const LOGIN_PATHS: [&str; 3] = ["/auth/o2/token", "/auth/o2/tokeninfo", "/user/profile"];
/// The text of a planned fault, for the log and the caller.
const PLANNED_FAULT_MESSAGE: &str = "This test server has a planned fault for this call.";

/// The planned fault of a call.
#[derive(Default)]
pub(crate) struct PlannedFault {
    /// The answer in place of the call, which then has no effect.
    pub(crate) response: Option<Box<Response>>,
    /// How long the answer is delayed.
    pub(crate) delay: Option<Span>,
}

/// Applies the fault that is planned for a call, as far as it takes effect before the call.
pub(crate) async fn apply_before_call(state: &AppState, path: &str) -> PlannedFault {
    let ours = faultable_paths().any(|pattern| path_matches(pattern, path, false));
    let Some(call) = ours.then(|| state.app.faults.take_for_call(path)).flatten() else {
        return PlannedFault::default();
    };
    let login = path.starts_with("/auth/") || path.starts_with("/user/");
    let instead = |problem: ApiError| match (login, problem) {
        (true, ApiError::Service(error)) => OAuthError::from(error).into_response(),
        (true, _) => OAuthError::from(Error::OAuth {
            code: OAuthErrorCode::InvalidRequest,
            description: PLANNED_FAULT_MESSAGE.into(),
        })
        .into_response(),
        (false, problem) => problem.into_response(),
    };
    let problem = match call {
        CallFault::Slow(by) | CallFault::TimeoutAfter(by) => return PlannedFault { delay: Some(by), response: None },
        CallFault::Timeout(by) => {
            wait_for_delay(state, by).await;
            ApiError::Service(Error::Unavailable(PLANNED_FAULT_MESSAGE.into()))
        }
        CallFault::ExpiredToken => ApiError::Service(Error::InvalidToken),
        CallFault::Status(429) => ApiError::Service(Error::Throttled(1)),
        CallFault::Status(500) => ApiError::Service(Error::Internal(PLANNED_FAULT_MESSAGE.into())),
        CallFault::Status(503) => ApiError::Service(Error::Unavailable(PLANNED_FAULT_MESSAGE.into())),
        CallFault::Status(_) => ApiError::BadBody(PLANNED_FAULT_MESSAGE.into()),
    };
    PlannedFault { response: Some(Box::new(instead(problem))), delay: None }
}

/// Waits for this time, or until the plan is cleared.
pub(crate) async fn wait_for_delay(state: &AppState, by: Span) {
    let by = Duration::from_micros(by.as_micros().unsigned_abs());
    let _ = tokio::time::timeout(by, state.app.faults.wait_until_cleared()).await;
}

/// Lists every path that can fail.
fn faultable_paths() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().flat_map(|spec| spec.paths).copied().chain(LOGIN_PATHS)
}

/// Whether a path matches a pattern. With `begins`, a path that matches the beginning of the pattern is sufficient.
fn path_matches(pattern: &str, path: &str, begins: bool) -> bool {
    let mut parts = pattern.split('/');
    let all = path.trim_end_matches('/').split('/').all(|segment| {
        parts.next().is_some_and(|part| part == segment || (part.starts_with('{') && !segment.is_empty()))
    });
    all && (begins || parts.next().is_none())
}

fn plan_json(plan: &[FaultPlanEntry]) -> Value {
    let all = plan.iter().map(|FaultPlanEntry { fault: what, path: on, remaining: left }| {
        json!({
            "fault": what.name(),
            "on": matches!(what, FaultKind::Call(_)).then_some(on),
            "times": left,
            "by": what.duration().map(|by| by.to_string()),
            "percent": what.price_increase_percent(),
        })
    });
    json!({ "faults": all.collect::<Value>() })
}

pub(super) async fn list_faults(State(state): State<Arc<AppState>>) -> Response {
    json(StatusCode::OK, plan_json(&state.app.faults.list()).to_string())
}

pub(super) async fn clear_faults(State(state): State<Arc<AppState>>) -> Response {
    state.app.faults.clear();
    json(StatusCode::OK, plan_json(&[]).to_string())
}

/// A new entry of the plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "an object")]
struct AddFaultRequest {
    fault: String,
    on: Option<String>,
    #[serde(default = "once")]
    times: u32,
    by: Option<String>,
    percent: Option<u32>,
}

fn once() -> u32 {
    1
}

const USAGE: &str =
    "Send {\"fault\":\"500\",\"on\":\"/replenish\",\"times\":3}; \"by\" is a duration, \"percent\" a price increase.";

pub(super) async fn add_fault(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let AddFaultRequest { fault, on, times, by, percent } = read_json(&state, request.into_body(), USAGE).await?;
    let bad = |why: String| ApiError::Service(Error::InvalidCommand(why));
    let by = by.map(|by| Span::parse(&by)).transpose().map_err(|e| bad(e.to_string()))?;
    let what = FaultKind::parse(&fault, by, percent).map_err(bad)?;
    if on.is_some() && !matches!(what, FaultKind::Call(_)) {
        return Err(bad(format!("`{fault}` is not a fault of a call: leave out the path")));
    }
    let on = format!("/{}", on.as_deref().unwrap_or_default().trim_matches('/'));
    if !faultable_paths().any(|pattern| path_matches(pattern, &on, true)) {
        let known = faultable_paths().collect::<Vec<_>>().join(", ");
        return Err(bad(format!("no call at {on} can have a fault; write one of {known}")));
    }
    plan_fault(&state.app, what, on, times)?;
    Ok(json(StatusCode::OK, plan_json(&state.app.faults.list()).to_string()))
}
