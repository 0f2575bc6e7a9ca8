//! Orders that a Vendure shop fulfils, as transcripts, on both engines. The shop's answers are those of a real Vendure
//! 3.7. `cargo xtask test --with vendure` requests them again; `RECORD_TO=FILE` writes them to a file.

mod faults;
mod shop;
mod withdrawn;

use crate::harness::fixtures::{ANN, FILTER, SMALL, product};
use crate::harness::{LinkOptions, LinkedDevice, Options, Server, Store, TestBrowser, form_body};
use axum::http::Method;
use opendrs_client::{ClientResponse, send};
use opendrs_domain::fulfilment::BackendReport;
use opendrs_domain::order::{Cancellation, CancelledBy, Order, OrderProblem, OrderState, Tracking};
use opendrs_domain::product::Product;
use opendrs_domain::text::Sku;
use opendrs_domain::time::Time;
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_domain::wire::webhook::WebhookSecret;
use opendrs_service::fulfilment::webhook::FulfilmentWebhook;
use opendrs_service::fulfilment::{self, ReportSource};
use opendrs_service::seed::{self, SeedDeclaration};
use serde_json::json;
use shop::{FakeVendureShop, KEY};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The operations with which an order is placed in the shop.
const ALL: [&str; 5] = ["Look", "Quote", "Begin", "Fill", "Pay"];

both!(by on:
    an_order_is_made_shipped_and_delivered,
    a_product_is_asked_for_by_its_sku,
    orders_are_looked_at_together,
    a_hint_has_an_order_looked_at_at_once,
    what_is_no_hint_is_refused,
    an_order_that_ends_here_is_cancelled_there,
    an_order_that_ends_there_is_cancelled_here,
    what_left_the_shop_is_not_cancelled_there,
    what_the_shop_cannot_do_holds_the_order_until_it_can,
    what_is_too_dear_is_ordered_once_its_owner_agrees,
    what_its_owner_allows_is_not_too_dear,
);

async fn on(store: Store, test: impl AsyncFn(&Server, &FakeVendureShop)) {
    let shop = FakeVendureShop::default();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, format!("{KEY}\n")).unwrap();
    let settings = vec![
        ("OPENDRS_FULFILMENT_BACKEND", "vendure".to_owned()),
        ("OPENDRS_FULFILMENT_VENDURE_URL", shop.start().await),
        ("OPENDRS_FULFILMENT_VENDURE_KEY_FILE", key.display().to_string()),
        ("OPENDRS_FULFILMENT_VENDURE_CHANNEL", "drs".to_owned()),
        ("OPENDRS_FULFILMENT_VENDURE_POLL", "1h".to_owned()),
        ("OPENDRS_FULFILMENT_VENDURE_HINT_SECRETS", SECRET.to_owned()),
    ];
    let server = Server::start_on(store, Options { settings, ..Options::default() }).await;
    test(&server, &shop).await;
    assert_eq!(shop.remaining_replies(), 0, "answers that were not asked for");
    server.remove_store().await;
}

/// An operator cancels an order.
fn operator_cancellation() -> BackendReport {
    BackendReport::Cancelled(Cancellation::new(CancelledBy::Operator, Some("The product was recalled")))
}

/// A new device orders. Returns the order's id; the shop has not been called yet.
async fn replenish(server: &Server) -> String {
    ordered_by(server, &server.link_default_device().await).await
}

async fn ordered_by(server: &Server, device: &LinkedDevice) -> String {
    let answer = server.device_call(device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    assert_eq!(answer["detailCode"], "STANDARD_ORDER_PLACED", "{answer}");
    answer["eventInstanceId"].as_str().unwrap().to_owned()
}

/// A new device orders, and the shop is called. Returns the order's id.
async fn order(server: &Server) -> String {
    let id = replenish(server).await;
    server.advance("1s").await;
    id
}

/// An order, and the last problem that its back end reported.
async fn load_order_and_trouble(server: &Server, id: &str) -> (Order, String) {
    let job = fulfilment::find_job(server.app(), id).await.unwrap();
    let trouble = fulfilment::last_call_error(server.app(), &job).await.unwrap();
    (job.order, trouble.unwrap_or_default())
}

async fn load_order_state(server: &Server, id: &str) -> OrderState {
    load_order_and_trouble(server, id).await.0.state
}

/// The makers' events after the sign-ups.
async fn events_after_sign_up(server: &Server) -> Vec<String> {
    let after = |event: &String| !["DeviceRegistered", "SubscriptionChanged"].contains(&event.as_str());
    server.event_names().await.into_iter().filter(after).collect()
}

async fn post_webhook(server: &Server, body: &str, secret: &str) -> ClientResponse {
    let hook = FulfilmentWebhook { url: String::new(), secrets: vec![WebhookSecret::parse(secret).unwrap()] };
    // The real time, which does not change when the test clock moves.
    let headers = hook.sign_headers("msg_1", Time::from_secs(1_519_974_000), body.as_bytes());
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(Method::POST, &format!("{}/-/fulfilment/vendure", server.base_url), &headers, body.to_owned()).await.unwrap()
}

async fn an_order_is_made_shipped_and_delivered(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("delivered", ..);
    let id = replenish(server).await;
    assert!(events_after_sign_up(server).await.is_empty(), "no notification before the shop accepts it");
    server.advance("1s").await;
    let heard = shop.take_requests();
    assert_eq!(Vec::from_iter(heard.iter().map(|(name, _)| name.as_str())), ALL);
    let address = json!({
        "fullName": "Ann Example", "streetLine1": "1 Main Street", "streetLine2": null, "city": "Springfield",
        "province": null, "postalCode": "97477", "countryCode": "US",
    });
    let said = |at: usize| &heard[at].1;
    assert_eq!(said(0), &json!({ "id": id, "code": "", "sku": SMALL, "email": ANN }));
    let lines = json!([{ "productVariantId": "1", "quantity": 1 }]);
    assert_eq!(said(1), &json!({ "input": { "shippingAddress": address, "lines": lines } }));
    let person = json!({ "emailAddress": ANN, "firstName": "Ann", "lastName": "Example" });
    assert_eq!(
        said(3),
        &json!({
            "id": "1", "customer": null, "person": person, "address": address,
            "item": { "productVariantId": "1", "quantity": 1 }, "method": "1",
        })
    );
    let payment = json!({ "orderId": "1", "method": "opendrs", "transactionId": id, "metadata": {
        "orderNumber": load_order_and_trouble(server, &id).await.0.number().to_string(),
        "customerReference": fulfilment::find_job(server.app(), &id).await.unwrap().device.directed_customer_id,
    } });
    assert_eq!(said(4), &json!({ "id": "1", "payment": payment }));
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);

    server.advance("2h").await;
    let (shipped, _) = load_order_and_trouble(server, &id).await;
    assert_eq!(shipped.state, OrderState::Shipped);
    assert_eq!(shipped.tracking, Tracking::new(Some("1Z 999"), Some("Post"), None));
    server.advance("1h").await;
    assert_eq!(load_order_state(server, &id).await, OrderState::Delivered);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced", "ItemShipped"]);
    assert_eq!(shop.take_operations(), ["Watch", "Watch", "Watch"]);
    server.advance("48h").await;
    assert_eq!(shop.take_operations(), [""; 0], "what is over is not asked about");
}

async fn a_product_is_asked_for_by_its_sku(server: &Server, shop: &FakeVendureShop) {
    let small = product(SMALL, "Water filter, pack of 3", "24.99", 3.0, true);
    let sku = Sku::parse("AF/3 pack").unwrap();
    let products = vec![Product { sku: Some(sku), ..small }];
    seed::apply(server.app(), SeedDeclaration { products, ..SeedDeclaration::default() }).await.unwrap();
    shop.queue_scene("unknown_sku", ..1);
    let id = order(server).await;
    assert_eq!(shop.take_requests()[0].1["sku"], "AF/3 pack");
    assert_eq!(load_order_and_trouble(server, &id).await.1, "the shop sells nothing with the SKU AF/3 pack");
}

async fn orders_are_looked_at_together(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("delivered", ..5);
    let one = order(server).await;
    let code = shop.order_code("delivered");
    shop.queue_scene_with("delivered", ..5, |text| text.replace(&code, "ANOTHER"));
    let other = ordered_by(server, &server.link_device(LinkOptions::default().serial("SN-2")).await).await;
    server.advance("1s").await;
    shop.take_requests();
    // The first item was shipped, the second was not.
    let [placed, mut both] = [5, 6].map(|call| shop.recorded_reply("delivered", call));
    let mut second = placed["data"]["orders"]["items"][0].clone();
    second["code"] = "ANOTHER".into();
    both["data"]["orders"]["items"].as_array_mut().unwrap().push(second);
    shop.queue_reply("Watch", &both);
    for order in [&code, "ANOTHER"] {
        post_webhook(server, &json!({ "order": order }).to_string(), SECRET).await;
    }
    server.advance("1s").await;
    let heard = shop.take_requests();
    let [(_, asked)] = heard.as_slice() else { panic!("{heard:?}") };
    let mut codes: Vec<_> = asked["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    codes.sort_unstable();
    let mut expected = [code.as_str(), "ANOTHER"];
    expected.sort_unstable();
    assert_eq!(codes, expected);
    assert_eq!(
        (load_order_state(server, &one).await, load_order_state(server, &other).await),
        (OrderState::Shipped, OrderState::Placed)
    );
}

async fn a_hint_has_an_order_looked_at_at_once(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("delivered", ..5);
    let id = order(server).await;
    shop.take_requests();
    let hint = json!({ "order": shop.order_code("delivered") }).to_string();
    assert_eq!(post_webhook(server, &hint, SECRET).await.json(), json!({ "known": true }));
    assert_eq!(load_order_state(server, &id).await, OrderState::Placed, "a hint is not taken at its word");
    shop.queue_scene("delivered", 6..7);
    server.advance("1s").await;
    assert_eq!(
        (shop.take_operations(), load_order_state(server, &id).await),
        (vec!["Watch".to_owned()], OrderState::Shipped)
    );
    assert_eq!(post_webhook(server, r#"{"order":"NOT-OURS"}"#, SECRET).await.json(), json!({ "known": false }));
    shop.queue_scene("delivered", 7..);
    server.advance("1h").await;
    assert_eq!(load_order_state(server, &id).await, OrderState::Delivered);
    assert_eq!(post_webhook(server, &hint, SECRET).await.json(), json!({ "known": false }), "it is over");
}

async fn what_is_no_hint_is_refused(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("delivered", ..5);
    order(server).await;
    let before = server.all_rows().await;
    let hint = json!({ "order": shop.order_code("delivered") }).to_string();
    for (body, secret, status, message) in [
        (hint.as_str(), "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB", 401, "The signature is missing, wrong or older"),
        ("{}", SECRET, 400, "the body cannot be read: missing field `order`"),
        (&"x".repeat(70_000), SECRET, 413, "The body is too large."),
    ] {
        let reply = post_webhook(server, body, secret).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text());
        assert!(reply.json()["message"].as_str().unwrap().starts_with(message), "{}", reply.text());
    }
    assert_eq!(server.all_rows().await, before);
}

async fn an_order_that_ends_here_is_cancelled_there(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("cancelled", ..);
    let id = order(server).await;
    shop.take_requests();
    let mut ann = TestBrowser::open(server, &format!("/order?id={id}")).await;
    ann.sign_in(ANN).await.press("/order", "cancel").await;
    server.advance("1s").await;
    let heard = shop.take_requests();
    assert_eq!(Vec::from_iter(heard.iter().map(|(name, _)| name.as_str())), ["Seek", "Cancel", "Refund", "Settle"]);
    assert_eq!(heard[0].1, json!({ "id": id, "code": shop.order_code("cancelled") }));
    assert_eq!((heard[1].1["input"]["cancelShipping"] == true, &heard[2].1["input"]["amount"]), (true, &json!(2499)));
    for at in [1, 2] {
        assert_eq!(heard[at].1["input"]["reason"], "Cancelled at OpenDRS by the customer", "{at}");
    }
    assert_eq!(heard[3].1["input"]["transactionId"], id);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced", "OrderCancelled"]);
    server.advance("5h").await;
    assert_eq!(shop.take_operations(), [""; 0]);
}

async fn an_order_that_ends_there_is_cancelled_here(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("cancelled_there", ..);
    let id = order(server).await;
    server.advance("1h").await;
    assert_eq!(load_order_state(server, &id).await, OrderState::Cancelled);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced", "OrderCancelled"]);
    shop.take_requests();
    server.advance("5h").await;
    assert_eq!(shop.take_operations(), [""; 0], "it knows that it cancelled it");
}

async fn what_left_the_shop_is_not_cancelled_there(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("too_late", ..);
    let id = order(server).await;
    fulfilment::apply_report(server.app(), &id, operator_cancellation(), ReportSource::Operator { force: false })
        .await
        .unwrap();
    server.advance("5h").await;
    let (order, said) = load_order_and_trouble(server, &id).await;
    assert_eq!(order.state, OrderState::Cancelled);
    assert!(said.contains("is under way already: it was not cancelled there"), "{said}");
}

async fn what_the_shop_cannot_do_holds_the_order_until_it_can(server: &Server, shop: &FakeVendureShop) {
    for (scene, first, problem, says) in [
        ("out_of_stock", 1, OrderProblem::OutOfStock, "the shop has none left"),
        ("unknown_sku", 1, OrderProblem::OutOfStock, "the shop sells nothing with the SKU B000000001"),
        ("too_dear", 2, OrderProblem::PriceTooHigh, "it costs 29.99 USD in the shop, the customer agreed to 24.99 USD"),
        ("address", 5, OrderProblem::MissingAddress, r#"The countryCode "US" was not recognized"#),
        ("payment", 6, OrderProblem::PaymentFailed, "the till is closed"),
    ] {
        shop.queue_scene(scene, ..first);
        let before = events_after_sign_up(server).await;
        let id = order(server).await;
        let (held, said) = load_order_and_trouble(server, &id).await;
        assert_eq!((held.state, held.problem, said.as_str()), (OrderState::Held, Some(problem), says), "{scene}");
        assert_eq!(events_after_sign_up(server).await, before, "{scene}: no notification");
        assert_eq!(shop.remaining_replies(), 0, "{scene}");
        server.advance("59m").await;
        shop.queue_scene(scene, first..);
        server.advance("2m").await;
        let (placed, said) = load_order_and_trouble(server, &id).await;
        assert_eq!((placed.state, said.as_str()), (OrderState::Placed, ""), "{scene}");
        assert_eq!(events_after_sign_up(server).await.len(), before.len() + 1, "{scene}");
        // The order's price is the total in the shop.
        let price = match scene {
            "out_of_stock" => "12.50 USD",
            "too_dear" => "19.99 USD",
            _ => "24.99 USD",
        };
        assert_eq!(placed.item.price.to_string(), price, "{scene}");
        shop.queue_scene("cancelled_there", 5..);
        let code = shop.order_code(scene);
        shop.change_queued("Watch", |text| text.replace(&shop.order_code("cancelled_there"), &code));
        server.advance("1h").await;
        assert_eq!(load_order_state(server, &id).await, OrderState::Cancelled, "{scene}");
    }
}

async fn what_is_too_dear_is_ordered_once_its_owner_agrees(server: &Server, shop: &FakeVendureShop) {
    shop.queue_scene("too_dear", ..2);
    let id = order(server).await;
    let mut ann = TestBrowser::open(server, &format!("/order?id={id}")).await;
    ann.sign_in(ANN).await;
    assert!(ann.page.text().contains("29.99 USD"), "{}", ann.page.text());
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_held"]);
    ann.press("/order", "approve").await;
    assert!(events_after_sign_up(server).await.is_empty(), "the shop has to take it first");
    shop.queue_scene("too_dear", ..2);
    shop.queue_scene_with("delivered", 2..5, |text| text.replace("2499", "2999"));
    server.advance("1s").await;
    let (placed, _) = load_order_and_trouble(server, &id).await;
    assert_eq!((placed.state, placed.item.price.to_string().as_str()), (OrderState::Placed, "29.99 USD"));
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    // The customer approved this price once, so the order may cost no more.
    assert_eq!(placed.price_limit().to_string(), "29.99 USD");
}

async fn what_its_owner_allows_is_not_too_dear(server: &Server, shop: &FakeVendureShop) {
    let device = server.link_default_device().await;
    for (most, state) in [("29.98", OrderState::Held), ("29.99", OrderState::Placed)] {
        let mut ann = TestBrowser::signed_in(server, ANN).await;
        ann.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
        let rules = ann.form("/settings/rule").fill("cap_kind", "amount").fill("cap", most);
        ann.submit(&rules).await;
        shop.queue_scene("too_dear", ..2);
        if state == OrderState::Placed {
            shop.queue_scene_with("delivered", 2..5, |text| text.replace("2499", "2999"));
        }
        let id = ordered_by(server, &device).await;
        server.advance("1s").await;
        let (order, said) = load_order_and_trouble(server, &id).await;
        assert_eq!((order.state, order.item.price.to_string().as_str()), (state, "29.99 USD"), "{most}: {said}");
        fulfilment::apply_report(server.app(), &id, operator_cancellation(), ReportSource::Operator { force: false })
            .await
            .unwrap();
        shop.queue_reply("Seek", &json!({ "data": { "paid": { "items": [] }, "begun": { "items": [] } } }));
        server.advance("1s").await;
    }
}
