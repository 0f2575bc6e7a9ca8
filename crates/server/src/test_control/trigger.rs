//! `POST /-/trigger`: a notification on request.

use opendrs_http::response::json;
use super::read;
use crate::api::problem::Problem;
use crate::state::Site;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::notification::Kind;
use opendrs_domain::version::Version;
use opendrs_service::Error;
use opendrs_service::trigger::{Trigger, trigger};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What may be asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    r#type: String,
    device: String,
    slot: Option<String>,
    version: Option<String>,
}

const USAGE: &str =
    "Send {\"type\":\"item-shipped\",\"device\":\"SERIAL\",\"slot\":\"SLOT\"}, and \"version\" if it matters.";

pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Problem> {
    let Asked { r#type, device, slot, version } = read(&site, request.into_body(), USAGE).await?;
    let kind = Kind::named(&r#type).ok_or_else(|| {
        let known = Kind::ALL.map(Kind::word).join(", ");
        Error::BadCommand(format!("`{}` is no type of notification: name one of {known}", r#type.escape_default()))
    })?;
    let bad = |text: String| Error::BadCommand(format!("`{text}` is no version: write 1.0 or 2.0"));
    let version = version.map(|text| Version::parse(&text).ok_or_else(|| bad(text))).transpose()?;
    let done = trigger(&site.app, Trigger { kind, device, slot, version }).await?;
    let answer = json!({
        "event": done.event.id.to_string(),
        "type": done.event.kind().wire_name(),
        "model": done.event.model,
        "serial": done.event.serial,
        "topics": done.topics,
    });
    Ok(json(StatusCode::OK, answer.to_string()))
}
