//! The device API: every route on one screen, and the one order of checks (decisions 7).
//!
//! Route, token, versions, slot, body, then the endpoint's own rule. Invariant: routes come from the version table
//! ([`opendrs_domain::version::ENDPOINTS`]), so a path form exists here if and only if it stands there; and every answer
//! is JSON with status 200, or JSON with a `message`.

mod body;
mod calls;
pub mod openapi;
pub(crate) mod problem;

use crate::http::{self, BadBody};
use crate::site::Site;
use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use opendrs_domain::version::{ENDPOINTS, Endpoint, INPUT_HEADER, RESULT_HEADER, Spec, Version, full_name};
use opendrs_service::{Error, token};
use problem::Problem;
use std::sync::Arc;

const TYPE_VERSION: HeaderName = HeaderName::from_static("x-amzn-type-version");

/// Every route of the service role.
pub(crate) fn routes() -> Router<Arc<Site>> {
    let mut router = Router::new();
    for spec in &ENDPOINTS {
        for path in spec.paths {
            let handler = move |State(site): State<Arc<Site>>, params: RawPathParams, request: Request| async move {
                match serve(&site, spec, &params, request).await {
                    Ok(response) => response,
                    Err(problem) => problem.into_response(),
                }
            };
            router = router.route(path, on(method(spec), handler));
        }
    }
    router
}

fn method(spec: &Spec) -> MethodFilter {
    match spec.method {
        "GET" => MethodFilter::GET,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::POST,
    }
}

/// What an endpoint is called with, once all common checks are passed.
struct Call<'r> {
    site: &'r Site,
    caller: token::Caller,
    params: &'r RawPathParams,
    body: axum::body::Bytes,
    result: Version,
}

impl Call<'_> {
    /// A path parameter, decoded.
    fn param(&self, name: &str) -> &str {
        param(self.params, name).unwrap_or_default()
    }
}

fn param<'p>(params: &'p RawPathParams, name: &str) -> Option<&'p str> {
    params.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
}

async fn serve(
    site: &Site,
    spec: &'static Spec,
    params: &RawPathParams,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let token = http::bearer(&parts.headers);
    let slot = param(params, "slot");
    let input = spec.read_input(http::header(&parts.headers, INPUT_HEADER).as_deref());
    let result = spec.read_result(http::header(&parts.headers, RESULT_HEADER).as_deref());
    let body = http::read(body).await;
    if let (Endpoint::SlotStatus, Some(slot), Ok(_), Ok(result), Ok(body)) = (spec.endpoint, slot, &input, &result, &body)
        && let Some(json) = calls::hot_slot_status(site, token.as_deref(), slot, body).await
    {
        return Ok(done(spec, *result, json));
    }
    let caller = token::caller(&site.app, token.as_deref(), slot).await?;
    input?;
    let result = result?;
    if let (Some(slot), None) = (slot, &caller.slot) {
        let slot = slot.chars().filter(|c| !c.is_control()).take(64).collect();
        let unknown = Error::UnknownSlot { slot, model: caller.device.model_code.to_string() };
        return Err(Problem::at(spec.endpoint, unknown));
    }
    let body = body.map_err(|why| match why {
        BadBody::TooLarge => Problem::TooLarge,
        BadBody::Cut => Problem::BadBody("The body did not arrive whole.".into()),
    })?;
    let json = calls::call(spec.endpoint, Call { site, caller, params, body, result }).await?;
    Ok(done(spec, result, json))
}

fn done(spec: &Spec, result: Version, json: String) -> Response {
    let mut response = http::json(StatusCode::OK, json);
    if let Ok(value) = HeaderValue::try_from(full_name(spec.result, result)) {
        response.headers_mut().insert(TYPE_VERSION, value);
    }
    response
}
