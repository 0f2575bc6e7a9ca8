//! Answers to requests for paths and methods that do not exist, for browsers and programs.
//!
//! Invariant: programs get the JSON that they expect. Only a request that accepts HTML gets a page, with the same
//! status and headers.

use crate::api::error::ApiError;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use opendrs_edge::state::AppState;
use opendrs_web::missing::{accepts_html, method_not_allowed_page, not_found_page};
use std::sync::Arc;

/// Responds to a path that does not exist.
pub(crate) async fn not_found(State(state): State<Arc<AppState>>, parts: Parts) -> Response {
    if accepts_html(&parts) { not_found_page(&state, &parts) } else { ApiError::NotFound.into_response() }
}

/// Responds to a method that a path does not accept.
pub(crate) async fn method_not_allowed(State(state): State<Arc<AppState>>, parts: Parts) -> Response {
    if accepts_html(&parts) {
        method_not_allowed_page(&state, &parts)
    } else {
        ApiError::MethodNotAllowed.into_response()
    }
}
