//! A call that is wrong in every way, mended bit by bit: its errors come in one order
//! (docs/spec/calls.md#order-of-checks).

use super::badinput::refused;
use crate::harness::world::{FILTER, MODEL};
use crate::harness::{Linking, Server, Visit, form};
use opendrs_domain::version::{Endpoint, INPUT_HEADER, RESULT_HEADER};
use opendrs_service::login::link::Subscribe;

#[tokio::test(flavor = "multi_thread")]
async fn route_token_versions_slot_body() {
    let server = Server::start().await;
    let device = server.device().await;
    let before = server.rows().await;
    let nowhere = server.request("GET", "/slotStatuses/x").body("{");
    refused(nowhere, 404, "UnknownOperationException", "No such path. See the API's list at /-/openapi.json.").await;
    let other = "This path does not take this method; the Allow header lists those it takes.";
    refused(server.request("GET", "/slotStatus/x").body("{"), 405, "UnknownOperationException", other).await;

    let call = server.request("POST", "/slotStatus/x").header(RESULT_HEADER, "wrong").body("{");
    refused(call.clone(), 400, "InvalidTokenException", "Invalid token").await;
    let call = call.token(&device.access);
    let supported = "Supported: com.amazon.dash.replenishment.DrsSlotStatusInput@1.0";
    let missing = format!("Missing header {INPUT_HEADER}. {supported}");
    refused(call.clone(), 400, "ValidationException", &missing).await;
    let call = call.header(INPUT_HEADER, "com.amazon.dash.replenishment.DrsSlotStatusInput@1.0");
    let malformed = format!(
        "Malformed header {RESULT_HEADER}: 'wrong' is not com.amazon.dash.replenishment.<Type>@<version>. \
         Supported: com.amazon.dash.replenishment.DrsSlotStatusResult@1.0"
    );
    refused(call, 400, "ValidationException", &malformed).await;
    let call = |path: &str| server.call(&device, Endpoint::SlotStatus, path).body("{");
    let unknown = format!("Slot x does not exist on device model {MODEL}.");
    refused(call("/slotStatus/x"), 400, "ResourceNotFoundException", &unknown).await;
    let broken = "The body is not valid JSON: EOF while parsing an object at line 1 column 1.";
    refused(call(&format!("/slotStatus/{FILTER}")), 400, "ValidationException", broken).await;
    assert_eq!(server.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_comes_before_a_body_that_is_too_large_or_broken() {
    let server = Server::start().await;
    let device = server.device().await;
    for body in ["{".to_owned(), " ".repeat(70_000)] {
        let call = server.call(&device, Endpoint::SlotStatus, "/slotStatus/x").token("Atza|x").body(body);
        refused(call, 400, "InvalidTokenException", "Invalid token").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn body_then_subscription_then_lock() {
    let server = Server::start().await;
    let device = server.link(Linking::default().subscribe(Subscribe::None)).await;
    let before = server.rows().await;
    let call = server.call(&device, Endpoint::Replenish, &format!("/replenish/{FILTER}"));
    let large = "The body is larger than 65536 bytes.";
    refused(call.clone().body(" ".repeat(70_000)), 413, "RequestTooLargeException", large).await;
    let off = format!("Unable to place order - slot : <{FILTER}> is unsubscribed.");
    refused(call, 400, "SlotUnsubscribedException", &off).await;
    assert_eq!(server.rows().await, before);

    // An order holds the lock; then the customer switches the slot off.
    let device = server.link(Linking::default().serial("SN-2")).await;
    let call = server.call(&device, Endpoint::Replenish, &format!("/replenish/{FILTER}"));
    assert_eq!(call.clone().send().await.json()["detailCode"], "STANDARD_ORDER_PLACED");
    assert_eq!(call.clone().send().await.json()["detailCode"], "ORDER_INPROGRESS");
    let mut visit = Visit::signed_in(&server, crate::harness::world::ANN).await;
    visit.go(&format!("/settings?{}", form(&[("access_token", &device.access)]))).await;
    let page = visit.form("/settings/slot");
    visit.submit(&page.fill("subscribed", "false")).await;
    refused(call, 400, "SlotUnsubscribedException", &off).await;
}
