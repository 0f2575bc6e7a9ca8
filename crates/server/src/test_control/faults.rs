//! `/-/faults`: the plan of faults, and where it bites calls.
//!
//! Invariant: a call that is made to fail is answered as the service answers when it fails by itself. Only the device API
//! and Login with Amazon's endpoints fail; the paths of tests never do.

use opendrs_http::response::json;
use super::read;
use crate::api::problem::Problem;
use crate::login::Refused;
use crate::state::Site;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opendrs_domain::fault::{Call, What};
use opendrs_domain::time::Span;
use opendrs_domain::version::ENDPOINTS;
use opendrs_service::Error;
use opendrs_service::error::OAuth;
use opendrs_service::faults::{Fault, plan};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Login with Amazon's endpoints.
const LOGIN: [&str; 3] = ["/auth/o2/token", "/auth/o2/tokeninfo", "/user/profile"];
/// What the log and the caller are told.
const WHY: &str = "The plan of faults of this server for tests wants it so.";

/// What becomes of a call.
#[derive(Default)]
pub(crate) struct Planned {
    /// It is answered with this, and nothing is done.
    pub(crate) instead: Option<Box<Response>>,
    /// Its answer waits so long.
    pub(crate) after: Option<Span>,
}

/// Lets happen what is planned for a call, as far as it comes before the call itself.
pub(crate) async fn before(site: &Site, path: &str) -> Planned {
    let ours = endpoints().any(|pattern| fits(pattern, path, false));
    let Some(call) = ours.then(|| site.app.faults.of_call(path)).flatten() else { return Planned::default() };
    let login = path.starts_with("/auth/") || path.starts_with("/user/");
    let instead = |problem: Problem| match (login, problem) {
        (true, Problem::Service(error)) => Refused::from(error).into_response(),
        (true, _) => {
            Refused::from(Error::OAuth { error: OAuth::InvalidRequest, description: WHY.into() }).into_response()
        }
        (false, problem) => problem.into_response(),
    };
    let problem = match call {
        Call::Slow(by) | Call::TimeoutAfter(by) => return Planned { after: Some(by), instead: None },
        Call::Timeout(by) => {
            wait(site, by).await;
            Problem::Service(Error::Unavailable(WHY.into()))
        }
        Call::ExpiredToken => Problem::Service(Error::InvalidToken),
        Call::Status(429) => Problem::Service(Error::Throttled(1)),
        Call::Status(500) => Problem::Service(Error::Internal(WHY.into())),
        Call::Status(503) => Problem::Service(Error::Unavailable(WHY.into())),
        Call::Status(_) => Problem::BadBody(WHY.into()),
    };
    Planned { instead: Some(Box::new(instead(problem))), after: None }
}

/// Waits so long, or until the plan is cleared.
pub(crate) async fn wait(site: &Site, by: Span) {
    let by = Duration::from_micros(by.micros().unsigned_abs());
    let _ = tokio::time::timeout(by, site.app.faults.cleared()).await;
}

/// Every path that can be made to fail.
fn endpoints() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().flat_map(|spec| spec.paths).copied().chain(LOGIN)
}

/// Whether a path is of a pattern, or, if that is enough, begins like it.
fn fits(pattern: &str, path: &str, begins: bool) -> bool {
    let mut parts = pattern.split('/');
    let all = path.trim_end_matches('/').split('/').all(|segment| {
        parts.next().is_some_and(|part| part == segment || (part.starts_with('{') && !segment.is_empty()))
    });
    all && (begins || parts.next().is_none())
}

fn shown(plan: &[Fault]) -> Value {
    let all = plan.iter().map(|Fault { what, on, left }| {
        json!({
            "fault": what.word(),
            "on": matches!(what, What::Call(_)).then_some(on),
            "times": left,
            "by": what.lasts().map(|by| by.to_string()),
            "percent": what.percent(),
        })
    });
    json!({ "faults": all.collect::<Value>() })
}

pub(super) async fn list(State(site): State<Arc<Site>>) -> Response {
    json(StatusCode::OK, shown(&site.app.faults.list()).to_string())
}

pub(super) async fn clear(State(site): State<Arc<Site>>) -> Response {
    site.app.faults.clear();
    json(StatusCode::OK, shown(&[]).to_string())
}

/// A line of the plan, as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
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
    "Send {\"fault\":\"500\",\"on\":\"/replenish\",\"times\":3}; \"by\" says for how long, \"percent\" by how much.";

pub(super) async fn add(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Problem> {
    let Asked { fault, on, times, by, percent } = read(&site, request.into_body(), USAGE).await?;
    let bad = |why: String| Problem::Service(Error::BadCommand(why));
    let by = by.map(|by| Span::parse(&by)).transpose().map_err(|e| bad(e.to_string()))?;
    let what = What::read(&fault, by, percent).map_err(bad)?;
    if on.is_some() && !matches!(what, What::Call(_)) {
        return Err(bad(format!("`{fault}` does not happen to a call: name no path")));
    }
    let on = format!("/{}", on.as_deref().unwrap_or_default().trim_matches('/'));
    if !endpoints().any(|pattern| fits(pattern, &on, true)) {
        let known = endpoints().collect::<Vec<_>>().join(", ");
        return Err(bad(format!("nothing at {on} can fail; what can: {known}")));
    }
    plan(&site.app, what, on, times)?;
    Ok(json(StatusCode::OK, shown(&site.app.faults.list()).to_string()))
}
