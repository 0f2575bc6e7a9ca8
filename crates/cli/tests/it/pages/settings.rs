//! The settings page of one device: what its owner sees and changes (docs/spec/setup-pages.md#settings-page). On both
//! engines.

use crate::harness::fixtures::{ANN, CARTRIDGE, FILTER, LARGE, MINERALS, SMALL};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, form_body};
use opendrs_client::HtmlForm;
use opendrs_domain::version::ApiEndpoint::{Replenish, SubscriptionInfo};
use serde_json::{Value, json};

both!(
    it_shows_what_belongs_to_the_device,
    a_slot_is_switched_off_and_on_and_changed,
    an_order_is_cancelled_within_its_window,
    an_order_is_not_cancelled_after_its_window,
);

fn address(device: &LinkedDevice) -> String {
    format!("/settings?{}", form_body(&[("access_token", &device.access)]))
}

/// The form of a slot.
fn slot(visit: &TestBrowser, id: &str) -> HtmlForm {
    let mut forms = HtmlForm::parse_all(&visit.page.text()).into_iter();
    let of = |form: &HtmlForm| form.fields.contains(&("slotId".to_owned(), id.to_owned()));
    forms.find(of).unwrap_or_else(|| panic!("{}", visit.page.text()))
}

async fn subscriptions(server: &Server, device: &LinkedDevice) -> Value {
    let answer = server.device_call(device, SubscriptionInfo, "/subscriptionInfo").send().await.json();
    let slots = answer["slotsSubscriptionStatus"].as_object().unwrap().clone();
    slots.into_iter().map(|(slot, sub)| (slot, json!([sub["subscribed"], sub["productInfoList"][0]["asin"]]))).collect()
}

async fn it_shows_what_belongs_to_the_device(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let mut visit = TestBrowser::open(server, &address(&device)).await;
    visit.sign_in(ANN).await;
    assert_eq!(visit.title(), "Aqua Pitcher", "the sign-in leads back to the page");
    let html = visit.page.text();
    for part in [
        "Serial number SN-1",
        "<h2>Filter</h2>",
        "<h2>Mineral cartridge</h2>",
        "Automatic reordering is <strong>on</strong>",
        "Water filter, pack of 6",
        "Ann Example, 1 Main Street, Springfield",
        "<h3>Water filter, pack of 3</h3>",
        "24.99",
        "Being prepared, delivery expected on",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains(">Exit<"), "no target, no button: {html}");
}

async fn a_slot_is_switched_off_and_on_and_changed(server: &Server) {
    let device = server.link_default_device().await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to(&address(&device)).await;
    let events = async || server.event_names().await.len();
    assert_eq!(events().await, 2);
    let steps = [
        ("the same again is no change", FILTER, ("asin", SMALL), "true", [true, true], SMALL, 2),
        ("another product", FILTER, ("asin", LARGE), "true", [true, true], LARGE, 3),
        ("off; its product stays listed", FILTER, ("asin", LARGE), "false", [false, true], LARGE, 4),
        ("off again", FILTER, ("asin", LARGE), "false", [false, true], LARGE, 4),
        ("on", FILTER, ("asin", SMALL), "true", [true, true], SMALL, 5),
        ("the other one", CARTRIDGE, ("asin", MINERALS), "false", [true, false], SMALL, 6),
    ];
    for (step, id, (name, asin), on, [filter, cartridge], product, told) in steps {
        let form = slot(&visit, id).fill(name, asin).fill("subscribed", on);
        visit.submit(&form).await;
        assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (200, "Aqua Pitcher"), "{step}");
        let wanted = json!({ FILTER: [filter, product], CARTRIDGE: [cartridge, MINERALS] });
        assert_eq!(subscriptions(server, &device).await, wanted, "{step}");
        assert_eq!(events().await, told, "{step}");
        let forms = HtmlForm::parse_all(&visit.page.text()).into_iter();
        let words: Vec<_> = forms
            .filter(|form| form.action == "/settings/slot" && form.fields.contains(&("slotId".into(), id.into())))
            .flat_map(|form| form.buttons)
            .map(|(_, value)| value)
            .collect();
        assert_eq!(words, if on == "true" { vec!["true", "false"] } else { vec!["true"] }, "{step}");
    }
    let replenish = |slot| server.device_call(&device, Replenish, &format!("/replenish/{slot}")).send();
    assert_eq!(replenish(FILTER).await.json()["detailCode"], "STANDARD_ORDER_PLACED");
    assert_eq!(replenish(CARTRIDGE).await.status, 400);
}

async fn an_order_is_cancelled_within_its_window(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to(&address(&device)).await;
    let cancel = visit.form("/settings/order");
    server.advance("23h 59m").await;
    assert_eq!(visit.submit(&cancel).await.title(), "Aqua Pitcher");
    let html = visit.page.text();
    assert!(html.contains("Cancelled.") && !html.contains("\"/settings/order\""), "{html}");
    assert_eq!(server.event_names().await[2..], ["OrderPlaced", "OrderCancelled"]);

    visit.submit(&cancel).await;
    assert_eq!(visit.page.status, 400);
    assert!(visit.page.text().contains("This order is already completed or cancelled."));
    assert_eq!(server.event_names().await.len(), 4);
}

async fn an_order_is_not_cancelled_after_its_window(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to(&address(&device)).await;
    let cancel = visit.form("/settings/order");
    server.advance("24h").await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    assert_eq!(visit.go_to(&address(&device)).await.title(), "Aqua Pitcher", "the token names the device a day longer");
    assert!(!visit.page.text().contains("\"/settings/order\""));
    let csrf = slot(&visit, FILTER).fields.into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    visit.submit(&cancel.fill("csrf", &csrf)).await;
    assert_eq!(visit.page.status, 400);
    assert!(visit.page.text().contains("The time to cancel this order is over."), "{}", visit.page.text());
    assert_eq!(server.event_names().await[2..], ["OrderPlaced"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn test_orders_are_not_shown() {
    let server = Server::start().await;
    let device = server.link_device(LinkOptions::default().test_device()).await;
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let mut visit = TestBrowser::signed_in(&server, ANN).await;
    visit.go_to(&address(&device)).await;
    let html = visit.page.text();
    assert!(html.contains("Test device: you won&#39;t be charged") && html.contains("None yet."), "{html}");
    let order = placed["eventInstanceId"].as_str().unwrap();
    let form = slot(&visit, FILTER).fill("instanceId", order);
    visit.submit(&HtmlForm { action: "/settings/order".into(), ..form }).await;
    assert!(visit.page.text().contains("This is a test order. Only its device can cancel it."));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_is_as_it_came() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let mut visit = TestBrowser::signed_in(&server, ANN).await;
    for (exit, shown) in [
        ("exitUri=%2Fnull", Some("/null")),
        ("exitUri=/null", Some("/null")),
        ("exitURI=/null", Some("/null")),
        ("EXITURI=amzn//com.example.app", Some("amzn//com.example.app")),
        ("exitUri=app://done?a=1%26b=2", Some("app://done?a=1&#38;b=2")),
        ("exitUri=https%3A%2F%2Fa.example%2F%22%3E%3Cx", Some("https://a.example/&#34;&#62;&#60;x")),
        ("exitUri=javascript:alert(1)", None),
        ("exitUri=%01java%09script:alert(1)", None),
        ("exitUri=data:text/html,x", None),
        ("exitUri=", None),
        ("x=y", None),
    ] {
        for token in [device.access.clone(), device.access.replace('|', "%7C")] {
            visit.go_to(&format!("/settings?access_token={token}&{exit}")).await;
            assert_eq!(visit.title(), "Aqua Pitcher", "{exit}");
            let html = visit.page.text();
            match shown {
                Some(uri) => {
                    assert!(html.contains(&format!(r#"<a href="{uri}">Exit</a>"#)), "{exit}: {html}");
                }
                None => assert!(!html.contains(">Exit<") && !html.contains("alert"), "{exit}: {html}"),
            }
        }
    }
    // The link is still there after a change.
    visit.go_to(&format!("/settings?access_token={}&exitURI=%2Fnull", device.access)).await;
    let form = slot(&visit, FILTER).fill("subscribed", "false");
    visit.submit(&form).await;
    assert!(visit.page.text().contains(r#"href="/null">Exit"#), "{}", visit.page.text());
}
