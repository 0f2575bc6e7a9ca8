//! `/-/fulfilment`: reports of the webhook back end. `/-/fulfilment/vendure`: hints of a shop that an order changed. A
//! hint only causes a poll of the order.
//!
//! Invariant: a body is not parsed before its signature has been checked. Without secrets in the settings no signature
//! is valid. An error explains itself only to a caller with a valid signature.

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::wire::webhook::{SignedHeaders, WebhookSecret};
use opendrs_edge::error::{log, retry_after};
use opendrs_edge::state::{AppState, Route};
use opendrs_http::body::{BodyError, read_body};
use opendrs_http::response::json;
use opendrs_service::fulfilment::webhook::{UnsolicitedReport, parse_unsolicited_report};
use opendrs_service::fulfilment::{ReportSource, ReportedOrder, apply_report, find_job, record_hint, vendure};
use opendrs_service::{Error, ErrorKind};
use serde_json::json as value;
use std::sync::Arc;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::post("/-/fulfilment", receive_report), Route::post("/-/fulfilment/vendure", receive_vendure_hint)]
}

async fn receive_report(State(state): State<Arc<AppState>>, request: Request) -> Response {
    let hook = state.app.settings.fulfilment.webhook.as_ref();
    handle_signed(&state, hook.map_or(&[], |hook| &hook.secrets), request, async |body| report(&state, body).await)
        .await
}

async fn receive_vendure_hint(State(state): State<Arc<AppState>>, request: Request) -> Response {
    let shop = state.app.settings.fulfilment.vendure.as_ref();
    let look = async |body: &Bytes| {
        let known = record_hint(&state.app, vendure::parse_hint(body).map_err(Error::malformed)?).await?;
        Ok(json(StatusCode::OK, value!({ "known": known }).to_string()))
    };
    handle_signed(&state, shop.map_or(&[], |shop| &shop.hint_secrets), request, look).await
}

/// Answers a request that is signed with one of these secrets.
async fn handle_signed(
    state: &AppState,
    secrets: &[WebhookSecret],
    request: Request,
    take: impl AsyncFnOnce(&Bytes) -> Result<Response, Error>,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match read_body(body, state.body_limits).await {
        Ok(body) => body,
        Err(BodyError::TooLarge(_)) => return error_response(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        Err(BodyError::Incomplete) => return error_response(StatusCode::BAD_REQUEST, "The body did not arrive whole."),
    };
    if !has_valid_signature(state, secrets, &parts.headers, &body) {
        let text = "The signature is missing, wrong or older than five minutes.";
        return error_response(StatusCode::UNAUTHORIZED, text);
    }
    match take(&body).await {
        Ok(answer) => answer,
        Err(error) => {
            log(&error);
            let words = match &error {
                Error::UnknownOrder => "This back end has no such order.".to_owned(),
                error => error.to_string(),
            };
            let mut response = error_response(error_status(&error), &words);
            response.headers_mut().extend(retry_after(&error).map(|after| (RETRY_AFTER, after)));
            response
        }
    }
}

fn has_valid_signature(state: &AppState, secrets: &[WebhookSecret], headers: &HeaderMap, body: &Bytes) -> bool {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let signed = || {
        let [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
        Some(SignedHeaders { id: id?, timestamp: timestamp?, signature: signature? })
    };
    signed().is_some_and(|signed| signed.verify(secrets, state.app.system_time(), body))
}

async fn report(state: &AppState, body: &Bytes) -> Result<Response, Error> {
    let UnsolicitedReport { instance, report } = parse_unsolicited_report(body).map_err(Error::malformed)?;
    let order = find_job(&state.app, &instance).await?.order;
    // This back end must not see orders of other back ends.
    if order.backend != Backend::Webhook {
        return Err(Error::UnknownOrder);
    }
    let ReportedOrder { order, changed } = match report {
        Some(report) => apply_report(&state.app, &instance, report, ReportSource::Backend).await?,
        None => ReportedOrder { order, changed: false },
    };
    let problem = order.problem.map(opendrs_domain::order::OrderProblem::as_str);
    let answer = value!({ "state": order.state.as_str(), "problem": problem, "changed": changed });
    Ok(json(StatusCode::OK, answer.to_string()))
}

fn error_response(status: StatusCode, message: &str) -> Response {
    json(status, value!({ "message": message }).to_string())
}

fn error_status(error: &Error) -> StatusCode {
    match error.kind() {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unauthorized | ErrorKind::Closed | ErrorKind::Invalid => StatusCode::BAD_REQUEST,
    }
}
