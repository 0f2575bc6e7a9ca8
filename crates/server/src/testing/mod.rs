//! `/-/...` of a server for tests: what a test may ask to happen.
//!
//! Invariant: all of it is here only where the server was started with a clock that can be moved; without, its paths do
//! not exist. Whoever reaches such a server may, but for pages of other sites ([`crate::http`] guards these routes).

pub(crate) mod faults;
mod snapshots;
mod trigger;

use crate::api::problem::Problem;
use crate::http;
use crate::http::route::{Route, delete, get, post};
use crate::site::Site;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Routes of a server for tests.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        post("/-/trigger", trigger::post),
        get("/-/faults", faults::list),
        post("/-/faults", faults::add),
        delete("/-/faults", faults::clear),
        post("/-/reset", reset),
        get("/-/snapshots", snapshots::list),
        post("/-/snapshots", snapshots::post),
        delete("/-/snapshots/{name}", snapshots::remove),
    ]
}

/// Forgets what customers and devices did.
async fn reset(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    opendrs_service::reset::reset(&site.app).await?;
    Ok(http::json(StatusCode::OK, "{}"))
}

/// Reads a body of JSON; what it should be stands behind what is wrong with it.
async fn read<T: DeserializeOwned>(site: &Site, body: Body, usage: &str) -> Result<T, Problem> {
    let body = http::read(body, site.bodies).await.map_err(Problem::of_body)?;
    let bad = |e: serde_json::Error| Problem::BadBody(format!("The body cannot be read: {e}. {usage}"));
    serde_json::from_slice(&body).map_err(bad)
}
