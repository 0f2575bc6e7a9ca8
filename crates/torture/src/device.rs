//! Devices as the server sees them: their calls, and what came of each.
//!
//! Invariant: an answer that no client could make sense of (a 500, a 503 without `Retry-After`) is a finding, whatever
//! was done to the server meanwhile; no answer at all is none.

use crate::program::{PATIENCE, Program};
use axum::http::Method;
use opendrs_domain::version::{Endpoint, INPUT_HEADER, RESULT_HEADER, Version, full_name};
use opendrs_client::{Reply, send};
use serde_json::Value;
use std::sync::Mutex;

/// The world of the demo, and what it holds.
pub const SEED: &str = include_str!("../../cli/src/demo/demo.seed.toml");
/// Its client.
pub const CLIENT: &str = "amzn1.application-oa2-client.0f3c9a7be2d14c55a1b68e90d2f4c713";
const SECRET: &str = "5d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5d4c";
const REDIRECT: &str = "https://localhost:8100/authresponse";
const MODEL: &str = "Aqua-Pitcher_7";
/// Its slots.
pub const SLOTS: [&str; 2] = ["7c0a3f5e-0000-4000-8000-0000000000a1", "7c0a3f5e-0000-4000-8000-0000000000a2"];

/// What came of a call.
#[derive(Debug)]
pub enum Answer {
    /// 200.
    Done(Value),
    /// 400: its body.
    Refused(Value),
    /// 503, with `Retry-After`.
    Unavailable,
    /// None: the server is gone, or was before it could answer.
    Lost,
}

async fn answer(
    base: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<Answer, String> {
    let url = format!("{base}{path}");
    let sent = tokio::time::timeout(PATIENCE, send(method, &url, headers, body)).await;
    match sent.map_err(|_| format!("{path}: neither an answer nor an end of the connection in {PATIENCE:?}"))? {
        Err(_) => Ok(Answer::Lost),
        Ok(reply) => read(path, &reply),
    }
}

fn read(path: &str, reply: &Reply) -> Result<Answer, String> {
    match reply.status.as_u16() {
        200 => Ok(Answer::Done(reply.json())),
        400 => Ok(Answer::Refused(reply.json())),
        503 if !reply.header("retry-after").is_empty() => Ok(Answer::Unavailable),
        status => Err(format!("{path} was answered {status}: {}", reply.text())),
    }
}

/// The control paths.
pub async fn control(base: &str, path: &str, change: Option<Value>) -> Result<Answer, String> {
    let method = if change.is_some() { Method::POST } else { Method::GET };
    answer(base, method, path, &[], change.map(|change| change.to_string()).unwrap_or_default()).await
}

/// The token endpoint.
pub async fn token(base: &str, grant: &str, name: &str, value: &str) -> Result<Answer, String> {
    // Tokens hold a bar, which a form must not.
    let value = value.replace('|', "%7C");
    let body = format!("grant_type={grant}&{name}={value}&client_id={CLIENT}&client_secret={SECRET}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    answer(base, Method::POST, "/auth/o2/token", &headers, body).await
}

/// A call of the device API, with the newest versions.
async fn call(base: &str, access: &str, endpoint: Endpoint, path: &str, body: &str) -> Result<Answer, String> {
    let spec = endpoint.spec();
    let newest = |name, versions: &[Version]| full_name(name, versions.iter().copied().max().unwrap_or(Version::V1));
    let bearer = format!("Bearer {access}");
    let (input, result) = (newest(spec.input, spec.inputs), newest(spec.result, spec.results));
    let headers = [("authorization", bearer.as_str()), (INPUT_HEADER, &input), (RESULT_HEADER, &result)];
    let method = Method::from_bytes(spec.method.as_bytes()).map_err(|e| e.to_string())?;
    answer(base, method, path, &headers, body.into()).await
}

/// Ends the registration that a token speaks for.
pub async fn deregister(base: &str, access: &str) -> Result<Answer, String> {
    call(base, access, Endpoint::Deregister, "/registration", "").await
}

/// A linked device.
pub struct Device {
    /// Its serial.
    pub serial: String,
    /// Whether its orders may be cancelled by a call.
    pub test: bool,
    refresh: String,
    access: Mutex<String>,
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name} in {value}"))
}

impl Device {
    /// Links one, by the program's own command.
    pub fn link(program: &Program, serial: &str, test: bool) -> Result<Self, String> {
        let words = ["device", "link", "--client", CLIENT, "--model", MODEL, "--serial", serial];
        let printed = program.run(&[&words[..], if test { &["--test-device"] } else { &[] }].concat())?;
        let printed: Value = serde_json::from_str(&printed).map_err(|e| format!("{e}: {printed}"))?;
        let (access, refresh) = (text(&printed, "access_token")?, text(&printed, "refresh_token")?);
        Ok(Self { serial: serial.into(), test, refresh, access: Mutex::new(access) })
    }

    /// Links another, and hands over a code in place of tokens.
    pub fn code(program: &Program, serial: &str) -> Result<String, String> {
        let words = ["device", "link", "--client", CLIENT, "--model", MODEL, "--serial", serial];
        let printed = program.run(&[&words[..], &["--code", "--redirect-uri", REDIRECT]].concat())?;
        let printed: Value = serde_json::from_str(&printed).map_err(|e| format!("{e}: {printed}"))?;
        text(&printed, "code")
    }

    /// Takes a new access token. The refresh token must be good: nobody took it back.
    pub async fn refresh(&self, base: &str) -> Result<Answer, String> {
        let answer = token(base, "refresh_token", "refresh_token", &self.refresh).await?;
        match &answer {
            Answer::Done(tokens) => {
                let access = text(tokens, "access_token")?;
                *self.access.lock().map_err(|_| "a device panicked")? = access;
            }
            Answer::Refused(why) => return Err(format!("{}'s refresh token is refused: {why}", self.serial)),
            Answer::Unavailable | Answer::Lost => {}
        }
        Ok(answer)
    }

    /// One of its calls. Time may have been moved past its token's end: then it takes another.
    pub async fn call(&self, base: &str, endpoint: Endpoint, path: &str, body: &str) -> Result<Answer, String> {
        loop {
            let access = self.access.lock().map_err(|_| "a device panicked")?.clone();
            match call(base, &access, endpoint, path, body).await? {
                Answer::Refused(why) if why["message"] == "Invalid token" => match self.refresh(base).await? {
                    Answer::Done(_) => {}
                    other => return Ok(other),
                },
                Answer::Refused(why) => return Err(format!("{path} of {} is refused: {why}", self.serial)),
                other => return Ok(other),
            }
        }
    }
}
