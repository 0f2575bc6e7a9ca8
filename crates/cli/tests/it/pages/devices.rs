//! What customers do without a device or an app: open a device from the list, change their address, sign out. On both
//! engines.

use crate::harness::fixtures::{ANN, BOB, CARTRIDGE, FILTER, MINERALS, SMALL};
use crate::harness::{LinkOptions, Server, TestBrowser};
use opendrs_client::HtmlForm;
use opendrs_domain::version::ApiEndpoint::{Replenish, SubscriptionInfo};

both!(a_device_is_opened_from_the_list, an_address_is_changed, who_signs_out_is_out);

/// The target of the page's first link whose address contains this text.
fn link(visit: &TestBrowser, words: &str) -> String {
    let html = visit.page.text();
    let mut links = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.find(|link| link.contains(words)).unwrap_or_else(|| panic!("{html}")).replace("&#38;", "&")
}

async fn a_device_is_opened_from_the_list(server: &Server) {
    let device = server.link_default_device().await;
    let bobs = server.link_device(LinkOptions::default().serial("SN-2").customer(BOB)).await;
    server.device_call(&device, Replenish, &format!("/replenish/{CARTRIDGE}")).send().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let own = link(&ann, "/settings/device");
    ann.go_to(&own).await;
    assert_eq!(ann.title(), "Aqua Pitcher");
    let html = ann.page.text();
    assert!(
        html.contains("Serial number SN-1") && html.contains("Mineral cartridge") && !html.contains("Atza"),
        "{html}"
    );

    // Every form of the page leads back to the page.
    let of = |visit: &TestBrowser, action: &str, slot: &str| {
        let mut forms = HtmlForm::parse_all(&visit.page.text()).into_iter();
        forms.find(|form| form.action == action && form.fields.contains(&("slotId".into(), slot.into()))).unwrap()
    };
    let off = of(&ann, "/settings/slot", FILTER).fill("asin", SMALL).fill("subscribed", "false");
    assert_eq!(ann.submit(&off).await.title(), "Aqua Pitcher");
    let slots = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await.json();
    assert_eq!(slots["slotsSubscriptionStatus"][FILTER]["subscribed"], false);
    let ask = of(&ann, "/settings/rule", CARTRIDGE).fill("mode", "ask");
    assert_eq!(ann.submit(&ask).await.title(), "Aqua Pitcher");
    let cancel = ann.form("/settings/order");
    assert_eq!(ann.submit(&cancel).await.title(), "Aqua Pitcher");
    assert!(ann.page.text().contains("Cancelled."), "{}", ann.page.text());
    let german = ann.form("/settings/language").fill("language", "de");
    assert_eq!(ann.submit(&german).await.title(), "Aqua Pitcher");
    assert!(ann.page.text().contains("Seriennummer SN-1"), "{}", ann.page.text());

    // Neither customer can see or change the other's device, whatever they send.
    let mut bob = TestBrowser::signed_in(server, BOB).await;
    let theirs = link(&bob, "/settings/device");
    assert_eq!(bob.go_to(&own).await.title(), "Your devices");
    assert!(!bob.page.text().contains("SN-1"));
    let id = theirs.split("device=").nth(1).unwrap();
    let before = server.all_rows().await;
    for (action, field, value) in [
        ("/settings/slot", "subscribed", "false"),
        ("/settings/rule", "mode", "ask"),
        ("/settings/order", "instanceId", "x"),
    ] {
        let form = off.clone().fill("device", id).fill("asin", MINERALS).fill(field, value);
        ann.submit(&HtmlForm { action: action.into(), ..form }).await;
        assert!(!ann.page.text().contains("SN-2"), "{action}");
    }
    assert_eq!(server.all_rows().await, before);
    drop(bobs);
}

async fn an_address_is_changed(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to(&format!("/settings?access_token={}", device.access)).await;
    let change = link(&ann, "/settings/address");
    ann.go_to(&change).await;
    let form = ann.form("/settings/address");
    assert!(form.fields.contains(&("line1".into(), "1 Main Street".into())), "what is known stands there: {form:?}");
    ann.submit(&form.clone().fill("line1", "7 New Street").fill("country", "")).await;
    assert_eq!((ann.page.status.as_u16(), ann.title().as_str()), (400, "Shipping address"));
    assert!(ann.page.text().contains("7 New Street"), "nothing typed is lost: {}", ann.page.text());
    let form = ann.form("/settings/address").fill("country", "US");
    ann.submit(&form).await;
    assert_eq!(ann.title(), "Aqua Pitcher", "back where she came from");
    assert!(ann.page.text().contains("7 New Street, Springfield"), "{}", ann.page.text());
    ann.go_to("/settings/address?return_to=https://evil.example/").await;
    assert!(!ann.page.text().contains("evil.example"));
    let form = ann.form("/settings/address").fill("return_to", "//evil.example/");
    assert_eq!(ann.submit(&form).await.title(), "Your devices");
}

async fn who_signs_out_is_out(server: &Server) {
    let device = server.link_default_device().await;
    for page in ["/settings".to_owned(), format!("/settings?access_token={}", device.access)] {
        let mut ann = TestBrowser::signed_in(server, ANN).await;
        ann.go_to(&page).await;
        let out = ann.form("/ap/signout");
        assert_eq!(ann.submit(&out).await.title(), "Sign in", "{page}");
        assert_eq!(ann.go_to("/settings").await.title(), "Sign in", "{page}");
    }
}
