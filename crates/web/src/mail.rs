//! Pages with the mails to customers, as they were or would have been sent. They are for development, and need no
//! sign-in.
//!
//! The pages are for developers and in English. A mail is in its reader's language. Invariant: these routes exist only
//! with a test clock or with the setting `mail.page`.

use super::page_context::{PageContext, PageFrame};
use super::page_image::picture_path;
use super::{PageError, query_param, render_page, set_security_headers};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::HeaderValue;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use opendrs_domain::language::Language;
use opendrs_domain::zone::Zone;
use opendrs_edge::state::AppState;
use opendrs_service::{Error, mail};
use opendrs_store::mail::StoredMail;
use opendrs_texts::ReaderTexts;
use opendrs_texts::compose::{ColourScheme, ComposedMail, MailLook};
use std::sync::Arc;

/// The number of mails in the list.
const MAX_LISTED: i64 = 50;

struct MailRow {
    id: String,
    to: String,
    at: String,
    state: &'static str,
    subject: String,
}

#[derive(Template)]
#[template(path = "mail/list.html")]
struct MailListPage {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    rows: Vec<MailRow>,
}

/// A composed mail.
struct ShownMail {
    row: MailRow,
    words: ComposedMail,
    /// The path of the logo; empty if the mail has none.
    logo: String,
}

/// A preview of a mail's HTML, in a frame.
struct MailPreview {
    title: &'static str,
    query: &'static str,
    /// The width of the frame in pixels.
    width: u32,
}

/// The previews: as a program with a wide window shows a mail, and as a telephone does.
const PREVIEWS: [MailPreview; 3] = [
    MailPreview { title: "Light", query: "scheme=light", width: 640 },
    MailPreview { title: "Dark", query: "scheme=dark", width: 640 },
    MailPreview { title: "Phone", query: "scheme=light", width: 360 },
];

#[derive(Template)]
#[template(path = "mail/show.html")]
struct MailPage<'a> {
    texts: &'static ReaderTexts,
    frame: PageFrame,
    row: MailRow,
    words: &'a ComposedMail,
    text: String,
    previews: &'static [MailPreview],
}

/// Composes a mail. The result is `None` if its customer no longer exists.
async fn compose_mail(state: &AppState, mail: &StoredMail) -> Result<Option<ShownMail>, Error> {
    let Some(letter) = mail::build_message(&state.app, mail).await? else { return Ok(None) };
    let words = ComposedMail::compose(&letter);
    let row = MailRow {
        id: mail.id.to_string(),
        to: letter.to.as_str().to_owned(),
        at: Language::English.format_time(mail.at, Zone::UTC),
        state: mail.state.as_str(),
        subject: words.subject.clone(),
    };
    let logo = letter.brand.brand.logo.as_ref().map(picture_path).unwrap_or_default();
    Ok(Some(ShownMail { row, words, logo }))
}

/// Whether a mail is shown. The links of mails about accounts open accounts, so only a server for tests shows them.
fn is_shown(state: &AppState, mail: &StoredMail) -> bool {
    state.app.test_clock().is_some() || mail.subject.device().is_some()
}

async fn find_composed(state: &AppState, id: &str) -> Result<ShownMail, Error> {
    let mail = mail::find(&state.app, id).await?;
    if !is_shown(state, &mail) {
        return Err(Error::InvalidCommand("mails about accounts are shown with --test-clock only".into()));
    }
    compose_mail(state, &mail)
        .await?
        .ok_or_else(|| Error::InvalidCommand("the text of this mail was deleted together with its customer".into()))
}

pub(super) async fn list(State(state): State<Arc<AppState>>) -> Result<Response, PageError> {
    let shown = PageContext::english(&state);
    let refused = PageError::with_context(&shown);
    let mut rows = Vec::new();
    let newest = mail::list_newest(&state.app, MAX_LISTED).await.map_err(&refused)?;
    for mail in newest.iter().rev().filter(|mail| is_shown(&state, mail)) {
        rows.extend(compose_mail(&state, mail).await.map_err(&refused)?.map(|found| found.row));
    }
    let template = MailListPage { texts: shown.texts, frame: shown.frame_without_languages(), rows };
    Ok(render_page(&shown, StatusCode::OK, &template, None))
}

/// Shows a mail: its text, its links, and its HTML in frames that run nothing.
pub(super) async fn show(State(state): State<Arc<AppState>>, Path(id): Path<String>) -> Result<Response, PageError> {
    let shown = PageContext::english(&state);
    let refused = PageError::with_context(&shown);
    let ShownMail { row, words, .. } = find_composed(&state, &id).await.map_err(&refused)?;
    let text = words.to_text().map_err(|e| refused(Error::Internal(e.to_string())))?;
    let template = MailPage {
        texts: shown.texts,
        frame: shown.frame_without_languages(),
        row,
        words: &words,
        text,
        previews: &PREVIEWS,
    };
    let mut response = render_page(&shown, StatusCode::OK, &template, None);
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'none'; \
                  frame-ancestors 'none'; base-uri 'none'";
    set_security_headers(&state, response.headers_mut(), policy);
    Ok(response)
}

/// Shows the HTML of a mail. Its styles are attributes of its elements, as mail programs need them. Only a page of this
/// server may frame it.
pub(super) async fn html(
    State(state): State<Arc<AppState>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, PageError> {
    let shown = PageContext::english(&state);
    let refused = PageError::with_context(&shown);
    let ShownMail { words, logo, .. } = find_composed(&state, &id).await.map_err(&refused)?;
    let scheme = match query_param(&parts, "scheme").as_str() {
        "light" => ColourScheme::Light,
        "dark" => ColourScheme::Dark,
        _ => ColourScheme::Preferred,
    };
    let look = MailLook { logo_url: &logo, scheme };
    let html = words.to_html_with(look).map_err(|e| refused(Error::Internal(e.to_string())))?;
    let mut response = html.into_response();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; \
                  frame-ancestors 'self'; base-uri 'none'";
    set_security_headers(&state, response.headers_mut(), policy);
    response.headers_mut().insert("x-frame-options", HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}
