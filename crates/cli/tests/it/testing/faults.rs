//! `/-/faults`: calls, notifications and orders that go wrong as planned.

use crate::harness::world::{ANN, CARL, FILTER};
use crate::harness::{Device, Got, Linking, Options, Receiver, Server, Visit};
use opendrs_domain::fault::{Call, What};
use opendrs_domain::version::Endpoint;
use opendrs_service::faults::plan;
use serde_json::{Value, json};

both!(
    the_next_calls_fail_as_they_would_by_themselves,
    a_call_that_times_out_is_done_or_not,
    notifications_are_lost_late_doubled_and_out_of_order,
    an_order_meets_a_problem_and_is_placed_an_hour_later,
    a_declined_payment_holds_the_order_until_it_is_tried_again,
    what_cannot_be_planned_is_refused_with_what_can,
);

async fn planned(server: &Server, fault: Value) -> (u16, Value) {
    let reply = server.request("POST", "/-/faults").body(fault.to_string()).send().await;
    (reply.status.as_u16(), reply.json())
}

async fn list(server: &Server) -> Value {
    server.request("GET", "/-/faults").send().await.json()["faults"].clone()
}

async fn replenish(server: &Server, device: &Device) -> (u16, Value) {
    let reply = server.call(device, Endpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    (reply.status.as_u16(), reply.json())
}

async fn the_next_calls_fail_as_they_would_by_themselves(server: &Server) {
    let device = server.device().await;
    for (fault, status, kind, message) in [
        ("400", 400, "ValidationException:", "The plan of faults"),
        ("429", 429, "ThrottlingException:", "Too many"),
        ("500", 500, "InternalFailureException:", "internal error"),
        ("503", 503, "ServiceUnavailableException:", "temporarily unavailable"),
        ("expired-token", 400, "InvalidTokenException:", "Invalid token"),
    ] {
        let (good, plan) = planned(server, json!({ "fault": fault, "on": "replenish", "times": 2 })).await;
        assert_eq!((good, &plan["faults"][0]["on"]), (200, &json!("/replenish")), "{plan}");
        let other = server.call(&device, Endpoint::SubscriptionInfo, "/subscriptionInfo").send().await;
        assert_eq!(other.status, 200, "{fault}");
        for left in [1, 0] {
            let reply = server.call(&device, Endpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
            assert_eq!(reply.status, status);
            assert!(reply.header("x-amzn-errortype").starts_with(kind), "{reply:?}");
            assert!(reply.text().contains(message), "{fault}: {}", reply.text());
            assert!(!reply.header("x-amzn-requestid").is_empty());
            assert_eq!(list(server).await[0]["times"].as_u64().unwrap_or_default(), left);
        }
    }
    assert_eq!(replenish(server, &device).await.0, 200);
    assert_eq!(server.count("orders").await, 1, "none of those that failed was done");

    planned(server, json!({ "fault": "503", "on": "auth/o2/token" })).await;
    let (status, body) = server.token(&[("grant_type", "x")]).said().await;
    assert!(status == 503 && body.contains("\"error\""), "{status} {body}");
    assert_eq!(server.token(&[("grant_type", "x")]).said().await.0, 400);
    planned(server, json!({ "fault": "500", "times": 9 })).await;
    assert_eq!(server.request("GET", "/-/health").send().await.status, 200, "the paths of tests never fail");
    assert_eq!(replenish(server, &device).await.0, 500, "any path");
    server.request("DELETE", "/-/faults").send().await;
    assert_eq!((replenish(server, &device).await.0, list(server).await), (200, json!([])));
}

async fn a_call_that_times_out_is_done_or_not(server: &Server) {
    let device = server.device().await;
    for (fault, orders) in [("timeout", 0), ("timeout-after", 1)] {
        planned(server, json!({ "fault": fault, "on": format!("/replenish/{FILTER}"), "by": "10m" })).await;
        let mut call = Box::pin(replenish(server, &device));
        // It waits: whatever else is asked meanwhile is answered, until the plan is cleared.
        loop {
            let health = server.request("GET", "/-/health").send();
            tokio::select! {
                biased;
                answer = &mut call => panic!("an answer: {answer:?}"),
                _ = health => {}
            }
            if list(server).await == json!([]) && server.count("orders").await == orders {
                break;
            }
        }
        // The call may have yet to begin its wait when the plan is first cleared.
        let answer = loop {
            let cleared = server.request("DELETE", "/-/faults").send();
            tokio::select! {
                biased;
                answer = &mut call => break answer,
                _ = cleared => {}
            }
        };
        assert_eq!(answer.0, if orders == 0 { 503 } else { 200 }, "{fault}: {answer:?}");
        assert_eq!(server.count("orders").await, orders);
    }
}

async fn told(server: &Server, receiver: &Receiver, by: &str) -> Vec<String> {
    server.advance(by).await;
    receiver.all().await.iter().map(|got: &Got| got.what().replace("Notification", "")).collect()
}

async fn notifications_are_lost_late_doubled_and_out_of_order(server: &Server) {
    let receiver = Receiver::start().await;
    server.confirmed("kettles", &receiver, |_| {}).await;
    let trigger = async |kind: &str| {
        let body = json!({ "type": kind, "device": "SN-1", "slot": FILTER });
        let reply = server.request("POST", "/-/trigger").body(body.to_string()).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["event"].as_str().unwrap().to_owned()
    };
    let fault = async |fault: Value| assert_eq!(planned(server, fault).await.0, 200);
    // Two at once, of which the second overtakes the first.
    fault(json!({ "fault": "out-of-order" })).await;
    server.device().await;
    assert_eq!(told(server, &receiver, "1s").await, ["SubscriptionChanged", "DeviceRegistered"]);
    fault(json!({ "fault": "out-of-order" })).await;
    trigger("order-placed").await;
    assert_eq!(told(server, &receiver, "1s").await, ["OrderPlaced"], "nothing behind it could overtake it");
    assert_eq!(list(server).await[0]["fault"], "out-of-order", "it still waits");
    server.request("DELETE", "/-/faults").send().await;

    fault(json!({ "fault": "lost" })).await;
    let lost = trigger("item-shipped").await;
    trigger("order-cancelled").await;
    assert_eq!(told(server, &receiver, "1h").await, ["OrderCancelled"]);
    let id = opendrs_domain::id::EventId::parse(&lost).unwrap();
    let story = opendrs_service::delivery::story(server.app(), id).await.unwrap();
    let reason = story.deliveries[0].1.reason.as_deref();
    assert_eq!(reason, Some("not sent: the plan of faults wants it so"));
    let which = opendrs_service::delivery::Which::One(id);
    opendrs_service::delivery::replay(server.app(), which, None, true).await.unwrap();
    assert_eq!(told(server, &receiver, "1s").await, ["ItemShipped"], "replayed, it comes after all");

    fault(json!({ "fault": "late", "by": "5m" })).await;
    trigger("item-shipped").await;
    trigger("order-cancelled").await;
    assert!(told(server, &receiver, "4m").await.is_empty());
    assert_eq!(told(server, &receiver, "1m").await, ["ItemShipped", "OrderCancelled"]);

    fault(json!({ "fault": "doubled" })).await;
    trigger("item-shipped").await;
    server.advance("1s").await;
    let both = receiver.all().await;
    assert_eq!((both.len(), &both[0].body), (2, &both[1].body), "the same message, and so the same id");
    assert_eq!(list(server).await, json!([]));
}

async fn an_order_meets_a_problem_and_is_placed_an_hour_later(server: &Server) {
    let device = server.device().await;
    let row = async || server.rows().await["orders"].first().unwrap().clone();
    planned(server, json!({ "fault": "out-of-stock" })).await;
    let (status, answer) = replenish(server, &device).await;
    assert_eq!((status, &answer["detailCode"]), (200, &json!("STANDARD_ORDER_PLACED")));
    let held = row().await;
    assert!(held.contains("held") && held.contains("out_of_stock"), "{held}");
    assert!(!server.events().await.contains(&"OrderPlaced".to_owned()));
    server.advance("1h").await;
    assert_eq!(server.events().await.last().unwrap(), "OrderPlaced");
    assert!(row().await.contains("placed"));
    server.advance("5d").await;
    let device = server.device().await;
    planned(server, json!({ "fault": "price", "percent": 40 })).await;
    replenish(server, &device).await;
    let rows = server.rows().await;
    assert!(rows["orders"].iter().any(|row| row.contains("3499")), "24.99 and 40 %: {:?}", rows["orders"]);
}

async fn a_declined_payment_holds_the_order_until_it_is_tried_again(server: &Server) {
    let device = server.device().await;
    let hold = async || {
        assert_eq!(planned(server, json!({ "fault": "payment-declined" })).await.0, 200);
        let (status, answer) = replenish(server, &device).await;
        assert_eq!((status, &answer["detailCode"]), (200, &json!("STANDARD_ORDER_PLACED")));
        assert_eq!(list(server).await, json!([]));
        answer["eventInstanceId"].as_str().unwrap().to_owned()
    };
    let order = hold().await;
    assert!(!server.events().await.contains(&"OrderPlaced".to_owned()), "makers hear nothing of it");
    assert_eq!(server.mails().await, ["subscribed", "order_held"]);
    let mail = server.text().await;
    for words in ["The payment failed.", "Open the order once you can pay, or cancel it.", "/order?id="] {
        assert!(mail.contains(words), "{mail}");
    }
    let mut ann = Visit::open(server, &format!("/order?id={order}")).await;
    ann.sign_in(ANN).await;
    assert!(ann.page.text().contains("the payment failed"), "{}", ann.page.text());
    ann.press("/order", "look").await;
    assert!(!ann.page.text().contains("the payment failed"), "{}", ann.page.text());
    assert_eq!(server.events().await.last().unwrap(), "OrderPlaced");
    assert_eq!(server.mails().await.last().unwrap(), &"order_placed");

    // Nobody pays for what is held for another reason.
    let carls = server.link(Linking::default().serial("SN-2").customer(CARL)).await;
    planned(server, json!({ "fault": "payment-declined" })).await;
    replenish(server, &carls).await;
    let rows = server.rows().await;
    assert!(rows["orders"].iter().any(|row| row.contains("held") && row.contains("address")), "{:?}", rows["orders"]);

    // Left alone it is looked at again an hour later.
    ann.press("/order", "cancel").await;
    hold().await;
    server.advance("1h").await;
    assert_eq!(server.events().await.last().unwrap(), "OrderPlaced");
}

async fn what_cannot_be_planned_is_refused_with_what_can(server: &Server) {
    for (fault, says) in [
        (json!({ "fault": "404" }), "`404` is no fault: name one of 400, 429"),
        (
            json!({ "fault": "500", "on": "/replenishh" }),
            "nothing at /replenishh can fail; what can: /replenish/{slot},",
        ),
        (json!({ "fault": "500", "on": "/-/health" }), "nothing at /-/health can fail"),
        (json!({ "fault": "500", "times": 0 }), "1 to 10000 times, not 0"),
        (json!({ "fault": "lost", "on": "/replenish" }), "does not happen to a call"),
        (json!({ "fault": "slow", "by": "soon" }), "is not a duration"),
        (json!({ "fault": "price" }), "by how many percent"),
        (json!({ "error": "500" }), "unknown field `error`"),
    ] {
        let (status, answer) = planned(server, fault).await;
        let message = answer["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(says), "{status} {message}");
    }
    assert_eq!(list(server).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_test_clock_nothing_goes_wrong_on_request() {
    let server = Server::with(Options { test_clock: false, ..Options::default() }).await;
    assert_eq!(planned(&server, json!({ "fault": "500" })).await.0, 404);
    let refused = plan(server.app(), What::Call(Call::Status(500)), "/".into(), 1).unwrap_err();
    assert!(refused.to_string().contains("start the server with --test-clock"), "{refused}");
    assert!(!server.app().faults.is_armed());
}
