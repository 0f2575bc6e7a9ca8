//! Every refusal of the device API: status, exception name, message (docs/spec/calls.md#error-answers).
//!
//! Invariant: one exhaustive `match` over [`opendrs_service::Error`]; never 401 or 403, since clients in the field refresh their token
//! on status 400 with the message `Invalid token` and on nothing else.

use crate::edge_error::{log, retry_after};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_domain::version::{BadVersion, Endpoint};
use opendrs_http::body::BodyError;
use opendrs_http::response::{ERROR_NAMESPACE, json};
use opendrs_service::Error;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// A refusal.
#[derive(Debug)]
pub(crate) enum Problem {
    /// By a use case.
    Service(Error),
    /// Replenish for a slot the model does not have: 404, where all others say 400.
    NoSuchSlot(Error),
    /// By the version table.
    Version(BadVersion),
    /// The body cannot be read.
    BadBody(String),
    /// The body is over the limit, in bytes.
    TooLarge(usize),
    /// Two readers of the request may take it for different ones; why.
    Ambiguous(&'static str),
    /// No such path.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed,
}

impl Problem {
    /// A use case's refusal at an endpoint.
    pub(super) fn at(endpoint: Endpoint, error: Error) -> Self {
        match (endpoint, &error) {
            (Endpoint::Replenish, Error::UnknownSlot { .. }) => Problem::NoSuchSlot(error),
            _ => Problem::Service(error),
        }
    }

    /// A body that could not be read.
    pub(crate) fn of_body(why: BodyError) -> Self {
        match why {
            BodyError::TooLarge(limit) => Problem::TooLarge(limit),
            BodyError::Incomplete => Problem::BadBody("The body did not arrive whole.".into()),
        }
    }

    fn parts(&self) -> (StatusCode, &'static str, String) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        match self {
            Problem::Service(error) => of_service(error),
            Problem::NoSuchSlot(error) => (StatusCode::NOT_FOUND, "ResourceNotFoundException", error.to_string()),
            Problem::Version(bad) => (BAD, "ValidationException", bad.to_string()),
            Problem::BadBody(why) => (BAD, "ValidationException", why.clone()),
            Problem::TooLarge(limit) => {
                let limit = format!("The body is larger than {limit} bytes.");
                (StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", limit)
            }
            Problem::Ambiguous(why) => (BAD, "ValidationException", (*why).into()),
            Problem::NotFound => {
                let message = "No such path. See the API's list at /-/openapi.json.".into();
                (StatusCode::NOT_FOUND, "UnknownOperationException", message)
            }
            Problem::MethodNotAllowed => {
                let message = "This path does not take this method; the Allow header lists those it takes.".into();
                (StatusCode::METHOD_NOT_ALLOWED, "UnknownOperationException", message)
            }
        }
    }
}

fn of_service(error: &Error) -> (StatusCode, &'static str, String) {
    let status = match error {
        Error::Throttled(_) | Error::TooOften(_) | Error::TooManyOrders(_) => StatusCode::TOO_MANY_REQUESTS,
        Error::UnknownEvent(_) => StatusCode::NOT_FOUND,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let name = match error {
        Error::InvalidToken => "InvalidTokenException",
        Error::UnknownSlot { .. } | Error::UnknownOrder | Error::UnknownEvent(_) => "ResourceNotFoundException",
        Error::Unsubscribed(_) => "SlotUnsubscribedException",
        Error::Throttled(_) | Error::TooOften(_) | Error::TooManyOrders(_) => "ThrottlingException",
        Error::Unavailable(_) => "ServiceUnavailableException",
        Error::Internal(_) => "InternalFailureException",
        Error::InsufficientScope(_)
        | Error::NotTestDevice
        | Error::OtherDevice { .. }
        | Error::BadField(_)
        | Error::NotCancelled(_)
        | Error::NotApproved(_)
        | Error::NotReported(_)
        | Error::OAuth { .. }
        | Error::WrongPassword
        | Error::Blocked
        | Error::SignupGone
        | Error::BadChoice(_)
        | Error::BadSeed { .. }
        | Error::BadCommand(_) => "ValidationException",
    };
    (status, name, error.to_string())
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Service(error)
    }
}

impl From<BadVersion> for Problem {
    fn from(bad: BadVersion) -> Self {
        Problem::Version(bad)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Problem::Service(error) = &self {
            log(error);
        }
        let (status, name, message) = self.parts();
        let mut response = json(status, serde_json::json!({ "message": message }).to_string());
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::try_from(format!("{name}:{ERROR_NAMESPACE}")) {
            headers.insert(ERROR_TYPE, value);
        }
        if let Problem::Service(error) = &self
            && let Some(after) = retry_after(error)
        {
            headers.insert(RETRY_AFTER, after);
        }
        response
    }
}
