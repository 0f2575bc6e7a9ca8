//! The OpenAPI document, compared with the routes, with real answers, and with the copy in the documents.

use crate::harness::fixtures::FILTER;
use crate::harness::{LinkOptions, Server, fill_path, valid_body};
use opendrs_client::ClientResponse;
use opendrs_config::Role;
use opendrs_domain::version::{ApiEndpoint, ENDPOINTS, RESULT_VERSION_HEADER, versioned_type_name};
use opendrs_server::api::openapi;
use serde_json::Value;
use std::collections::BTreeSet;

const URL: &str = "http://127.0.0.1:7373";

/// A path with the parameter names of the routes instead of the document's.
fn as_routed(path: &str) -> String {
    path.replace("slotId", "slot")
        .replace("eventInstanceId", "instance")
        .replace("deviceModelId", "model")
        .replace("deviceIdentifier", "serial")
}

#[test]
fn it_has_the_routes_of_the_device_api_and_no_others() {
    let document = openapi::document(URL);
    let paths = document["paths"].as_object().unwrap().iter();
    let methods =
        paths.flat_map(|(path, operations)| operations.as_object().unwrap().keys().map(move |method| (method, path)));
    let described: BTreeSet<_> = methods.map(|(method, path)| (method.to_uppercase(), as_routed(path))).collect();
    // Paths below /-/ belong to the installation, and not to the device API.
    let routes = opendrs_server::routes::list_routes(&[Role::Service], opendrs_server::routes::OptionalRoutes::NONE)
        .into_iter()
        .filter(|(_, path)| !path.starts_with("/-/"));
    assert_eq!(described, routes.map(|(method, path)| (method.to_owned(), path.to_owned())).collect());
}

#[test]
fn the_copy_in_the_documents_is_current() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openapi.json");
    let current = format!("{:#}\n", openapi::document(URL));
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::create_dir_all(std::path::Path::new(file).parent().unwrap()).unwrap();
        std::fs::write(file, &current).unwrap();
    }
    let copy = std::fs::read_to_string(file).unwrap_or_default();
    assert!(copy == current, "docs/reference/openapi.json is old: run this test with UPDATE_REFERENCE=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_hands_it_out_with_its_own_address() {
    let server = Server::start().await;
    let reply = server.request("GET", "/-/openapi.json").send().await;
    assert_eq!((reply.status.as_u16(), reply.json()), (200, openapi::document(&server.base_url)));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_refusals_are_as_described() {
    let server = Server::start().await;
    let document = openapi::document(&server.base_url);
    for spec in &ENDPOINTS {
        for (pattern, result) in
            spec.paths.iter().flat_map(|path| spec.result_versions.iter().map(move |result| (path, result)))
        {
            let device = server.link_device(LinkOptions::default().test_device()).await;
            let placed =
                server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
            let path = fill_path(pattern, placed.json()["eventInstanceId"].as_str().unwrap());
            let described =
                document["paths"].as_object().unwrap().iter().find(|(path, _)| as_routed(path) == **pattern);
            let operation = &described.unwrap().1[spec.method.to_lowercase()];

            let call = server
                .device_call(&device, spec.endpoint, &path)
                .replace_header(RESULT_VERSION_HEADER, Some(&versioned_type_name(spec.result_type, *result)));
            let body = valid_body(spec.endpoint);
            check(&document, operation, &call.clone().replace_header(RESULT_VERSION_HEADER, None).send().await, 400);
            check(&document, operation, &call.clone().bearer_token("x").send().await, 400);
            check(&document, operation, &call.clone().body(" ".repeat(70_000)).send().await, 413);
            if pattern.contains("{slot}") {
                let status = if spec.endpoint == ApiEndpoint::Replenish { 404 } else { 400 };
                let wrong = server.device_call(&device, spec.endpoint, &path.replace(FILTER, "x")).body(body);
                check(&document, operation, &wrong.send().await, status);
            }
            check(&document, operation, &call.body(body).send().await, 200);
        }
    }
}

/// Compares an answer with an operation's description.
#[track_caller]
fn check(document: &Value, operation: &Value, reply: &ClientResponse, status: u16) {
    let answer = reply.json();
    assert_eq!(reply.status, status, "{answer}");
    let described = resolved(document, &operation["responses"][status.to_string()]);
    assert!(described.is_object(), "status {status} is not described");
    for (name, header) in described["headers"].as_object().into_iter().flatten() {
        assert!(reply.headers.contains_key(name.to_lowercase().as_str()), "header {name} is missing");
        let header = resolved(document, header);
        fits(document, &header["schema"], &Value::from(reply.header(&name.to_lowercase()))).unwrap();
    }
    let schema = &described["content"]["application/json"]["schema"];
    fits(document, schema, &answer).unwrap_or_else(|why| panic!("{answer}: {why}"));
}

/// Follows a reference within the document.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(target) => document.pointer(target.strip_prefix('#').unwrap()).expect("a reference leads somewhere"),
        None => value,
    }
}

/// Whether a value fits a schema. Supports the part of JSON Schema that the document uses.
fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolved(document, schema);
    let known = ["type", "enum", "properties", "required", "additionalProperties", "items", "oneOf", "maxLength"];
    let words = ["description", "format", "minimum", "maximum", "pattern"];
    let keys = schema.as_object().ok_or("no schema")?.keys();
    if let Some(unknown) = keys.into_iter().find(|key| !known.contains(&key.as_str()) && !words.contains(&key.as_str()))
    {
        return Err(format!("this test does not know the keyword {unknown}"));
    }
    if let Some(all) = schema["oneOf"].as_array() {
        let fitting = all.iter().filter(|one| fits(document, one, value).is_ok()).count();
        return if fitting == 1 { Ok(()) } else { Err(format!("{fitting} of the alternatives fit")) };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let wanted = &schema["type"];
    if wanted != kind && !wanted.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind)) {
        return Err(format!("{value} is no {wanted}"));
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    if schema["maxLength"].as_u64().is_some_and(|max| value.as_str().is_some_and(|text| text.len() as u64 > max)) {
        return Err(format!("{value} is too long"));
    }
    for item in value.as_array().into_iter().flatten() {
        fits(document, &schema["items"], item)?;
    }
    let Some(members) = value.as_object() else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten() {
        members.get(name.as_str().unwrap()).ok_or(format!("{name} is missing"))?;
    }
    for (name, member) in members {
        let of = match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => return Err(format!("{name} is not described")),
            (Value::Null, more) => more,
            (of, _) => of,
        };
        fits(document, of, member).map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(())
}
