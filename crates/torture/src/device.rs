//! Devices as the server sees them: their calls, and the outcome of each.
//!
//! Invariant: an answer that no client could handle (a 500, a 503 without `Retry-After`) is a finding, whatever was
//! done to the server meanwhile. A missing answer is not.

use crate::server_process::{HANG_TIMEOUT, ServerProgram};
use axum::http::Method;
use opendrs_client::{ClientResponse, send};
use opendrs_domain::version::{ApiEndpoint, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER, Version, versioned_type_name};
use serde_json::Value;
use std::sync::Mutex;

/// The demo's seed; its client and slots follow.
pub const SEED: &str = include_str!("../../cli/src/demo/demo.seed.toml");
/// The client of the seed.
pub const CLIENT: &str = "amzn1.application-oa2-client.0f3c9a7be2d14c55a1b68e90d2f4c713";
const SECRET: &str = "5d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5d4c";
const REDIRECT: &str = "https://localhost:8100/authresponse";
const MODEL: &str = "Aqua-Pitcher_7";
/// The slots of the seed's model.
pub const SLOTS: [&str; 2] = ["7c0a3f5e-0000-4000-8000-0000000000a1", "7c0a3f5e-0000-4000-8000-0000000000a2"];

/// The outcome of a call.
#[derive(Debug)]
pub enum CallOutcome {
    /// Status 200, with its body.
    Succeeded(Value),
    /// Status 400, with its body.
    Refused(Value),
    /// Status 503 with `Retry-After`.
    Unavailable,
    /// No answer: the server ended before it could answer.
    NoAnswer,
}

async fn send_call(
    base: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<CallOutcome, String> {
    let url = format!("{base}{path}");
    let sent = tokio::time::timeout(HANG_TIMEOUT, send(method, &url, headers, body)).await;
    match sent.map_err(|_| format!("{path}: neither an answer nor an end of the connection in {HANG_TIMEOUT:?}"))? {
        Err(_) => Ok(CallOutcome::NoAnswer),
        Ok(reply) => classify_reply(path, &reply),
    }
}

fn classify_reply(path: &str, reply: &ClientResponse) -> Result<CallOutcome, String> {
    match reply.status.as_u16() {
        200 => Ok(CallOutcome::Succeeded(reply.json())),
        400 => Ok(CallOutcome::Refused(reply.json())),
        503 if !reply.header("retry-after").is_empty() => Ok(CallOutcome::Unavailable),
        status => Err(format!("{path} was answered {status}: {}", reply.text())),
    }
}

/// Calls a path of the test control, such as `/-/clock`.
pub async fn call_control(base: &str, path: &str, change: Option<Value>) -> Result<CallOutcome, String> {
    let method = if change.is_some() { Method::POST } else { Method::GET };
    send_call(base, method, path, &[], change.map(|change| change.to_string()).unwrap_or_default()).await
}

/// Sends a grant to the token endpoint.
pub async fn call_token_endpoint(base: &str, grant: &str, name: &str, value: &str) -> Result<CallOutcome, String> {
    // Tokens contain a bar, which must be encoded in a form.
    let value = value.replace('|', "%7C");
    let body = format!("grant_type={grant}&{name}={value}&client_id={CLIENT}&client_secret={SECRET}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    send_call(base, Method::POST, "/auth/o2/token", &headers, body).await
}

/// Calls the device API with the newest versions.
async fn call_device_api(
    base: &str,
    access: &str,
    endpoint: ApiEndpoint,
    path: &str,
    body: &str,
) -> Result<CallOutcome, String> {
    let spec = endpoint.spec();
    let newest =
        |name, versions: &[Version]| versioned_type_name(name, versions.iter().copied().max().unwrap_or(Version::V1));
    let bearer = format!("Bearer {access}");
    let (input, result) =
        (newest(spec.input_type, spec.input_versions), newest(spec.result_type, spec.result_versions));
    let headers =
        [("authorization", bearer.as_str()), (INPUT_VERSION_HEADER, &input), (RESULT_VERSION_HEADER, &result)];
    let method = Method::from_bytes(spec.method.as_bytes()).map_err(|e| e.to_string())?;
    send_call(base, method, path, &headers, body.into()).await
}

/// Ends the registration of a token's device.
pub async fn deregister(base: &str, access: &str) -> Result<CallOutcome, String> {
    call_device_api(base, access, ApiEndpoint::Deregister, "/registration", "").await
}

/// A linked device.
pub struct TortureDevice {
    /// Its serial.
    pub serial: String,
    /// Whether it is a test device, whose orders can be cancelled by a call.
    pub test: bool,
    refresh: String,
    access: Mutex<String>,
}

fn text_member(value: &Value, name: &str) -> Result<String, String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name} in {value}"))
}

impl TortureDevice {
    /// Links a device with the program's own command.
    pub fn link(program: &ServerProgram, serial: &str, test: bool) -> Result<Self, String> {
        let words = ["device", "link", "--client", CLIENT, "--model", MODEL, "--serial", serial];
        let printed = program.run_command(&[&words[..], if test { &["--test-device"] } else { &[] }].concat())?;
        let printed: Value = serde_json::from_str(&printed).map_err(|e| format!("{e}: {printed}"))?;
        let (access, refresh) = (text_member(&printed, "access_token")?, text_member(&printed, "refresh_token")?);
        Ok(Self { serial: serial.into(), test, refresh, access: Mutex::new(access) })
    }

    /// Links a device with a code instead of tokens. Returns the code.
    pub fn link_for_code(program: &ServerProgram, serial: &str) -> Result<String, String> {
        let words = ["device", "link", "--client", CLIENT, "--model", MODEL, "--serial", serial];
        let printed = program.run_command(&[&words[..], &["--code", "--redirect-uri", REDIRECT]].concat())?;
        let printed: Value = serde_json::from_str(&printed).map_err(|e| format!("{e}: {printed}"))?;
        text_member(&printed, "code")
    }

    /// Gets a new access token. The refresh token must be valid, because nothing revoked it.
    pub async fn refresh_token(&self, base: &str) -> Result<CallOutcome, String> {
        let answer = call_token_endpoint(base, "refresh_token", "refresh_token", &self.refresh).await?;
        match &answer {
            CallOutcome::Succeeded(tokens) => {
                let access = text_member(tokens, "access_token")?;
                *self.access.lock().map_err(|_| "a device panicked")? = access;
            }
            CallOutcome::Refused(why) => return Err(format!("{}'s refresh token is refused: {why}", self.serial)),
            CallOutcome::Unavailable | CallOutcome::NoAnswer => {}
        }
        Ok(answer)
    }

    /// Makes a call. If the clock moved past the access token's end, it gets a new token first.
    pub async fn call(&self, base: &str, endpoint: ApiEndpoint, path: &str, body: &str) -> Result<CallOutcome, String> {
        loop {
            let access = self.access.lock().map_err(|_| "a device panicked")?.clone();
            match call_device_api(base, &access, endpoint, path, body).await? {
                CallOutcome::Refused(why) if why["message"] == "Invalid token" => match self.refresh_token(base).await?
                {
                    CallOutcome::Succeeded(_) => {}
                    other => return Ok(other),
                },
                CallOutcome::Refused(why) => return Err(format!("{path} of {} is refused: {why}", self.serial)),
                other => return Ok(other),
            }
        }
    }
}
