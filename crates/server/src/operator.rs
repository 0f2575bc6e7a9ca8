//! `/-/events`, the operator API: it lists events, shows one event, and replays events.
//!
//! The paths exist only if the settings have a token. Invariant: a request is not parsed before its token has been
//! checked. An answer has at most one page of events, and a replay examines a bounded number of events, whatever the
//! request.

pub mod event_json;

use crate::api::error::ApiError;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use opendrs_domain::id::{EventId, ReceiverId};
use opendrs_domain::json::parse_object;
use opendrs_domain::login::form;
use opendrs_domain::time::Time;
use opendrs_edge::refusal_log;
use opendrs_edge::state::{AppState, Route};
use opendrs_http::body::read_body;
use opendrs_http::credentials::bearer_token;
use opendrs_http::response::json;
use opendrs_service::delivery::{self, ReplaySelection, ReplayedPage};
use opendrs_service::{Error, outbox, receiver};
use opendrs_store::outbox::EventCursor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// The number of events in a page: the default and the maximum.
const PAGE_SIZE: (i64, i64) = (50, 200);

/// The routes of the operator API.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/-/events", list_events),
        Route::post("/-/events/replay", replay_range),
        Route::get("/-/events/{id}", show_event),
        Route::post("/-/events/{id}/replay", replay_one),
    ]
}

/// The error of a request to the operator API.
enum OperatorError {
    /// The token is missing or wrong.
    Unauthorized,
    /// The request names something that does not exist, or cannot be parsed.
    Api(ApiError),
}

impl<P: Into<ApiError>> From<P> for OperatorError {
    fn from(problem: P) -> Self {
        Self::Api(problem.into())
    }
}

impl IntoResponse for OperatorError {
    fn into_response(self) -> Response {
        match self {
            Self::Api(problem) => problem.into_response(),
            Self::Unauthorized => {
                let words =
                    "Send the operator's token: Authorization: Bearer, and the first line of operator.token_file.";
                let mut response = json(StatusCode::UNAUTHORIZED, json!({ "message": words }).to_string());
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                response
            }
        }
    }
}

fn require_token(state: &AppState, request: &Request) -> Result<(), OperatorError> {
    let shown = bearer_token(request.headers());
    let why = match (&state.operator_token, shown) {
        (Some(operator), Some(shown)) if operator.matches(&shown) => return Ok(()),
        (_, Some(_)) => "wrong token",
        (_, None) => "no token",
    };
    let source = state.sources.of_request(request.extensions(), request.headers());
    state.refusal_log.record(state.app.system_time(), refusal_log::RefusalKind::Operator, &source, "", why);
    Err(OperatorError::Unauthorized)
}

fn bad_request(why: impl Into<String>) -> OperatorError {
    ApiError::BadBody(why.into()).into()
}

fn ok_json(answer: &Value) -> Response {
    json(StatusCode::OK, answer.to_string())
}

/// Lists the newest events first. `limit` is their number; `before` is the cursor that an earlier page returned.
async fn list_events(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, OperatorError> {
    require_token(&state, &request)?;
    let fields = form::decode_pairs(request.uri().query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let (mut limit, mut before) = (PAGE_SIZE.0, None);
    for (name, value) in fields {
        match name.as_str() {
            "limit" => {
                let read = value.parse().ok().filter(|limit| (1..=PAGE_SIZE.1).contains(limit));
                limit =
                    read.ok_or_else(|| bad_request(format!("limit must be a number from 1 to {}.", PAGE_SIZE.1)))?;
            }
            "before" => before = Some(parse_cursor(&value)?),
            _ => return Err(bad_request("Use no parameters except limit and before.")),
        }
    }
    let found = outbox::list(&state.app, before, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|len| len == limit);
    let next =
        found.last().filter(|_| full).map(|last| format_cursor(EventCursor { at: last.event.at, id: last.event.id }));
    let events: Value = found.iter().map(|listed| event_json::event_json(&listed.event, listed.state)).collect();
    Ok(ok_json(&json!({ "events": events, "before": next })))
}

async fn show_event(
    State(state): State<Arc<AppState>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, OperatorError> {
    require_token(&state, &request)?;
    Ok(ok_json(&event_json::event_history_json(&delivery::load_event_history(&state.app, parse_event_id(&id)?).await?)))
}

/// The receiver of the replay, and whether only dead deliveries are replayed.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "an object")]
struct ReplayOneRequest {
    topic: Option<String>,
    #[serde(default)]
    failed: bool,
}

async fn replay_one(
    State(state): State<Arc<AppState>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, OperatorError> {
    require_token(&state, &request)?;
    let id = parse_event_id(&id)?;
    let body = read_body(request.into_body(), state.body_limits).await.map_err(ApiError::of_body)?;
    let ReplayOneRequest { topic, failed } = if body.is_empty() {
        ReplayOneRequest::default()
    } else {
        parse_body(&body, "Send no body, or {\"topic\":\"NAME\",\"failed\":true}.")?
    };
    let to = find_receiver_id(&state, topic).await?;
    let count = delivery::replay(&state.app, ReplaySelection::Event(id), to, failed).await?;
    Ok(ok_json(&json!({ "replayed": count })))
}

/// A time range with an optional end, or the rest of a range as an earlier answer returned it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "an object")]
struct ReplayRangeRequest {
    since: Option<String>,
    until: Option<String>,
    rest: Option<String>,
    topic: Option<String>,
    #[serde(default)]
    failed: bool,
}

async fn replay_range(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, OperatorError> {
    const USAGE: &str = "Send {\"since\":\"2018-03-02T07:00:00Z\"}, optionally with \"until\", \"topic\" and \
                         \"failed\"; or {\"rest\":...} from the previous answer, with the same topic and failed.";
    require_token(&state, &request)?;
    let body = read_body(request.into_body(), state.body_limits).await.map_err(ApiError::of_body)?;
    let ReplayRangeRequest { since, until, rest, topic, failed } = parse_body(&body, USAGE)?;
    let moment = |text: &str| event_json::parse_moment(text).map_err(|why| bad_request(format!("{why}. {USAGE}")));
    let (last, until) = match (since, until, rest) {
        (Some(since), until, None) => {
            let until = until.as_deref().map_or(Ok(state.app.now()), moment)?;
            (delivery::start_cursor(moment(&since)?), until)
        }
        (None, None, Some(rest)) => {
            let (end, last) = rest.split_once('/').ok_or_else(|| bad_request(USAGE))?;
            (parse_cursor(last)?, parse_micros(end).ok_or_else(|| bad_request(USAGE))?)
        }
        _ => return Err(bad_request(USAGE)),
    };
    let to = find_receiver_id(&state, topic).await?;
    let ReplayedPage { count, next } = delivery::replay_page(&state.app, last, until, to, failed).await?;
    let rest = next.map(|next| format!("{}/{}", until.as_micros(), format_cursor(next)));
    Ok(ok_json(&json!({ "replayed": count, "rest": rest })))
}

fn parse_body<T: DeserializeOwned>(body: &[u8], usage: &str) -> Result<T, OperatorError> {
    parse_object(body).map_err(|e| bad_request(format!("The body cannot be read: {e}. {usage}")))
}

fn parse_event_id(text: &str) -> Result<EventId, OperatorError> {
    event_json::parse_event_id(text).map_err(bad_request)
}

async fn find_receiver_id(state: &AppState, name: Option<String>) -> Result<Option<ReceiverId>, Error> {
    match name {
        Some(name) => Ok(Some(receiver::find(&state.app, &name).await?.id)),
        None => Ok(None),
    }
}

/// Formats a cursor: a place in the order of events.
fn format_cursor(EventCursor { at, id }: EventCursor) -> String {
    format!("{}.{id}", at.as_micros())
}

fn parse_cursor(text: &str) -> Result<EventCursor, OperatorError> {
    let read = || {
        let (at, id) = text.split_once('.')?;
        Some(EventCursor { at: parse_micros(at)?, id: EventId::parse(id).ok()? })
    };
    read().ok_or_else(|| bad_request("Use `before` and `rest` unchanged from an answer."))
}

fn parse_micros(text: &str) -> Option<Time> {
    text.parse().ok().map(Time::from_micros)
}
