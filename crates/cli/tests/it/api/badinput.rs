//! Errors in a call's head: route, token, version headers, slot. Each refusal is JSON that names the fix, and nothing
//! is written (docs/spec/calls.md#version-headers, docs/spec/calls.md#error-answers,
//! docs/spec/calls.md#order-of-checks).

use crate::harness::fixtures::{BEANS, BOB, FILTER, MODEL, OTHER_MODEL, OTHER_WEB};
use crate::harness::{LinkOptions, ReplyExt, Server, TestRequest, fill_path, valid_body};
use opendrs_domain::version::{
    ApiEndpoint, ENDPOINTS, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER, versioned_type_name,
};

both!(a_slot_must_be_of_the_devices_model, another_devices_order_is_as_unknown_as_none);

/// The namespace of the exceptions that refusals name.
const NAMESPACE: &str = "http://internal.amazon.com/coral/com.amazon.parkeraccioservice/";

/// Sends a call that must be refused with this status, exception and message.
pub async fn refused(call: TestRequest, status: u16, exception: &str, message: &str) {
    let reply = call.clone().send().await;
    assert_eq!(reply.status_and_text(), (status, serde_json::json!({ "message": message }).to_string()), "{call:?}");
    assert_eq!(reply.header("x-amzn-errortype"), format!("{exception}:{NAMESPACE}"), "{call:?}");
    assert_eq!(reply.header("content-type"), "application/json");
    assert!(!reply.headers.contains_key("x-amzn-type-version"));
}

async fn bad_token(call: TestRequest) {
    refused(call, 400, "InvalidTokenException", "Invalid token").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_version_header_is_one_of_four_refusals_at_every_endpoint() {
    let server = Server::start().await;
    let device = server.link_device(LinkOptions::default().test_device()).await;
    let before = server.all_rows().await;
    for spec in &ENDPOINTS {
        for (header, short, versions) in [
            (INPUT_VERSION_HEADER, spec.input_type, spec.input_versions),
            (RESULT_VERSION_HEADER, spec.result_type, spec.result_versions),
        ] {
            let prefix = "com.amazon.dash.replenishment.";
            let supported = versions.iter().map(|v| versioned_type_name(short, *v)).collect::<Vec<_>>().join(", ");
            let wrong_way = if header == INPUT_VERSION_HEADER { spec.result_type } else { spec.input_type };
            let call = server
                .device_call(&device, spec.endpoint, &fill_path(spec.paths[0], "x"))
                .body(valid_body(spec.endpoint));
            for (value, says) in [
                (None, format!("Missing header {header}.")),
                (Some(" ".to_owned()), format!("Missing header {header}.")),
                (Some(format!("{header}:")), format!("Missing header {header}.")),
                (
                    Some("nonsense".into()),
                    format!("Malformed header {header}: 'nonsense' is not {prefix}<Type>@<version>."),
                ),
                (
                    Some(format!("{short}@1.0")),
                    format!("Malformed header {header}: '{short}@1.0' is not {prefix}<Type>@<version>."),
                ),
                (
                    Some(format!("{prefix}{short}")),
                    format!("Malformed header {header}: '{prefix}{short}' is not {prefix}<Type>@<version>."),
                ),
                (
                    Some(format!("{prefix}{wrong_way}@1.0")),
                    format!("Header {header}: type {wrong_way} is not of this endpoint."),
                ),
                (Some(format!("{prefix}{short}@9.9")), format!("Header {header}: unknown version 9.9.")),
                (Some(format!("{prefix}{short}@01.0")), format!("Header {header}: unknown version 01.0.")),
            ] {
                let message = format!("{says} Supported: {supported}");
                refused(call.clone().replace_header(header, value.as_deref()), 400, "ValidationException", &message)
                    .await;
            }
        }
    }
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_token_is_the_same_refusal_at_every_path() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let gone = server.link_device(LinkOptions::default().serial("SN-2")).await;
    server.device_call(&gone, ApiEndpoint::Deregister, "/registration").send().await;
    let profile = server.profile_token("profile").await;
    let (good, mut forged) = (device.access.clone(), device.access.clone());
    forged.replace_range(60..61, if &forged[60..61] == "A" { "B" } else { "A" });
    let before = server.all_rows().await;
    for spec in &ENDPOINTS {
        for pattern in spec.paths {
            let path = fill_path(pattern, "x");
            let call = server.device_call(&device, spec.endpoint, &path).body(valid_body(spec.endpoint));
            for authorization in [
                None,
                Some(String::new()),
                Some("Bearer".into()),
                Some("Bearer ".into()),
                Some(good.clone()),
                Some(format!("Basic {good}")),
                Some(format!("Bearer {}", good.replace("Atza|", ""))),
                Some(format!("Bearer {}", "x".repeat(405))),
                Some(format!("Bearer Atza|{}", "A".repeat(400))),
                Some(format!("Bearer {forged}")),
                Some(format!("Bearer {good}x")),
                Some(format!("Bearer {}", &good[..404])),
                Some(format!("Bearer {good},{good}")),
                Some(format!("Bearer {}", device.refresh)),
                Some(format!("Bearer {}", device.refresh.replace("Atzr|", "Atza|"))),
                Some(format!("Bearer {profile}")),
                Some(format!("Bearer {}", gone.access)),
            ] {
                bad_token(call.clone().replace_header("authorization", authorization.as_deref())).await;
            }
            bad_token(call.header("authorization", format!("Bearer {good}"))).await;
            let query = format!("{path}?access_token={}", good.replace('|', "%7C"));
            bad_token(server.device_call(&device, spec.endpoint, &query).replace_header("authorization", None)).await;
        }
    }
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_ends_after_an_hour() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let call = server.device_call(&device, ApiEndpoint::SubscriptionInfo, "/subscriptionInfo");
    server.advance("59m 59s").await;
    assert_eq!(call.clone().send().await.status, 200);
    server.advance("1s").await;
    let before = server.all_rows().await;
    bad_token(call).await;
    for spec in &ENDPOINTS {
        bad_token(
            server.device_call(&device, spec.endpoint, &fill_path(spec.paths[0], "x")).body(valid_body(spec.endpoint)),
        )
        .await;
    }
    assert_eq!(server.all_rows().await, before);
}

async fn a_slot_must_be_of_the_devices_model(server: &Server) {
    let device = server.link_device(LinkOptions::default().test_device()).await;
    let before = server.all_rows().await;
    let endless = "x".repeat(200);
    for (endpoint, path, status) in [
        (ApiEndpoint::Replenish, "/replenish/", 404),
        (ApiEndpoint::SlotStatus, "/slotStatus/", 400),
        (ApiEndpoint::DeviceStatus, "/deviceStatus/", 400),
        (ApiEndpoint::CancelTestOrders, "/testOrders/slots/", 400),
        (ApiEndpoint::CancelTestOrders, "/testOrders/", 400),
    ] {
        for (sent, named) in [
            (BEANS, BEANS),
            ("nothing", "nothing"),
            (&FILTER.to_uppercase(), &FILTER.to_uppercase()),
            ("a%20b", "a b"),
            ("a%2F..%2Fb", "a/../b"),
            ("%22%3Cscript%3E%0A", "\"<script>"),
            ("%00", ""),
            ("a%00b", "ab"),
            ("'%20OR%201=1%20--", "' OR 1=1 --"),
            (&endless, &"x".repeat(64)),
        ] {
            let message = format!("Slot {named} does not exist on device model {MODEL}.");
            let call = server.device_call(&device, endpoint, &format!("{path}{sent}")).body(valid_body(endpoint));
            refused(call, status, "ResourceNotFoundException", &message).await;
        }
    }
    assert_eq!(server.all_rows().await, before);
}

async fn another_devices_order_is_as_unknown_as_none(server: &Server) {
    let device = server.link_default_device().await;
    let neighbour = server.link_device(LinkOptions::default().serial("SN-2").customer(BOB)).await;
    let stranger = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    let placed =
        server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let order = placed["eventInstanceId"].as_str().unwrap().to_owned();
    let before = server.all_rows().await;
    let unknown = "Unknown eventInstanceId: this device has no such order.";
    for caller in [&neighbour, &stranger] {
        let call = server.device_call(caller, ApiEndpoint::OrderInfo, &format!("/getOrderInfo/{order}"));
        refused(call, 400, "ResourceNotFoundException", unknown).await;
    }
    let cut = &order[..order.len() - 1];
    for id in
        ["x", "amzn1.dash.v2.o.", "amzn1.dash.v2.o.ci4", cut, &format!("{order}A"), &"x".repeat(300), "%00", "%27"]
    {
        let call = server.device_call(&device, ApiEndpoint::OrderInfo, &format!("/getOrderInfo/{id}"));
        refused(call, 400, "ResourceNotFoundException", unknown).await;
    }
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_are_404_for_everybody() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let message = "No such path. See the API's list at /-/openapi.json.";
    for (method, path) in [
        ("DELETE", "/"),
        ("GET", "/"),
        ("OPTIONS", "/unknown"),
        ("POST", "/replenish"),
        ("POST", "/replenish/a/b"),
        ("POST", "/replenish/%ff"),
        ("POST", "/Replenish/x"),
        ("GET", "/subscriptionInfo/x"),
        ("GET", "/subscriptionInfo%2F"),
        ("GET", "/getOrderInfo"),
        ("DELETE", "/deviceModels/a/devices/b"),
        ("DELETE", "/deviceModels/a/devices/registration"),
        ("DELETE", "/testOrders/slots/a/b"),
        ("GET", "/..%2fsubscriptionInfo"),
    ] {
        refused(server.request(method, path), 404, "UnknownOperationException", message).await;
        refused(server.request(method, path).bearer_token(&device.access), 404, "UnknownOperationException", message)
            .await;
        refused(server.request(method, path).bearer_token(""), 404, "UnknownOperationException", message).await;
    }
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_is_405_and_names_those_that_are_taken() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let message = "This path does not take this method; the Allow header lists those it takes.";
    for spec in &ENDPOINTS {
        for pattern in spec.paths {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
                if method == spec.method {
                    continue;
                }
                let call = server.request(method, &fill_path(pattern, "x"));
                refused(call.clone(), 405, "UnknownOperationException", message).await;
                let reply = call.bearer_token(&device.access).send().await;
                let allowed: Vec<_> =
                    reply.header("allow").split(',').map(str::trim).filter(|m| *m != "HEAD").collect();
                assert_eq!((reply.status.as_u16(), allowed), (405, vec![spec.method]), "{method} {pattern}");
            }
        }
    }
    assert_eq!(server.all_rows().await, before);
}
