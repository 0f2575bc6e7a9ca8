//! The state of orders for devices and makers: GetOrderInfo, CancelTestOrder, events. On both engines.

use super::badinput::refused;
use crate::harness::fixtures::{ANN, CARL, CARTRIDGE, FILTER, SMALL};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, form_body};
use opendrs_domain::customer::Address;
use opendrs_domain::text::Email;
use opendrs_domain::version::ApiEndpoint::{CancelTestOrders, OrderInfo, Replenish};
use opendrs_service::customer;

both!(
    a_standard_order_is_processed_then_shipped,
    an_order_in_its_window_is_cancelled_by_its_customer,
    an_order_without_an_address_is_held_and_ends_after_three_days,
    a_held_order_goes_on_when_its_problem_is_gone,
    a_test_order_is_free_and_quick,
    cancelled_test_orders_free_their_slots,
    real_orders_are_not_cancelled_by_their_device,
);

/// Places an order for the filter.
async fn place(server: &Server, device: &LinkedDevice) -> (String, String) {
    let answer = server.device_call(device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let text = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (text("detailCode"), text("eventInstanceId"))
}

/// Status and expected delivery of an order. Uses a new token, because the last one may have expired.
async fn status_and_delivery_date(server: &Server, id: &str, linking: LinkOptions) -> (String, Option<String>) {
    let device = server.link_device(linking).await;
    let answer = server.device_call(&device, OrderInfo, &format!("/getOrderInfo/{id}")).send().await.json();
    let item = &answer["orderInfoData"]["orderItems"][0];
    (item["status"].as_str().unwrap().into(), item["expectedDeliveryDate"].as_str().map(str::to_owned))
}

async fn a_standard_order_is_processed_then_shipped(server: &Server) {
    let device = server.link_default_device().await;
    let (detail, id) = place(server, &device).await;
    assert_eq!(detail, "STANDARD_ORDER_PLACED");
    let answer = server.device_call(&device, OrderInfo, &format!("/getOrderInfo/{id}")).send().await;
    assert_eq!(answer.header("x-amzn-type-version"), "com.amazon.dash.replenishment.DrsOrderInfoResult@1.0");
    assert_eq!(
        answer.text(),
        format!(
            r#"{{"orderInfoData":{{"instanceId":"{id}","orderItems":[{{"asin":"{SMALL}","expectedDeliveryDate":"2018-03-05T07:30:00.000Z","quantity":3,"slotId":"{FILTER}","status":"Processing"}}]}}}}"#
        )
    );
    let expected = Some("2018-03-05T07:30:00.000Z".to_owned());
    let now = async || status_and_delivery_date(server, &id, LinkOptions::default()).await;
    server.advance("24h").await;
    assert_eq!(now().await, ("Processing".into(), expected.clone()));
    server.advance("30m").await;
    assert_eq!(now().await, ("Shipped".into(), expected.clone()));
    let device = server.link_default_device().await;
    assert_eq!(place(server, &device).await, ("ORDER_INPROGRESS".into(), id.clone()), "not delivered yet");
    server.advance("2d").await;
    assert_eq!(now().await, ("Shipped".into(), expected));
    let device = server.link_default_device().await;
    let (detail, next) = place(server, &device).await;
    assert_eq!((detail.as_str(), next == id), ("STANDARD_ORDER_PLACED", false));
    let told = ["DeviceRegistered", "SubscriptionChanged", "OrderPlaced", "ItemShipped", "OrderPlaced"];
    assert_eq!(server.event_names().await, told);
}

async fn an_order_in_its_window_is_cancelled_by_its_customer(server: &Server) {
    let device = server.link_default_device().await;
    let (_, id) = place(server, &device).await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    let cancel = visit.form("/settings/order");
    visit.submit(&cancel).await;
    assert_eq!(status_and_delivery_date(server, &id, LinkOptions::default()).await.0, "Cancelled");
    assert_eq!(place(server, &device).await.0, "STANDARD_ORDER_PLACED");
    assert_eq!(server.event_names().await[2..], ["OrderPlaced", "OrderCancelled", "OrderPlaced"]);
}

async fn an_order_without_an_address_is_held_and_ends_after_three_days(server: &Server) {
    let carls = || LinkOptions::default().customer(CARL);
    let device = server.link_device(carls()).await;
    let (detail, id) = place(server, &device).await;
    assert_eq!(detail, "STANDARD_ORDER_PLACED", "Replenish says only that the request was taken");
    assert_eq!(status_and_delivery_date(server, &id, carls()).await, ("Processing".into(), None));
    server.advance("71h 59m").await;
    assert_eq!(status_and_delivery_date(server, &id, carls()).await, ("Processing".into(), None));
    assert_eq!(server.event_names().await, ["DeviceRegistered", "SubscriptionChanged"]);
    server.advance("1m").await;
    assert_eq!(status_and_delivery_date(server, &id, carls()).await, ("Cancelled".into(), None));
    let device = server.link_device(carls()).await;
    assert_eq!(place(server, &device).await.0, "STANDARD_ORDER_PLACED");
    assert_eq!(server.event_names().await[2..], ["OrderCancelled"], "an order that was never placed is only cancelled");
}

async fn a_held_order_goes_on_when_its_problem_is_gone(server: &Server) {
    let carls = || LinkOptions::default().customer(CARL);
    let device = server.link_device(carls()).await;
    let (_, id) = place(server, &device).await;
    server.advance("5h").await;
    let carl = customer::find_id_by_email(server.app(), &Email::parse(CARL).unwrap()).await.unwrap().unwrap();
    let address = Address {
        line1: "3 New Road".into(),
        line2: None,
        city: "Springfield".into(),
        region: None,
        postal_code: "97477".into(),
        country: "US".into(),
    };
    customer::set_address(server.app(), carl, address).await.unwrap();
    server.advance("1h").await;
    assert_eq!(
        status_and_delivery_date(server, &id, carls()).await,
        ("Processing".into(), Some("2018-03-05T13:30:00.000Z".into()))
    );
    assert_eq!(server.event_names().await[2..], ["OrderPlaced"]);
    server.advance("25h").await;
    assert_eq!(server.event_names().await[3..], ["ItemShipped"]);
}

async fn a_test_order_is_free_and_quick(server: &Server) {
    let test = || LinkOptions::default().test_device();
    let device = server.link_device(test()).await;
    let (detail, id) = place(server, &device).await;
    assert_eq!(detail, "TEST_ORDER_PLACED");
    assert_eq!(place(server, &device).await, ("ORDER_INPROGRESS".into(), id.clone()));
    assert_eq!(
        status_and_delivery_date(server, &id, test()).await,
        ("Processing".into(), Some("2018-03-02T07:20:00.000Z".into()))
    );
    server.advance("10m").await;
    assert_eq!(status_and_delivery_date(server, &id, test()).await.0, "Shipped");
    assert_eq!(server.event_names().await[2..], ["OrderPlaced", "ItemShipped"]);
    server.advance("10m").await;
    assert_eq!(place(server, &device).await.0, "TEST_ORDER_PLACED");
}

async fn cancelled_test_orders_free_their_slots(server: &Server) {
    let device = server.link_device(LinkOptions::default().test_device()).await;
    let free = |slot: &str| format!(r#"{{"orderStatus":"NO_ORDER_IN_PROGRESS","slotId":"{slot}"}}"#);
    let one = format!(r#"{{"slotOrderStatuses":[{}]}}"#, free(FILTER));
    let all = format!(r#"{{"slotOrderStatuses":[{},{}]}}"#, free(FILTER), free(CARTRIDGE));
    for (path, answer) in [
        (format!("/testOrders/slots/{FILTER}"), &one),
        (format!("/testOrders/{FILTER}"), &one),
        ("/testOrders".to_owned(), &all),
    ] {
        let events = server.event_names().await.len();
        let (detail, id) = place(server, &device).await;
        assert_eq!(detail, "TEST_ORDER_PLACED");
        let cancel = server.device_call(&device, CancelTestOrders, &path);
        let reply = cancel.clone().send().await;
        assert_eq!(&reply.text(), answer);
        assert_eq!(reply.header("x-amzn-type-version"), "com.amazon.dash.replenishment.DrsCancelTestOrdersResult@1.0");
        assert_eq!(cancel.status_and_text().await, (200, answer.clone()), "again, with nothing to cancel");
        assert_eq!(server.event_names().await[events..], ["OrderPlaced", "OrderCancelled"], "told once");
        assert_eq!(status_and_delivery_date(server, &id, LinkOptions::default().test_device()).await.0, "Cancelled");
    }
}

async fn real_orders_are_not_cancelled_by_their_device(server: &Server) {
    let device = server.link_default_device().await;
    place(server, &device).await;
    let before = server.all_rows().await;
    let message = "The device is not a test device: register it with is_test_device=true to cancel its orders by API.";
    for path in ["/testOrders".to_owned(), format!("/testOrders/{FILTER}"), format!("/testOrders/slots/{FILTER}")] {
        refused(server.device_call(&device, CancelTestOrders, &path), 400, "ValidationException", message).await;
    }
    assert_eq!(server.all_rows().await, before);
}
