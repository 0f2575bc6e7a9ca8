//! Prices that customers agree to, and the question before a more expensive order. On both engines.

use super::rules::{
    assert_page_shows, catalogue, events_after_sign_up, order, query_of, replenish, rule, rule_of, rules, small,
};
use crate::harness::fixtures::{ANN, BOB, LARGE, SECRET, SMALL, WEB, product};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, authorize_path, form_body};
use opendrs_client::HtmlForm;
use opendrs_domain::money::Money;
use opendrs_domain::product::Product;
use opendrs_domain::version::ApiEndpoint::Deregister;
use opendrs_texts::compose::ComposedMail;

both!(
    nothing_dearer_is_ordered_without_the_customers_word,
    a_price_that_changed_while_the_customer_looked_is_shown_first,
    no_rule_that_is_saved_moves_the_price_agreed,
    nothing_much_dearer_is_ordered_without_a_rule,
    the_price_that_was_shown_when_it_was_chosen_is_agreed,
    the_price_that_was_shown_at_sign_up_is_agreed,
    a_price_in_another_currency_is_asked_for,
    a_held_order_waits_for_its_customer_after_the_unit_is_linked_again,
    a_substitute_is_ordered_at_the_price_that_was_shown,
    a_price_change_is_told_once_for_each_slot,
    a_highest_price_is_read_as_people_write_it,
);

async fn nothing_dearer_is_ordered_without_the_customers_word(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("cap_kind", "percent"), ("cap", "10")]).await;
    let (_, form) = rules(server, &device).await;
    assert!(form.fields.contains(&("cap".into(), "10".into())), "{form:?}");
    catalogue(server, vec![small("27.49", true)]).await;
    let (_, id) = replenish(server, &device).await;
    assert!(events_after_sign_up(server).await.is_empty(), "27.49 is more than 24.99 and ten per cent");
    let mut ann = order(server, &id, ANN).await;
    assert_page_shows(&ann, &["the price is higher than you agreed to", "27.49 USD"]);
    catalogue(server, vec![small("27.48", true)]).await;
    server.advance("1h").await;
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"], "cheap enough again");
    ann.go_to(&format!("/order?id={id}")).await;
    assert_page_shows(&ann, &["<dt>Price</dt><dd>27.48 USD", "Being prepared"]);
}

async fn a_price_that_changed_while_the_customer_looked_is_shown_first(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("cap_kind", "amount"), ("cap", "20.00")]).await;
    let (_, id) = replenish(server, &device).await;
    let mut ann = order(server, &id, ANN).await;
    let approve = ann.form("/order").press("approve");
    catalogue(server, vec![small("29.99", true)]).await;
    ann.submit(&approve).await;
    assert_page_shows(&ann, &["the price is higher than you agreed to", ">Order and pay 29.99 USD<"]);
    assert!(events_after_sign_up(server).await.is_empty());
    ann.submit(&approve).await;
    assert_eq!(ann.page.status, 400);
    assert_page_shows(&ann, &["The price has changed. It is now 29.99 USD."]);
    ann.go_to(&format!("/order?id={id}")).await;
    ann.press("/order", "approve").await;
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    assert_page_shows(&ann, &["<dt>Price</dt><dd>29.99 USD", "Being prepared"]);
}

async fn no_rule_that_is_saved_moves_the_price_agreed(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("cap_kind", "percent"), ("cap", "10")]).await;
    server.advance("24h").await;
    catalogue(server, vec![small("249.00", true)]).await;
    let device = server.link_default_device().await;
    for unrelated in [[("limit_orders", "9"), ("limit_days", "9")], [("cap_kind", "percent"), ("cap", "10")]] {
        rule(server, &device, &unrelated).await;
    }
    let (visit, _) = rules(server, &device).await;
    assert_page_shows(&visit, &["You agreed to 24.99 USD on 2 March 2018"]);
    let (_, id) = replenish(server, &device).await;
    assert!(!events_after_sign_up(server).await.contains(&"OrderPlaced".to_owned()));
    assert_page_shows(&order(server, &id, ANN).await, &[">Order and pay 249.00 USD<"]);
}

/// The same device with a new access token. A sign-up would show the present price to the customer.
async fn refreshed(server: &Server, device: &LinkedDevice) -> LinkedDevice {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", WEB),
        ("client_secret", SECRET),
        ("refresh_token", device.refresh.as_str()),
    ];
    let answer = server.token_request(&fields).send().await.json();
    let access = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    LinkedDevice { access, refresh: device.refresh.clone() }
}

async fn nothing_much_dearer_is_ordered_without_a_rule(server: &Server) {
    let placed = async |n: usize| {
        let all = server.mail_kinds().await;
        assert_eq!(all.iter().filter(|kind| **kind == "order_placed").count(), n, "{all:?}");
    };
    // Ten per cent over 24.99 is 27.489; the price of orders in between does not count.
    let device = server.link_default_device().await;
    for (price, n) in [("27.48", 1), ("27.48", 2)] {
        catalogue(server, vec![small(price, true)]).await;
        replenish(server, &refreshed(server, &device).await).await;
        placed(n).await;
        server.advance("4d").await;
    }
    catalogue(server, vec![small("27.49", true)]).await;
    let (_, id) = replenish(server, &refreshed(server, &device).await).await;
    placed(2).await;
    let mut ann = order(server, &id, ANN).await;
    assert_page_shows(&ann, &[">Order and pay 27.49 USD<"]);
    ann.press("/order", "approve").await;
    placed(3).await;
    server.advance("4d").await;
    // An approved price is the agreed price from now on.
    for (price, n) in [("30.23", 4), ("30.24", 4)] {
        catalogue(server, vec![small(price, true)]).await;
        replenish(server, &refreshed(server, &device).await).await;
        placed(n).await;
        server.advance("4d").await;
    }
}

async fn the_price_that_was_shown_when_it_was_chosen_is_agreed(server: &Server) {
    let device = server.link_default_device().await;
    let settings = format!("/settings?{}", query_of(&device));
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let agreed = async |ann: &mut TestBrowser| {
        ann.go_to(&settings).await;
        let html = ann.page.text();
        html.split("You agreed to ").nth(1).unwrap().split(" on ").next().unwrap().to_owned()
    };
    ann.go_to(&settings).await;
    let off = ann.form("/settings/slot").fill("subscribed", "false");
    let seen = ann.form("/settings/slot").fill("subscribed", "true");
    catalogue(server, vec![small("249.00", true)]).await;
    ann.submit(&off).await;
    assert_eq!(agreed(&mut ann).await, "24.99 USD", "who switches it off agrees to nothing");
    ann.submit(&seen).await;
    assert_eq!(agreed(&mut ann).await, "24.99 USD", "that is what the page showed");
    for (forged, wanted) in [
        ("x".into(), "24.99 USD"),
        (format!("{LARGE} 1.00 USD"), "24.99 USD"),
        (format!("{SMALL} 9999.00 USD"), "249.00 USD"),
        (format!("{SMALL} 1.00 EUR"), "1.00 EUR"),
    ] {
        ann.submit(&seen.clone().fill("shown", &forged)).await;
        assert_eq!(agreed(&mut ann).await, wanted, "{forged}");
    }
    ann.submit(&seen).await;
    let (_, id) = replenish(server, &device).await;
    assert_page_shows(&order(server, &id, ANN).await, &[">Order and pay 249.00 USD<"]);
    // A customer who sees the new price and chooses the product again agrees to it; the hold is evaluated again.
    ann.go_to(&settings).await;
    let again = ann.form("/settings/slot").fill("subscribed", "true");
    ann.submit(&again).await;
    server.advance("1s").await;
    assert_eq!(agreed(&mut ann).await, "249.00 USD");
    assert!(
        events_after_sign_up(server).await.contains(&"OrderPlaced".to_owned()),
        "{:?}",
        events_after_sign_up(server).await
    );
}

async fn the_price_that_was_shown_at_sign_up_is_agreed(server: &Server) {
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    let next = |visit: &TestBrowser| HtmlForm::parse_all(&visit.page.text()).remove(0);
    while next(&visit).action != "/setup_overview" {
        let form = match next(&visit) {
            form if form.action == "/ap/consent" => form.press("consentApproved"),
            form => form,
        };
        visit.submit(&form).await;
    }
    catalogue(server, vec![small("249.00", true)]).await;
    visit.press("/setup_overview", "completeSetup").await;
    let access = server.link_default_device().await.access;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to(&format!("/settings?{}", form_body(&[("access_token", &access)]))).await;
    assert_page_shows(&ann, &["You agreed to 24.99 USD on 2 March 2018", "249.00 USD"]);
}

async fn a_price_in_another_currency_is_asked_for(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let settings = format!("/settings?{}", query_of(&device));
    ann.go_to(&settings).await;
    let seen = ann.form("/settings/slot").fill("subscribed", "true");
    let price = Money::parse("500.00", "EUR").unwrap();
    catalogue(server, vec![Product { price, ..small("24.99", true) }]).await;
    ann.submit(&seen).await;
    ann.go_to(&settings).await;
    assert_page_shows(&ann, &["You agreed to 24.99 USD"]);
    let (_, id) = replenish(server, &device).await;
    assert_page_shows(&order(server, &id, ANN).await, &[">Order and pay 500.00 EUR<"]);
    server.advance("2h").await;
    assert!(events_after_sign_up(server).await.is_empty(), "nothing is ordered");
}

async fn a_held_order_waits_for_its_customer_after_the_unit_is_linked_again(server: &Server) {
    for (fields, price) in [([("mode", "ask")], "24.99"), ([("mode", "automatic")], "249.00")] {
        let device = server.link_default_device().await;
        rule(server, &device, &fields).await;
        catalogue(server, vec![small(price, true)]).await;
        let (_, id) = replenish(server, &device).await;
        assert_eq!(server.device_call(&device, Deregister, "/registration").status_and_text().await.0, 200);
        let again = server.link_default_device().await;
        server.advance("2h").await;
        let again = refreshed(server, &again).await;
        assert_eq!(replenish(server, &again).await, ("ORDER_INPROGRESS".into(), id.clone()), "{price}");
        let mut ann = order(server, &id, ANN).await;
        assert_page_shows(&ann, &[&format!(">Order and pay {price} USD<")]);
        assert!(!server.event_names().await.contains(&"OrderPlaced".to_owned()), "{price}");
        ann.press("/order", "cancel").await;
        catalogue(server, vec![small("24.99", true)]).await;
        server.device_call(&again, Deregister, "/registration").send().await;
    }
}

async fn a_substitute_is_ordered_at_the_price_that_was_shown(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("substitute", LARGE)]).await;
    let large = |price| product(LARGE, "Water filter, pack of 6", price, 6.0, true);
    catalogue(server, vec![small("24.99", false), large("60.00")]).await;
    rule(server, &device, &[("substitute", LARGE)]).await;
    let (_, id) = replenish(server, &device).await;
    assert_page_shows(&order(server, &id, ANN).await, &["Water filter, pack of 3"]);
    assert!(events_after_sign_up(server).await.is_empty(), "far dearer than it was when it was named");
    catalogue(server, vec![large("49.48")]).await;
    server.advance("1h").await;
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"], "44.99 and ten per cent");
}

async fn a_price_change_is_told_once_for_each_slot(server: &Server) {
    server.link_default_device().await;
    let bobs = server.link_device(LinkOptions::default().customer(BOB).serial("SN-2")).await;
    rule_of(server, BOB, &bobs, &[("cap_kind", "amount"), ("cap", "26.00")]).await;
    server.link_device(LinkOptions::default().serial("SN-3").test_device()).await;
    let news = async || {
        server.advance("1s").await;
        let all = opendrs_service::mail::list_newest(server.app(), 99).await.unwrap();
        let mut news = Vec::new();
        for mail in all.iter().filter(|mail| mail.content.kind() == "price_changed") {
            let letter = opendrs_service::mail::build_message(server.app(), mail).await.unwrap().unwrap();
            news.push((letter.to.to_string(), ComposedMail::compose(&letter).to_text().unwrap()));
        }
        news
    };
    let before = news().await;
    assert_eq!(before, [], "nothing changed");
    // Two price changes before any mail is written, and a change of something else than the price.
    catalogue(server, vec![small("99.00", true)]).await;
    catalogue(server, vec![small("26.99", true)]).await;
    catalogue(server, vec![small("26.99", true), product(LARGE, "Other words", "44.99", 6.0, true)]).await;
    let told = news().await;
    let mut to: Vec<_> = told.iter().map(|(to, _)| to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, [ANN, BOB], "a test device buys nothing");
    for (to, text) in &told {
        assert!(text.contains("has changed from 24.99 USD to 26.99 USD."), "{text}");
        assert!(text.contains("Price you agreed to: 24.99 USD\n"), "{text}");
        let asks = text.contains("We'll ask you before your Aqua Pitcher orders it at this price.");
        assert_eq!(asks, to == BOB, "{text}");
        assert_eq!(text.contains("will order it at this price"), to == ANN, "{text}");
    }
    assert_eq!(news().await.len(), 2, "told once");
    catalogue(server, vec![small("30.00", true)]).await;
    catalogue(server, vec![small("26.99", true)]).await;
    assert_eq!(news().await.len(), 2, "it costs what it did");
    catalogue(server, vec![small("20.00", true)]).await;
    assert_eq!(news().await.len(), 4, "another change, another mail");
    assert!(server.all_rows().await["price_change"].is_empty(), "and all is done");
}

async fn a_highest_price_is_read_as_people_write_it(server: &Server) {
    let device = server.link_default_device().await;
    for (language, typed, shown) in [
        ("en", "$1,299.50", "1299.50"),
        ("en", "1 299.5 USD", "1299.50"),
        ("de", "1.299,50 $", "1299,50"),
        ("de", "1.299", "1299,00"),
        ("ja", "＄１，２９９．５０", "1299.50"),
    ] {
        let (mut visit, form) = rules(server, &device).await;
        let form = form.fill("cap_kind", "amount").fill("cap", typed);
        visit.go_to(&format!("/settings?{}&language={language}", query_of(&device))).await;
        visit.submit(&form).await;
        assert_eq!(visit.title(), "Aqua Pitcher", "{language} {typed}");
        let kept = visit.form("/settings/rule");
        assert!(kept.fields.contains(&("cap".into(), shown.into())), "{language} {typed}: {kept:?}");
    }
    rule(server, &device, &[("cap_kind", "percent"), ("cap", "10 %")]).await;
    let (_, kept) = rules(server, &device).await;
    assert!(kept.fields.contains(&("cap".into(), "10".into())), "{kept:?}");
}
