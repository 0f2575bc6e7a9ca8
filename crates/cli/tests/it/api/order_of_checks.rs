//! A call with every possible error, corrected step by step: its errors come in one order
//! (docs/spec/calls.md#order-of-checks).

use super::badinput::refused;
use crate::harness::fixtures::{FILTER, MODEL};
use crate::harness::{LinkOptions, Server, TestBrowser, form_body};
use opendrs_domain::version::{ApiEndpoint, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER};
use opendrs_service::login::link::SlotSelection;

#[tokio::test(flavor = "multi_thread")]
async fn route_token_versions_slot_body() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let nowhere = server.request("GET", "/slotStatuses/x").body("{");
    refused(nowhere, 404, "UnknownOperationException", "No such path. See the API's list at /-/openapi.json.").await;
    let other = "This path does not take this method; the Allow header lists those it takes.";
    refused(server.request("GET", "/slotStatus/x").body("{"), 405, "UnknownOperationException", other).await;

    let call = server.request("POST", "/slotStatus/x").header(RESULT_VERSION_HEADER, "wrong").body("{");
    refused(call.clone(), 400, "InvalidTokenException", "Invalid token").await;
    let call = call.bearer_token(&device.access);
    let supported = "Supported: com.amazon.dash.replenishment.DrsSlotStatusInput@1.0";
    let missing = format!("Missing header {INPUT_VERSION_HEADER}. {supported}");
    refused(call.clone(), 400, "ValidationException", &missing).await;
    let call = call.header(INPUT_VERSION_HEADER, "com.amazon.dash.replenishment.DrsSlotStatusInput@1.0");
    let malformed = format!(
        "Malformed header {RESULT_VERSION_HEADER}: 'wrong' is not com.amazon.dash.replenishment.<Type>@<version>. \
         Supported: com.amazon.dash.replenishment.DrsSlotStatusResult@1.0"
    );
    refused(call, 400, "ValidationException", &malformed).await;
    let call = |path: &str| server.device_call(&device, ApiEndpoint::SlotStatus, path).body("{");
    let unknown = format!("Slot x does not exist on device model {MODEL}.");
    refused(call("/slotStatus/x"), 400, "ResourceNotFoundException", &unknown).await;
    let broken = "The body is not valid JSON: EOF while parsing an object at line 1 column 1.";
    refused(call(&format!("/slotStatus/{FILTER}")), 400, "ValidationException", broken).await;
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_comes_before_a_body_that_is_too_large_or_broken() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    for body in ["{".to_owned(), " ".repeat(70_000)] {
        let call =
            server.device_call(&device, ApiEndpoint::SlotStatus, "/slotStatus/x").bearer_token("Atza|x").body(body);
        refused(call, 400, "InvalidTokenException", "Invalid token").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn body_then_subscription_then_lock() {
    let server = Server::start().await;
    let device = server.link_device(LinkOptions::default().subscribe(SlotSelection::Nothing)).await;
    let before = server.all_rows().await;
    let call = server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}"));
    let large = "The body is larger than 65536 bytes.";
    refused(call.clone().body(" ".repeat(70_000)), 413, "RequestTooLargeException", large).await;
    let off = format!("Unable to place order - slot : <{FILTER}> is unsubscribed.");
    refused(call, 400, "SlotUnsubscribedException", &off).await;
    assert_eq!(server.all_rows().await, before);

    // An order holds the slot lock; then the customer switches the slot off.
    let device = server.link_device(LinkOptions::default().serial("SN-2")).await;
    let call = server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}"));
    assert_eq!(call.clone().send().await.json()["detailCode"], "STANDARD_ORDER_PLACED");
    assert_eq!(call.clone().send().await.json()["detailCode"], "ORDER_INPROGRESS");
    let mut visit = TestBrowser::signed_in(&server, crate::harness::fixtures::ANN).await;
    visit.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    let page = visit.form("/settings/slot");
    visit.submit(&page.fill("subscribed", "false")).await;
    refused(call, 400, "SlotUnsubscribedException", &off).await;
}
