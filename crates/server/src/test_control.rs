//! The paths by which tests control a test server.
//!
//! Invariant: these paths exist only if the server has a test clock. They need no credentials. [`crate::same_site`]
//! guards them against pages of other sites.

mod clock;
pub(crate) mod faults;
mod snapshots;
mod trigger;

use crate::api::error::ApiError;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::json::parse_object;
use opendrs_edge::state::{AppState, Route};
use opendrs_http::body::read_body;
use opendrs_http::response::json;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The routes for tests.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/-/clock", clock::show_clock),
        Route::post("/-/clock", clock::change_clock),
        Route::post("/-/trigger", trigger::post),
        Route::get("/-/faults", faults::list_faults),
        Route::post("/-/faults", faults::add_fault),
        Route::delete("/-/faults", faults::clear_faults),
        Route::post("/-/reset", reset),
        Route::get("/-/snapshots", snapshots::list),
        Route::post("/-/snapshots", snapshots::post),
        Route::delete("/-/snapshots/{name}", snapshots::remove),
    ]
}

/// Deletes everything that customers and devices did.
async fn reset(State(state): State<Arc<AppState>>) -> Result<Response, ApiError> {
    opendrs_service::reset::reset(&state.app).await?;
    Ok(json(StatusCode::OK, "{}"))
}

/// Parses a JSON body. The usage follows the error text.
async fn read_json<T: DeserializeOwned>(state: &AppState, body: Body, usage: &str) -> Result<T, ApiError> {
    let body = read_body(body, state.body_limits).await.map_err(ApiError::of_body)?;
    parse_object(&body).map_err(|e| ApiError::BadBody(format!("The body cannot be read: {e}. {usage}")))
}
