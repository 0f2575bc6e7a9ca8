//! A customer orders by hand, skips the next order and pauses all orders, as transcripts. On both engines.

use super::rules::{assert_page_shows, catalogue, events_after_sign_up, order, replenish, rule, small};
use crate::harness::fixtures::{ANN, BOB, CARTRIDGE, FILTER, LARGE};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, form_body};
use opendrs_client::HtmlForm;
use opendrs_domain::version::ApiEndpoint::Replenish;

both!(
    an_order_by_hand_is_placed_once,
    an_order_by_hand_is_bound_by_what_its_page_showed,
    parallel_orders_by_hand_are_one_order,
    a_test_device_orders_nothing_by_hand,
    the_next_order_is_skipped_and_can_still_be_approved,
    what_is_skipped_can_be_taken_back,
    an_order_that_is_open_is_not_the_next_one,
    all_orders_are_paused_and_the_pause_ends,
    a_pause_that_makes_no_sense_is_refused_at_its_field,
    many_orders_are_on_pages,
);

async fn open_settings(server: &Server, device: &LinkedDevice) -> TestBrowser {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    visit
}

/// The forms of the filter with this action: none or one.
fn filter_forms(visit: &TestBrowser, action: &str) -> Vec<HtmlForm> {
    let of = |form: &HtmlForm| form.action == action && form.fields.contains(&("slotId".into(), FILTER.into()));
    HtmlForm::parse_all(&visit.page.text()).into_iter().filter(of).collect()
}

fn filter_form(visit: &TestBrowser, action: &str) -> HtmlForm {
    filter_forms(visit, action).pop().unwrap_or_else(|| panic!("{}", visit.page.text()))
}

async fn an_order_by_hand_is_placed_once(server: &Server) {
    let device = server.link_default_device().await;
    // Rules bind orders of the device only.
    rule(server, &device, &[("mode", "ask")]).await;
    let mut ann = open_settings(server, &device).await;
    assert_page_shows(&ann, &["<summary>Order now</summary>", ">Order and pay 24.99 USD<"]);
    let form = filter_form(&ann, "/settings/order-now");
    ann.submit(&form).await;
    assert_page_shows(&ann, &["Thank you. We&#39;ve received your order.", "Being prepared", "Cancel this order"]);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    assert!(server.newest_mail_text().await.contains("You ordered this for your Aqua Pitcher."));
    let (detail, id) = replenish(server, &device).await;
    assert_eq!(detail, "ORDER_INPROGRESS", "the device learns of it as of its own");

    ann.submit(&form).await;
    assert_page_shows(&ann, &["we didn&#39;t place another one", "Cancel this order"]);
    assert_eq!(server.row_count("orders").await, 1);
    let visit = open_settings(server, &device).await;
    assert!(filter_forms(&visit, "/settings/order-now").is_empty(), "while an order is open, there is no button");
    assert_page_shows(&order(server, &id, ANN).await, &["Being prepared"]);
}

async fn an_order_by_hand_is_bound_by_what_its_page_showed(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = open_settings(server, &device).await;
    let form = filter_form(&ann, "/settings/order-now");
    catalogue(server, vec![small("25.00", true)]).await;
    ann.submit(&form).await;
    assert_eq!(ann.page.status, 400);
    assert_page_shows(&ann, &["It is now 25.00 USD", ">Order and pay 25.00 USD<"]);
    ann.submit(&form.clone().fill("asin", LARGE)).await;
    assert_eq!(ann.page.status, 400, "another product than the chosen one");
    catalogue(server, vec![small("24.99", false)]).await;
    ann.submit(&form).await;
    assert_page_shows(&ann, &["This product is out of stock."]);
    assert!(filter_forms(&ann, "/settings/order-now").is_empty());
    for (field, value) in [("price", "x"), ("price", "-1"), ("currency", "XXX"), ("slotId", "none"), ("asin", "")] {
        ann.submit(&form.clone().fill(field, value)).await;
        assert_eq!(ann.page.status, 400, "{field}={value}: {}", ann.page.text());
    }
    assert_eq!((server.row_count("orders").await, events_after_sign_up(server).await.len()), (0, 0));

    // Nothing of this kept the slot locked, and a lower price is the customer's gain.
    catalogue(server, vec![small("20.00", true)]).await;
    ann.submit(&form).await;
    assert_page_shows(&ann, &["Being prepared", "20.00 USD"]);
}

async fn parallel_orders_by_hand_are_one_order(server: &Server) {
    let device = server.link_default_device().await;
    let mut browsers = Vec::new();
    for _ in 0..6 {
        let visit = open_settings(server, &device).await;
        let form = filter_form(&visit, "/settings/order-now");
        browsers.push((visit, form));
    }
    let sent = browsers.iter_mut().map(|(visit, form)| async move { visit.submit(form).await.page.status.as_u16() });
    assert_eq!(futures_util::future::join_all(sent).await, [200; 6]);
    assert_eq!((server.row_count("orders").await, events_after_sign_up(server).await), (1, vec!["OrderPlaced".into()]));
}

async fn the_next_order_is_skipped_and_can_still_be_approved(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = open_settings(server, &device).await;
    ann.submit(&filter_form(&ann, "/settings/skip").fill("skip", "true")).await;
    assert_page_shows(
        &ann,
        &["We&#39;ll skip the next order.", "The next order is skipped.", "Don&#39;t skip the next"],
    );
    let (detail, skipped) = replenish(server, &device).await;
    assert_eq!(detail, "STANDARD_ORDER_PLACED", "the wire has no word for it");
    assert!(events_after_sign_up(server).await.is_empty());
    let page = order(server, &skipped, ANN).await;
    assert_page_shows(&page, &["Skipped, as you asked", "Nothing is ordered unless you approve by 5 March 2018"]);
    server.advance("73h").await;
    assert_page_shows(&order(server, &skipped, ANN).await, &["Not placed"]);

    let device = server.link_default_device().await;
    let (_, next) = replenish(server, &device).await;
    assert_page_shows(&order(server, &next, ANN).await, &["Being prepared"]);
    assert_eq!(events_after_sign_up(server).await.last().unwrap(), "OrderPlaced");

    // A skipped order is approved after all; the one by hand is not the one that is skipped.
    let device = server.link_device(LinkOptions::default().serial("SN-2")).await;
    let mut ann = open_settings(server, &device).await;
    ann.submit(&filter_form(&ann, "/settings/skip").fill("skip", "true")).await;
    let by_hand = filter_form(&ann, "/settings/order-now");
    ann.submit(&by_hand).await;
    assert_page_shows(&ann, &["Being prepared"]);
    ann.press("/order", "cancel").await;
    let (_, id) = replenish(server, &device).await;
    let mut page = order(server, &id, ANN).await;
    assert_page_shows(&page, &["Skipped, as you asked"]);
    page.press("/order", "approve").await;
    assert_page_shows(&page, &["Being prepared"]);
}

async fn what_is_skipped_can_be_taken_back(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = open_settings(server, &device).await;
    ann.submit(&filter_form(&ann, "/settings/skip").fill("skip", "true")).await;
    // Other rules do not undo it.
    rule(server, &device, &[("limit_orders", "9"), ("limit_days", "9")]).await;
    let (_, id) = replenish(server, &device).await;
    assert_page_shows(&order(server, &id, ANN).await, &["Skipped, as you asked"]);
    let mut ann = open_settings(server, &device).await;
    assert_page_shows(&ann, &["Don&#39;t skip the next order"]);
    ann.submit(&filter_form(&ann, "/settings/skip").press("skip")).await;
    assert_page_shows(&ann, &["The next order will be placed as usual."]);
    server.advance("1s").await;
    assert_page_shows(&order(server, &id, ANN).await, &["Being prepared"]);
}

async fn an_order_that_is_open_is_not_the_next_one(server: &Server) {
    let device = server.link_default_device().await;
    catalogue(server, vec![small("24.99", false)]).await;
    let (_, open) = replenish(server, &device).await;
    assert_page_shows(&order(server, &open, ANN).await, &["On hold: the product is out of stock"]);
    let mut ann = open_settings(server, &device).await;
    ann.submit(&filter_form(&ann, "/settings/skip").press("skip")).await;
    catalogue(server, vec![small("24.99", true)]).await;
    server.advance("1h").await;
    let mut page = order(server, &open, ANN).await;
    assert_page_shows(&page, &["Being prepared"]);
    page.press("/order", "cancel").await;
    let (_, next) = replenish(server, &server.link_default_device().await).await;
    assert_page_shows(&order(server, &next, ANN).await, &["Skipped, as you asked"]);
}

async fn a_test_device_orders_nothing_by_hand(server: &Server) {
    let real = server.link_default_device().await;
    let mut ann = open_settings(server, &real).await;
    let (order_now, skip) = (filter_form(&ann, "/settings/order-now"), filter_form(&ann, "/settings/skip"));
    let device = server.link_device(LinkOptions::default().serial("SN-2").test_device()).await;
    ann.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    assert!(filter_forms(&ann, "/settings/order-now").is_empty() && filter_forms(&ann, "/settings/skip").is_empty());
    for form in [order_now, skip.fill("skip", "true")] {
        ann.submit(&form.fill("access_token", &device.access)).await;
        assert_eq!(ann.page.status, 400);
        assert_page_shows(&ann, &["Nothing was ordered, because this device doesn&#39;t reorder this now."]);
    }
    assert_eq!(server.row_count("orders").await, 0);
}

/// The home page's form for a pause.
async fn pause(server: &Server, from: &str, until: &str) -> TestBrowser {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/settings").await;
    let form = ann.form("/settings/pause").fill("pause_from", from).fill("pause_until", until);
    ann.submit(&form).await;
    ann
}

async fn all_orders_are_paused_and_the_pause_ends(server: &Server) {
    let device = server.link_default_device().await;
    server.link_device(LinkOptions::default().serial("SN-2")).await;
    let mut ann = pause(server, "2018-03-01", "2018-03-20").await;
    assert_page_shows(&ann, &["Your pause has been saved.", ">Paused<", "paused from 1 March 2018 to 20 March 2018"]);
    let (_, id) = replenish(server, &device).await;
    assert_page_shows(&order(server, &id, ANN).await, &["Waiting until your pause ends"]);
    assert_page_shows(
        &open_settings(server, &device).await,
        &["Nothing is ordered from 1 March 2018 to 20 March 2018."],
    );
    let form = ann.form("/settings/pause").fill("resume", "true");
    ann.submit(&form).await;
    assert_page_shows(&ann, &["The pause has ended.", "Choose the days"]);
    server.advance("1s").await;
    assert_page_shows(&order(server, &id, ANN).await, &["Being prepared"]);

    // One slot with rules of its own, and there is no common pause; it ends with one button all the same.
    server.link_device(LinkOptions::default().serial("SN-3").customer(BOB)).await;
    pause(server, "2018-03-01", "2018-03-20").await;
    rule(server, &device, &[("pause_from", ""), ("pause_until", "")]).await;
    ann.go_to("/settings").await;
    assert_page_shows(&ann, &["Some of your orders are paused.", "End the pause", "Choose the days"]);
    let mut bob = TestBrowser::signed_in(server, BOB).await;
    bob.go_to("/settings").await;
    assert!(!bob.page.text().contains("End the pause"), "another customer's orders are not paused");
    pause(server, "2018-03-01", "2018-03-20").await;
    server.advance("20d").await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/settings").await;
    assert_page_shows(&ann, &["Choose the days"]);
    let settings = open_settings(server, &server.link_default_device().await).await;
    let rules = HtmlForm::parse_all(&settings.page.text()).into_iter().filter(|form| form.action == "/settings/rule");
    let days: Vec<_> = rules.flat_map(|form| form.fields).filter(|(name, _)| name == "pause_from").collect();
    assert_eq!(days, vec![("pause_from".to_owned(), String::new()); 2], "a pause that is over is not in the form");
}

async fn a_pause_that_makes_no_sense_is_refused_at_its_field(server: &Server) {
    server.link_default_device().await;
    for (field, from, until, why) in [
        ("pause_until", "2018-02-01", "2018-02-20", "The last day of the pause is over."),
        ("pause_until", "2018-03-20", "2018-03-10", "The last day of the pause is before its first day."),
        ("pause_from", "soon", "2018-03-20", "soon"),
        ("pause_from", "", "2018-03-20", "both the first and the last day"),
        ("pause_from", "", "", "Please choose the first and the last day of the pause."),
    ] {
        let ann = pause(server, from, until).await;
        assert_eq!(ann.page.status, 400, "{from} {until}");
        assert_page_shows(&ann, &[why, &format!("aria-describedby=\"{field}-error\""), &format!("value=\"{until}\"")]);
    }
    assert_eq!(server.row_count("rule").await, 0);
}

async fn many_orders_are_on_pages(server: &Server) {
    let device = server.link_default_device().await;
    let reply = server.device_call(&device, Replenish, &format!("/replenish/{CARTRIDGE}")).send().await.json();
    let first = reply["eventInstanceId"].as_str().unwrap().to_owned();
    let mut ids = Vec::new();
    for _ in 0..45 {
        let (_, id) = replenish(server, &device).await;
        order(server, &id, ANN).await.press("/order", "cancel").await;
        ids.push(id);
    }
    // An open order of another slot is on the first page, although all others came later.
    let mut ann = open_settings(server, &device).await;
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let html = ann.page.text();
        let links = html.split("href=\"/order?id=").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        found.extend(links);
        pages += 1;
        let Some(older) =
            html.split("href=\"").find(|rest| rest.contains(">Older orders<") && rest.contains("before="))
        else {
            break;
        };
        assert_eq!(html.contains("Newest orders"), pages > 1);
        let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        ann.go_to(&older).await;
    }
    ids.reverse();
    let is_open: Vec<_> = found.iter().filter(|id| **id == first).collect();
    assert_eq!((is_open.len(), found.iter().position(|id| *id == first)), (2, Some(20)), "and again at its time");
    found.retain(|id| *id != first);
    assert_eq!((pages, found), (3, ids));
    for made_up in ["x", "", "00000000-0000-0000-0000-000000000000"] {
        let settings = form_body(&[("access_token", &device.access), ("before", made_up)]);
        assert_eq!(ann.go_to(&format!("/settings?{settings}")).await.title(), "Aqua Pitcher");
    }
}
