//! A customer removes a device without having it: who is allowed to, and what ends
//! (docs/spec/registrations.md#removal-by-customer, docs/spec/registrations.md#end-of-registration).

use crate::harness::fixtures::{ANN, APP, BOB, FILTER, MODEL, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, Server, TestBrowser};
use opendrs_domain::version::ApiEndpoint::{OrderInfo, Replenish, SubscriptionInfo};

both!(a_removed_device_is_gone_at_once, nobody_removes_what_is_anothers);

/// The target of the page's link with this text.
#[track_caller]
fn link(visit: &TestBrowser, text: &str) -> String {
    let html = visit.page.text();
    let before = html.split(&format!("\">{text}</a>")).next().filter(|before| before.len() < html.len());
    let href = before.and_then(|before| before.rsplit("href=\"").next());
    href.unwrap_or_else(|| panic!("no link {text}: {html}")).replace("&#38;", "&")
}

async fn a_removed_device_is_gone_at_once(server: &Server) {
    let device = server.link_default_device().await;
    let app = server.link_device(LinkOptions::default().serial("SN-2").client(APP, MODEL)).await;
    let unused = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let told = server.event_names().await.len();

    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let remove = link(&ann, "Remove");
    ann.go_to(&remove).await;
    assert_eq!(ann.title(), "Remove your Aqua Pitcher?");
    assert!(ann.page.text().contains("<p>Serial number SN-1</p>"), "{}", ann.page.text());
    assert_eq!(server.event_names().await.len(), told, "looking changes nothing");

    let sure = ann.form("/settings/remove");
    ann.submit(&sure).await;
    let html = ann.page.text();
    assert!(ann.title() == "Your devices" && html.contains("SN-2") && !html.contains("SN-1"), "{html}");
    let gone = (400, r#"{"message":"Invalid token"}"#.to_owned());
    assert_eq!(server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").status_and_text().await, gone);
    let path = format!("/getOrderInfo/{}", placed["eventInstanceId"].as_str().unwrap());
    assert_eq!(server.device_call(&device, OrderInfo, &path).status_and_text().await, gone);
    let client = [("client_id", WEB), ("client_secret", SECRET)];
    for grant in [
        [("grant_type", "authorization_code"), ("code", unused.as_str())],
        [("grant_type", "refresh_token"), ("refresh_token", &device.refresh)],
    ] {
        let answer = server.token_request(&[client, grant].concat()).send().await;
        assert_eq!(answer.json()["error"], "invalid_grant", "{grant:?}");
    }
    assert_eq!(server.device_call(&app, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
    assert_eq!(server.event_names().await[told..], ["DeviceDeregistered"]);

    ann.submit(&sure).await;
    assert_eq!(ann.title(), "Your devices", "twice is once");
    assert_eq!(ann.go_to(&remove).await.title(), "Your devices");
    assert_eq!(server.event_names().await.len(), told + 1);
    server.advance("25h").await;
    assert_eq!(server.event_names().await.last().unwrap(), "ItemShipped", "an order under way goes on");
}

async fn nobody_removes_what_is_anothers(server: &Server) {
    let device = server.link_default_device().await;
    server.link_device(LinkOptions::default().serial("SN-9").customer(BOB)).await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let remove = link(ann.go_to(&format!("/settings?access_token={}", device.access)).await, "Remove this device");
    let mut nobody = TestBrowser::open(server, &remove).await;
    assert_eq!(nobody.title(), "Sign in");
    assert_eq!(nobody.sign_in(ANN).await.title(), "Remove your Aqua Pitcher?", "the sign-in leads back");

    let mut bob = TestBrowser::signed_in(server, BOB).await;
    let own = link(&bob, "Remove");
    assert_eq!(bob.go_to(&remove).await.title(), "Your devices");
    let form = bob.go_to(&own).await.form("/settings/remove");
    let before = server.all_rows().await;
    let anns = remove.rsplit('=').next().unwrap();
    for device in [anns, "x", "", "\0"] {
        bob.submit(&form.clone().fill("device", device)).await;
        assert_eq!(bob.title(), "Your devices", "{device}");
    }
    bob.submit(&form.fill("csrf", "x")).await;
    assert_eq!(bob.page.status, 400);
    assert_eq!(server.all_rows().await, before);
    assert_eq!(server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
}
