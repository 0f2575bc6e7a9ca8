//! Requests by programs: the device API's calls, the token endpoint's forms.

use super::world::{FILTER, MODEL};
use super::{Device, Server};
use axum::http::Method;
use opendrs_domain::login::form::escape;
use opendrs_domain::version::{Endpoint, INPUT_HEADER, RESULT_HEADER, Version, full_name};
use opendrs_client::{Reply, send};

/// A request under way.
#[derive(Clone, Debug)]
pub struct Call {
    url: String,
    method: Method,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends another value of a header, or, without one, no such header.
    pub fn instead(mut self, name: &str, value: Option<&str>) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.instead("authorization", Some(&format!("Bearer {token}")))
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub async fn send(self) -> Reply {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        send(self.method, &self.url, &headers, self.body).await.unwrap()
    }

    /// Sends it; status and body.
    pub async fn said(self) -> (u16, String) {
        self.send().await.said()
    }
}

/// What an answer says, for comparison.
pub trait Said {
    /// Status and body.
    fn said(&self) -> (u16, String);
}

impl Said for Reply {
    fn said(&self) -> (u16, String) {
        (self.status.as_u16(), self.text())
    }
}

/// A form's body.
pub fn form(fields: &[(&str, &str)]) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name, ""), escape(value, "")))
        .collect::<Vec<_>>()
        .join("&")
}

impl Server {
    /// Any request.
    pub fn request(&self, method: &str, path: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Call { url: format!("{}{path}", self.base), method, headers: Vec::new(), body: Vec::new() }
    }

    /// A device's call, with the newest versions.
    pub fn call(&self, device: &Device, endpoint: Endpoint, path: &str) -> Call {
        let spec = endpoint.spec();
        let newest = |short, versions: &[Version]| full_name(short, *versions.iter().max().unwrap());
        self.request(spec.method, path)
            .token(&device.access)
            .header(INPUT_HEADER, newest(spec.input, spec.inputs))
            .header(RESULT_HEADER, newest(spec.result, spec.results))
    }

    /// A form at the token endpoint.
    pub fn token(&self, fields: &[(&str, &str)]) -> Call {
        let call = self.request("POST", "/auth/o2/token");
        call.header("content-type", "application/x-www-form-urlencoded").body(form(fields))
    }
}

/// A path form of the table with the parts of Ann's device SN-1 filled in.
pub fn filled(pattern: &str, instance: &str) -> String {
    pattern
        .replace("{slot}", FILTER)
        .replace("{model}", MODEL)
        .replace("{serial}", "SN-1")
        .replace("{instance}", instance)
}

/// A body that an endpoint takes.
pub fn good_body(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::SlotStatus => r#"{"remainingQuantityInUnit":12.25,"originalQuantityInUnit":40}"#,
        Endpoint::DeviceStatus => r#"{"mostRecentlyActiveDate":"2018-03-02T06:59:00Z"}"#,
        _ => "",
    }
}
