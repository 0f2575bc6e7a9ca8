//! Orders that another system fulfils: its requests, its answers and its reports, as transcripts. On both engines.

mod kept;
mod parcel;
mod withdrawn;

use crate::harness::fixtures::{ANN, FILTER, SMALL};
use crate::harness::{LinkedDevice, Options, Server, Store, TestBrowser, form_body};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use opendrs_client::{ClientResponse, HtmlForm, send};
use opendrs_domain::fulfilment::BackendReport;
use opendrs_domain::order::{Cancellation, CancelledBy};
use opendrs_domain::time::{Span, Time};
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_domain::wire::webhook::{SignedHeaders, WebhookSecret};
use opendrs_service::fulfilment::webhook::FulfilmentWebhook;
use opendrs_service::fulfilment::{self, ReportSource};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

both!(by on:
    an_order_is_sent_confirmed_shipped_and_delivered,
    a_shop_that_fails_is_asked_again_under_the_same_id,
    time_moves_and_says_whom_it_asked,
    a_shops_problem_holds_the_order_until_it_is_gone,
    an_order_that_ends_is_given_up,
    the_customers_rules_come_first,
    a_shop_may_confirm_later,
    what_is_not_signed_or_cannot_be_is_refused,
);

/// The shop's reaction to a call.
enum ShopAction {
    Answer(u16, Value),
    Hang,
}

/// A fake shop. Without queued actions it accepts.
#[derive(Clone, Default)]
struct FakeWebhookShop {
    requests: Arc<Mutex<Vec<(String, Value)>>>,
    actions: Arc<Mutex<VecDeque<ShopAction>>>,
}

impl FakeWebhookShop {
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/drs", listener.local_addr().unwrap());
        let routes = Router::new().route("/drs", post(handle_request)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    fn queue_actions(&self, acts: impl IntoIterator<Item = ShopAction>) {
        self.actions.lock().unwrap().extend(acts);
    }

    /// The requests since the last call of this function: their ids and bodies.
    fn take_requests(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    /// The types of the requests since the last call.
    fn take_request_types(&self) -> Vec<String> {
        self.take_requests().into_iter().map(|(_, body)| body["type"].as_str().unwrap().to_owned()).collect()
    }
}

async fn handle_request(State(shop): State<FakeWebhookShop>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let header = |name: &str| headers[name].to_str().unwrap();
    let signed = SignedHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    assert!(signed.verify(&hook(SECRET).secrets, now(), &body), "{headers:?}");
    shop.requests.lock().unwrap().push((signed.id.to_owned(), serde_json::from_slice(&body).unwrap()));
    let act = shop.actions.lock().unwrap().pop_front();
    match act {
        None => (StatusCode::OK, json!({ "status": "accepted" }).to_string()),
        Some(ShopAction::Answer(status, body)) => (StatusCode::from_u16(status).unwrap(), body.to_string()),
        Some(ShopAction::Hang) => std::future::pending().await,
    }
}

fn hook(secret: &str) -> FulfilmentWebhook {
    FulfilmentWebhook { url: String::new(), secrets: vec![WebhookSecret::parse(secret).unwrap()] }
}

/// The real time, which does not change when the test clock moves.
fn now() -> Time {
    Time::from_secs(1_519_974_000)
}

async fn on(store: Store, test: impl AsyncFn(&Server, &FakeWebhookShop)) {
    let shop = FakeWebhookShop::default();
    let settings = vec![
        ("OPENDRS_FULFILMENT_BACKEND", "webhook".to_owned()),
        ("OPENDRS_FULFILMENT_WEBHOOK_URL", shop.start().await),
        ("OPENDRS_FULFILMENT_WEBHOOK_SECRETS", format!("{OTHER},{SECRET}")),
        ("OPENDRS_OUTBOUND_ALLOW", "127.0.0.1".to_owned()),
        ("OPENDRS_OUTBOUND_TIMEOUT", "1s".to_owned()),
    ];
    let server = Server::start_on(store, Options { settings, ..Options::default() }).await;
    test(&server, &shop).await;
    server.remove_store().await;
}

async fn replenish(server: &Server, device: &LinkedDevice) -> (String, String) {
    let answer = server.device_call(device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let text = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (text("detailCode"), text("eventInstanceId"))
}

/// The makers' events after the sign-up.
async fn events_after_sign_up(server: &Server) -> Vec<String> {
    server.event_names().await.split_off(2)
}

/// The shop posts a report. Returns the answer.
async fn post_report(server: &Server, body: &Value, secret: &str, at: Time) -> ClientResponse {
    let body = body.to_string();
    let headers = hook(secret).sign_headers("msg_1", at, body.as_bytes());
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(Method::POST, &format!("{}/-/fulfilment", server.base_url), &headers, body).await.unwrap()
}

/// The shop posts a report with a valid signature. Returns the status, the order's state and whether the report changed
/// anything.
async fn post_signed_report(server: &Server, id: &str, status: &str) -> (u16, Value, Value) {
    let reply = post_report(server, &json!({ "eventInstanceId": id, "status": status }), SECRET, now()).await;
    let answer = reply.json();
    (reply.status.as_u16(), answer["state"].clone(), answer["changed"].clone())
}

async fn open_order_page(server: &Server, id: &str) -> TestBrowser {
    let mut visit = TestBrowser::open(server, &format!("/order?id={id}")).await;
    visit.sign_in(ANN).await;
    visit
}

async fn an_order_is_sent_confirmed_shipped_and_delivered(server: &Server, shop: &FakeWebhookShop) {
    let device = server.link_default_device().await;
    let (detail, id) = replenish(server, &device).await;
    assert_eq!(detail, "STANDARD_ORDER_PLACED");
    assert!(events_after_sign_up(server).await.is_empty(), "no notification before the shop accepts it");
    server.advance("1s").await;
    let heard = shop.take_requests();
    let [(_, body)] = heard.as_slice() else { panic!("{heard:?}") };
    let address = json!({ "line1": "1 Main Street", "city": "Springfield", "postal_code": "97477", "country": "US" });
    let wanted = json!({ "type": "order.place", "data": {
        "eventInstanceId": id, "orderNumber": number(server, &id).await, "model": "Aqua-Pitcher_7", "serial": "SN-1", "slotId": FILTER,
        "item": { "asin": SMALL, "sku": SMALL, "title": "Water filter, pack of 3", "quantity": 3.0, "unit": "count" },
        "price": { "amount": "24.99", "currency": "USD" },
        "customer": { "reference": device_reference(server, &id).await, "name": "Ann Example", "email": ANN },
        "shipTo": { "name": "Ann Example", "address": address },
    } });
    assert_eq!(body, &wanted);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    server.advance("10d").await;
    assert_eq!(
        (events_after_sign_up(server).await.len(), shop.take_requests()),
        (1, vec![]),
        "the clock ships nothing, the shop is not asked again"
    );

    let shipped = json!({ "eventInstanceId": id, "status": "shipped", "tracking": "1Z<9>" });
    assert_eq!(
        post_report(server, &shipped, SECRET, now()).await.json(),
        json!({ "state": "shipped", "problem": null, "changed": true })
    );
    assert_eq!(post_signed_report(server, &id, "shipped").await, (200, "shipped".into(), false.into()));
    assert!(open_order_page(server, &id).await.page.text().contains("tracking number 1Z&#60;9&#62;"));
    assert_eq!(post_signed_report(server, &id, "delivered").await, (200, "delivered".into(), true.into()));
    assert_eq!(post_signed_report(server, &id, "delivered").await, (200, "delivered".into(), false.into()));
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced", "ItemShipped"]);
    let (detail, next) = replenish(server, &server.link_default_device().await).await;
    assert!(detail == "STANDARD_ORDER_PLACED" && next != id);
}

async fn a_shop_that_fails_is_asked_again_under_the_same_id(server: &Server, shop: &FakeWebhookShop) {
    let good = || json!({ "status": "accepted", "expectedDeliveryDate": "2018-03-09" });
    shop.queue_actions([
        ShopAction::Answer(500, json!({})),
        ShopAction::Hang,
        ShopAction::Answer(301, json!({})),
        ShopAction::Answer(200, json!("thanks")),
        ShopAction::Answer(200, json!({ "status": "accepted", "padding": "x".repeat(20_000) })),
        ShopAction::Answer(200, good()),
    ]);
    let device = server.link_default_device().await;
    let (_, id) = replenish(server, &device).await;
    assert_eq!(replenish(server, &device).await, ("ORDER_INPROGRESS".into(), id.clone()));
    // The retries are after 10, 20, 40, 80 and 160 seconds.
    server.advance("5m").await;
    let ids: Vec<_> = shop.take_requests().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 5, "{ids:?}");
    assert!(events_after_sign_up(server).await.is_empty());
    server.advance("10s").await;
    assert_eq!(shop.take_requests()[0].0, ids[0]);
    assert!(ids.iter().all(|id| *id == ids[0]) && ids[0].starts_with("place."), "{ids:?}");
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    assert!(open_order_page(server, &id).await.page.text().contains("expected on 9 March 2018"));
}

async fn time_moves_and_says_whom_it_asked(server: &Server, shop: &FakeWebhookShop) {
    shop.queue_actions([ShopAction::Answer(500, json!({})), ShopAction::Answer(200, json!({ "status": "accepted" }))]);
    let (_, id) = replenish(server, &server.link_default_device().await).await;
    let answer = server.request("POST", "/-/clock").body(r#"{"advance":"1m"}"#).send().await.json();
    let of_order = |fired: &&Value| fired["eventInstanceId"] == id.as_str();
    let fired: Vec<_> = answer["fired"].as_array().unwrap().iter().filter(of_order).collect();
    let said = |at: usize, key: &str| fired[at][key].as_str().unwrap_or_default();
    assert_eq!(
        [0, 1].map(|at| (said(at, "call"), said(at, "backend"), said(at, "outcome"))),
        [("place", "webhook", "failed"), ("place", "webhook", "answered"),]
    );
    assert_eq!(said(0, "reason"), "it answered with status 500");
    assert_eq!(
        (said(2, "from"), said(2, "to"), said(2, "notification")),
        ("held", "placed", "OrderPlacedNotification")
    );
    assert_eq!((fired.len(), said(1, "at")), (3, said(2, "at")), "{answer}");
}

async fn a_shops_problem_holds_the_order_until_it_is_gone(server: &Server, shop: &FakeWebhookShop) {
    let problem = |word: &str| ShopAction::Answer(200, json!({ "status": "problem", "problem": word }));
    shop.queue_actions([problem("payment"), problem("out_of_stock"), problem("out_of_stock")]);
    let (_, id) = replenish(server, &server.link_default_device().await).await;
    server.advance("1s").await;
    let mut ann = open_order_page(server, &id).await;
    assert!(ann.page.text().contains("the payment failed"), "{}", ann.page.text());
    ann.press("/order", "look").await;
    assert!(ann.page.text().contains("Being confirmed"), "{}", ann.page.text());
    server.advance("1s").await;
    ann.go_to(&format!("/order?id={id}")).await;
    assert!(ann.page.text().contains("the product is out of stock"), "{}", ann.page.text());
    assert_eq!((shop.take_requests().len(), events_after_sign_up(server).await.len()), (2, 0));
    server.advance("1h 1s").await;
    assert_eq!((shop.take_requests().len(), events_after_sign_up(server).await.len()), (1, 0), "asked once an hour");
    server.advance("1h").await;
    assert_eq!((shop.take_requests().len(), events_after_sign_up(server).await), (1, vec!["OrderPlaced".to_owned()]));

    // A later problem holds the order again; its maker is notified once.
    let later = json!({ "eventInstanceId": id, "status": "problem", "problem": "address" });
    assert_eq!(post_report(server, &later, SECRET, now()).await.json()["problem"], "address");
    ann.go_to(&format!("/order?id={id}")).await;
    assert!(ann.page.text().contains("Use this address"), "{}", ann.page.text());
    assert_eq!(post_signed_report(server, &id, "accepted").await, (200, "placed".into(), true.into()));
    assert_eq!(events_after_sign_up(server).await.len(), 1);
    // The customer gets one mail per reason, however often the shop is called. A shop that has not answered causes no
    // mail.
    let held = ["order_held", "order_held", "order_placed", "order_held", "order_placed"];
    assert_eq!(server.mail_kinds().await, [&["subscribed"][..], &held].concat());
}

async fn an_order_that_ends_is_given_up(server: &Server, shop: &FakeWebhookShop) {
    let device = server.link_default_device().await;
    let (_, id) = replenish(server, &device).await;
    server.advance("1s").await;
    shop.queue_actions([ShopAction::Answer(503, json!({})), ShopAction::Answer(404, json!({}))]);
    open_order_page(server, &id).await.press("/order", "cancel").await;
    server.advance("1h").await;
    let heard = shop.take_requests();
    assert_eq!(heard.len(), 3, "placed, then given up at the second try: {heard:?}");
    let who = json!({ "cancelledBy": "customer", "reason": null, "eventInstanceId": id, "orderNumber": number(server, &id).await });
    assert_eq!(heard[2].1, json!({ "type": "order.cancel", "data": who }));
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced", "OrderCancelled"]);

    // A shop that never answered may have accepted the order.
    shop.queue_actions((0..200).map(|_| ShopAction::Answer(500, json!({}))));
    replenish(server, &server.link_default_device().await).await;
    server.advance("72h").await;
    assert_eq!(events_after_sign_up(server).await[2..], ["OrderCancelled"]);
    assert!(shop.take_request_types().len() > 70);
    shop.actions.lock().unwrap().clear();
    server.advance("1h").await;
    assert_eq!(shop.take_request_types(), ["order.cancel"]);

    // The shop gets no cancellation of an order that it cancelled itself.
    let (_, id) = replenish(server, &server.link_default_device().await).await;
    server.advance("1s").await;
    assert_eq!(post_signed_report(server, &id, "cancelled").await, (200, "cancelled".into(), true.into()));
    server.advance("1h").await;
    assert_eq!(shop.take_request_types(), ["order.place"]);

    // The shop gets the cancellation of an order that an operator cancelled.
    let (_, id) = replenish(server, &server.link_default_device().await).await;
    server.advance("1s").await;
    let recalled = BackendReport::Cancelled(Cancellation::new(CancelledBy::Operator, Some("The product was recalled")));
    fulfilment::apply_report(server.app(), &id, recalled, ReportSource::Operator { force: false }).await.unwrap();
    server.advance("1s").await;
    let heard = shop.take_requests();
    let (cancel, said) = (&heard[1].1, ["operator", "The product was recalled"]);
    assert_eq!((heard.len(), &cancel["type"]), (2, &json!("order.cancel")));
    assert_eq!(["cancelledBy", "reason"].map(|key| cancel["data"][key].as_str().unwrap()), said);
}

/// The order number of an order.
async fn number(server: &Server, id: &str) -> String {
    fulfilment::find_job(server.app(), id).await.unwrap().order.number().to_string()
}

/// The directed customer id of an order's customer, as its maker and its back end know it.
async fn device_reference(server: &Server, id: &str) -> String {
    let reference = fulfilment::find_job(server.app(), id).await.unwrap().device.directed_customer_id;
    assert!(
        server.all_rows().await["outbox"].iter().any(|row| row.contains(&reference)),
        "{reference}: as in notifications"
    );
    reference
}

async fn the_customers_rules_come_first(server: &Server, shop: &FakeWebhookShop) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    let rules = ann.form("/settings/rule").fill("mode", "ask");
    ann.submit(&rules).await;
    let (_, id) = replenish(server, &device).await;
    server.advance("2h").await;
    assert_eq!(shop.take_requests(), []);
    assert_eq!(post_signed_report(server, &id, "accepted").await.0, 409, "the shop does not decide for the customer");
    open_order_page(server, &id).await.press("/order", "approve").await;
    assert!(events_after_sign_up(server).await.is_empty());
    server.advance("1s").await;
    assert_eq!(
        (shop.take_request_types(), events_after_sign_up(server).await),
        (vec!["order.place".into()], vec!["OrderPlaced".into()])
    );
    assert_eq!(HtmlForm::parse_all(&open_order_page(server, &id).await.page.text()).len(), 1, "cancel is left");
}

async fn a_shop_may_confirm_later(server: &Server, shop: &FakeWebhookShop) {
    shop.queue_actions([ShopAction::Answer(202, json!({ "status": "pending" }))]);
    let (_, id) = replenish(server, &server.link_default_device().await).await;
    server.advance("10m").await;
    assert_eq!((shop.take_requests().len(), events_after_sign_up(server).await.len()), (1, 0));
    assert_eq!(post_signed_report(server, &id, "accepted").await, (200, "placed".into(), true.into()));
    server.advance("3h").await;
    assert_eq!((shop.take_requests(), events_after_sign_up(server).await), (vec![], vec!["OrderPlaced".to_owned()]));
}

async fn what_is_not_signed_or_cannot_be_is_refused(server: &Server, shop: &FakeWebhookShop) {
    let device = server.link_default_device().await;
    let (_, id) = replenish(server, &device).await;
    server.advance("1s").await;
    shop.take_requests();
    let before = server.all_rows().await;
    let shipped = json!({ "eventInstanceId": id, "status": "shipped" });
    let old = now() - Span::from_secs(301);
    let wrong = "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    for (body, secret, at, status, message) in [
        (&shipped, wrong, now(), 401, "The signature is missing, wrong or older than five minutes."),
        (&shipped, SECRET, old, 401, "The signature is missing, wrong or older than five minutes."),
        (&json!({ "status": "shipped" }), SECRET, now(), 400, "eventInstanceId is missing"),
        (&json!({ "eventInstanceId": id }), SECRET, now(), 400, "the body cannot be read: missing field `status`"),
        (
            &json!({ "eventInstanceId": "x", "status": "shipped" }),
            SECRET,
            now(),
            404,
            "This back end has no such order.",
        ),
        (&json!({ "eventInstanceId": id, "status": "delivered" }), SECRET, now(), 409, "The order is placed: this"),
        (&json!({ "padding": "x".repeat(70_000) }), SECRET, now(), 413, "The body is too large."),
    ] {
        let reply = post_report(server, body, secret, at).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text());
        assert!(reply.json()["message"].as_str().unwrap().starts_with(message), "{}", reply.text());
    }
    let unsigned =
        send(Method::POST, &format!("{}/-/fulfilment", server.base_url), &[], shipped.to_string()).await.unwrap();
    assert_eq!(unsigned.status, 401);
    assert_eq!(server.all_rows().await, before);
    // During a rotation the other secret is valid, too.
    assert_eq!(post_report(server, &shipped, OTHER, now()).await.status, 200);
}
