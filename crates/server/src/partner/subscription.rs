//! The requests of receivers, in the form of Amazon SNS's queries (docs/spec/delivery.md#sns-queries). They confirm a
//! subscription, end it, or fetch the certificate of the signatures.
//!
//! Invariant: no request needs a credential. A change either needs a token, or can be undone by the receiver.

use crate::api::error::ApiError;
use crate::missing;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_domain::login::form;
use opendrs_edge::error::{log, retry_after};
use opendrs_edge::state::AppState;
use opendrs_http::body::read_body;
use opendrs_service::receiver::{self, SnsRequestError};
use opendrs_service::{ErrorKind, signing};
use opendrs_web::missing::{accepts_html, home_page};
use std::sync::Arc;

/// Handles paths without a route: a query in the form of SNS, a signing certificate, or nothing. These are no routes of
/// the router, for two reasons. SNS has its queries at the root, where an installation without them has nothing. The
/// name of a certificate matches no pattern.
pub(crate) async fn fallback(State(state): State<Arc<AppState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    let file = uri.path().trim_start_matches('/');
    match (method, file) {
        (Method::GET | Method::HEAD, "") if uri.query().is_none() && accepts_html(&parts) => home_page(&state, &parts),
        (Method::GET, "") => handle_query(&state, uri.query().unwrap_or_default().to_owned()).await,
        (Method::POST, "") => match read_body(body, state.body_limits).await {
            // A POST may leave the parameters in the query, as in the link.
            Ok(body) => {
                let asked = [uri.query().unwrap_or_default(), &String::from_utf8_lossy(&body)].join("&");
                handle_query(&state, asked.trim_matches('&').to_owned()).await
            }
            Err(error) => ApiError::of_body(error).into_response(),
        },
        (Method::GET | Method::HEAD, file) if file.starts_with(signing::CERTIFICATE_FILE_PREFIX) => {
            signing_certificate(&state, file).await
        }
        _ => missing::not_found(State(state), parts).await,
    }
}

const XML_NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

async fn handle_query(state: &AppState, text: String) -> Response {
    let id = state.app.ids.random_uuid();
    if text.is_empty() {
        return ApiError::NotFound.into_response();
    }
    let fields = form::decode_pairs(text.as_bytes()).unwrap_or_default();
    let value = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    let done = match value("Action").as_str() {
        // SNS requires a signature for this option, and nobody has credentials here. Ignoring the option would be worse
        // than refusing the call.
        "ConfirmSubscription" if value("AuthenticateOnUnsubscribe").eq_ignore_ascii_case("true") => {
            return error_response(
                StatusCode::FORBIDDEN,
                "AuthorizationError",
                "AuthenticateOnUnsubscribe needs a signed call, which is not supported: leave it out",
                id,
            );
        }
        "ConfirmSubscription" => receiver::confirm(&state.app, &value("TopicArn"), &value("Token")).await.map(|done| {
            done.map(|arn| {
                action_response(
                    "ConfirmSubscription",
                    &format!("<SubscriptionArn>{}</SubscriptionArn>", escape_xml(&arn)),
                    id,
                )
            })
        }),
        "Unsubscribe" => receiver::unsubscribe(&state.app, &value("SubscriptionArn"))
            .await
            .map(|done| done.map(|()| action_response("Unsubscribe", "", id))),
        "" => {
            return error_response(
                StatusCode::BAD_REQUEST,
                "MissingAction",
                "Add the parameter Action: ConfirmSubscription or Unsubscribe",
                id,
            );
        }
        _ => {
            return error_response(
                StatusCode::BAD_REQUEST,
                "InvalidAction",
                "Only ConfirmSubscription and Unsubscribe are supported",
                id,
            );
        }
    };
    match done {
        Ok(Ok(response)) => response,
        Ok(Err(SnsRequestError::InvalidParameter(why))) => {
            error_response(StatusCode::BAD_REQUEST, "InvalidParameter", why, id)
        }
        Ok(Err(SnsRequestError::NotFound(why))) => error_response(StatusCode::NOT_FOUND, "NotFound", why, id),
        Err(problem) => {
            log(&problem);
            let status = match problem.kind() {
                ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                // Everything else that these actions refuse is an [`SnsRequestError`].
                ErrorKind::Unauthorized
                | ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::Closed
                | ErrorKind::Invalid
                | ErrorKind::RateLimited(_)
                | ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let mut response =
                error_response(status, "InternalError", "The service is temporarily unavailable. Try again.", id);
            response.headers_mut().extend(retry_after(&problem).map(|after| (RETRY_AFTER, after)));
            response
        }
    }
}

fn action_response(action: &str, result: &str, id: uuid::Uuid) -> Response {
    let result = match result {
        "" => String::new(),
        inner => format!("<{action}Result>{inner}</{action}Result>"),
    };
    let metadata = format!("<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>");
    xml_response(
        StatusCode::OK,
        format!("<{action}Response xmlns=\"{XML_NAMESPACE}\">{result}{metadata}</{action}Response>"),
    )
}

fn error_response(status: StatusCode, code: &str, message: &str, id: uuid::Uuid) -> Response {
    let kind = if status.is_server_error() { "Receiver" } else { "Sender" };
    xml_response(
        status,
        format!(
            "<ErrorResponse xmlns=\"{XML_NAMESPACE}\"><Error><Type>{kind}</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
        ),
    )
}

fn xml_response(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "text/xml")], body).into_response()
}

fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Serves a signing certificate. It never changes under its name, so it may be cached indefinitely.
async fn signing_certificate(state: &AppState, file: &str) -> Response {
    match signing::find_certificate(&state.app, file).await {
        Ok(Some(pem)) => {
            let mut response = (StatusCode::OK, pem).into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-pem-file"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
            response
        }
        Ok(None) => ApiError::NotFound.into_response(),
        Err(problem) => ApiError::from(problem).into_response(),
    }
}
