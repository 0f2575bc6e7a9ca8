//! What every node answers whatever its roles: health, readiness, and the description of the device API.
//!
//! Invariant: nothing here tells of a device or a customer, so nobody has to show who they are.

use crate::api::error::ApiError;
use crate::api::openapi;
use crate::state::{AppState, Route};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_http::response::json;
use serde_json::json;
use std::sync::Arc;

/// Routes of every node.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/-/health", health), Route::get("/-/ready", ready), Route::get("/-/openapi.json", description)]
}

/// Healthy is: the store answers, and takes writes.
async fn health(State(site): State<Arc<AppState>>) -> Result<Response, ApiError> {
    opendrs_service::health::check(&site.app).await?;
    Ok(json(StatusCode::OK, json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }).to_string()))
}

/// Ready is: it takes calls, and goes on doing so. A node that is about to stop says no while it still answers, so that a
/// balancer sends nobody more. A store that is out of reach is no reason: it is so for every node, and calls are told.
async fn ready(State(site): State<Arc<AppState>>) -> Response {
    match site.is_shutting_down() {
        true => json(StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "stopping" }).to_string()),
        false => json(StatusCode::OK, json!({ "status": "ready" }).to_string()),
    }
}

async fn description(State(site): State<Arc<AppState>>) -> Response {
    json(StatusCode::OK, openapi::document(&site.urls.service).to_string())
}
