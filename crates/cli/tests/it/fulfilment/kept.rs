//! The values that an order keeps from the time when it was placed.

use super::{FakeWebhookShop, ShopAction, events_after_sign_up, number, on, post_signed_report, replenish};
use crate::harness::fixtures::{ANN, CARL};
use crate::harness::{LinkOptions, Server, TestBrowser};
use serde_json::json;

both!(by on:
    an_order_goes_where_it_was_placed_for,
    an_order_that_waits_is_sent_elsewhere_when_its_customer_says_so,
    an_order_without_an_address_takes_the_first_one,
);

/// A new address is for later orders. The shop, the mails and the pages keep the address with which an order was
/// placed.
async fn an_order_goes_where_it_was_placed_for(server: &Server, shop: &FakeWebhookShop) {
    shop.queue_actions([ShopAction::Answer(500, json!({}))]);
    let (_, id) = replenish(server, &server.link_default_device().await).await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/settings/address").await;
    let kept = format!("Order {}, Water filter, pack of 3: 1 Main Street, Springfield", number(server, &id).await);
    let shown = ann.page.text();
    assert!(shown.contains("Orders that keep their address") && shown.contains(&kept), "{shown}");
    let moved = ann.form("/settings/address").fill("line1", "9 Sea Road").fill("city", "Eureka");
    ann.submit(&moved).await;
    server.advance("10s").await;
    let heard = shop.take_requests();
    assert_eq!(heard.len(), 2, "asked twice");
    assert!(heard.iter().all(|(_, body)| body["data"]["shipTo"]["address"]["line1"] == "1 Main Street"), "{heard:?}");
    assert!(server.newest_mail_text().await.contains("Ships to: 1 Main Street, Springfield, 97477, US\n"));
    ann.go_to(&format!("/order?id={id}")).await;
    let shown = ann.page.text();
    assert!(shown.contains("<dt>Ships to</dt><dd>1 Main Street") && !shown.contains("9 Sea Road"), "{shown}");

    // The next order goes to the new address.
    post_signed_report(server, &id, "cancelled").await;
    replenish(server, &server.link_default_device().await).await;
    server.advance("1s").await;
    assert_eq!(shop.take_requests()[0].1["data"]["shipTo"]["address"]["line1"], "9 Sea Road");
}

async fn an_order_that_waits_is_sent_elsewhere_when_its_customer_says_so(server: &Server, shop: &FakeWebhookShop) {
    shop.queue_actions([ShopAction::Answer(200, json!({ "status": "problem", "problem": "address" }))]);
    let (_, id) = replenish(server, &server.link_default_device().await).await;
    server.advance("1s").await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/settings/address").await;
    let moved = ann.form("/settings/address").fill("line1", "9 Sea Road");
    ann.submit(&moved).await;
    ann.go_to(&format!("/order?id={id}")).await;
    assert!(ann.page.text().contains(">Ship it to 9 Sea Road, Springfield, 97477, US<"), "{}", ann.page.text());
    shop.take_requests();
    ann.press("/order", "present").await;
    server.advance("1s").await;
    assert_eq!(shop.take_requests()[0].1["data"]["shipTo"]["address"]["line1"], "9 Sea Road");
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    ann.go_to(&format!("/order?id={id}")).await;
    assert!(ann.page.text().contains("<dt>Ships to</dt><dd>9 Sea Road"), "{}", ann.page.text());
}

async fn an_order_without_an_address_takes_the_first_one(server: &Server, shop: &FakeWebhookShop) {
    let device = server.link_device(LinkOptions::default().customer(CARL)).await;
    let (_, id) = replenish(server, &device).await;
    let mut carl = TestBrowser::signed_in(server, CARL).await;
    carl.go_to("/settings/address").await;
    assert!(!carl.page.text().contains("Orders that keep their address"), "it has none to keep");
    let first = carl.form("/settings/address").fill("line1", "3 Hill Road").fill("city", "Springfield");
    carl.submit(&first.fill("postal_code", "97477").fill("country", "us")).await;
    server.advance("1s").await;
    assert_eq!(shop.take_requests()[0].1["data"]["shipTo"]["address"]["line1"], "3 Hill Road", "at once");
    carl.go_to("/settings/address").await;
    let moved = carl.form("/settings/address").fill("line1", "9 Sea Road");
    carl.submit(&moved).await;
    carl.go_to(&format!("/order?id={id}")).await;
    assert!(carl.page.text().contains("<dt>Ships to</dt><dd>3 Hill Road"), "{}", carl.page.text());
}
