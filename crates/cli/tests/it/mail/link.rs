//! The link that cancels an order: opening it changes nothing, its button cancels, and it cannot be forged.

use crate::harness::fixtures::FILTER;
use crate::harness::{LinkOptions, Server, TestBrowser, form_body};
use opendrs_domain::version::ApiEndpoint::Replenish;

both!(
    a_look_changes_nothing_and_the_button_cancels,
    a_link_ends_with_its_order,
    a_link_that_is_not_ours_opens_nothing,
    a_link_opens_its_own_order_alone,
);

/// The path of the cancel link in the newest mail.
async fn link(server: &Server) -> String {
    server.newest_mail().await.cancel_url.unwrap().replace(&server.base_url, "")
}

async fn order(server: &Server) -> String {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    link(server).await
}

async fn a_look_changes_nothing_and_the_button_cancels(server: &Server) {
    let path = order(server).await;
    let before = server.all_rows().await;
    let mut visit = TestBrowser::open(server, &path).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (200, "Cancel this order?"));
    let html = visit.page.text();
    assert!(html.contains("Water filter, pack of 3") && html.contains("24.99 USD"));
    for private in ["Ann", "Main Street", "SN-1", "ann@example.com"] {
        assert!(!html.contains(private), "{private}: {html}");
    }
    // Programs that scan mails request the head and the page without a cookie.
    server.request("HEAD", &path).send().await;
    server.request("GET", &path).send().await;
    assert_eq!(server.all_rows().await, before);
    let button = visit.form("/order/cancel");
    assert_eq!(visit.submit(&button).await.title(), "Your order is cancelled");
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_placed", "order_cancelled"]);
    assert_eq!(server.event_names().await.last().unwrap(), "OrderCancelled");
    // The button is pressed twice, and the link opened again.
    let after = server.all_rows().await;
    assert_eq!(visit.submit(&button).await.title(), "Your order is cancelled");
    assert_eq!(visit.go_to(&path).await.title(), "Your order is cancelled");
    assert_eq!(server.all_rows().await, after);
}

async fn a_link_ends_with_its_order(server: &Server) {
    let path = order(server).await;
    let mut visit = TestBrowser::open(server, &path).await;
    let button = visit.form("/order/cancel");
    server.advance("25h").await;
    assert_eq!(visit.submit(&button).await.title(), "That did not work");
    assert!(visit.page.text().contains("The time to cancel this order is over."));
    assert_eq!(visit.go_to(&path).await.title(), "This order cannot be cancelled");
    assert!(!server.mail_kinds().await.contains(&"order_cancelled"));
}

async fn a_link_that_is_not_ours_opens_nothing(server: &Server) {
    let path = order(server).await;
    let before = server.all_rows().await;
    let (front, token) = path.split_once("token=").unwrap();
    for at in 0..token.len() {
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let forged = format!("{front}token={}{other}{}", &token[..at], &token[at + 1..]);
        assert_eq!(server.request("GET", &forged).send().await.status, 400, "{at}");
    }
    for bad in ["", "x", &token[..95], &format!("{token}A"), "%00", "%ff%fe"] {
        let reply = server.request("GET", &format!("{front}token={bad}")).send().await;
        assert_eq!(reply.status, 400, "{bad}");
    }
    // A valid link without a form of this server.
    let reply = server.request("POST", "/order/cancel").body(form_body(&[("token", token)])).send().await;
    assert_eq!(reply.status, 400);
    assert_eq!(server.all_rows().await, before);
}

async fn a_link_opens_its_own_order_alone(server: &Server) {
    let first = order(server).await;
    let device = server.link_device(LinkOptions::default().serial("SN-2")).await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert_ne!(link(server).await, first);
    let mut visit = TestBrowser::open(server, &first).await;
    visit.submit(&visit.form("/order/cancel")).await;
    assert_eq!(server.newest_mail().await.device.unwrap().serial, "SN-1");
    assert_eq!(TestBrowser::open(server, &first).await.title(), "Your order is cancelled");
}
