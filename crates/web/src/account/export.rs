//! The export of everything that is stored about a customer: asks for it, and downloads it.
//!
//! Not here: what it holds. Invariants: asking for it needs the current password. The link to a prepared one works for
//! its signed-in customer only; for anybody else the page does not exist.

use super::profile::{RefusedForm, render_refused};
use super::{ACCOUNT_PATH, AccountPost, shown_in_form};
use crate::browser::BrowserSession;
use crate::signin::sign_in_page;
use crate::{PageError, missing, query_param, redirect_to, set_security_headers};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use opendrs_domain::time::Time;
use opendrs_edge::error::log;
use opendrs_edge::state::AppState;
use opendrs_service::export::{self, ExportDownload, RequestedExport};
use std::sync::Arc;

/// Where the page shows how far an export is.
const EXPORT_PART: &str = "/account#export";

/// Sends a small export at once. A large one is prepared, and the account's page says so.
pub(super) async fn post(
    State(state): State<Arc<AppState>>,
    AccountPost { browser, session, form, client }: AccountPost,
) -> Result<Response, PageError> {
    let password = form.get("password").unwrap_or_default();
    match export::request(&state.app, session.customer, password, &client.source).await {
        Ok(RequestedExport::Made(file)) => {
            let headers = file_headers(&state, state.app.now(), file.bytes.len() as u64);
            Ok((headers, file.bytes).into_response())
        }
        Ok(RequestedExport::Preparing) => Ok(redirect_to(StatusCode::SEE_OTHER, EXPORT_PART)),
        Err(error) => {
            let error = shown_in_form(&browser, &client.source, error)?;
            let refused = RefusedForm { field: "export_password", error: &error, form: &form };
            render_refused(&state, &browser, &session, refused).await
        }
    }
}

/// Downloads a prepared export. Somebody who signs in first goes on at the account's page, which has the link.
pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    browser: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let Some(session) = &browser.session else {
        return sign_in_page(&state, &browser, ACCOUNT_PATH, None, "").await;
    };
    let found = export::open(&state.app, session.customer, &query_param(&parts, "id")).await;
    match found.map_err(PageError::with_context(&browser.context))? {
        Some(download) => {
            let headers = file_headers(&state, download.made_at(), download.size());
            Ok((headers, stream_body(state, download)).into_response())
        }
        None => Ok(missing::not_found_page(&state, &parts)),
    }
}

/// A body that reads one piece at a time, so that a large export takes little memory.
fn stream_body(state: Arc<AppState>, download: ExportDownload) -> Body {
    Body::from_stream(stream::try_unfold((state, download), |(state, mut download)| async move {
        match download.next_piece(&state.app).await {
            Ok(piece) => Ok(piece.map(|piece| (piece, (state, download)))),
            Err(error) => {
                log(&error);
                Err(error)
            }
        }
    }))
}

/// The headers of the file, as of a time.
fn file_headers(state: &AppState, made_at: Time, size: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set_security_headers(state, &mut headers, "default-src 'none'; frame-ancestors 'none'");
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    let day: String = made_at.to_rfc3339_secs().chars().take(10).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"my-data-{day}.zip\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    headers
}
