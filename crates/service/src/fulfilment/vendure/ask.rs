//! One request to a shop's Admin API, and what its answer is read as.
//!
//! Invariant: an answer with an error in it is never taken for data, and no text names the key.

use super::Shop;
use crate::App;
use crate::outbound::{Answer, Outbound, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// The largest answer that is read.
const MAX_ANSWER: usize = 256 * 1024;

/// A request that is made: what the shop's log calls it, and its text.
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

/// Why there is no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The shop says that what was asked cannot be; which field says so, and in its words why.
    Refused { field: String, why: String },
    /// Anything else: asked again later.
    Failed(String),
}

impl From<Trouble> for String {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused { field, why } => format!("the shop refuses `{field}`: {why}"),
            Trouble::Failed(why) => why,
        }
    }
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    data: Value,
    #[serde(default)]
    errors: Vec<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    message: String,
    #[serde(default)]
    path: Vec<Value>,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Deserialize, Default)]
struct Extensions {
    #[serde(default)]
    code: String,
}

impl Shop {
    /// Asks for something.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        app: &App,
        operation: &Operation,
        variables: Value,
    ) -> Result<T, Trouble> {
        self.ask_through(&*app.outbound, app.settings.request_timeout, operation, variables).await
    }

    /// The same, without an application.
    pub(super) async fn ask_through<T: DeserializeOwned>(
        &self,
        network: &dyn Outbound,
        deadline: Duration,
        operation: &Operation,
        variables: Value,
    ) -> Result<T, Trouble> {
        let body = json!({ "operationName": operation.name, "query": operation.text, "variables": variables });
        let mut headers =
            vec![("content-type".into(), "application/json".into()), ("vendure-api-key".into(), self.key.clone())];
        headers.extend(self.channel.clone().map(|token| ("vendure-token".into(), token)));
        let request = Request {
            method: "POST",
            url: self.url.clone(),
            headers,
            body: body.to_string().into_bytes(),
            deadline,
            limit: MAX_ANSWER,
            body_within: None,
        };
        let answer = network.send(request).await.map_err(|failure| Trouble::Failed(failure.to_string()))?;
        read(&answer)
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    let failed = |why: String| Err(Trouble::Failed(why));
    let body = match answer.whole() {
        Ok(body) => body,
        Err(why) => return failed(format!("from the shop: {why}")),
    };
    let reply: Reply = match serde_json::from_slice(body) {
        Ok(reply) => reply,
        Err(_) if !answer.is_success() => return failed(format!("the shop answered with status {}", answer.status)),
        Err(e) => return failed(format!("that is no Admin API of Vendure: its answer cannot be read: {e}")),
    };
    if let Some(Complaint { message, path, extensions }) = reply.errors.into_iter().next() {
        let field = path.first().and_then(Value::as_str).unwrap_or_default().to_owned();
        return match extensions.code.as_str() {
            "FORBIDDEN" | "UNAUTHORIZED" => failed(format!(
                "the shop does not let the key do `{field}`: see that fulfilment.vendure_key_file holds the key, that \
                 the shop takes API keys, and that the key's role has the rights named in docs/fulfilment.md"
            )),
            "USER_INPUT_ERROR" | "ILLEGAL_OPERATION" => Err(Trouble::Refused { field, why: message }),
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

    fn of(status: u16, body: &str) -> Result<Value, Trouble> {
        read(&Answer { status, headers: Vec::new(), body: body.into(), truncated: false, broken: None })
    }

    #[test]
    fn an_error_is_told_from_data() {
        assert_eq!(of(200, r#"{"data":{"a":1}}"#), Ok(json!({ "a": 1 })));
        let refused = r#"{"errors":[{"message":"no such country","path":["address"],"extensions":{"code":"USER_INPUT_ERROR"}}],"data":null}"#;
        let expected = Trouble::Refused { field: "address".into(), why: "no such country".into() };
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
            let Err(Trouble::Failed(why)) = of(status, body) else { panic!("{body}") };
            assert!(why.contains(says), "{why}");
        }
        let long = Answer { status: 200, headers: Vec::new(), body: b"{}".into(), truncated: true, broken: None };
        assert!(matches!(read::<Value>(&long), Err(Trouble::Failed(why)) if why.contains("too long")));
    }
}
