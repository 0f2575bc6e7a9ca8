//! A withdrawal from the contract of an order that a Vendure shop has: its staff reads it, once.

use super::{FakeVendureShop, load_order_and_trouble, load_order_state, on, order};
use crate::harness::fixtures::ANN;
use crate::harness::{Server, TestBrowser};
use opendrs_domain::order::OrderState;
use serde_json::{Value, json};

both!(by on: a_withdrawal_is_noted_in_the_shop_once, what_the_shop_does_not_have_is_reported);

async fn withdraw(server: &Server, id: &str) {
    let mut ann = TestBrowser::open(server, &format!("/order/withdraw?id={id}")).await;
    ann.sign_in(ANN).await;
    let form = ann.form("/order/withdraw").fill("reason", "Too large");
    ann.submit(&form).await;
    assert_eq!(ann.title(), "We have received your withdrawal");
}

/// An order that the shop has shipped, withdrawn from by its customer.
async fn withdrawn_order(server: &Server, shop: &FakeVendureShop) -> String {
    shop.queue_scene("delivered", ..5);
    let id = order(server).await;
    shop.queue_scene("delivered", 6..7);
    server.advance("1h").await;
    assert_eq!(load_order_state(server, &id).await, OrderState::Shipped);
    withdraw(server, &id).await;
    shop.take_requests();
    id
}

/// The shop's answer to a request for the order's notes, which are these.
fn notes(shop: &FakeVendureShop, notes: &[&str]) -> Value {
    let mut found = shop.recorded_reply("delivered", 6)["data"]["orders"]["items"][0].clone();
    let moved = json!({ "type": "ORDER_STATE_TRANSITION", "data": { "from": "PaymentSettled", "to": "Shipped" } });
    let notes = notes.iter().map(|note| json!({ "type": "ORDER_NOTE", "data": { "note": note } }));
    found["history"] = json!({ "items": std::iter::once(moved).chain(notes).collect::<Vec<_>>() });
    json!({ "data": { "paid": { "items": [found] } } })
}

async fn a_withdrawal_is_noted_in_the_shop_once(server: &Server, shop: &FakeVendureShop) {
    let id = withdrawn_order(server, shop).await;
    shop.queue_reply("Notes", &notes(shop, &["Called about the parcel"]));
    shop.queue_any_reply(502, "<html>");
    server.advance("1s").await;
    let heard = shop.take_requests();
    let [(_, sought), (name, input)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!((sought, name.as_str()), (&json!({ "id": id }), "Note"));
    let note = input["input"]["note"].as_str().unwrap();
    assert!(note.starts_with("The customer withdrew from the contract at OpenDRS on 2018-03-02T"), "{note}");
    assert!(note.ends_with(": Too large"), "{note}");
    assert_eq!(input, &json!({ "input": { "id": "1", "note": note, "isPublic": false } }));
    assert_eq!(load_order_and_trouble(server, &id).await.1, "the shop answered with status 502");

    // The answer was lost, but the note is there.
    shop.queue_reply("Notes", &notes(shop, &["Refund prepared", note]));
    server.advance("10s").await;
    assert_eq!(shop.take_operations(), ["Notes"]);
    // The parcel is followed as before.
    shop.queue_scene("delivered", 7..);
    server.advance("1h").await;
    assert_eq!(shop.take_operations(), ["Watch"]);
    let (order, trouble) = load_order_and_trouble(server, &id).await;
    assert_eq!((order.state, trouble.as_str()), (OrderState::Delivered, ""));
    assert!(order.withdrawal.is_some());
}

async fn what_the_shop_does_not_have_is_reported(server: &Server, shop: &FakeVendureShop) {
    let id = withdrawn_order(server, shop).await;
    shop.queue_reply("Notes", &json!({ "data": { "paid": { "items": [] } } }));
    server.advance("1s").await;
    assert_eq!(load_order_and_trouble(server, &id).await.1, "the shop has no completed order for it");
}
