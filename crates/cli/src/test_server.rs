//! What the commands share that ask a server for tests.

use axum::http::{Method, StatusCode};
use clap::Args;
use serde_json::Value;

/// The server that is asked.
#[derive(Clone, Debug, Args)]
pub(super) struct TestServerArgs {
    /// Where the server is; it must have been started with --test-clock.
    #[arg(long, global = true, value_name = "URL", default_value = "http://127.0.0.1:7373")]
    server: String,
}

impl TestServerArgs {
    /// Asks it, with or without a body of JSON.
    pub(super) async fn send_request(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.server.trim_end_matches('/'));
        let text = body.map_or_else(String::new, |body| body.to_string());
        let reply = opendrs_client::send(method, &url, &[("content-type", "application/json")], text).await?;
        let answer = reply.json();
        match reply.status {
            StatusCode::OK => Ok(answer),
            StatusCode::NOT_FOUND => Err(format!("{} is no server for tests: start it with --test-clock", self.server)),
            _ => Err(answer["message"].as_str().unwrap_or("the server refused").to_owned()),
        }
    }
}
