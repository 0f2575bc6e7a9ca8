//! Withdrawals from the contract: what the customer does and gets, what the shop is called with, and what it reports.

use super::{
    FakeWebhookShop, SECRET, ShopAction, events_after_sign_up, now, number, on, open_order_page, post_report,
    post_signed_report, replenish,
};
use crate::harness::fixtures::{ANN, PASSWORD};
use crate::harness::{LinkedDevice, Options, Server, Store, TestBrowser};
use opendrs_client::HtmlForm;
use opendrs_domain::version::ApiEndpoint::OrderInfo;
use opendrs_service::fulfilment::{self, OrderSelection};
use serde_json::{Value, json};

both!(by on:
    a_customer_withdraws_sends_back_and_is_refunded,
    the_last_day_of_the_period_counts_in_full,
    a_shop_that_fails_is_told_again_and_its_reports_do_not_end_that,
    what_has_not_shipped_is_withdrawn_from_too,
    two_presses_at_once_have_one_effect,
    every_language_has_the_words_of_its_law,
    a_customer_who_left_does_not_stop_the_calls,
);
/// An order that the shop has accepted, and reported as in `reports`.
async fn order(server: &Server, shop: &FakeWebhookShop, reports: &[&str]) -> (LinkedDevice, String) {
    let device = server.link_default_device().await;
    let (_, id) = replenish(server, &device).await;
    server.advance("1s").await;
    for status in reports {
        assert_eq!(post_signed_report(server, &id, status).await.0, 200);
    }
    shop.take_requests();
    (device, id)
}

fn withdrawal_path(id: &str) -> String {
    format!("/order/withdraw?id={id}")
}

async fn withdraw(visit: &mut TestBrowser, id: &str, reason: &str) {
    visit.go_to(&withdrawal_path(id)).await;
    let form = visit.form("/order/withdraw").fill("reason", reason);
    visit.submit(&form).await;
}

/// The shop reports a refund. Returns the status of the answer.
async fn report_refund(server: &Server, id: &str, amount: &str) -> u16 {
    let refund = json!({ "amount": amount, "currency": "USD" });
    let body = json!({ "eventInstanceId": id, "status": "refunded", "refund": refund });
    post_report(server, &body, SECRET, now()).await.status.as_u16()
}

/// The order numbers of the orders whose customers wait for their money.
async fn waiting_for_money(server: &Server) -> Vec<String> {
    let orders = fulfilment::list_orders(server.app(), OrderSelection::Withdrawn, 9).await.unwrap();
    orders.into_iter().map(|order| order.number().to_string()).collect()
}

async fn a_customer_withdraws_sends_back_and_is_refunded(server: &Server, shop: &FakeWebhookShop) {
    let (device, id) = order(server, shop, &["shipped", "delivered"]).await;
    let number = number(server, &id).await;
    let info = async || server.device_call(&device, OrderInfo, &format!("/getOrderInfo/{id}")).send().await.text();
    let (events, wire) = (events_after_sign_up(server).await, info().await);
    let mut ann = open_order_page(server, &id).await;
    let link = format!("<a href=\"{}\" class=\"button plain danger\">Withdraw from contract</a>", withdrawal_path(&id));
    assert!(ann.page.text().contains(&link), "{}", ann.page.text());

    ann.go_to(&withdrawal_path(&id)).await;
    let rows = server.all_rows().await;
    for part in [
        "You can withdraw from this contract without giving a reason until the end of 16 March 2018.".to_owned(),
        format!("I, Ann Example, withdraw from the contract for order {number}."),
        format!("We&#39;ll send a confirmation to {ANN}."),
    ] {
        assert!(ann.page.text().contains(&part), "{part}: {}", ann.page.text());
    }
    assert_eq!(server.all_rows().await, rows, "opening the page declares nothing");
    let form = ann.form("/order/withdraw");
    ann.submit(&form.clone().fill("reason", "Too\r\n<large>")).await;
    assert_eq!(ann.title(), "We have received your withdrawal");
    let mail = server.newest_mail_text().await;
    for part in [
        "You withdrew from the contract for this order on 2 March 2018",
        &format!("I, Ann Example, withdraw from the contract for order {number}.\n"),
        "Withdrawal received: 2 March 2018",
        &format!("Order number: {number}\n"),
        "Product: Water filter, pack of 3\n",
        "Reason: Too <large>\n",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    let kinds = server.mail_kinds().await;
    assert_eq!(kinds.last(), Some(&"order_withdrawn"));
    assert_eq!(
        (events_after_sign_up(server).await, info().await),
        (events, wire),
        "the maker and the device see nothing"
    );

    server.advance("1s").await;
    let called = shop.take_requests();
    let [(call, body)] = called.as_slice() else { panic!("{called:?}") };
    assert!(call.starts_with("withdraw."), "{call}");
    let data = json!({ "eventInstanceId": id, "orderNumber": number, "withdrawnAt": body["data"]["withdrawnAt"],
        "reason": "Too <large>" });
    assert_eq!(body, &json!({ "type": "order.withdraw", "data": data }));
    assert!(body["data"]["withdrawnAt"].as_str().unwrap().starts_with("2018-03-02T"), "{body}");
    assert_eq!(waiting_for_money(server).await, [number.as_str()]);

    // The same form once more, as after a step back in the browser.
    ann.submit(&form.fill("reason", "Another")).await;
    assert_eq!(ann.title(), "We have received your withdrawal");
    server.advance("1h").await;
    assert_eq!((server.mail_kinds().await, shop.take_requests()), (kinds, vec![]), "once");

    assert_eq!(post_signed_report(server, &id, "returned").await, (200, "delivered".into(), true.into()));
    assert_eq!(post_signed_report(server, &id, "returned").await, (200, "delivered".into(), false.into()));
    for (amount, status) in [("25.00", 409), ("20.00", 200), ("20.00", 200), ("10.00", 409), ("24.99", 200)] {
        assert_eq!(report_refund(server, &id, amount).await, status, "{amount}");
    }
    let later = server.mail_kinds().await.split_off(server.mail_kinds().await.len() - 2);
    assert_eq!(later, ["order_refunded", "order_refunded"], "one for each amount");
    assert!(server.newest_mail_text().await.contains("We have refunded 24.99 USD for this order."));
    assert_eq!(waiting_for_money(server).await, Vec::<String>::new());
    ann.go_to(&format!("/order?id={id}")).await;
    for part in [
        "You withdrew from the contract on 2 March 2018",
        "Your return arrived on 2 March 2018.",
        "24.99 USD refunded on 2 March 2018.",
    ] {
        assert!(ann.page.text().contains(part), "{part}: {}", ann.page.text());
    }
    assert!(!ann.page.text().contains("Withdraw from contract"), "{}", ann.page.text());
}

async fn the_last_day_of_the_period_counts_in_full(server: &Server, shop: &FakeWebhookShop) {
    // Friday, the second of March, at seven o'clock.
    let (_, id) = order(server, shop, &["shipped", "delivered"]).await;
    server.advance("14d 16h").await;
    let mut ann = open_order_page(server, &id).await;
    ann.go_to(&withdrawal_path(&id)).await;
    let form = ann.form("/order/withdraw");
    server.advance("1h").await;
    ann.submit(&form).await;
    assert_eq!(ann.page.status, 400);
    assert!(ann.page.text().contains("The time to withdraw from this contract is over."), "{}", ann.page.text());
    ann.go_to(&format!("/order?id={id}")).await;
    assert!(!ann.page.text().contains("Withdraw from contract"));
    assert!(!server.mail_kinds().await.contains(&"order_withdrawn"));
    assert_eq!(shop.take_requests(), []);
}

async fn a_shop_that_fails_is_told_again_and_its_reports_do_not_end_that(server: &Server, shop: &FakeWebhookShop) {
    let (_, id) = order(server, shop, &["shipped"]).await;
    shop.queue_actions([ShopAction::Answer(500, json!({})), ShopAction::Answer(404, json!({}))]);
    withdraw(&mut open_order_page(server, &id).await, &id, "").await;
    server.advance("1s").await;
    // The parcel arrives meanwhile, as the shop reports.
    assert_eq!(post_signed_report(server, &id, "delivered").await, (200, "delivered".into(), true.into()));
    let job = fulfilment::find_job(server.app(), &id).await.unwrap();
    let trouble = fulfilment::last_call_error(server.app(), &job).await.unwrap();
    assert_eq!(trouble.as_deref(), Some("it answered with status 500"), "an operator sees it");
    server.advance("2m").await;
    let calls = shop.take_requests();
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert!(calls.iter().all(|call| *call == calls[0]) && calls[0].1["type"] == "order.withdraw", "{calls:?}");
    assert_eq!(calls[0].1["data"]["reason"], Value::Null);
    assert_eq!(fulfilment::last_call_error(server.app(), &job).await.unwrap(), None);
}

async fn what_has_not_shipped_is_withdrawn_from_too(server: &Server, shop: &FakeWebhookShop) {
    let (_, id) = order(server, shop, &[]).await;
    let mut ann = open_order_page(server, &id).await;
    assert!(!ann.page.text().contains("Withdraw from contract"), "it is cancelled: {}", ann.page.text());
    ann.go_to(&withdrawal_path(&id)).await;
    assert!(ann.page.text().contains("You can still cancel this order."), "{}", ann.page.text());
    server.advance("25h").await;
    // The answer to the call may be a report.
    shop.queue_actions([ShopAction::Answer(200, json!({ "status": "cancelled", "reason": "As you asked" }))]);
    let mut ann = open_order_page(server, &id).await;
    ann.go_to(&withdrawal_path(&id)).await;
    assert!(ann.page.text().contains("until 14 days after the delivery."), "{}", ann.page.text());
    withdraw(&mut ann, &id, "").await;
    server.advance("1s").await;
    assert_eq!(shop.take_request_types(), ["order.withdraw"]);
    assert_eq!(events_after_sign_up(server).await, ["OrderPlaced", "OrderCancelled"]);
    assert_eq!(report_refund(server, &id, "24.99").await, 200);
    ann.go_to(&format!("/order?id={id}")).await;
    for part in ["Reason: As you asked", "You withdrew from the contract on 3 March 2018", "24.99 USD refunded on"] {
        assert!(ann.page.text().contains(part), "{part}: {}", ann.page.text());
    }
}

async fn two_presses_at_once_have_one_effect(server: &Server, shop: &FakeWebhookShop) {
    let (_, id) = order(server, shop, &["shipped"]).await;
    let mut first = open_order_page(server, &id).await;
    first.go_to(&withdrawal_path(&id)).await;
    let (mut second, form) = (first.clone(), first.form("/order/withdraw"));
    let mails = server.mail_kinds().await.len();
    futures_util::future::join(first.submit(&form), second.submit(&form)).await;
    assert_eq!([first.title(), second.title()], ["We have received your withdrawal"; 2]);
    server.advance("1h").await;
    assert_eq!(server.mail_kinds().await[mails..], ["order_withdrawn"]);
    assert_eq!(shop.take_request_types(), ["order.withdraw"]);
}

async fn every_language_has_the_words_of_its_law(server: &Server, shop: &FakeWebhookShop) {
    let (_, id) = order(server, shop, &["shipped", "delivered"]).await;
    let mut ann = open_order_page(server, &id).await;
    for (language, begin, confirm) in [
        ("de", "Vertrag widerrufen", "Widerruf bestätigen"),
        ("ja", "契約を解除する", "解除を確定する"),
        ("en", "Withdraw from contract", "Confirm withdrawal"),
    ] {
        ann.go_to(&format!("/order?id={id}&language={language}")).await;
        assert!(ann.page.text().contains(&format!(">{begin}</a>")), "{language}: {}", ann.page.text());
        ann.go_to(&withdrawal_path(&id)).await;
        assert!(ann.page.text().contains(&format!("<title>{begin}</title>")), "{language}: {}", ann.page.text());
        assert!(ann.page.text().contains(&format!(">{confirm}</button>")), "{language}: {}", ann.page.text());
    }
}

async fn a_customer_who_left_does_not_stop_the_calls(server: &Server, shop: &FakeWebhookShop) {
    let (_, id) = order(server, shop, &["shipped", "delivered"]).await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/account").await;
    let delete = ann.form("/account/delete").fill("password", PASSWORD);
    ann.submit(&delete).await;
    server.advance("13d").await;
    shop.queue_actions((0..60).map(|_| ShopAction::Answer(500, json!({}))));
    withdraw(&mut open_order_page(server, &id).await, &id, "Moving to Ann Street 5").await;
    server.advance("25h").await;
    assert_eq!(server.mail_kinds().await.last(), Some(&"account_deleted"));
    assert!(server.all_rows().await["orders"].iter().all(|row| !row.contains("Ann Street")));
    shop.actions.lock().unwrap().clear();
    let failed = shop.take_requests().len();
    server.advance("1h").await;
    let calls = shop.take_requests();
    assert_eq!((failed > 9, calls.len(), &calls[0].1["type"]), (true, 1, &json!("order.withdraw")));
    let job = fulfilment::find_job(server.app(), &id).await.unwrap();
    assert!(job.recipient.is_none() && job.order.withdrawal.is_some(), "{job:?}");
    assert_eq!(fulfilment::last_call_error(server.app(), &job).await.unwrap(), None);
}

mod switched_off {
    //! A server for countries whose law knows no withdrawal.

    use super::*;

    both!(by without_withdrawals: nothing_is_offered_and_nothing_is_taken);

    async fn without_withdrawals(store: Store, test: impl AsyncFn(&Server)) {
        let settings = vec![("OPENDRS_ORDERS_WITHDRAWAL_PERIOD", "0s".to_owned())];
        let server = Server::start_on(store, Options { settings, ..Options::default() }).await;
        test(&server).await;
        server.remove_store().await;
    }

    async fn nothing_is_offered_and_nothing_is_taken(server: &Server) {
        let (_, id) = replenish(server, &server.link_default_device().await).await;
        server.advance("5d").await;
        let mut ann = open_order_page(server, &id).await;
        assert!(ann.page.text().contains("Delivered on"), "{}", ann.page.text());
        assert!(!ann.page.text().contains("Withdraw from contract"));
        ann.go_to(&withdrawal_path(&id)).await;
        assert_eq!(ann.title(), "You cannot withdraw from this contract");
        // The form of another page, sent here.
        ann.go_to("/settings/address").await;
        let forged = ann.form("/settings/address").fill("id", &id);
        ann.submit(&HtmlForm { action: "/order/withdraw".into(), ..forged }).await;
        assert_eq!(ann.page.status, 400, "{}", ann.page.text());
        assert!(ann.page.text().contains("Withdrawals are not offered for this order."), "{}", ann.page.text());
        assert!(!server.mail_kinds().await.contains(&"order_withdrawn"));
    }
}
