//! `/-/faults`: calls, notifications and orders that fail as planned.

use crate::harness::fixtures::{ANN, CARL, FILTER};
use crate::harness::{LinkOptions, LinkedDevice, Options, ReceivedRequest, Server, TestBrowser, TestReceiver};
use opendrs_domain::fault::{CallFault, FaultKind};
use opendrs_domain::version::ApiEndpoint;
use opendrs_service::faults::plan_fault;
use serde_json::{Value, json};

both!(
    the_next_calls_fail_as_they_would_by_themselves,
    a_call_that_times_out_is_done_or_not,
    notifications_are_lost_late_doubled_and_out_of_order,
    an_order_meets_a_problem_and_is_placed_an_hour_later,
    a_declined_payment_holds_the_order_until_it_is_tried_again,
    what_cannot_be_planned_is_refused_with_what_can,
);

async fn post_fault(server: &Server, fault: Value) -> (u16, Value) {
    let reply = server.request("POST", "/-/faults").body(fault.to_string()).send().await;
    (reply.status.as_u16(), reply.json())
}

async fn list(server: &Server) -> Value {
    server.request("GET", "/-/faults").send().await.json()["faults"].clone()
}

async fn replenish(server: &Server, device: &LinkedDevice) -> (u16, Value) {
    let reply = server.device_call(device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    (reply.status.as_u16(), reply.json())
}

async fn the_next_calls_fail_as_they_would_by_themselves(server: &Server) {
    let device = server.link_default_device().await;
    for (fault, status, kind, message) in [
        ("400", 400, "ValidationException:", "This test server has a planned fault"),
        ("429", 429, "ThrottlingException:", "Too many"),
        ("500", 500, "InternalFailureException:", "internal error"),
        ("503", 503, "ServiceUnavailableException:", "temporarily unavailable"),
        ("expired-token", 400, "InvalidTokenException:", "Invalid token"),
    ] {
        let (good, plan) = post_fault(server, json!({ "fault": fault, "on": "replenish", "times": 2 })).await;
        assert_eq!((good, &plan["faults"][0]["on"]), (200, &json!("/replenish")), "{plan}");
        let other = server.device_call(&device, ApiEndpoint::SubscriptionInfo, "/subscriptionInfo").send().await;
        assert_eq!(other.status, 200, "{fault}");
        for left in [1, 0] {
            let reply =
                server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
            assert_eq!(reply.status, status);
            assert!(reply.header("x-amzn-errortype").starts_with(kind), "{reply:?}");
            assert!(reply.text().contains(message), "{fault}: {}", reply.text());
            assert!(!reply.header("x-amzn-requestid").is_empty());
            assert_eq!(list(server).await[0]["times"].as_u64().unwrap_or_default(), left);
        }
    }
    assert_eq!(replenish(server, &device).await.0, 200);
    assert_eq!(server.row_count("orders").await, 1, "none of those that failed was done");

    post_fault(server, json!({ "fault": "503", "on": "auth/o2/token" })).await;
    let (status, body) = server.token_request(&[("grant_type", "x")]).status_and_text().await;
    assert!(status == 503 && body.contains("\"error\""), "{status} {body}");
    assert_eq!(server.token_request(&[("grant_type", "x")]).status_and_text().await.0, 400);
    post_fault(server, json!({ "fault": "500", "times": 9 })).await;
    assert_eq!(server.request("GET", "/-/health").send().await.status, 200, "the paths of tests never fail");
    assert_eq!(replenish(server, &device).await.0, 500, "any path");
    server.request("DELETE", "/-/faults").send().await;
    assert_eq!((replenish(server, &device).await.0, list(server).await), (200, json!([])));
}

async fn a_call_that_times_out_is_done_or_not(server: &Server) {
    let device = server.link_default_device().await;
    for (fault, orders) in [("timeout", 0), ("timeout-after", 1)] {
        post_fault(server, json!({ "fault": fault, "on": format!("/replenish/{FILTER}"), "by": "10m" })).await;
        let mut call = Box::pin(replenish(server, &device));
        // The call waits, and other calls are answered, until the plan is cleared.
        loop {
            let health = server.request("GET", "/-/health").send();
            tokio::select! {
                biased;
                answer = &mut call => panic!("an answer: {answer:?}"),
                _ = health => {}
            }
            if list(server).await == json!([]) && server.row_count("orders").await == orders {
                break;
            }
        }
        // The call may not have begun to wait when the plan is first cleared.
        let answer = loop {
            let cleared = server.request("DELETE", "/-/faults").send();
            tokio::select! {
                biased;
                answer = &mut call => break answer,
                _ = cleared => {}
            }
        };
        assert_eq!(answer.0, if orders == 0 { 503 } else { 200 }, "{fault}: {answer:?}");
        assert_eq!(server.row_count("orders").await, orders);
    }
}

async fn advance_and_take_types(server: &Server, receiver: &TestReceiver, by: &str) -> Vec<String> {
    server.advance(by).await;
    receiver
        .take_received()
        .await
        .iter()
        .map(|got: &ReceivedRequest| got.notification_type().replace("Notification", ""))
        .collect()
}

async fn notifications_are_lost_late_doubled_and_out_of_order(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let trigger = async |kind: &str| {
        let body = json!({ "type": kind, "device": "SN-1", "slot": FILTER });
        let reply = server.request("POST", "/-/trigger").body(body.to_string()).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["event"].as_str().unwrap().to_owned()
    };
    let fault = async |fault: Value| assert_eq!(post_fault(server, fault).await.0, 200);
    // Two messages at the same time, the second of which overtakes the first.
    fault(json!({ "fault": "out-of-order" })).await;
    server.link_default_device().await;
    assert_eq!(advance_and_take_types(server, &receiver, "1s").await, ["SubscriptionChanged", "DeviceRegistered"]);
    fault(json!({ "fault": "out-of-order" })).await;
    trigger("order-placed").await;
    assert_eq!(
        advance_and_take_types(server, &receiver, "1s").await,
        ["OrderPlaced"],
        "nothing behind it could overtake it"
    );
    assert_eq!(list(server).await[0]["fault"], "out-of-order", "it still waits");
    server.request("DELETE", "/-/faults").send().await;

    fault(json!({ "fault": "lost" })).await;
    let lost = trigger("item-shipped").await;
    trigger("order-cancelled").await;
    assert_eq!(advance_and_take_types(server, &receiver, "1h").await, ["OrderCancelled"]);
    let id = opendrs_domain::id::EventId::parse(&lost).unwrap();
    let story = opendrs_service::delivery::load_event_history(server.app(), id).await.unwrap();
    let reason = story.deliveries[0].delivery.reason.as_deref();
    assert_eq!(reason, Some("not sent: the plan of faults wants it so"));
    let which = opendrs_service::delivery::ReplaySelection::Event(id);
    opendrs_service::delivery::replay(server.app(), which, None, true).await.unwrap();
    assert_eq!(advance_and_take_types(server, &receiver, "1s").await, ["ItemShipped"], "replayed, it comes after all");

    fault(json!({ "fault": "late", "by": "5m" })).await;
    trigger("item-shipped").await;
    trigger("order-cancelled").await;
    assert!(advance_and_take_types(server, &receiver, "4m").await.is_empty());
    assert_eq!(advance_and_take_types(server, &receiver, "1m").await, ["ItemShipped", "OrderCancelled"]);

    fault(json!({ "fault": "doubled" })).await;
    trigger("item-shipped").await;
    server.advance("1s").await;
    let both = receiver.take_received().await;
    assert_eq!((both.len(), &both[0].body), (2, &both[1].body), "the same message, and so the same id");
    assert_eq!(list(server).await, json!([]));
}

async fn an_order_meets_a_problem_and_is_placed_an_hour_later(server: &Server) {
    let device = server.link_default_device().await;
    let row = async || server.all_rows().await["orders"].first().unwrap().clone();
    post_fault(server, json!({ "fault": "out-of-stock" })).await;
    let (status, answer) = replenish(server, &device).await;
    assert_eq!((status, &answer["detailCode"]), (200, &json!("STANDARD_ORDER_PLACED")));
    let held = row().await;
    assert!(held.contains("held") && held.contains("out_of_stock"), "{held}");
    assert!(!server.event_names().await.contains(&"OrderPlaced".to_owned()));
    server.advance("1h").await;
    assert_eq!(server.event_names().await.last().unwrap(), "OrderPlaced");
    assert!(row().await.contains("placed"));
    server.advance("5d").await;
    let device = server.link_default_device().await;
    post_fault(server, json!({ "fault": "price", "percent": 40 })).await;
    replenish(server, &device).await;
    let rows = server.all_rows().await;
    assert!(rows["orders"].iter().any(|row| row.contains("3499")), "24.99 and 40 %: {:?}", rows["orders"]);
}

async fn a_declined_payment_holds_the_order_until_it_is_tried_again(server: &Server) {
    let device = server.link_default_device().await;
    let hold = async || {
        assert_eq!(post_fault(server, json!({ "fault": "payment-declined" })).await.0, 200);
        let (status, answer) = replenish(server, &device).await;
        assert_eq!((status, &answer["detailCode"]), (200, &json!("STANDARD_ORDER_PLACED")));
        assert_eq!(list(server).await, json!([]));
        answer["eventInstanceId"].as_str().unwrap().to_owned()
    };
    let order = hold().await;
    assert!(!server.event_names().await.contains(&"OrderPlaced".to_owned()), "makers hear nothing of it");
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_held"]);
    let mail = server.newest_mail_text().await;
    for words in ["The payment failed.", "Open the order and try again once you can pay, or cancel it.", "/order?id="] {
        assert!(mail.contains(words), "{mail}");
    }
    let mut ann = TestBrowser::open(server, &format!("/order?id={order}")).await;
    ann.sign_in(ANN).await;
    assert!(ann.page.text().contains("the payment failed"), "{}", ann.page.text());
    ann.press("/order", "look").await;
    assert!(!ann.page.text().contains("the payment failed"), "{}", ann.page.text());
    assert_eq!(server.event_names().await.last().unwrap(), "OrderPlaced");
    assert_eq!(server.mail_kinds().await.last().unwrap(), &"order_placed");

    // A payment fault does not affect an order that is held for another reason.
    let carls = server.link_device(LinkOptions::default().serial("SN-2").customer(CARL)).await;
    post_fault(server, json!({ "fault": "payment-declined" })).await;
    replenish(server, &carls).await;
    let rows = server.all_rows().await;
    assert!(rows["orders"].iter().any(|row| row.contains("held") && row.contains("address")), "{:?}", rows["orders"]);

    // Without an action of the customer the hold is evaluated again an hour later.
    ann.press("/order", "cancel").await;
    hold().await;
    server.advance("1h").await;
    assert_eq!(server.event_names().await.last().unwrap(), "OrderPlaced");
}

async fn what_cannot_be_planned_is_refused_with_what_can(server: &Server) {
    for (fault, says) in [
        (json!({ "fault": "404" }), "`404` is not a fault: use one of 400, 429"),
        (
            json!({ "fault": "500", "on": "/replenishh" }),
            "no call at /replenishh can have a fault; write one of /replenish/{slot},",
        ),
        (json!({ "fault": "500", "on": "/-/health" }), "no call at /-/health can have a fault"),
        (json!({ "fault": "500", "times": 0 }), "1 to 10000 times, not 0"),
        (json!({ "fault": "lost", "on": "/replenish" }), "is not a fault of a call"),
        (json!({ "fault": "slow", "by": "soon" }), "is not a duration"),
        (json!({ "fault": "price" }), "by how many percent"),
        (json!({ "error": "500" }), "unknown field `error`"),
    ] {
        let (status, answer) = post_fault(server, fault).await;
        let message = answer["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(says), "{status} {message}");
    }
    assert_eq!(list(server).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_test_clock_nothing_goes_wrong_on_request() {
    let server = Server::start_with(Options { test_clock: false, ..Options::default() }).await;
    assert_eq!(post_fault(&server, json!({ "fault": "500" })).await.0, 404);
    let refused = plan_fault(server.app(), FaultKind::Call(CallFault::Status(500)), "/".into(), 1).unwrap_err();
    assert!(refused.to_string().contains("start the server with --test-clock"), "{refused}");
    assert!(!server.app().faults.is_armed());
}
