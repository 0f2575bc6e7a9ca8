//! Failures between the shop and this server: lost answers, crashes, a shop that is down. No order is made twice, and
//! nothing unfinished is left in the shop.

use super::shop::FakeVendureShop;
use super::{ALL, load_order_and_trouble, load_order_state, on, operator_cancellation, order, ordered_by, replenish};
use crate::harness::{LinkOptions, Server};
use opendrs_domain::order::{OrderProblem, OrderState};
use opendrs_service::fulfilment::{self, ReportSource};
use serde_json::{Value, json};

both!(by on:
    a_lost_answer_is_asked_for_again_and_orders_nothing_twice,
    a_crash_between_two_steps_orders_nothing_twice,
    a_draft_that_was_not_heard_of_is_removed,
    a_draft_that_was_not_heard_of_goes_with_its_order,
    an_order_that_ends_while_it_is_made_is_given_up,
    a_shop_that_fails_is_asked_again,
);

async fn a_lost_answer_is_asked_for_again_and_orders_nothing_twice(server: &Server, shop: &FakeVendureShop) {
    for operation in ALL {
        let scene = format!("lost_{}", operation.to_lowercase());
        shop.queue_scene(&scene, ..);
        let id = order(server).await;
        let (held, said) = load_order_and_trouble(server, &id).await;
        assert_eq!((held.state, held.problem), (OrderState::Held, Some(OrderProblem::AwaitingBackend)), "{scene}");
        assert!(said.contains("closed") || said.contains("connection"), "{scene}: {said}");
        server.advance("10s").await;
        assert_eq!((load_order_state(server, &id).await, shop.remaining_replies()), (OrderState::Placed, 0), "{scene}");
        forget(server, shop, &id).await;
    }
}

async fn a_crash_between_two_steps_orders_nothing_twice(server: &Server, shop: &FakeVendureShop) {
    for operation in ALL {
        let scene = format!("lost_{}", operation.to_lowercase());
        shop.queue_scene(&scene, ..);
        shop.hang_at_cut_off_replies();
        let id = replenish(server).await;
        tokio::select! {
            _ = server.advance("1s") => panic!("{scene}: nothing was in the way"),
            () = shop.wait_until_hung() => {}
        }
        server.advance("5m").await;
        assert_eq!((load_order_state(server, &id).await, shop.remaining_replies()), (OrderState::Placed, 0), "{scene}");
        forget(server, shop, &id).await;
    }
}

async fn a_draft_that_was_not_heard_of_is_removed(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("lost_begin", ..);
    let id = order(server).await;
    assert_eq!(shop.take_operations(), ["Look", "Quote", "Begin"]);
    server.advance("10s").await;
    assert_eq!((load_order_state(server, &id).await, shop.remaining_replies()), (OrderState::Placed, 0));
    let heard = shop.take_requests();
    let names = Vec::from_iter(heard.iter().map(|(name, _)| name.as_str()));
    assert_eq!(names, ["Look", "Quote", "Begin", "Fill", "Lost", "Discard", "Pay"]);
    let draft = |call| shop.recorded_reply("lost_begin", call)["data"]["draft"].clone();
    let (unheard, heard_of) = (draft(2), draft(5));
    assert_eq!((&heard[4].1["code"], &heard[6].1["id"]), (&heard_of["code"], &heard_of["id"]));
    assert_eq!(heard[5].1["id"], unheard["id"], "and not the one that one of the shop's people has just begun");
    let drafts = shop.recorded_reply("lost_begin", 7)["data"]["drafts"]["items"].as_array().unwrap().len();
    assert_eq!(drafts, 3);
    // One order in the shop is enough.
    shop.queue_scene("delivered", ..5);
    ordered_by(server, &server.link_device(LinkOptions::default().serial("SN-2")).await).await;
    server.advance("1s").await;
    assert_eq!(shop.take_operations(), ALL);
}

async fn a_draft_that_was_not_heard_of_goes_with_its_order(server: &Server, shop: &FakeVendureShop) {
    // The answer with the first draft was lost; the second draft's was not, and then its order ends.
    shop.queue_scene("lost_begin", ..6);
    let id = order(server).await;
    shop.queue_scene("lost_fill", 3..4);
    server.advance("10s").await;
    shop.take_requests();
    let gone = shop.recorded_reply("lost_begin", 8);
    let mut begun = shop.recorded_reply("lost_fill", 4)["data"]["begun"]["items"][0].clone();
    begun["id"] = shop.recorded_reply("lost_begin", 5)["data"]["draft"]["id"].clone();
    shop.queue_reply("Seek", &json!({ "data": { "paid": { "items": [] }, "begun": { "items": [&begun] } } }));
    shop.queue_reply("Lost", &shop.recorded_reply("lost_begin", 7));
    shop.queue_reply("Discard", &gone);
    shop.queue_reply("Discard", &gone);
    fulfilment::apply_report(server.app(), &id, operator_cancellation(), ReportSource::Operator { force: false })
        .await
        .unwrap();
    server.advance("1s").await;
    let heard = shop.take_requests();
    let unheard = &shop.recorded_reply("lost_begin", 2)["data"]["draft"]["id"];
    let discarded = heard.iter().filter(|(name, _)| name == "Discard").map(|(_, said)| &said["id"]);
    assert_eq!(Vec::from_iter(discarded), [unheard, &begun["id"]]);
    assert_eq!(load_order_and_trouble(server, &id).await.1, "");

    // The only answer was lost. An empty draft names no order, so a message asks the operator to find it.
    shop.queue_scene("lost_begin", ..3);
    let id = order(server).await;
    forget(server, shop, &id).await;
    let said = load_order_and_trouble(server, &id).await.1;
    assert!(said.ends_with("look for an empty draft there"), "{said}");
}

/// Ends an order, so that it does not affect the following steps.
async fn forget(server: &Server, shop: &FakeVendureShop, id: &str) {
    shop.queue_reply("Seek", &json!({ "data": { "paid": { "items": [] }, "begun": { "items": [] } } }));
    fulfilment::apply_report(server.app(), id, operator_cancellation(), ReportSource::Operator { force: false })
        .await
        .unwrap();
    server.advance("1s").await;
    assert_eq!(shop.remaining_replies(), 0);
}

async fn an_order_that_ends_while_it_is_made_is_given_up(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("lost_fill", ..4);
    let id = order(server).await;
    shop.take_requests();
    let begun = |state: &str| -> Value {
        let mut item = shop.recorded_reply("lost_fill", 4)["data"]["begun"]["items"][0].clone();
        item["state"] = state.into();
        json!({ "data": { "paid": { "items": [] }, "begun": { "items": [item] } } })
    };
    shop.queue_reply("Seek", &begun("Draft"));
    shop.queue_reply("Discard", &shop.recorded_reply("lost_fill", 5));
    fulfilment::apply_report(server.app(), &id, operator_cancellation(), ReportSource::Operator { force: false })
        .await
        .unwrap();
    server.advance("1h").await;
    assert_eq!(shop.take_operations(), ["Seek", "Discard"]);

    shop.queue_scene("lost_fill", ..4);
    let id = order(server).await;
    shop.take_requests();
    shop.queue_reply("Seek", &begun("ArrangingPayment"));
    shop.queue_reply("Move", &shop.recorded_reply("payment", 5));
    fulfilment::apply_report(server.app(), &id, operator_cancellation(), ReportSource::Operator { force: false })
        .await
        .unwrap();
    server.advance("1h").await;
    assert_eq!(shop.take_operations(), ["Seek", "Move"]);
}

async fn a_shop_that_fails_is_asked_again(server: &Server, shop: &FakeVendureShop) {
    let forbidden = r#"{"errors":[{"message":"You are not currently authorized to perform this action","path":["paid"],"extensions":{"code":"FORBIDDEN"}}],"data":null}"#;
    shop.queue_any_reply(500, "oh");
    let id = order(server).await;
    assert_eq!(load_order_and_trouble(server, &id).await.1, "the shop answered with status 500");
    shop.queue_any_reply(200, forbidden);
    server.advance("10s").await;
    let said = load_order_and_trouble(server, &id).await.1;
    assert!(said.starts_with("the shop does not let the key do `paid`: see that"), "{said}");
    shop.queue_any_reply(301, "");
    server.advance("20s").await;
    shop.queue_scene("delivered", ..5);
    server.advance("40s").await;
    assert_eq!(load_order_state(server, &id).await, OrderState::Placed);
    // A shop that is down is called less and less often; no request is lost.
    for _ in 0..3 {
        shop.queue_any_reply(503, "");
    }
    server.advance("1h 20s").await;
    assert_eq!((shop.remaining_replies(), load_order_state(server, &id).await), (1, OrderState::Placed));
    server.advance("20s").await;
    assert_eq!(load_order_and_trouble(server, &id).await.1, "the shop answered with status 503");
    shop.queue_scene("delivered", 6..);
    server.advance("40s").await;
    assert_eq!(load_order_state(server, &id).await, OrderState::Shipped);
    server.advance("1h").await;
    assert_eq!(load_order_state(server, &id).await, OrderState::Delivered);
}
