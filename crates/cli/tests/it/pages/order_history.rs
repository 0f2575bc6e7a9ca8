//! An order's page: why it was ordered, its history, its deadlines and its seller. On both engines.

use super::rules::{assert_page_shows, order, replenish, rule};
use crate::harness::fixtures::{ANN, FILTER};
use crate::harness::{Server, TestBrowser, form_body};
use opendrs_client::HtmlForm;

both!(
    the_page_of_an_approved_order_tells_each_step,
    the_page_of_an_order_by_hand_says_so,
    the_page_of_a_delivered_order_tells_until_when_to_withdraw,
    the_page_of_an_order_that_ended_early_tells_how,
);

/// The steps of the page's history, in its order.
fn steps(visit: &TestBrowser) -> Vec<String> {
    let html = visit.page.text();
    let (_, history) = html.split_once("id=\"history\"").unwrap_or_else(|| panic!("{html}"));
    let (history, _) = history.split_once("</section>").unwrap();
    let terms = history.split("<dt>").skip(1).map(|part| part.split("</dt>").next().unwrap().to_owned());
    assert_eq!(history.matches("<dd>").count(), terms.clone().count(), "each step has a time: {history}");
    terms.collect()
}

/// A fact of the page, as HTML.
fn fact(term: &str, value: &str) -> String {
    format!("<dt>{term}</dt><dd>{value}</dd>")
}

async fn the_page_of_an_approved_order_tells_each_step(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("mode", "ask")]).await;
    let (_, id) = replenish(server, &device).await;
    let mut ann = order(server, &id, ANN).await;
    assert_eq!(steps(&ann), ["Ordered", "Waiting"]);
    assert_page_shows(
        &ann,
        &[&fact("Sold by", "Aqua Appliances"), &fact("Why it was ordered", "Your Aqua Pitcher asked for it.")],
    );
    server.advance("2h").await;
    ann.press("/order", "approve").await;
    assert_eq!(steps(&ann), ["Ordered", "Waiting", "Approved by you", "Order confirmed"]);
    assert_page_shows(
        &ann,
        &[
            "Your Aqua Pitcher asked for it. You approved it on 2 March 2018",
            "You can cancel it until 3 March 2018",
            "1 Main Street",
        ],
    );
    ann.press("/order", "cancel").await;
    assert_eq!(steps(&ann).last().unwrap(), "Cancelled");
    assert_page_shows(&ann, &["You cancelled this order."]);
    assert!(!ann.page.text().contains("You can cancel it until"));
}

async fn the_page_of_an_order_by_hand_says_so(server: &Server) {
    let device = server.link_default_device().await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    let of_filter = |form: &HtmlForm| {
        form.action == "/settings/order-now" && form.fields.contains(&("slotId".into(), FILTER.into()))
    };
    let form = HtmlForm::parse_all(&ann.page.text()).into_iter().find(of_filter).unwrap();
    ann.submit(&form).await;
    assert_page_shows(&ann, &[&fact("Why it was ordered", "You ordered it yourself.")]);
    assert_eq!(steps(&ann), ["Ordered"]);
}

async fn the_page_of_a_delivered_order_tells_until_when_to_withdraw(server: &Server) {
    let device = server.link_default_device().await;
    let (_, id) = replenish(server, &device).await;
    // Shipped on the third, delivered on the fifth, a Monday.
    server.advance("4d").await;
    let ann = order(server, &id, ANN).await;
    assert_eq!(steps(&ann), ["Ordered", "Shipped", "Delivered"]);
    let right = "You can withdraw from this contract without giving a reason until the end of 19 March 2018.";
    assert_page_shows(&ann, &[right]);
    server.advance("20d").await;
    let ann = order(server, &id, ANN).await;
    assert!(!ann.page.text().contains(right), "{}", ann.page.text());
}

async fn the_page_of_an_order_that_ended_early_tells_how(server: &Server) {
    let device = server.link_default_device().await;
    rule(server, &device, &[("mode", "ask")]).await;
    let (_, id) = replenish(server, &device).await;
    server.advance("73h").await;
    assert_eq!(steps(&order(server, &id, ANN).await), ["Ordered", "Waiting", "Not placed"]);
}
