//! One request to a shop's Admin API, and how its response is read.
//!
//! Invariant: a response with an error in it is never taken for data, and no text contains the key.

use super::VendureShop;
use crate::App;
use crate::outbound::{Outbound, OutboundRequest, OutboundResponse};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// The largest response that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// A GraphQL operation: its name, which the shop's log shows, and its text.
pub(super) struct GraphqlOperation {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

/// Why a request returned no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AdminApiError {
    /// The shop refused the operation: the field that refused it, and the shop's reason.
    Rejected { field: String, message: String },
    /// Any other error, after which the request is retried.
    Failed(String),
}

impl From<AdminApiError> for String {
    fn from(trouble: AdminApiError) -> Self {
        match trouble {
            AdminApiError::Rejected { field, message: why } => format!("the shop refuses `{field}`: {why}"),
            AdminApiError::Failed(why) => why,
        }
    }
}

#[derive(Deserialize)]
struct GraphqlResponse {
    #[serde(default)]
    data: Value,
    #[serde(default)]
    errors: Vec<GraphqlError>,
}

#[derive(Deserialize)]
struct GraphqlError {
    message: String,
    #[serde(default)]
    path: Vec<Value>,
    #[serde(default)]
    extensions: GraphqlErrorExtensions,
}

#[derive(Deserialize, Default)]
struct GraphqlErrorExtensions {
    #[serde(default)]
    code: String,
}

impl VendureShop {
    /// Executes an operation.
    pub(super) async fn execute<T: DeserializeOwned>(
        &self,
        app: &App,
        operation: &GraphqlOperation,
        variables: Value,
    ) -> Result<T, AdminApiError> {
        self.execute_over(&*app.outbound, app.settings.request_timeout, operation, variables).await
    }

    /// Executes an operation without an application.
    pub(super) async fn execute_over<T: DeserializeOwned>(
        &self,
        network: &dyn Outbound,
        deadline: Duration,
        operation: &GraphqlOperation,
        variables: Value,
    ) -> Result<T, AdminApiError> {
        let body = json!({ "operationName": operation.name, "query": operation.text, "variables": variables });
        let mut headers =
            vec![("content-type".into(), "application/json".into()), ("vendure-api-key".into(), self.api_key.clone())];
        headers.extend(self.channel.clone().map(|token| ("vendure-token".into(), token)));
        let request = OutboundRequest {
            method: "POST",
            url: self.url.clone(),
            headers,
            body: body.to_string().into_bytes(),
            timeout: deadline,
            max_response_bytes: MAX_RESPONSE_BYTES,
            body_timeout: None,
        };
        let answer = network.send(request).await.map_err(|failure| AdminApiError::Failed(failure.to_string()))?;
        parse_response(&answer)
    }
}

fn parse_response<T: DeserializeOwned>(answer: &OutboundResponse) -> Result<T, AdminApiError> {
    let failed = |why: String| Err(AdminApiError::Failed(why));
    let body = match answer.complete_body() {
        Ok(body) => body,
        Err(why) => return failed(format!("from the shop: {why}")),
    };
    let reply: GraphqlResponse = match serde_json::from_slice(body) {
        Ok(reply) => reply,
        Err(_) if !answer.is_success() => return failed(format!("the shop answered with status {}", answer.status)),
        Err(e) => return failed(format!("that is no Admin API of Vendure: its answer cannot be read: {e}")),
    };
    if let Some(GraphqlError { message, path, extensions }) = reply.errors.into_iter().next() {
        let field = path.first().and_then(Value::as_str).unwrap_or_default().to_owned();
        return match extensions.code.as_str() {
            "FORBIDDEN" | "UNAUTHORIZED" => failed(format!(
                "the shop does not let the key do `{field}`: see that fulfilment.vendure_key_file holds the key, that \
                 the shop takes API keys, and that the key's role has the rights named in docs/fulfilment.md"
            )),
            "USER_INPUT_ERROR" | "ILLEGAL_OPERATION" => Err(AdminApiError::Rejected { field, message }),
            _ => failed(format!("the shop failed at `{field}`: {message}")),
        };
    }
    if !answer.is_success() {
        return failed(format!("the shop answered with status {}", answer.status));
    }
    serde_json::from_value(reply.data)
        .or_else(|e| failed(format!("the shop's answer cannot be read, is it Vendure 3.6 or newer? {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Result<Value, AdminApiError> {
        parse_response(&OutboundResponse {
            status,
            headers: Vec::new(),
            body: body.into(),
            is_truncated: false,
            body_error: None,
        })
    }

    #[test]
    fn an_error_is_told_from_data() {
        assert_eq!(of(200, r#"{"data":{"a":1}}"#), Ok(json!({ "a": 1 })));
        let refused = r#"{"errors":[{"message":"no such country","path":["address"],"extensions":{"code":"USER_INPUT_ERROR"}}],"data":null}"#;
        let expected = AdminApiError::Rejected { field: "address".into(), message: "no such country".into() };
        assert_eq!(of(200, refused), Err(expected));
        for (status, body, says) in [
            (502, "<html>", "status 502"),
            (200, "<html>", "no Admin API of Vendure"),
            (500, "{}", "status 500"),
            (
                200,
                r#"{"errors":[{"message":"no","path":["paid"],"extensions":{"code":"FORBIDDEN"}}],"data":null}"#,
                "does not let the key do `paid`",
            ),
            (
                200,
                r#"{"errors":[{"message":"locked","path":["pay"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#,
                "failed at `pay`: locked",
            ),
            (400, r#"{"errors":[{"message":"Cannot query field"}]}"#, "failed at ``: Cannot query field"),
        ] {
            let Err(AdminApiError::Failed(why)) = of(status, body) else { panic!("{body}") };
            assert!(why.contains(says), "{why}");
        }
        let long = OutboundResponse {
            status: 200,
            headers: Vec::new(),
            body: b"{}".into(),
            is_truncated: true,
            body_error: None,
        };
        assert!(matches!(parse_response::<Value>(&long), Err(AdminApiError::Failed(why)) if why.contains("too long")));
    }
}
