//! What a customer states of a slot: a replacement, and the stock on hand. On both engines.

use crate::harness::fixtures::{ANN, CARTRIDGE, FILTER};
use crate::harness::{LinkedDevice, Server, TestBrowser, form_body};
use opendrs_client::HtmlForm;
use opendrs_domain::version::ApiEndpoint::{Replenish, SlotStatus};
use opendrs_service::level;

both!(
    what_is_stated_is_shown_with_its_day_and_removed_again,
    the_later_word_about_the_stock_counts,
    a_refused_statement_stays_in_its_fields,
    today_is_the_day_of_the_customers_zone,
    a_statement_changes_no_order_and_reaches_no_maker,
);

/// The part of a device's page about one slot.
fn slot_part(visit: &TestBrowser, slot: &str) -> String {
    let html = visit.page.text();
    let part = html.split(&format!("id=\"slot-{slot}\"")).nth(1).unwrap_or_else(|| panic!("{html}"));
    part.split("</section>").next().unwrap().to_owned()
}

fn stock_form(visit: &TestBrowser) -> HtmlForm {
    let mut forms = HtmlForm::parse_all(&visit.page.text()).into_iter();
    let of_slot = ("slotId".to_owned(), FILTER.to_owned());
    forms.find(|form| form.action == "/settings/stock" && form.fields.contains(&of_slot)).unwrap()
}

fn typed(visit: &TestBrowser, field: &str) -> String {
    let form = stock_form(visit);
    form.fields.into_iter().find(|(name, _)| name == field).map(|(_, value)| value).unwrap()
}

async fn open(visit: &mut TestBrowser, device: &LinkedDevice) {
    visit.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
}

async fn state(visit: &mut TestBrowser, device: &LinkedDevice, replaced_on: &str, stock: &str) {
    open(visit, device).await;
    let form = stock_form(visit).fill("replaced_on", replaced_on).fill("stock", stock);
    visit.submit(&form).await;
}

async fn report(server: &Server, device: &LinkedDevice, on_hand: Option<u32>) {
    let stock = on_hand.map_or(String::new(), |stock| format!(r#","totalQuantityOnHand":{stock}"#));
    let body = format!(r#"{{"remainingQuantityInUnit":12,"originalQuantityInUnit":40{stock}}}"#);
    let reply = server.device_call(device, SlotStatus, &format!("/slotStatus/{FILTER}")).body(body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    level::fold_new(server.app()).await.unwrap();
}

async fn what_is_stated_is_shown_with_its_day_and_removed_again(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    state(&mut ann, &device, "2018-02-27", "2").await;
    let part = slot_part(&ann, FILTER);
    for says in [
        "Your note is saved.",
        "role=\"status\"",
        "<details open>",
        "Replaced on 27 February 2018. You noted this on 2 March 2018.",
        "In stock: 2 litres. You noted this on 2 March 2018.",
    ] {
        assert!(part.contains(says), "{says}: {part}");
    }
    assert!(!slot_part(&ann, CARTRIDGE).contains("In stock: "), "the other slot");
    assert_eq!((typed(&ann, "replaced_on"), typed(&ann, "stock")), ("2018-02-27".into(), "2".into()));
    let form = stock_form(&ann);
    ann.submit(&form.press("remove")).await;
    let part = slot_part(&ann, FILTER);
    assert!(part.contains("Your note was removed.") && !part.contains("You noted"), "{part}");
    assert_eq!(server.row_count("slot_statement").await, 0);
}

async fn the_later_word_about_the_stock_counts(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    state(&mut ann, &device, "", "3").await;
    server.advance("10m").await;
    report(server, &device, None).await;
    open(&mut ann, &device).await;
    assert!(slot_part(&ann, FILTER).contains("In stock: 3 litres. You noted this"), "a reading without the stock");
    server.advance("10m").await;
    report(server, &device, Some(1)).await;
    open(&mut ann, &device).await;
    let part = slot_part(&ann, FILTER);
    assert!(part.contains("In stock: 1 litres. Your device reported this on 2 March 2018, 07:20 UTC."), "{part}");
    assert_eq!(typed(&ann, "stock"), "", "what the device corrected is not offered again");
    server.advance("10m").await;
    state(&mut ann, &device, "", "5").await;
    assert!(slot_part(&ann, FILTER).contains("In stock: 5 litres. You noted this"));
}

async fn a_refused_statement_stays_in_its_fields(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    for (day, stock, field, says) in [
        ("2018-03-03", "2", "replaced", "Please choose a day from the year 2000 until today."),
        ("<b>", "2", "replaced", "“&#60;b&#62;” is not a date."),
        ("2018-03-01", "1,5", "stock", "Please enter your stock as a whole number from 0 to 9999."),
    ] {
        state(&mut ann, &device, day, stock).await;
        let part = slot_part(&ann, FILTER);
        assert_eq!(ann.page.status, 400);
        assert!(part.contains(&format!("id=\"{field}-{FILTER}-error\">{says}")), "{part}");
        assert!(part.contains("<details open>"), "{part}");
        assert_eq!(typed(&ann, "stock"), stock);
    }
    open(&mut ann, &device).await;
    for slot in ["x", "", "\0"] {
        let form = stock_form(&ann).fill("slotId", slot);
        assert_eq!(ann.browser.submit(&form).await.unwrap().status, 400, "{slot:?}");
    }
    assert_eq!(server.row_count("slot_statement").await, 0);
}

async fn today_is_the_day_of_the_customers_zone(server: &Server) {
    let device = server.link_default_device().await;
    server.advance("10h").await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    state(&mut ann, &device, "2018-03-03", "").await;
    assert_eq!(ann.page.status, 400, "it is 17:00 of 2 March in UTC");
    ann.go_to("/account").await;
    let zone = ann.form("/account/zone").fill("zone", "Asia/Tokyo");
    ann.submit(&zone).await;
    state(&mut ann, &device, "2018-03-03", "").await;
    let part = slot_part(&ann, FILTER);
    assert!(part.contains("Replaced on 3 March 2018. You noted this on 3 March 2018."), "{part}");
    assert!(part.contains("max=\"2018-03-03\""), "{part}");
}

async fn a_statement_changes_no_order_and_reaches_no_maker(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    state(&mut ann, &device, "2018-03-01", "9").await;
    let events = server.event_names().await;
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    assert_eq!(placed["detailCode"], "STANDARD_ORDER_PLACED", "{placed}");
    assert_eq!(events, ["DeviceRegistered", "SubscriptionChanged"], "the statement is no event");
}
