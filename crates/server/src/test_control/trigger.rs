//! `POST /-/trigger`: sends a notification on request.

use super::read_json;
use crate::api::error::ApiError;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::notification::NotificationType;
use opendrs_domain::version::Version;
use opendrs_edge::state::AppState;
use opendrs_http::response::json;
use opendrs_service::Error;
use opendrs_service::trigger::{TriggerNotification, trigger};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// A request: the notification type, and the device by its serial.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "an object")]
struct TriggerRequest {
    r#type: String,
    device: String,
    slot: Option<String>,
    version: Option<String>,
}

const USAGE: &str =
    "Send {\"type\":\"item-shipped\",\"device\":\"SERIAL\",\"slot\":\"SLOT\"}, and optionally \"version\".";

pub(super) async fn post(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let TriggerRequest { r#type, device, slot, version } = read_json(&state, request.into_body(), USAGE).await?;
    let kind = NotificationType::parse_lenient(&r#type).ok_or_else(|| {
        let known = NotificationType::ALL.map(NotificationType::cli_name).join(", ");
        Error::InvalidCommand(format!("`{}` is not a notification type: use one of {known}", r#type.escape_default()))
    })?;
    let bad = |text: String| Error::InvalidCommand(format!("`{text}` is not a version: write 1.0 or 2.0"));
    let version = version.map(|text| Version::parse(&text).ok_or_else(|| bad(text))).transpose()?;
    let done = trigger(&state.app, TriggerNotification { kind, device, slot, version }).await?;
    let answer = json!({
        "event": done.event.id.to_string(),
        "type": done.event.notification_type().wire_name(),
        "model": done.event.model,
        "serial": done.event.serial,
        "topics": done.receiver_count,
    });
    Ok(json(StatusCode::OK, answer.to_string()))
}
