//! Customers' mail as it was, or would have been, sent: for development, shown to whoever asks.
//!
//! These pages are developers', and English; a mail speaks its reader's language. Invariant: these routes exist only
//! where the clock can be moved or `mail.page` says so.

use super::shown::{Other, Shown};
use super::{Refused, page, secure};
use crate::mail::words::Words;
use crate::state::Site;
use opendrs_texts::Texts;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opendrs_domain::language::Language;
use opendrs_service::{Error, mail};
use opendrs_store::mail::Mail;
use std::sync::Arc;

/// How many are listed.
const NEWEST: i64 = 50;

struct Row {
    id: String,
    to: String,
    at: String,
    state: &'static str,
    subject: String,
}

#[derive(Template)]
#[template(path = "mail/list.html")]
struct ListPage {
    texts: &'static Texts,
    switch: Vec<Other>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "mail/show.html")]
struct ShowPage<'a> {
    texts: &'static Texts,
    switch: Vec<Other>,
    row: Row,
    words: &'a Words,
    text: String,
}

/// A mail with its words; what is left of one whose customer is gone is nothing to show.
async fn written(site: &Site, mail: &Mail) -> Result<Option<(Row, Words)>, Error> {
    let Some(letter) = mail::letter(&site.app, mail).await? else { return Ok(None) };
    let words = Words::of(&letter);
    let row = Row {
        id: mail.id.to_string(),
        to: letter.to.as_str().to_owned(),
        at: Language::English.moment(mail.at),
        state: mail.state.as_str(),
        subject: words.subject.clone(),
    };
    Ok(Some((row, words)))
}

async fn find(site: &Site, id: &str) -> Result<(Row, Words), Error> {
    let mail = mail::find(&site.app, id).await?;
    written(site, &mail).await?.ok_or_else(|| Error::BadCommand("the customer of this mail is gone".into()))
}

pub(super) async fn list(State(site): State<Arc<Site>>) -> Result<Response, Refused> {
    let shown = Shown::english(&site);
    let refused = Refused::by(&shown);
    let mut rows = Vec::new();
    for mail in mail::newest(&site.app, NEWEST).await.map_err(&refused)?.iter().rev() {
        rows.extend(written(&site, mail).await.map_err(&refused)?.map(|(row, _)| row));
    }
    let template = ListPage { texts: shown.texts, switch: Vec::new(), rows };
    Ok(page(&shown, StatusCode::OK, &template, None))
}

pub(super) async fn show(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Result<Response, Refused> {
    let shown = Shown::english(&site);
    let refused = Refused::by(&shown);
    let (row, words) = find(&site, &id).await.map_err(&refused)?;
    let text = words.text().map_err(|e| refused(Error::Internal(e.to_string())))?;
    let template = ShowPage { texts: shown.texts, switch: Vec::new(), row, words: &words, text };
    Ok(page(&shown, StatusCode::OK, &template, None))
}

/// The HTML form by itself. Its styles stand on its elements, as mail programs want them.
pub(super) async fn html(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Result<Response, Refused> {
    let shown = Shown::english(&site);
    let refused = Refused::by(&shown);
    let (_, words) = find(&site, &id).await.map_err(&refused)?;
    let html = words.html().map_err(|e| refused(Error::Internal(e.to_string())))?;
    let mut response = html.into_response();
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
    secure(&site, response.headers_mut(), policy);
    Ok(response)
}
