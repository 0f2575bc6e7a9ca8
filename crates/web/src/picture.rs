//! Serves pictures of models and products, and logos.
//!
//! Not here: which files are pictures, which the domain decides. Invariant: a picture has one path, which names its
//! content, so that browsers may keep it for ever.

use super::PageError;
use super::page_context::PageContext;
use super::page_image::immutable_file;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opendrs_domain::picture::PictureHash;
use opendrs_edge::state::AppState;
use opendrs_service::picture;
use std::sync::Arc;

/// Serves a picture under its own name. Anybody may load it, since a name cannot be guessed and pictures are no secrets.
pub(super) async fn get(State(state): State<Arc<AppState>>, Path(name): Path<String>) -> Result<Response, PageError> {
    let Some((hash, extension)) = name.split_once('.') else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let Some(hash) = PictureHash::parse(hash) else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let refused = PageError::with_context(&PageContext::english(&state));
    let found = picture::find(&state.app, hash).await.map_err(refused)?;
    Ok(match found.filter(|found| found.format.extension() == extension) {
        Some(found) => immutable_file(found.format.media_type(), found.bytes),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}
