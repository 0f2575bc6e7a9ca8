//! `/-/snapshots`: states that are kept and come back.

use opendrs_http::response::json;
use super::read;
use crate::api::problem::Problem;
use crate::state::Site;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::snapshot::Snapshot;
use opendrs_service::snapshot;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What may be asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    save: Option<String>,
    #[serde(default)]
    replace: bool,
    load: Option<String>,
}

const USAGE: &str =
    "Send {\"save\":\"NAME\"}, with \"replace\":true to let go of one of that name, or {\"load\":\"NAME\"}.";

fn told(snapshot: &Snapshot) -> Value {
    json!({
        "name": snapshot.name.as_str(),
        "at": snapshot.at.to_millis_text(),
        "savedAt": snapshot.saved_at.to_millis_text(),
    })
}

pub(super) async fn list(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let all: Vec<_> = snapshot::list(&site.app).await?.iter().map(told).collect();
    Ok(json(StatusCode::OK, json!({ "snapshots": all }).to_string()))
}

pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Problem> {
    let done = match read(&site, request.into_body(), USAGE).await? {
        Asked { save: Some(name), replace, load: None } => snapshot::save(&site.app, &name, replace).await?,
        Asked { save: None, replace: false, load: Some(name) } => snapshot::load(&site.app, &name).await?,
        _ => return Err(Problem::BadBody(USAGE.into())),
    };
    Ok(json(StatusCode::OK, told(&done).to_string()))
}

pub(super) async fn remove(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Result<Response, Problem> {
    snapshot::delete(&site.app, &name).await?;
    Ok(json(StatusCode::OK, "{}"))
}
