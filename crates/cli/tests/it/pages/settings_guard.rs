//! Callers that see nothing of a device's settings and change nothing (docs/spec/setup-pages.md#settings-access,
//! docs/spec/security.md#object-ownership).

use crate::harness::fixtures::{ANN, APP, BOB, FILTER, LARGE, MODEL, OTHER_WEB, PROTOTYPE, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, form_body};
use opendrs_client::HtmlForm;
use opendrs_domain::version::ApiEndpoint::{Deregister, Replenish};

fn address(device: &LinkedDevice) -> String {
    format!("/settings?{}", form_body(&[("access_token", &device.access)]))
}

/// Checks that the page shows nothing of the device, its owner or its orders.
#[track_caller]
fn shows_nothing(visit: &TestBrowser) {
    let html = visit.page.text();
    for part in
        ["Aqua", "SN-1", "Filter", "Main Street", "Springfield", "24.99", "Ann Example", "reordering is", "SETTINGS"]
    {
        assert!(!html.contains(part), "{part}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_alone_shows_nothing() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let visit = TestBrowser::open(&server, &address(&device)).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (200, "Sign in"));
    shows_nothing(&visit);
    let bearer = server.request("GET", "/settings").bearer_token(&device.access).send().await;
    assert!(bearer.text().contains("<h1>Sign in</h1>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_customer_may_only_sign_in_as_its_owner() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let mut bob = TestBrowser::signed_in(&server, BOB).await;
    bob.go_to(&address(&device)).await;
    assert_eq!(
        (bob.page.status.as_u16(), bob.title().as_str()),
        (403, "Another account&#39;s device".replace("&#39;", "'").as_str())
    );
    shows_nothing(&bob);

    let before = server.all_rows().await;
    let csrf = bob.form("/ap/signout").fields.into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    let form = HtmlForm::default().fill("csrf", &csrf).fill("access_token", &device.access);
    let form = form.fill("slotId", FILTER).fill("asin", LARGE).fill("subscribed", "false");
    let form = form.fill("instanceId", placed["eventInstanceId"].as_str().unwrap());
    for action in ["/settings/slot", "/settings/order"] {
        bob.submit(&HtmlForm { action: action.into(), ..form.clone() }).await;
        assert_eq!(bob.page.status, 403);
        shows_nothing(&bob);
    }
    assert_eq!(server.all_rows().await, before);

    let switch = bob.form("/ap/signout");
    bob.submit(&switch).await;
    assert_eq!(bob.title(), "Sign in");
    assert_eq!(bob.sign_in(ANN).await.title(), "Aqua Pitcher");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_another_device_is_not_cancelled_here() {
    let server = Server::start().await;
    let (device, bobs) = (
        server.link_default_device().await,
        server.link_device(LinkOptions::default().serial("SN-2").customer(BOB)).await,
    );
    let other = server.device_call(&bobs, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let mut ann = TestBrowser::signed_in(&server, ANN).await;
    ann.go_to(&address(&device)).await;
    let slot = ann.form("/settings/slot");
    let before = server.all_rows().await;
    for (action, name, value, says) in [
        ("/settings/order", "instanceId", other["eventInstanceId"].as_str().unwrap(), "We could not find this order."),
        ("/settings/order", "instanceId", "", "We could not find this order."),
        ("/settings/slot", "slotId", "beans", "This product is not available here."),
        ("/settings/slot", "slotId", "a b", "something that we do not know"),
        ("/settings/slot", "asin", "B000000003", "This product is not available here."),
        ("/settings/slot", "asin", "' OR 1=1", "something that we do not know"),
    ] {
        let form = HtmlForm { action: action.into(), ..slot.clone() }.fill("subscribed", "true").fill(name, value);
        ann.submit(&form).await;
        assert_eq!(ann.page.status, 400, "{name}={value}");
        assert!(ann.page.text().contains(says), "{name}={value}: {}", ann.page.text());
    }
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_there_is_a_list() {
    let server = Server::start().await;
    server.link_default_device().await;
    server.link_device(LinkOptions::default().serial("SN-2").client(OTHER_WEB, "Brew_1")).await;
    let ended = server.link_device(LinkOptions::default().serial("SN-3")).await;
    server.device_call(&ended, Deregister, "/registration").send().await;
    server.link_device(LinkOptions::default().serial("SN-4").customer(BOB)).await;
    let ann = TestBrowser::signed_in(&server, ANN).await;
    let html = ann.page.text();
    assert!(
        html.contains("Serial number SN-1") && html.contains(">Brewer</a>") && html.contains("Serial number SN-2"),
        "{html}"
    );
    assert!(!html.contains("SN-3") && !html.contains("SN-4"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_names_its_device_for_a_day_after_its_end() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    for (wait, title) in [("24h 59m", "Aqua Pitcher"), ("1m", "Your devices")] {
        server.advance(wait).await;
        let mut ann = TestBrowser::signed_in(&server, ANN).await;
        assert_eq!(ann.go_to(&address(&device)).await.title(), title);
    }
    let mut ann = TestBrowser::signed_in(&server, ANN).await;
    for token in ["x", &device.refresh, &device.access[..404]] {
        ann.go_to(&format!("/settings?{}", form_body(&[("access_token", token)]))).await;
        assert!(ann.page.text().contains("This link no longer works."), "{}", ann.page.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_no_longer_registered_is_set_up_again() {
    let server = Server::start().await;
    for (model, first_slot) in [(MODEL, "Choose your Filter"), (PROTOTYPE, "Choose your One")] {
        let device = server.link_device(LinkOptions::default().client(WEB, model)).await;
        server.device_call(&device, Deregister, "/registration").send().await;
        let mut ann = TestBrowser::signed_in(&server, ANN).await;
        assert_eq!(ann.go_to(&address(&device)).await.title(), first_slot, "{model}");
        server.complete_sign_up(&mut ann).await;
        assert!(ann.redirect_param("code").is_some());
        assert_eq!(server.event_names().await.last().unwrap(), "SubscriptionChanged");
    }

    let device = server.link_device(LinkOptions::default().client(APP, MODEL)).await;
    server.device_call(&device, Deregister, "/registration").send().await;
    let mut ann = TestBrowser::signed_in(&server, ANN).await;
    ann.go_to(&address(&device)).await;
    assert_eq!(ann.title(), "This device is not registered", "only the app can prove the code");
}
