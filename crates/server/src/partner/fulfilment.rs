//! `/-/fulfilment`: the word of the back end that is another system; `/-/fulfilment/vendure`: a shop's hint to look at an
//! order, which is never taken at its word.
//!
//! Invariant: nothing of a request is read before its signature was found good; without secrets in the settings none is.
//! A refusal says what to change to whoever has the secret, and to others only that they have not.

use crate::edge_error::{log, retry_after};
use crate::state::{Route, Site};
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::wire::webhook::{Secret, Signed};
use opendrs_http::body::{BodyError, read_body};
use opendrs_http::response::json;
use opendrs_service::Error;
use opendrs_service::fulfilment::webhook::told;
use opendrs_service::fulfilment::{Speaker, find, hint, report, vendure};
use serde_json::json as value;
use std::sync::Arc;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::post("/-/fulfilment", heard), Route::post("/-/fulfilment/vendure", hinted)]
}

async fn heard(State(site): State<Arc<Site>>, request: Request) -> Response {
    let hook = site.app.settings.fulfilment.webhook.as_ref();
    answer(&site, hook.map_or(&[], |hook| &hook.secrets), request, async |body| take(&site, body).await).await
}

async fn hinted(State(site): State<Arc<Site>>, request: Request) -> Response {
    let shop = site.app.settings.fulfilment.vendure.as_ref();
    let look = async |body: &Bytes| {
        let known = hint(&site.app, vendure::hinted(body).map_err(Error::malformed)?).await?;
        Ok(json(StatusCode::OK, value!({ "known": known }).to_string()))
    };
    answer(&site, shop.map_or(&[], |shop| &shop.hint_secrets), request, look).await
}

/// Answers a request that one of these secrets has signed.
async fn answer(
    site: &Site,
    secrets: &[Secret],
    request: Request,
    take: impl AsyncFnOnce(&Bytes) -> Result<Response, Error>,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match read_body(body, site.bodies).await {
        Ok(body) => body,
        Err(BodyError::TooLarge(_)) => return refuse(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        Err(BodyError::Incomplete) => return refuse(StatusCode::BAD_REQUEST, "The body did not arrive whole."),
    };
    if !is_signed(site, secrets, &parts.headers, &body) {
        let text = "The signature is missing, wrong or older than five minutes.";
        return refuse(StatusCode::UNAUTHORIZED, text);
    }
    match take(&body).await {
        Ok(answer) => answer,
        Err(error) => {
            log(&error);
            let words = match &error {
                Error::UnknownOrder => "This back end has no such order.".to_owned(),
                error => error.to_string(),
            };
            let mut response = refuse(status(&error), &words);
            response.headers_mut().extend(retry_after(&error).map(|after| (RETRY_AFTER, after)));
            response
        }
    }
}

fn is_signed(site: &Site, secrets: &[Secret], headers: &HeaderMap, body: &Bytes) -> bool {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let signed = || {
        let [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
        Some(Signed { id: id?, timestamp: timestamp?, signature: signature? })
    };
    signed().is_some_and(|signed| signed.is_good(secrets, site.app.real_time(), body))
}

async fn take(site: &Site, body: &Bytes) -> Result<Response, Error> {
    let (instance, word) = told(body).map_err(Error::malformed)?;
    let mut order = find(&site.app, &instance).await?.order;
    // Another back end's orders are not there for this one.
    if order.backend != Backend::Webhook {
        return Err(Error::UnknownOrder);
    }
    let mut changed = false;
    if let Some(word) = word {
        (order, changed) = report(&site.app, &instance, word, Speaker::Backend).await?;
    }
    let problem = order.problem.map(opendrs_domain::order::Problem::as_str);
    let answer = value!({ "state": order.state.as_str(), "problem": problem, "changed": changed });
    Ok(json(StatusCode::OK, answer.to_string()))
}

fn refuse(status: StatusCode, message: &str) -> Response {
    json(status, value!({ "message": message }).to_string())
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::UnknownOrder => StatusCode::NOT_FOUND,
        Error::NotReported(_) => StatusCode::CONFLICT,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Error::Throttled(_) | Error::TooOften(_) | Error::TooManyOrders(_) => StatusCode::TOO_MANY_REQUESTS,
        Error::InvalidToken
        | Error::InsufficientScope(_)
        | Error::UnknownSlot { .. }
        | Error::Unsubscribed(_)
        | Error::NotTestDevice
        | Error::OtherDevice { .. }
        | Error::BadField(_)
        | Error::NotCancelled(_)
        | Error::NotApproved(_)
        | Error::OAuth { .. }
        | Error::WrongPassword
        | Error::Blocked
        | Error::SignupGone
        | Error::BadChoice(_)
        | Error::UnknownEvent(_)
        | Error::BadSeed { .. }
        | Error::BadCommand(_) => StatusCode::BAD_REQUEST,
    }
}
