//! What goes wrong between a shop and us: lost answers, crashes, a shop that is down. No order is made twice, and nothing
//! that was begun is left behind.

use super::shop::Shop;
use super::{ALL, by_operator, on, order, ordered_by, replenish, standing, state};
use crate::harness::{Linking, Server};
use opendrs_domain::order::{Problem, State};
use opendrs_service::fulfilment::{self, Speaker};
use serde_json::{Value, json};

both!(by on:
    a_lost_answer_is_asked_for_again_and_orders_nothing_twice,
    a_crash_between_two_steps_orders_nothing_twice,
    a_draft_that_was_not_heard_of_is_removed,
    a_draft_that_was_not_heard_of_goes_with_its_order,
    an_order_that_ends_while_it_is_made_is_given_up,
    a_shop_that_fails_is_asked_again,
);

async fn a_lost_answer_is_asked_for_again_and_orders_nothing_twice(server: &Server, shop: &Shop) {
    for operation in ALL {
        let scene = format!("lost_{}", operation.to_lowercase());
        shop.plays(&scene, ..);
        let id = order(server).await;
        let (held, said) = standing(server, &id).await;
        assert_eq!((held.state, held.problem), (State::Held, Some(Problem::Unconfirmed)), "{scene}");
        assert!(said.contains("closed") || said.contains("connection"), "{scene}: {said}");
        server.advance("10s").await;
        assert_eq!((state(server, &id).await, shop.left()), (State::Placed, 0), "{scene}");
        forget(server, shop, &id).await;
    }
}

async fn a_crash_between_two_steps_orders_nothing_twice(server: &Server, shop: &Shop) {
    for operation in ALL {
        let scene = format!("lost_{}", operation.to_lowercase());
        shop.plays(&scene, ..);
        shop.stops_at_what_is_lost();
        let id = replenish(server).await;
        tokio::select! {
            _ = server.advance("1s") => panic!("{scene}: nothing was in the way"),
            () = shop.stopped() => {}
        }
        server.advance("5m").await;
        assert_eq!((state(server, &id).await, shop.left()), (State::Placed, 0), "{scene}");
        forget(server, shop, &id).await;
    }
}

async fn a_draft_that_was_not_heard_of_is_removed(server: &Server, shop: &Shop) {
    shop.plays("lost_begin", ..);
    let id = order(server).await;
    assert_eq!(shop.names(), ["Look", "Quote", "Begin"]);
    server.advance("10s").await;
    assert_eq!((state(server, &id).await, shop.left()), (State::Placed, 0));
    let heard = shop.heard();
    let names = Vec::from_iter(heard.iter().map(|(name, _)| name.as_str()));
    assert_eq!(names, ["Look", "Quote", "Begin", "Fill", "Lost", "Discard", "Pay"]);
    let draft = |call| shop.recorded("lost_begin", call)["data"]["draft"].clone();
    let (unheard, heard_of) = (draft(2), draft(5));
    assert_eq!((&heard[4].1["code"], &heard[6].1["id"]), (&heard_of["code"], &heard_of["id"]));
    assert_eq!(heard[5].1["id"], unheard["id"], "and not the one that one of the shop's people has just begun");
    let drafts = shop.recorded("lost_begin", 7)["data"]["drafts"]["items"].as_array().unwrap().len();
    assert_eq!(drafts, 3);
    // Once is enough.
    shop.plays("delivered", ..5);
    ordered_by(server, &server.link(Linking::default().serial("SN-2")).await).await;
    server.advance("1s").await;
    assert_eq!(shop.names(), ALL);
}

async fn a_draft_that_was_not_heard_of_goes_with_its_order(server: &Server, shop: &Shop) {
    // The first draft was not heard of; the second was, and then its order ends.
    shop.plays("lost_begin", ..6);
    let id = order(server).await;
    shop.plays("lost_fill", 3..4);
    server.advance("10s").await;
    shop.heard();
    let gone = shop.recorded("lost_begin", 8);
    let mut begun = shop.recorded("lost_fill", 4)["data"]["begun"]["items"][0].clone();
    begun["id"] = shop.recorded("lost_begin", 5)["data"]["draft"]["id"].clone();
    shop.will("Seek", &json!({ "data": { "paid": { "items": [] }, "begun": { "items": [&begun] } } }));
    shop.will("Lost", &shop.recorded("lost_begin", 7));
    shop.will("Discard", &gone);
    shop.will("Discard", &gone);
    fulfilment::report(server.app(), &id, by_operator(), Speaker::Operator { force: false }).await.unwrap();
    server.advance("1s").await;
    let heard = shop.heard();
    let unheard = &shop.recorded("lost_begin", 2)["data"]["draft"]["id"];
    let discarded = heard.iter().filter(|(name, _)| name == "Discard").map(|(_, said)| &said["id"]);
    assert_eq!(Vec::from_iter(discarded), [unheard, &begun["id"]]);
    assert_eq!(standing(server, &id).await.1, "");

    // None was heard of: nobody can tell whose an empty draft is, and an operator is told so.
    shop.plays("lost_begin", ..3);
    let id = order(server).await;
    forget(server, shop, &id).await;
    let said = standing(server, &id).await.1;
    assert!(said.ends_with("look for an empty draft there"), "{said}");
}

/// Has an order out of the way of what follows.
async fn forget(server: &Server, shop: &Shop, id: &str) {
    shop.will("Seek", &json!({ "data": { "paid": { "items": [] }, "begun": { "items": [] } } }));
    fulfilment::report(server.app(), id, by_operator(), Speaker::Operator { force: false }).await.unwrap();
    server.advance("1s").await;
    assert_eq!(shop.left(), 0);
}

async fn an_order_that_ends_while_it_is_made_is_given_up(server: &Server, shop: &Shop) {
    shop.plays("lost_fill", ..4);
    let id = order(server).await;
    shop.heard();
    let begun = |state: &str| -> Value {
        let mut item = shop.recorded("lost_fill", 4)["data"]["begun"]["items"][0].clone();
        item["state"] = state.into();
        json!({ "data": { "paid": { "items": [] }, "begun": { "items": [item] } } })
    };
    shop.will("Seek", &begun("Draft"));
    shop.will("Discard", &shop.recorded("lost_fill", 5));
    fulfilment::report(server.app(), &id, by_operator(), Speaker::Operator { force: false }).await.unwrap();
    server.advance("1h").await;
    assert_eq!(shop.names(), ["Seek", "Discard"]);

    shop.plays("lost_fill", ..4);
    let id = order(server).await;
    shop.heard();
    shop.will("Seek", &begun("ArrangingPayment"));
    shop.will("Move", &shop.recorded("payment", 5));
    fulfilment::report(server.app(), &id, by_operator(), Speaker::Operator { force: false }).await.unwrap();
    server.advance("1h").await;
    assert_eq!(shop.names(), ["Seek", "Move"]);
}

async fn a_shop_that_fails_is_asked_again(server: &Server, shop: &Shop) {
    let forbidden = r#"{"errors":[{"message":"You are not currently authorized to perform this action","path":["paid"],"extensions":{"code":"FORBIDDEN"}}],"data":null}"#;
    shop.answers(500, "oh");
    let id = order(server).await;
    assert_eq!(standing(server, &id).await.1, "the shop answered with status 500");
    shop.answers(200, forbidden);
    server.advance("10s").await;
    let said = standing(server, &id).await.1;
    assert!(said.starts_with("the shop does not let the key do `paid`: see that"), "{said}");
    shop.answers(301, "");
    server.advance("20s").await;
    shop.plays("delivered", ..5);
    server.advance("40s").await;
    assert_eq!(state(server, &id).await, State::Placed);
    // Looked at less and less often while it is down; what was sent is not lost.
    for _ in 0..3 {
        shop.answers(503, "");
    }
    server.advance("1h 20s").await;
    assert_eq!((shop.left(), state(server, &id).await), (1, State::Placed));
    server.advance("20s").await;
    assert_eq!(standing(server, &id).await.1, "the shop answered with status 503");
    shop.plays("delivered", 6..);
    server.advance("40s").await;
    assert_eq!(state(server, &id).await, State::Shipped);
    server.advance("1h").await;
    assert_eq!(state(server, &id).await, State::Delivered);
}
