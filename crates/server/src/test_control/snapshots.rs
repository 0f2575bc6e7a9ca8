//! `/-/snapshots`: saves, lists, loads and deletes snapshots of a test server.

use super::read_json;
use crate::api::error::ApiError;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::snapshot::Snapshot;
use opendrs_edge::state::AppState;
use opendrs_http::response::json;
use opendrs_service::snapshot;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A request: one of `save` and `load`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "an object")]
struct SnapshotRequest {
    save: Option<String>,
    #[serde(default)]
    replace: bool,
    load: Option<String>,
}

const USAGE: &str =
    "Send {\"save\":\"NAME\"}, with \"replace\":true to replace a snapshot of that name, or {\"load\":\"NAME\"}.";

fn snapshot_json(snapshot: &Snapshot) -> Value {
    json!({
        "name": snapshot.name.as_str(),
        "at": snapshot.at.to_rfc3339_millis(),
        "savedAt": snapshot.saved_at.to_rfc3339_millis(),
    })
}

pub(super) async fn list(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    let all: Vec<_> = snapshot::list(&state.app).await?.iter().map(snapshot_json).collect();
    Ok(json(StatusCode::OK, json!({ "snapshots": all }).to_string()))
}

pub(super) async fn post(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let done = match read_json(&state, request.into_body(), USAGE).await? {
        SnapshotRequest { save: Some(name), replace, load: None } => snapshot::save(&state.app, &name, replace).await?,
        SnapshotRequest { save: None, replace: false, load: Some(name) } => snapshot::load(&state.app, &name).await?,
        _ => return Err(ApiError::BadBody(USAGE.into())),
    };
    Ok(json(StatusCode::OK, snapshot_json(&done).to_string()))
}

pub(super) async fn remove(State(state): State<Arc<AppState>>, Path(name): Path<String>) -> Result<Response, ApiError> {
    snapshot::delete(&state.app, &name).await?;
    Ok(json(StatusCode::OK, "{}"))
}
