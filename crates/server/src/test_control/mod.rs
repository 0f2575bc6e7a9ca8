//! `/-/...` of a server for tests: what a test may ask to happen.
//!
//! Invariant: all of it is here only where the server was started with a clock that can be moved; without, its paths do
//! not exist. Whoever reaches such a server may, but for pages of other sites ([`crate::same_site`] guards these routes).

mod clock;
pub(crate) mod faults;
mod snapshots;
mod trigger;

use crate::api::problem::Problem;
use crate::state::{Route, Site};
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_http::body::read_body;
use opendrs_http::response::json;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Routes of a server for tests.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/-/clock", clock::show),
        Route::post("/-/clock", clock::change),
        Route::post("/-/trigger", trigger::post),
        Route::get("/-/faults", faults::list),
        Route::post("/-/faults", faults::add),
        Route::delete("/-/faults", faults::clear),
        Route::post("/-/reset", reset),
        Route::get("/-/snapshots", snapshots::list),
        Route::post("/-/snapshots", snapshots::post),
        Route::delete("/-/snapshots/{name}", snapshots::remove),
    ]
}

/// Forgets what customers and devices did.
async fn reset(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    opendrs_service::reset::reset(&site.app).await?;
    Ok(json(StatusCode::OK, "{}"))
}

/// Reads a body of JSON; what it should be stands behind what is wrong with it.
async fn read<T: DeserializeOwned>(site: &Site, body: Body, usage: &str) -> Result<T, Problem> {
    let body = read_body(body, site.bodies).await.map_err(Problem::of_body)?;
    let bad = |e: serde_json::Error| Problem::BadBody(format!("The body cannot be read: {e}. {usage}"));
    serde_json::from_slice(&body).map_err(bad)
}
