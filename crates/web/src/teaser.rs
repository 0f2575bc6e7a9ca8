//! The teaser page: a description of automatic reordering, shown before anyone signs in
//! (docs/spec/setup-pages.md#teaser-page).
//!
//! Its buttons are plain links to the targets in the query, unchanged, because apps watch for them. A button without a
//! target is left out.

use super::browser::BrowserSession;
use super::page_context::{PageFrame, current_path};
use super::page_image::PageImage;
use super::{PageError, message_page, render_page};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::login::redirect;
use opendrs_edge::state::AppState;
use opendrs_http::request::query;
use opendrs_service::device;
use opendrs_texts::ReaderTexts;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "teaser.html")]
struct TeaserPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    model: &'a str,
    picture: Option<PageImage>,
    login: Option<&'a str>,
    later: Option<&'a str>,
    skip: Option<&'a str>,
}

/// Returns a link from the query unchanged, unless it would run code.
pub(super) fn link_param<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    found.filter(|uri| !uri.is_empty() && !redirect::is_script_uri(uri))
}

pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    BrowserSession { context: shown, .. }: BrowserSession,
    parts: Parts,
) -> Result<Response, PageError> {
    let texts = &shown.texts.teaser;
    let pairs = query(&parts.uri);
    let composite = link_param(&pairs, "compositeId").unwrap_or_default();
    let model =
        device::find_model_by_composite_id(&state.app, composite).await.map_err(PageError::with_context(&shown))?;
    let Some(model) = model else {
        return Ok(message_page(&shown, StatusCode::BAD_REQUEST, texts.unknown_model, texts.unknown_model_why));
    };
    let shown = shown.branded(model.maker).await?;
    let template = TeaserPage {
        texts: shown.texts,
        frame: shown.frame(current_path(&parts)),
        model: model.name_in(shown.texts.language),
        picture: PageImage::of(model.picture.as_ref()),
        login: link_param(&pairs, "loginUri"),
        later: link_param(&pairs, "remindLaterUri"),
        skip: link_param(&pairs, "skipUri"),
    };
    Ok(render_page(&shown, StatusCode::OK, &template, None))
}
