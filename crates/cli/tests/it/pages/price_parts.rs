//! What a price includes, where the catalogue states it: on every page with a price, in mails, and in the order. On both
//! engines.

use super::rules::{assert_page_shows, catalogue, order, replenish, small};
use crate::harness::fixtures::ANN;
use crate::harness::{LinkedDevice, Server, TestBrowser, authorize_path, form_body};
use opendrs_domain::money::Money;
use opendrs_domain::money::tax::TaxRate;
use opendrs_domain::product::{Product, UnitPriceBasis};
use opendrs_domain::version::ApiEndpoint::OrderInfo;

both!(
    every_page_and_mail_states_the_parts_of_a_price,
    an_order_keeps_the_parts_with_which_it_was_placed,
    a_shipping_price_counts_toward_the_price_agreed,
);

/// The filter at a price, of which shipping is a part.
fn filter(price: &str, shipping: &str) -> Product {
    Product {
        shipping: Some(Money::parse(shipping, "USD").unwrap()),
        tax_rate: TaxRate::parse("19"),
        unit_price: UnitPriceBasis::new(1.5, 1.0, "l"),
        ..small(price, true)
    }
}

async fn open_settings(server: &Server, device: &LinkedDevice) -> TestBrowser {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    visit
}

async fn every_page_and_mail_states_the_parts_of_a_price(server: &Server) {
    catalogue(server, vec![filter("28.89", "3.90")]).await;
    let note = "Includes 3.90 USD for shipping. Includes 4.61 USD in tax (19%). 16.66 USD per 1 l.";
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    visit.press("/ap/consent", "consentApproved").await;
    assert_page_shows(&visit, &["28.89 USD", note]);
    let device = server.link_default_device().await;
    let settings = open_settings(server, &device).await;
    assert_page_shows(&settings, &["28.89 USD", note]);
    // Nothing is left to say in general.
    let (_, slot) = settings.page.text().split_once(note).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(!slot.split("</p>").next().unwrap().contains("Includes tax and shipping."), "{slot}");

    let (_, id) = replenish(server, &device).await;
    let parts = "28.89 USD · Includes 3.90 USD for shipping. · Includes 4.61 USD in tax (19%).";
    assert_page_shows(&order(server, &id, ANN).await, &[&format!("<dt>Price</dt><dd>{parts}</dd>")]);
    let mail = server.newest_mail_text().await;
    assert!(mail.contains(&format!("Price: {parts}\n")), "{mail}");

    catalogue(server, vec![filter("24.99", "0")]).await;
    assert_page_shows(&open_settings(server, &device).await, &["Free delivery. Includes 3.99 USD in tax (19%)."]);
    let only_tax = Product { shipping: None, ..filter("24.99", "0") };
    catalogue(server, vec![only_tax]).await;
    let general = "Includes tax and shipping. Includes 3.99 USD in tax (19%). 16.66 USD per 1 l.";
    assert_page_shows(&open_settings(server, &device).await, &[general]);
    let mut german = open_settings(server, &device).await;
    catalogue(server, vec![Product { tax_rate: TaxRate::parse("7.7"), ..filter("24.99", "0") }]).await;
    german.go_to(&format!("/settings?{}&language=de", form_body(&[("access_token", &device.access)]))).await;
    assert_page_shows(&german, &["Versandkostenfrei. Davon 1,79\u{a0}$ Steuern (7,7 %). 16,66\u{a0}$ je 1 l."]);
}

async fn an_order_keeps_the_parts_with_which_it_was_placed(server: &Server) {
    let device = server.link_default_device().await;
    let (_, before) = replenish(server, &device).await;
    let info = async |id: &str| {
        server.device_call(&device, OrderInfo, &format!("/getOrderInfo/{id}")).send().await.text().replace(id, "")
    };
    let wire = info(&before).await;
    assert_page_shows(&order(server, &before, ANN).await, &["<dt>Price</dt><dd>24.99 USD</dd>"]);
    order(server, &before, ANN).await.press("/order", "cancel").await;

    catalogue(server, vec![filter("24.99", "3.90")]).await;
    let (_, id) = replenish(server, &device).await;
    catalogue(server, vec![filter("24.99", "0")]).await;
    server.advance("30m").await;
    assert_page_shows(&order(server, &id, ANN).await, &["Includes 3.90 USD for shipping."]);
    assert_eq!(info(&id).await, wire, "a device reads nothing of it");
}

/// The customer agrees to all that an order costs, so dearer shipping needs their approval like a dearer product.
async fn a_shipping_price_counts_toward_the_price_agreed(server: &Server) {
    let device = server.link_default_device().await;
    catalogue(server, vec![filter("27.48", "2.49")]).await;
    let (_, id) = replenish(server, &device).await;
    let mut ann = order(server, &id, ANN).await;
    assert_page_shows(&ann, &["Being prepared"]);
    ann.press("/order", "cancel").await;
    catalogue(server, vec![filter("28.89", "3.90")]).await;
    let (_, id) = replenish(server, &device).await;
    let mut ann = order(server, &id, ANN).await;
    assert_page_shows(&ann, &[">Order and pay 28.89 USD<", "Includes 3.90 USD for shipping."]);
    ann.press("/order", "approve").await;
    assert_page_shows(&ann, &["Being prepared"]);
}
