//! `/-/...` of a server for tests: what a test may ask to happen.
//!
//! Invariant: all of it is here only where the server was started with a clock that can be moved; without, its paths do
//! not exist. Nothing of it is guarded: whoever reaches such a server may.

mod trigger;

use crate::api::problem::Problem;
use crate::http;
use crate::http::route::{Route, post};
use crate::site::Site;
use axum::body::Body;
use serde::de::DeserializeOwned;

/// Routes of a server for tests.
pub(crate) fn routes() -> Vec<Route> {
    vec![post("/-/trigger", trigger::post)]
}

/// Reads a body of JSON; what it should be stands behind what is wrong with it.
async fn read<T: DeserializeOwned>(site: &Site, body: Body, usage: &str) -> Result<T, Problem> {
    let body = http::read(body, site.bodies).await.map_err(Problem::of_body)?;
    let bad = |e: serde_json::Error| Problem::BadBody(format!("The body cannot be read: {e}. {usage}"));
    serde_json::from_slice(&body).map_err(bad)
}
