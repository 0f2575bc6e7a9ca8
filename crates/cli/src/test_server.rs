//! The options and requests that the commands for test servers share.

use axum::http::{Method, StatusCode};
use clap::Args;
use serde_json::Value;

/// The test server that a command calls.
#[derive(Clone, Debug, Args)]
pub(super) struct TestServerArgs {
    /// URL of the server; it must run with --test-clock.
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:7373")]
    server: String,
}

impl TestServerArgs {
    /// Sends a request, with or without a JSON body, and returns the JSON of the answer.
    ///
    /// # Errors
    /// The server cannot be reached, is no test server, or refused the request.
    pub(super) async fn send_request(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.server.trim_end_matches('/'));
        let text = body.map_or_else(String::new, |body| body.to_string());
        let reply = opendrs_client::send(method, &url, &[("content-type", "application/json")], text).await?;
        let answer = reply.json();
        match reply.status {
            StatusCode::OK => Ok(answer),
            StatusCode::NOT_FOUND => Err(format!("{} is not a test server: start it with --test-clock", self.server)),
            _ => {
                Err(answer["message"].as_str().unwrap_or("the server refused the request without a reason").to_owned())
            }
        }
    }
}
