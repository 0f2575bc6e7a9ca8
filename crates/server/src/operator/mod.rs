//! `/-/events`: what an operator's programs may ask and do: list events, look at one, send them again.
//!
//! Here only where a token is set; without, the paths do not exist. Invariant: nothing of a request is read before its
//! token was found good; an answer holds a page, and a replay looks at so many events, whatever is asked.

pub mod event_json;

use crate::api::problem::Problem;
use crate::telemetry::refusals;
use crate::state::{Route, Site};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use opendrs_domain::id::{EventId, TopicId};
use opendrs_domain::login::form;
use opendrs_domain::time::Time;
use opendrs_http::body::read_body;
use opendrs_http::credentials::bearer;
use opendrs_http::response::json;
use opendrs_service::delivery::{self, Cursor, Which};
use opendrs_service::{Error, outbox, topic};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Events of a page, if nothing is said, and at most.
const PAGE: (i64, i64) = (50, 200);

/// The operator's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/-/events", list),
        Route::post("/-/events/replay", replay_range),
        Route::get("/-/events/{id}", show),
        Route::post("/-/events/{id}/replay", replay_one),
    ]
}

/// Why a request is not answered.
enum Refused {
    /// Its token is missing or wrong.
    Stranger,
    /// It asks for what is not there, or cannot be read.
    Problem(Problem),
}

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Stranger => {
                let words =
                    "Show the operator's token: Authorization: Bearer, and the first line of operator.token_file.";
                let mut response = json(StatusCode::UNAUTHORIZED, json!({ "message": words }).to_string());
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                response
            }
        }
    }
}

fn permit(site: &Site, request: &Request) -> Result<(), Refused> {
    let shown = bearer(request.headers());
    let why = match (&site.operator, shown) {
        (Some(operator), Some(shown)) if operator.is(&shown) => return Ok(()),
        (_, Some(_)) => "another token",
        (_, None) => "no token",
    };
    let source = site.sources.of_request(request.extensions(), request.headers());
    site.refusals.note(site.app.real_time(), refusals::Refused::Operator, &source, "", why);
    Err(Refused::Stranger)
}

fn bad(why: impl Into<String>) -> Refused {
    Problem::BadBody(why.into()).into()
}

fn good(answer: &Value) -> Response {
    json(StatusCode::OK, answer.to_string())
}

/// The newest events first; `limit` of them, `before` those that another page showed.
async fn list(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    permit(&site, &request)?;
    let fields = form::decode(request.uri().query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let (mut limit, mut before) = (PAGE.0, None);
    for (name, value) in fields {
        match name.as_str() {
            "limit" => {
                let read = value.parse().ok().filter(|limit| (1..=PAGE.1).contains(limit));
                limit = read.ok_or_else(|| bad(format!("limit is a number from 1 to {}.", PAGE.1)))?;
            }
            "before" => before = Some(cursor(&value)?),
            _ => return Err(bad("Ask with limit and before, or with neither.")),
        }
    }
    let found = outbox::list(&site.app, before, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|len| len == limit);
    let next = found.last().filter(|_| full).map(|last| place((last.event.at, last.event.id)));
    let events: Value = found.iter().map(|listed| event_json::object(&listed.event, listed.state)).collect();
    Ok(good(&json!({ "events": events, "before": next })))
}

async fn show(State(site): State<Arc<Site>>, Path(id): Path<String>, request: Request) -> Result<Response, Refused> {
    permit(&site, &request)?;
    Ok(good(&event_json::told(&delivery::story(&site.app, event(&id)?).await?)))
}

/// To whom, and whether only what was given up.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    topic: Option<String>,
    #[serde(default)]
    failed: bool,
}

async fn replay_one(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    permit(&site, &request)?;
    let id = event(&id)?;
    let body = read_body(request.into_body(), site.bodies).await.map_err(Problem::of_body)?;
    let One { topic, failed } = match body.is_empty() {
        true => One::default(),
        false => read(&body, "Send nothing, or {\"topic\":\"NAME\",\"failed\":true}.")?,
    };
    let to = receiver(&site, topic).await?;
    let count = delivery::replay(&site.app, Which::One(id), to, failed).await?;
    Ok(good(&json!({ "replayed": count })))
}

/// A range of time: its beginning and perhaps its end; or the rest of one, as the answer before named it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    since: Option<String>,
    until: Option<String>,
    rest: Option<String>,
    topic: Option<String>,
    #[serde(default)]
    failed: bool,
}

async fn replay_range(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    const USAGE: &str = "Send {\"since\":\"2018-03-02T07:00:00Z\"}, with \"until\", \"topic\" and \"failed\" if they \
                         matter; or {\"rest\":...} as the answer before named it, with the same topic and failed.";
    permit(&site, &request)?;
    let body = read_body(request.into_body(), site.bodies).await.map_err(Problem::of_body)?;
    let Range { since, until, rest, topic, failed } = read(&body, USAGE)?;
    let moment = |text: &str| event_json::moment(text).map_err(|why| bad(format!("{why}. {USAGE}")));
    let (last, until) = match (since, until, rest) {
        (Some(since), until, None) => {
            let until = until.as_deref().map_or(Ok(site.app.now()), moment)?;
            (delivery::from(moment(&since)?), until)
        }
        (None, None, Some(rest)) => {
            let (end, last) = rest.split_once('/').ok_or_else(|| bad(USAGE))?;
            (cursor(last)?, micros(end).ok_or_else(|| bad(USAGE))?)
        }
        _ => return Err(bad(USAGE)),
    };
    let to = receiver(&site, topic).await?;
    let (count, next) = delivery::replay_some(&site.app, last, until, to, failed).await?;
    let rest = next.map(|next| format!("{}/{}", until.micros(), place(next)));
    Ok(good(&json!({ "replayed": count, "rest": rest })))
}

fn read<'b, T: Deserialize<'b>>(body: &'b [u8], usage: &str) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|e| bad(format!("The body cannot be read: {e}. {usage}")))
}

fn event(text: &str) -> Result<EventId, Refused> {
    event_json::id(text).map_err(bad)
}

async fn receiver(site: &Site, name: Option<String>) -> Result<Option<TopicId>, Error> {
    match name {
        Some(name) => Ok(Some(topic::find(&site.app, &name).await?.id)),
        None => Ok(None),
    }
}

/// A place in the order of events, for whoever turns the page.
fn place((at, id): Cursor) -> String {
    format!("{}.{id}", at.micros())
}

fn cursor(text: &str) -> Result<Cursor, Refused> {
    let read = || {
        let (at, id) = text.split_once('.')?;
        Some((micros(at)?, EventId::parse(id).ok()?))
    };
    read().ok_or_else(|| bad("Take `before` and `rest` from an answer as they are."))
}

fn micros(text: &str) -> Option<Time> {
    text.parse().ok().map(Time::from_micros)
}
