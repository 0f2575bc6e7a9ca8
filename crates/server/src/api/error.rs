//! The errors of the device API: status, exception name and message (docs/spec/calls.md#error-answers).
//!
//! Invariant: one exhaustive `match` over [`opendrs_service::ErrorKind`] gives the status. It is never 401 or 403, because
//! clients in the field refresh their token only on status 400 with the message `Invalid token`.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_domain::version::{ApiEndpoint, VersionHeaderError};
use opendrs_edge::error::{log, retry_after};
use opendrs_http::body::BodyError;
use opendrs_http::response::{ERROR_NAMESPACE, json};
use opendrs_service::{Error, ErrorKind};

const ERROR_TYPE_HEADER: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// An error of the device API.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// An error of a use case.
    Service(Error),
    /// A Replenish call for a slot that the model does not have: 404, while all other endpoints answer 400.
    SlotNotFound(Error),
    /// A version header that the version table does not allow.
    InvalidVersion(VersionHeaderError),
    /// The body cannot be parsed. The text states why.
    BadBody(String),
    /// The body is larger than the limit. The value is the limit in bytes.
    BodyTooLarge(usize),
    /// The request is ambiguous: a proxy may read it differently. The text states why.
    AmbiguousRequest(&'static str),
    /// The path does not exist.
    NotFound,
    /// The path exists, but not for this method.
    MethodNotAllowed,
}

impl ApiError {
    /// Converts an error of a use case at an endpoint.
    pub(super) fn for_endpoint(endpoint: ApiEndpoint, error: Error) -> Self {
        match (endpoint, &error) {
            (ApiEndpoint::Replenish, Error::UnknownSlot { .. }) => ApiError::SlotNotFound(error),
            _ => ApiError::Service(error),
        }
    }

    /// Converts an error of reading the body.
    pub(crate) fn of_body(why: BodyError) -> Self {
        match why {
            BodyError::TooLarge(limit) => ApiError::BodyTooLarge(limit),
            BodyError::Incomplete => ApiError::BadBody("The body did not arrive whole.".into()),
        }
    }

    fn response_parts(&self) -> (StatusCode, &'static str, String) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        match self {
            ApiError::Service(error) => service_error_parts(error),
            ApiError::SlotNotFound(error) => (StatusCode::NOT_FOUND, "ResourceNotFoundException", error.to_string()),
            ApiError::InvalidVersion(bad) => (BAD, "ValidationException", bad.to_string()),
            ApiError::BadBody(why) => (BAD, "ValidationException", why.clone()),
            ApiError::BodyTooLarge(limit) => {
                let limit = format!("The body is larger than {limit} bytes.");
                (StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", limit)
            }
            ApiError::AmbiguousRequest(why) => (BAD, "ValidationException", (*why).into()),
            ApiError::NotFound => {
                let message = "No such path. See the API's list at /-/openapi.json.".into();
                (StatusCode::NOT_FOUND, "UnknownOperationException", message)
            }
            ApiError::MethodNotAllowed => {
                let message = "This path does not take this method; the Allow header lists those it takes.".into();
                (StatusCode::METHOD_NOT_ALLOWED, "UnknownOperationException", message)
            }
        }
    }
}

fn service_error_parts(error: &Error) -> (StatusCode, &'static str, String) {
    const BAD: StatusCode = StatusCode::BAD_REQUEST;
    let (status, name) = match (error.kind(), error) {
        (ErrorKind::Unauthorized, Error::InvalidToken) => (BAD, "InvalidTokenException"),
        (ErrorKind::Conflict, Error::Unsubscribed(_)) => (BAD, "SlotUnsubscribedException"),
        (ErrorKind::NotFound, Error::UnknownEvent(_)) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        (ErrorKind::NotFound, _) => (BAD, "ResourceNotFoundException"),
        (ErrorKind::RateLimited(_), _) => (StatusCode::TOO_MANY_REQUESTS, "ThrottlingException"),
        (ErrorKind::Unavailable, _) => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException"),
        (ErrorKind::Internal, _) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailureException"),
        (ErrorKind::Unauthorized | ErrorKind::Conflict | ErrorKind::Closed | ErrorKind::Invalid, _) => {
            (BAD, "ValidationException")
        }
    };
    (status, name, error.to_string())
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        ApiError::Service(error)
    }
}

impl From<VersionHeaderError> for ApiError {
    fn from(bad: VersionHeaderError) -> Self {
        ApiError::InvalidVersion(bad)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let ApiError::Service(error) = &self {
            log(error);
        }
        let (status, name, message) = self.response_parts();
        let mut response = json(status, serde_json::json!({ "message": message }).to_string());
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::try_from(format!("{name}:{ERROR_NAMESPACE}")) {
            headers.insert(ERROR_TYPE_HEADER, value);
        }
        if let ApiError::Service(error) = &self
            && let Some(after) = retry_after(error)
        {
            headers.insert(RETRY_AFTER, after);
        }
        response
    }
}
