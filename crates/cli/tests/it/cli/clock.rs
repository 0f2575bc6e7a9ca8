//! `opendrs clock`: the time of a running server.

use super::program::{FILTER, ProgramFolder};
use opendrs_domain::date;

#[tokio::test(flavor = "multi_thread")]
async fn time_stands_still_and_moves_and_things_happen_in_it() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    let clock = |words: &[&str]| place.run(&[&["clock"], words, &["--server", &server.base_url]].concat());
    let device = place.link_device("SN-1", &[]);
    let frozen = clock(&["freeze"]).expect_success();
    let at = frozen.strip_suffix(", standing still\n").unwrap_or_else(|| panic!("{frozen}"));
    assert_eq!(clock(&["show"]).expect_success(), frozen);
    assert_eq!(server.replenish(device["access_token"].as_str().unwrap(), FILTER).await.status, 200);

    let moved = clock(&["advance", "25h"]).expect_success();
    let (mails, lines): (Vec<_>, Vec<_>) = moved.lines().partition(|line| line.contains(" mail to "));
    let [fulfilling, shipped, now] = lines.as_slice() else { panic!("{moved}") };
    let order = format!("order of slot {FILTER}:");
    assert!(fulfilling.ends_with(&format!("{order} placed -> fulfilling")), "{moved}");
    assert!(shipped.ends_with(&format!("{order} fulfilling -> shipped  -> ItemShippedNotification")), "{moved}");
    assert!(mails.last().unwrap().ends_with("order_shipped mail to customer@example.com: kept"), "{moved}");
    let now = now.strip_suffix(", standing still").unwrap();
    let hours = date::parse(now).unwrap().since(date::parse(at).unwrap()).as_secs() / 3600;
    assert_eq!(hours, 25);
    assert_eq!(
        server.subscription_info(device["access_token"].as_str().unwrap()).await.status,
        400,
        "the token ended meanwhile"
    );

    let json: serde_json::Value = serde_json::from_str(&clock(&["advance", "2d", "--json"]).expect_success()).unwrap();
    let fired: Vec<_> =
        json["fired"].as_array().unwrap().iter().map(|f| f["to"].as_str().or(f["mail"].as_str())).collect();
    assert_eq!((fired, &json["frozen"]), (vec![Some("delivered"), Some("order_delivered")], &true.into()));
    let running = clock(&["freeze", "--off"]).expect_success();
    assert!(!running.contains("standing still"), "{running}");

    // A command beside the server uses the server's time, so the code that it makes is valid now.
    let listed = place.run_on_store(&["events", "list"]).expect_success();
    assert!(listed.lines().last().unwrap().contains("ItemShippedNotification"), "{listed}");
    let again = place.link_device("SN-1", &[]);
    assert_eq!(server.subscription_info(again["access_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_moved_clock_outlives_the_server() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&["--test-clock"]);
    place.run(&["clock", "freeze", "--server", &server.base_url]).expect_success();
    let moved = place.run(&["clock", "advance", "3d", "--server", &server.base_url]).expect_success();
    drop(server);
    let said = place.run_on_store(&["serve", "--listen", "127.0.0.1:0"]).expect_failure();
    let wanted = format!("the clock of this store was moved by a server for tests and tells {}", &moved[..10]);
    assert!(
        said.contains(&wanted) && said.contains("start it with --test-clock, or with a store of its own"),
        "{said}"
    );
    let server = place.serve(&["--test-clock"]);
    assert_eq!(place.run(&["clock", "show", "--server", &server.base_url]).expect_success(), moved);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_moved_is_told() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    let base = server.base_url.as_str();
    for words in [&["show"][..], &["freeze"], &["advance", "1h"]] {
        let said = place.run(&[&["clock"], words, &["--server", base]].concat()).expect_failure();
        let wanted = format!("opendrs: the clock of {base} cannot be moved: start the server with --test-clock\n");
        assert_eq!(said, wanted);
    }
    drop(server);
    let server = place.serve(&["--test-clock"]);
    for by in ["soon", "-1h", ""] {
        let said = place.run(&["clock", "advance", "--server", &server.base_url, "--", by]).expect_failure();
        assert!(said.starts_with("opendrs: ") && said.ends_with("or several: 1d 12h\n"), "{by}: {said}");
    }
    for body in ["", "{}", r#"{"advance":"1h","freeze":true}"#, r#"{"back":"1h"}"#, "[]"] {
        let reply = server.post("/-/clock", body).await;
        assert!(reply.status == 400 && reply.text().contains("Send one of"), "{body}: {}", reply.text());
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = place.run(&["clock", "show", "--server", &format!("http://{nobody}")]).expect_failure();
    assert!(said.contains("no answer from") && said.contains("Is the server running there?"), "{said}");
}
