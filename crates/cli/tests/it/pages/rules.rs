//! A customer's slot rules and the page of a held order, as transcripts (docs/spec/orders.md#order-states,
//! docs/spec/orders.md#slot-rules). On both engines.

use crate::harness::fixtures::{ANN, BOB, CARL, FILTER, LARGE, SMALL, SOLD_OUT, product};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, form_body};
use opendrs_client::HtmlForm;
use opendrs_domain::product::Product;
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_service::seed::{self, SeedDeclaration};
use opendrs_service::session::form_token;

both!(
    a_customer_who_wants_to_be_asked_is_asked,
    a_limit_of_orders_holds_until_its_period_is_over,
    a_pause_holds_and_ends,
    a_long_pause_loses_no_order,
    a_pause_that_is_lifted_leaves_three_days,
    out_of_stock_is_replaced_only_from_the_customers_list,
    an_address_given_on_the_orders_page_places_the_order,
    rules_that_cannot_be_meant_are_said_and_not_kept,
    what_was_typed_is_kept_when_it_is_refused,
    an_address_needs_no_part_that_its_country_lacks,
    an_orders_page_is_its_owners,
);

/// The form of the filter's rules, on Ann's settings page.
pub(super) async fn rules(server: &Server, device: &LinkedDevice) -> (TestBrowser, HtmlForm) {
    rules_of(server, ANN, device).await
}

/// The form of the filter's rules, on the settings page of this owner.
async fn rules_of(server: &Server, owner: &str, device: &LinkedDevice) -> (TestBrowser, HtmlForm) {
    let mut visit = TestBrowser::signed_in(server, owner).await;
    visit.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    let html = visit.page.text();
    let of =
        |form: &HtmlForm| form.action == "/settings/rule" && form.fields.contains(&("slotId".into(), FILTER.into()));
    let form = HtmlForm::parse_all(&html).into_iter().find(of).unwrap_or_else(|| panic!("{html}"));
    (visit, form)
}

/// Ann sets some rules of the filter; the others stay.
pub(super) async fn rule(server: &Server, device: &LinkedDevice, fields: &[(&str, &str)]) {
    rule_of(server, ANN, device, fields).await;
}

/// This owner sets some rules of the filter; the others stay.
pub(super) async fn rule_of(server: &Server, owner: &str, device: &LinkedDevice, fields: &[(&str, &str)]) {
    let (mut visit, form) = rules_of(server, owner, device).await;
    let form = fields.iter().fold(form, |form, (name, value)| form.fill(name, value));
    assert_eq!(visit.submit(&form).await.title(), "Aqua Pitcher");
}

pub(super) async fn replenish(server: &Server, device: &LinkedDevice) -> (String, String) {
    let answer = server.device_call(device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let text = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (text("detailCode"), text("eventInstanceId"))
}

/// The page of an order, to which a mail links; it requires a sign-in.
pub(super) async fn order(server: &Server, id: &str, owner: &str) -> TestBrowser {
    let mut visit = TestBrowser::open(server, &format!("/order?id={id}")).await;
    assert_eq!(visit.title(), "Sign in");
    visit.sign_in(owner).await;
    visit
}

pub(super) async fn catalogue(server: &Server, products: Vec<Product>) {
    seed::apply(server.app(), SeedDeclaration { products, ..SeedDeclaration::default() }).await.unwrap();
}

pub(super) fn small(price: &str, available: bool) -> Product {
    product(SMALL, "Water filter, pack of 3", price, 3.0, available)
}

/// The makers' events after the sign-up.
pub(super) async fn events_after_sign_up(server: &Server) -> Vec<String> {
    server.event_names().await.split_off(2)
}

#[track_caller]
pub(super) fn assert_page_shows(visit: &TestBrowser, parts: &[&str]) {
    let html = visit.page.text();
    for part in parts {
        assert!(html.contains(part), "{part}: {html}");
    }
}

async fn a_customer_who_wants_to_be_asked_is_asked(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("mode", "ask")]).await;
    let (detail, id) = replenish(server, &device).await;
    assert_eq!(detail, "STANDARD_ORDER_PLACED", "Replenish says only that the request was taken");
    assert_eq!(replenish(server, &device).await, ("ORDER_INPROGRESS".into(), id.clone()));
    server.advance("5h").await;
    assert!(events_after_sign_up(server).await.is_empty());
    let mut ann = order(server, &id, ANN).await;
    assert_page_shows(
        &ann,
        &["Water filter, pack of 3", "3 for your Aqua Pitcher", "24.99 USD", "Waiting for your approval."],
    );
    assert_page_shows(&ann, &[">Order and pay 24.99 USD<", "Nothing is ordered unless you approve by 5 March 2018"]);
    ann.press("/order", "approve").await;
    assert_page_shows(&ann, &["Being prepared, delivery expected on", "Cancel this order"]);
    assert!(!ann.page.text().contains("Order and pay"), "{}", ann.page.text());
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    server.advance("23h 59m").await;
    ann = order(server, &id, ANN).await;
    ann.press("/order", "cancel").await;
    assert_page_shows(&ann, &["Cancelled."]);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced", "OrderCancelled"]);

    let (_, id) = replenish(server, &server.link_default_device().await).await;
    server.advance("72h").await;
    assert_eq!(events_after_sign_up(server).await[2..], ["OrderCancelled"], "nobody answered");
    assert_page_shows(&order(server, &id, ANN).await, &["Not placed"]);
}

async fn a_limit_of_orders_holds_until_its_period_is_over(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("limit_orders", "1"), ("limit_days", "5")]).await;
    replenish(server, &device).await;
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    server.advance("4d").await;
    let device = server.link_default_device().await;
    let (_, id) = replenish(server, &device).await;
    assert_page_shows(&order(server, &id, ANN).await, &["your order limit has been reached", "Order and pay"]);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced", "ItemShipped"]);
    server.advance("23h").await;
    assert_eq!(events_after_sign_up(server).await.len(), 2);
    server.advance("2h").await;
    assert_eq!(events_after_sign_up(server).await[2..], ["OrderPlaced"]);
}

async fn a_pause_holds_and_ends(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("pause_from", "2018-03-01"), ("pause_until", "2018-03-03")]).await;
    let (_, id) = replenish(server, &device).await;
    assert_page_shows(&order(server, &id, ANN).await, &["Waiting until your pause ends"]);
    assert!(events_after_sign_up(server).await.is_empty());
    // It is 2 March, seven o'clock.
    server.advance("40h").await;
    assert!(events_after_sign_up(server).await.is_empty());
    server.advance("2h").await;
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
}

async fn a_long_pause_loses_no_order(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("pause_from", "2018-03-01"), ("pause_until", "2018-03-31")]).await;
    let (_, id) = replenish(server, &device).await;
    // Every hold lasts three days more, so it ends three days after the last day of the pause.
    assert_page_shows(
        &order(server, &id, ANN).await,
        &["Waiting until your pause ends", "We&#39;ll place it on 1 April 2018"],
    );
    server.advance("20d").await;
    assert!(events_after_sign_up(server).await.is_empty());
    let device = server.link_default_device().await;
    assert_eq!(replenish(server, &device).await, ("ORDER_INPROGRESS".into(), id.clone()));
    assert_eq!(server.mail_kinds().await, ["subscribed", "order_held"], "told once");
    server.advance("10d").await;
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
}

async fn a_pause_that_is_lifted_leaves_three_days(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("pause_from", "2018-03-01"), ("pause_until", "2018-12-31")]).await;
    let (_, id) = replenish(server, &device).await;
    server.advance("10d").await;
    let device = server.link_default_device().await;
    rule(server, &device, &[("pause_from", ""), ("pause_until", ""), ("mode", "ask")]).await;
    server.advance("1s").await;
    assert_page_shows(&order(server, &id, ANN).await, &["Waiting for your approval", "by 15 March 2018"]);
    server.advance("71h").await;
    assert!(events_after_sign_up(server).await.is_empty());
    server.advance("2h").await;
    assert_eq!(events_after_sign_up(server).await, ["OrderCancelled"]);
}

async fn out_of_stock_is_replaced_only_from_the_customers_list(server: &Server) {
    let device = server.link_default_device().await;
    catalogue(server, vec![small("24.99", false)]).await;
    let (_, id) = replenish(server, &device).await;
    let mut ann = order(server, &id, ANN).await;
    assert_page_shows(&ann, &["the product is out of stock", "Try again"]);
    ann.press("/order", "look").await;
    assert_page_shows(&ann, &["the product is out of stock"]);
    // The customer chooses another substitute, and the order continues with it.
    rule(server, &device, &[("substitute", LARGE), ("cap_kind", "amount"), ("cap", "44.99")]).await;
    server.advance("1s").await;
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
    ann.go_to(&format!("/order?id={id}")).await;
    assert_page_shows(&ann, &["<h2>Water filter, pack of 6</h2>", "44.99 USD", "Being prepared"]);

    let device = server.link_device(LinkOptions::default().serial("SN-2")).await;
    let before = server.event_names().await.len();
    rule(server, &device, &[("substitute", LARGE), ("cap_kind", "amount"), ("cap", "44.98")]).await;
    let (_, id) = replenish(server, &device).await;
    assert_page_shows(&order(server, &id, ANN).await, &["the product is out of stock", "Water filter, pack of 3"]);
    assert_eq!(server.event_names().await.len(), before, "the other one is too dear");
}

async fn an_address_given_on_the_orders_page_places_the_order(server: &Server) {
    let device = server.link_device(LinkOptions::default().customer(CARL)).await;
    let (_, id) = replenish(server, &device).await;
    let mut carl = order(server, &id, CARL).await;
    assert_page_shows(&carl, &["we need an address that we can deliver to", "Use this address"]);
    let form = carl.form("/order").press("address");
    carl.submit(&form.clone().fill("line1", "3 Hill Road")).await;
    assert_page_shows(&carl, &["Please check the city in your address."]);
    let form = form.fill("line1", "3 Hill Road").fill("city", "Springfield");
    carl.submit(&form.fill("postal_code", "97477").fill("country", "us")).await;
    assert_page_shows(&carl, &["Being prepared"]);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced"]);
}

async fn rules_that_cannot_be_meant_are_said_and_not_kept(server: &Server) {
    let device = server.link_default_device().await;
    let (mut visit, form) = rules(server, &device).await;
    let before = server.all_rows().await;
    for (name, value, says) in [
        ("mode", "sometimes", "Please choose whether we place orders"),
        ("cap_kind", "amount", "Please enter your highest price"),
        ("limit_orders", "3", "Please enter both the number of orders"),
        ("pause_until", "2018-03-03", "Please enter both the first and the last day"),
        ("substitute", "B000000003", "This product is not available here."),
        ("substitute", "x", "something that we do not know"),
        ("slotId", "beans", "Please choose a product first."),
    ] {
        visit.submit(&form.clone().fill(name, value)).await;
        assert_eq!(visit.page.status, 400, "{name}={value}");
        assert_page_shows(&visit, &[says]);
    }
    assert_eq!(server.all_rows().await, before);
    rule(server, &device, &[("substitute", SOLD_OUT), ("limit_orders", "2"), ("limit_days", "30")]).await;
    let (_, kept) = rules(server, &device).await;
    for field in [("substitute", SOLD_OUT), ("limit_orders", "2"), ("limit_days", "30"), ("mode", "automatic")] {
        assert!(kept.fields.contains(&(field.0.into(), field.1.into())), "{field:?}: {kept:?}");
    }
}

pub(super) fn query_of(device: &LinkedDevice) -> String {
    form_body(&[("access_token", &device.access)])
}

async fn what_was_typed_is_kept_when_it_is_refused(server: &Server) {
    let device = server.link_default_device().await;
    let (mut visit, form) = rules(server, &device).await;
    let before = server.all_rows().await;
    let typed =
        [("mode", "ask"), ("cap_kind", "amount"), ("cap", "€ 1.5,0"), ("limit_orders", "2"), ("limit_days", "30")];
    let typed = typed.into_iter().chain([("pause_from", "2018-03-05"), ("substitute", LARGE)]);
    let form = typed.clone().fold(form, |form, (name, value)| form.fill(name, value));
    visit.submit(&form.fill("pause_until", "2018-03-06")).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (400, "Aqua Pitcher"));
    assert_page_shows(
        &visit,
        &["<details open>", "role=\"alert\"", "The highest price “€ 1.5,0” is not an amount in USD"],
    );
    let html = visit.page.text();
    let of_filter = |form: &HtmlForm| form.fields.contains(&("slotId".into(), FILTER.into()));
    let mut forms = HtmlForm::parse_all(&html).into_iter().filter(|form| form.action == "/settings/rule");
    let again = forms.find(of_filter).unwrap();
    for (name, value) in typed {
        assert!(again.fields.contains(&(name.into(), value.into())), "{name}: {again:?}");
    }
    assert_eq!(forms.count(), 1, "the other slot's form is there, too");
    assert_eq!(html.matches("<details open>").count(), 1, "{html}");
    assert_eq!(server.all_rows().await, before, "nothing was kept");
    visit.submit(&again.fill("cap", "$1,299")).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (200, "Aqua Pitcher"));
}

async fn an_address_needs_no_part_that_its_country_lacks(server: &Server) {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/settings/address").await;
    let form = ann.form("/settings/address").fill("city", "").fill("postal_code", "");
    for (country, says) in [
        ("US", "Please check the city in your address."),
        ("QA", "Please check the city in your address."),
        ("SG", "Please check the postal code in your address."),
        ("UK", "Please check the city in your address."),
    ] {
        ann.submit(&form.clone().fill("country", country)).await;
        assert_eq!(ann.page.status, 400, "{country}");
        assert_page_shows(&ann, &[says]);
    }
    ann.submit(&form.clone().fill("country", "UK").fill("city", "London").fill("postal_code", "N1")).await;
    assert_page_shows(
        &ann,
        &["Please check the country (two letters, such as US) in your address.", "value=\"London\""],
    );
    ann.submit(&form.fill("country", "hk")).await;
    assert_eq!(ann.page.status, 200);
    assert_page_shows(&ann, &["1 Main Street, HK"]);
}

async fn an_orders_page_is_its_owners(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("mode", "ask")]).await;
    let (_, id) = replenish(server, &device).await;
    TestBrowser::signed_in(server, BOB).await;
    let before = server.all_rows().await;
    let mut bob = order(server, &id, BOB).await;
    assert_eq!(bob.page.status, 400);
    assert_page_shows(&bob, &["We could not find this order."]);
    let csrf = form_token(server.app(), bob.browser.cookie_header().strip_prefix("opendrs=").unwrap());
    for button in ["approve", "cancel", "look", "address", "present"] {
        let form = HtmlForm { action: "/order".into(), ..HtmlForm::default() };
        let form = form.fill("csrf", &csrf).fill("id", &id).fill(button, "true").fill("price", "24.99");
        bob.submit(&form.fill("currency", "USD")).await;
        assert_eq!(bob.page.status, 400, "{button}");
        assert_page_shows(&bob, &["We could not find this order."]);
    }
    let after = server.all_rows().await;
    for table in ["orders", "outbox", "customer"] {
        assert_eq!(after[table], before[table], "{table}");
    }
}
