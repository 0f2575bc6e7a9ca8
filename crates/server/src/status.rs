//! The routes of every node, whatever its roles: health, readiness, and the OpenAPI document of the device API.
//!
//! Invariant: these answers contain nothing about devices or customers, so they need no credentials.

use crate::api::error::ApiError;
use crate::api::openapi;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_edge::state::{AppState, Route};
use opendrs_http::response::json;
use serde_json::json;
use std::sync::Arc;

/// The routes of every node.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/-/health", health), Route::get("/-/ready", ready), Route::get("/-/openapi.json", description)]
}

/// Healthy means that the store answers and accepts writes.
async fn health(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    opendrs_service::health::check(&state.app).await?;
    Ok(json(StatusCode::OK, json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }).to_string()))
}

/// Ready means that the node accepts calls and will continue to do so. A node that is about to stop is not ready,
/// although it still answers, so that a load balancer sends it no more calls. An unavailable store does not count: it
/// is unavailable for every node, and calls get an error.
async fn ready(State(state): State<Arc<AppState>>) -> Response {
    if state.is_shutting_down() {
        json(StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "stopping" }).to_string())
    } else {
        json(StatusCode::OK, json!({ "status": "ready" }).to_string())
    }
}

async fn description(State(state): State<Arc<AppState>>) -> Response {
    json(StatusCode::OK, openapi::document(&state.urls.service).to_string())
}
