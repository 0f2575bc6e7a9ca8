//! `opendrs order`: an operator lists orders, and manages those that are fulfilled by hand.

use super::program::{FILTER, PROGRAM_TIMEOUT, ProgramFolder, ServingProcess};
use opendrs_client::{BrowserClient, HtmlForm};
use serde_json::Value;

const MANUAL: &str = "[fulfilment]\nbackend = \"manual\"\n";

/// A server with the manual back end.
fn manual(settings: &str) -> (ProgramFolder, ServingProcess) {
    let place = ProgramFolder::seeded();
    place.write_file("o.toml", settings);
    let server = place.serve(&["--config", "o.toml", "--test-clock"]);
    (place, server)
}

async fn place_order(place: &ProgramFolder, server: &ServingProcess, serial: &str, more: &[&str]) -> String {
    let device = place.link_device(serial, more);
    let answer = server.replenish(device["access_token"].as_str().unwrap(), FILTER).await.json();
    answer["eventInstanceId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// The types of the makers' events, without the suffix that all of them have.
fn notification_types(place: &ProgramFolder) -> Vec<String> {
    let listed = place.run_on_store(&["events", "list"]).expect_success();
    let kind = |line: &str| {
        let kind = line.split_whitespace().find(|word| word.ends_with("Notification")).unwrap();
        kind.trim_end_matches("Notification").to_owned()
    };
    listed.lines().map(kind).skip(2).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ships_and_delivers() {
    let (place, server) = manual(MANUAL);
    let id = place_order(&place, &server, "SN-1", &[]).await;
    let order = |words: &[&str]| place.run_on_store(&[&["order"], words].concat());
    let listed = order(&["list"]).expect_success();
    assert_eq!(listed.lines().count(), 1);
    assert!(listed.contains(&format!("{id}  placed ")), "{listed}");
    let number = listed.split_whitespace().nth(1).unwrap().to_owned();
    let shown = order(&["show", &id]).expect_success();
    assert_eq!(order(&["show", &number.to_lowercase().replace('-', "")]).expect_success(), shown, "by its number");
    for part in ["Aqua-Pitcher_7 SN-1, slot ", "to Demo Customer <", "fulfilled by: manual"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // The clock ends the cancel window and ships nothing.
    let clock = |by: &str| place.run(&["clock", "advance", by, "--server", &server.base_url]).expect_success();
    assert!(clock("10d").contains("placed -> fulfilling"));
    assert_eq!(notification_types(&place), ["OrderPlaced"]);

    assert_eq!(
        order(&["deliver", &id]).expect_failure(),
        "opendrs: The order is fulfilling: this change is not possible in that state.\n"
    );
    let wrong = order(&["ship", &id, "--tracking-url", "javascript:alert(1)"]);
    assert!(wrong.status == 2 && wrong.stderr.contains("write an http or https address"), "{}", wrong.stderr);
    let link = "https://carrier.example/1Z-9";
    let words = ["ship", &number, "--tracking", " 1Z-9\u{7} ", "--carrier", "Post", "--tracking-url", link];
    let shipped = order(&[&words[..], &["--expected", "2018-03-15", "--json"]].concat()).expect_success();
    let shipped: Value = serde_json::from_str(&shipped).unwrap();
    for (key, value) in [
        ("state", "shipped"),
        ("orderNumber", &number),
        ("tracking", "1Z-9"),
        ("carrier", "Post"),
        ("trackingUrl", link),
        ("expectedDeliveryDay", "2018-03-15"),
        ("expectedDeliveryDate", "2018-03-15T12:00:00.000Z"),
    ] {
        assert_eq!(shipped[key], value, "{key}: {shipped}");
    }
    assert!(order(&["ship", &id]).expect_success().ends_with("(nothing changed)\n"));
    let shown = order(&["show", &id]).expect_success();
    for part in
        ["carrier Post", "tracking number 1Z-9", "tracking page https://carrier.example/1Z-9", "expected on 2018-03-15"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(notification_types(&place), ["OrderPlaced", "ItemShipped"]);
    assert!(order(&["deliver", &id]).expect_success().contains("  delivered "));
    assert_eq!(order(&["list"]).expect_success(), "");
    let all: Value = serde_json::from_str(&order(&["list", "--all", "--json"]).expect_success()).unwrap();
    assert_eq!((&all["state"], &all["backend"]), (&"delivered".into(), &"manual".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_word_of_delivery_the_slot_is_freed_a_day_after_it_was_expected() {
    let (place, server) = manual(MANUAL);
    let id = place_order(&place, &server, "SN-1", &[]).await;
    place.run(&["clock", "freeze", "--server", &server.base_url]).expect_success();
    let refused = place.run_on_store(&["order", "ship", &id]).expect_failure();
    assert!(refused.contains("may cancel this order until") && refused.contains("--force"), "{refused}");
    assert_eq!(notification_types(&place), ["OrderPlaced"], "a promise is kept");
    place.run_on_store(&["order", "ship", &id, "--force"]).expect_success();
    assert_eq!(notification_types(&place), ["OrderPlaced", "ItemShipped"]);
    let clock = |by: &str| place.run(&["clock", "advance", by, "--server", &server.base_url]).expect_success();
    assert!(!clock("2d 23h").contains("delivered"));
    assert!(clock("1h").contains("shipped -> delivered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_holds_releases_and_cancels() {
    let (place, server) = manual(MANUAL);
    let id = place_order(&place, &server, "SN-1", &[]).await;
    let order = |words: &[&str]| place.run_on_store(&[&["order"], words].concat());
    let clock = |by: &str| place.run(&["clock", "advance", by, "--server", &server.base_url]).expect_success();
    assert!(order(&["hold", &id, "--problem", "payment"]).expect_success().contains("held (payment)"));
    clock("71h");
    assert_eq!(notification_types(&place), ["OrderPlaced"], "the hourly look does not release it");
    assert!(order(&["release", &id]).expect_success().contains("  placed "));
    assert_eq!(notification_types(&place), ["OrderPlaced"], "the maker knows already");
    order(&["hold", &id, "--problem", "out_of_stock"]).expect_success();
    assert!(clock("72h").contains("held -> expired  -> OrderCancelledNotification"));

    let id = place_order(&place, &server, "SN-1", &[]).await;
    assert!(order(&["cancel", &id]).stderr.contains("--reason <TEXT>"), "its customer reads why");
    let cancel = || order(&["cancel", &id, "--reason", "The product was\nrecalled."]);
    assert!(cancel().expect_success().contains("  cancelled "));
    assert!(cancel().expect_success().ends_with("(nothing changed)\n"));
    let shown = order(&["show", &id]).expect_success();
    assert!(shown.contains("cancelled by operator: The product was recalled."), "{shown}");
    let mails: Vec<_> = place.run_on_store(&["mail", "list"]).expect_success().lines().map(str::to_owned).collect();
    let mail = mails.last().unwrap().split_whitespace().find(|word| word.len() == 36).unwrap();
    let mail = place.run_on_store(&["mail", "show", mail]).expect_success();
    assert!(
        mail.contains("Customer service cancelled this order.") && mail.contains("Reason: The product was recalled."),
        "{mail}"
    );
    assert_eq!(notification_types(&place)[1..], ["OrderCancelled", "OrderPlaced", "OrderCancelled"]);
}

/// The customer withdraws from the contract of an order, on its page.
async fn withdraw(server: &ServingProcess, id: &str) {
    let mut browser = BrowserClient::new(&server.base_url);
    let path = format!("/order/withdraw?id={id}");
    let form = async |browser: &mut BrowserClient, action: &str| {
        let html = browser.get(&path).await.unwrap().text();
        let found = HtmlForm::parse_all(&html).into_iter().find(|form| form.action == action);
        found.unwrap_or_else(|| panic!("{html}"))
    };
    let sign_in = form(&mut browser, "/ap/signin").await;
    browser
        .submit(&sign_in.fill("email", "customer@example.com").fill("password", "correct horse battery"))
        .await
        .unwrap();
    let declared = form(&mut browser, "/order/withdraw").await.fill("reason", "Too large");
    assert_eq!(browser.submit(&declared).await.unwrap().status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_a_withdrawal_and_notes_return_and_refund() {
    let (place, server) = manual(MANUAL);
    let id = place_order(&place, &server, "SN-1", &[]).await;
    let order = |words: &[&str]| place.run_on_store(&[&["order"], words].concat());
    assert!(order(&["return", &id]).expect_failure().contains("The order is placed"));
    order(&["ship", &id, "--force"]).expect_success();
    order(&["deliver", &id]).expect_success();
    assert_eq!(order(&["list", "--withdrawn"]).expect_success(), "");
    withdraw(&server, &id).await;
    let listed = order(&["list", "--withdrawn"]).expect_success();
    assert!(listed.contains(&id) && listed.contains("delivered, withdrawn"), "{listed}");
    let shown = order(&["show", &id]).expect_success();
    assert!(shown.contains("the customer withdrew from the contract 20") && shown.contains(": Too large"), "{shown}");

    assert!(order(&["return", &id]).expect_success().contains("delivered, returned"));
    assert!(order(&["return", &id]).expect_success().ends_with("(nothing changed)\n"));
    for amount in ["0", "1000000"] {
        let refused = order(&["refund", &id, "--amount", amount]).expect_failure();
        assert!(refused.contains("at most what the order cost"), "{refused}");
    }
    assert!(order(&["refund", &id, "--amount", "1,5"]).expect_failure().contains("is not a price"));
    let done = order(&["refund", &id, "--amount", "10", "--json"]).expect_success();
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!((&done["refunded"], &done["withdrawalReason"]), (&"10.00".into(), &"Too large".into()));
    assert!(done["withdrawnAt"].is_string() && done["returnedAt"].is_string() && done["refundedAt"].is_string());
    assert!(order(&["refund", &id, "--amount", "10"]).expect_success().ends_with("(nothing changed)\n"));
    assert!(order(&["list", "--withdrawn"]).expect_success().contains(&id), "some of the money is still owed");
    assert!(order(&["refund", &id, "--amount", "24.99"]).expect_success().contains("refunded"));
    assert_eq!(order(&["list", "--withdrawn"]).expect_success(), "");
    let mails = place.run_on_store(&["mail", "list"]).expect_success();
    assert!(mails.lines().last().unwrap().contains("Your refund: "), "{mails}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_clock_or_the_customer_decides_is_not_an_operators() {
    let (place, server) = manual("[fulfilment]\nmakers = [\"Aqua Appliances = manual\"]\n");
    let ours = place_order(&place, &server, "SN-1", &[]).await;
    let test = place_order(&place, &server, "SN-2", &["--test-device"]).await;
    let order = |words: &[&str]| place.run_on_store(&[&["order"], words].concat());
    assert!(order(&["show", &ours]).expect_success().contains("fulfilled by: manual"), "by its maker");
    let said = order(&["ship", &test]).expect_failure();
    assert!(said.contains("fulfilled by the clock"), "{said}");
    let said = order(&["ship", "x"]).expect_failure();
    assert!(said.contains("there is no order `"), "{said}");
    let wrong = order(&["hold", &ours, "--problem", "mood"]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("write out_of_stock, payment or address"), "{}", wrong.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serving_node_calls_the_shop_and_ends_no_call_half_done() {
    let (heard, calls) = std::sync::mpsc::channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = async move |body: String| {
        heard.send(body).unwrap();
        r#"{"status":"accepted"}"#
    };
    let shop = axum::Router::new().route("/drs", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, shop).await });
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let (place, server) = manual(&format!(
        "[fulfilment]\nbackend = \"webhook\"\nwebhook_url = \"http://{address}/drs\"\nwebhook_secrets = [\"{secret}\"]\n\
         [outbound]\nallow = [\"127.0.0.1\"]\n"
    ));
    let id = place_order(&place, &server, "SN-1", &[]).await;
    let body = tokio::task::spawn_blocking(move || calls.recv_timeout(PROGRAM_TIMEOUT)).await.unwrap().unwrap();
    assert!(body.contains(&id), "{body}");
    assert_eq!(server.terminate(), 0);
    let shown = place.run_on_store(&["order", "show", &id]).expect_success();
    assert!(shown.contains("  placed ") && shown.contains("fulfilled by: webhook"), "{shown}");
    assert!(!shown.contains("last error of its back end"), "{shown}");
}
