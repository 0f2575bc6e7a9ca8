//! Requests of programs: calls of the device API and forms for the token endpoint.

use super::fixtures::{FILTER, MODEL};
use super::{LinkedDevice, Server};
use axum::http::Method;
use opendrs_client::{ClientResponse, send};
use opendrs_domain::login::form::percent_encode;
use opendrs_domain::version::{ApiEndpoint, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER, Version, versioned_type_name};

/// A request before it is sent.
#[derive(Clone, Debug)]
pub struct TestRequest {
    url: String,
    method: Method,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl TestRequest {
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Replaces the value of a header, or removes the header.
    pub fn replace_header(mut self, name: &str, value: Option<&str>) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }

    pub fn bearer_token(self, token: &str) -> Self {
        self.replace_header("authorization", Some(&format!("Bearer {token}")))
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub async fn send(self) -> ClientResponse {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        send(self.method, &self.url, &headers, self.body).await.unwrap()
    }

    /// Sends the request. Returns status and body.
    pub async fn status_and_text(self) -> (u16, String) {
        self.send().await.status_and_text()
    }
}

/// Parts of an answer to compare.
pub trait ReplyExt {
    /// Status and body.
    fn status_and_text(&self) -> (u16, String);
}

impl ReplyExt for ClientResponse {
    fn status_and_text(&self) -> (u16, String) {
        (self.status.as_u16(), self.text())
    }
}

/// The body of a form.
pub fn form_body(fields: &[(&str, &str)]) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name, ""), percent_encode(value, "")))
        .collect::<Vec<_>>()
        .join("&")
}

impl Server {
    /// A request with any method and path.
    pub fn request(&self, method: &str, path: &str) -> TestRequest {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        TestRequest { url: format!("{}{path}", self.base_url), method, headers: Vec::new(), body: Vec::new() }
    }

    /// A device's call with the newest versions.
    pub fn device_call(&self, device: &LinkedDevice, endpoint: ApiEndpoint, path: &str) -> TestRequest {
        let spec = endpoint.spec();
        let newest = |short, versions: &[Version]| versioned_type_name(short, *versions.iter().max().unwrap());
        self.request(spec.method, path)
            .bearer_token(&device.access)
            .header(INPUT_VERSION_HEADER, newest(spec.input_type, spec.input_versions))
            .header(RESULT_VERSION_HEADER, newest(spec.result_type, spec.result_versions))
    }

    /// A request with a form to the token endpoint.
    pub fn token_request(&self, fields: &[(&str, &str)]) -> TestRequest {
        let call = self.request("POST", "/auth/o2/token");
        call.header("content-type", "application/x-www-form-urlencoded").body(form_body(fields))
    }
}

/// A path pattern of the endpoints' table, filled in for Ann's device SN-1.
pub fn fill_path(pattern: &str, instance: &str) -> String {
    pattern
        .replace("{slot}", FILTER)
        .replace("{model}", MODEL)
        .replace("{serial}", "SN-1")
        .replace("{instance}", instance)
}

/// A valid body for an endpoint.
pub fn valid_body(endpoint: ApiEndpoint) -> &'static str {
    match endpoint {
        ApiEndpoint::SlotStatus => r#"{"remainingQuantityInUnit":12.25,"originalQuantityInUnit":40}"#,
        ApiEndpoint::DeviceStatus => r#"{"mostRecentlyActiveDate":"2018-03-02T06:59:00Z"}"#,
        _ => "",
    }
}
