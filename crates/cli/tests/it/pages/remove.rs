//! A customer removes a device without having it: who may, and what ends
//! (docs/spec/registrations.md#removal-by-customer, docs/spec/registrations.md#end-of-registration).

use crate::harness::world::{ANN, APP, BOB, FILTER, MODEL, REDIRECT, SECRET, WEB};
use crate::harness::{Linking, Server, Visit};
use opendrs_domain::version::Endpoint::{OrderInfo, Replenish, SubscriptionInfo};

both!(a_removed_device_is_gone_at_once, nobody_removes_what_is_anothers);

/// Where a page's link of this text leads.
#[track_caller]
fn link(visit: &Visit, text: &str) -> String {
    let html = visit.page.text();
    let before = html.split(&format!("\">{text}</a>")).next().filter(|before| before.len() < html.len());
    let href = before.and_then(|before| before.rsplit("href=\"").next());
    href.unwrap_or_else(|| panic!("no link {text}: {html}")).replace("&#38;", "&")
}

async fn a_removed_device_is_gone_at_once(server: &Server) {
    let device = server.device().await;
    let app = server.link(Linking::default().serial("SN-2").client(APP, MODEL)).await;
    let unused = server.code(Linking::default(), REDIRECT, None).await;
    let placed = server.call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let told = server.events().await.len();

    let mut ann = Visit::signed_in(server, ANN).await;
    let remove = link(&ann, "Remove");
    ann.go(&remove).await;
    assert_eq!(ann.title(), "Remove your Aqua Pitcher?");
    assert!(ann.page.text().contains("<p>Serial SN-1</p>"), "{}", ann.page.text());
    assert_eq!(server.events().await.len(), told, "looking changes nothing");

    let sure = ann.form("/settings/remove");
    ann.submit(&sure).await;
    let html = ann.page.text();
    assert!(ann.title() == "Your devices" && html.contains("SN-2") && !html.contains("SN-1"), "{html}");
    let gone = (400, r#"{"message":"Invalid token"}"#.to_owned());
    assert_eq!(server.call(&device, SubscriptionInfo, "/subscriptionInfo").said().await, gone);
    let path = format!("/getOrderInfo/{}", placed["eventInstanceId"].as_str().unwrap());
    assert_eq!(server.call(&device, OrderInfo, &path).said().await, gone);
    let client = [("client_id", WEB), ("client_secret", SECRET)];
    for grant in [
        [("grant_type", "authorization_code"), ("code", unused.as_str())],
        [("grant_type", "refresh_token"), ("refresh_token", &device.refresh)],
    ] {
        let answer = server.token(&[client, grant].concat()).send().await;
        assert_eq!(answer.json()["error"], "invalid_grant", "{grant:?}");
    }
    assert_eq!(server.call(&app, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
    assert_eq!(server.events().await[told..], ["DeviceDeregistered"]);

    ann.submit(&sure).await;
    assert_eq!(ann.title(), "Your devices", "twice is once");
    assert_eq!(ann.go(&remove).await.title(), "Your devices");
    assert_eq!(server.events().await.len(), told + 1);
    server.advance("25h").await;
    assert_eq!(server.events().await.last().unwrap(), "ItemShipped", "an order under way goes on");
}

async fn nobody_removes_what_is_anothers(server: &Server) {
    let device = server.device().await;
    server.link(Linking::default().serial("SN-9").customer(BOB)).await;
    let mut ann = Visit::signed_in(server, ANN).await;
    let remove = link(ann.go(&format!("/settings?access_token={}", device.access)).await, "Remove this device");
    let mut nobody = Visit::open(server, &remove).await;
    assert_eq!(nobody.title(), "Sign in");
    assert_eq!(nobody.sign_in(ANN).await.title(), "Remove your Aqua Pitcher?", "the sign-in leads back");

    let mut bob = Visit::signed_in(server, BOB).await;
    let own = link(&bob, "Remove");
    assert_eq!(bob.go(&remove).await.title(), "Your devices");
    let form = bob.go(&own).await.form("/settings/remove");
    let before = server.rows().await;
    let anns = remove.rsplit('=').next().unwrap();
    for device in [anns, "x", "", "\0"] {
        bob.submit(&form.clone().fill("device", device)).await;
        assert_eq!(bob.title(), "Your devices", "{device}");
    }
    bob.submit(&form.fill("csrf", "x")).await;
    assert_eq!(bob.page.status, 400);
    assert_eq!(server.rows().await, before);
    assert_eq!(server.call(&device, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
}
