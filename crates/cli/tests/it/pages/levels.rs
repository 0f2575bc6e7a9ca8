//! The levels of slots on the page of their device. On both engines.

use crate::harness::fixtures::{ANN, FILTER};
use crate::harness::{LinkedDevice, Server, TestBrowser, form_body};
use opendrs_domain::version::ApiEndpoint::SlotStatus;
use opendrs_service::level;

both!(the_page_shows_how_full_a_slot_is, days_are_drawn_and_told, a_level_in_german_and_japanese);

async fn report(server: &Server, device: &LinkedDevice, remaining: u32) {
    let body = format!(r#"{{"remainingQuantityInUnit":{remaining},"originalQuantityInUnit":40}}"#);
    let reply = server.device_call(device, SlotStatus, &format!("/slotStatus/{FILTER}")).body(body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    level::fold_new(server.app()).await.unwrap();
}

/// The page of Ann's device.
async fn open_page(server: &Server, device: &LinkedDevice, language: &str) -> String {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    let query = form_body(&[("access_token", &device.access), ("language", language)]);
    visit.go_to(&format!("/settings?{query}")).await.page.text()
}

async fn the_page_shows_how_full_a_slot_is(server: &Server) {
    let device = server.link_default_device().await;
    let html = open_page(server, &device, "en").await;
    assert!(html.contains("Your device has not reported a level yet."), "{html}");
    report(server, &device, 9).await;
    let html = open_page(server, &device, "en").await;
    for part in ["23% left", "Last reported 2 March 2018, 07:00 UTC.", "aria-label=\"Filter: 23% left\""] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("class=\"chart\""), "one day is no curve");
    assert_eq!(html.matches("class=\"level").count(), 1, "the other slot was not reported");
}

async fn days_are_drawn_and_told(server: &Server) {
    for remaining in [20, 10, 40] {
        let device = server.link_default_device().await;
        report(server, &device, remaining).await;
        server.advance("24h").await;
    }
    let device = server.link_default_device().await;
    let html = open_page(server, &device, "en").await;
    for part in [
        "100% left",
        "<title id=\"chart-",
        "Level of the Filter</title>",
        "From 2 March 2018 to 4 March 2018, with one refill.</desc>",
        ">3 Mar</text>",
        "<th scope=\"row\">3 March 2018</th><td>25% left</td>",
        "<path class=\"line\" d=\"M",
        "class=\"mark\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("style="), "the policy forbids inline styles");
}

async fn a_level_in_german_and_japanese(server: &Server) {
    let device = server.link_default_device().await;
    report(server, &device, 9).await;
    for (language, text) in [("de", "Noch 23 %"), ("ja", "残り 23%")] {
        let html = open_page(server, &device, language).await;
        assert!(html.contains(text), "{html}");
    }
}
