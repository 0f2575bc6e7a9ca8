//! `opendrs mail`, and the settings of a mail server.

use super::program::{FILTER, ProgramFolder};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_listed_and_shown() {
    let place = ProgramFolder::seeded();
    let none = place.run_on_store(&["mail", "list"]);
    assert!(none.stderr.contains("There are no mails yet"), "{none:?}");
    assert_eq!(none.expect_success(), "");
    let server = place.serve(&["--test-clock"]);
    let device = place.link_device("SN-1", &[]);
    assert_eq!(server.replenish(device["access_token"].as_str().unwrap(), FILTER).await.status, 200);
    // The worker may not have processed the mails yet; moving the clock does.
    place.run(&["clock", "advance", "1s", "--server", &server.base_url]).expect_success();

    let listed = place.run_on_store(&["mail", "list"]).expect_success();
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(lines[0].contains("  kept  ") && lines[0].contains("  customer@example.com  Automatic reordering for"));
    assert!(lines[1].contains("  Your order: "), "{listed}");

    let json: Vec<Value> =
        place.run_on_store(&["mail", "list", "--json", "--limit", "1"]).expect_success().lines().map(parse).collect();
    assert_eq!((json.len(), &json[0]["kind"], &json[0]["state"]), (1, &"order_placed".into(), &"kept".into()));
    let id = json[0]["id"].as_str().unwrap();

    let shown = place.run_on_store(&["mail", "show", id]).expect_success();
    assert!(shown.starts_with("To: customer@example.com\nSubject: Your order: "), "{shown}");
    assert!(shown.contains("State: kept, 1 attempt\n\nHello Demo Customer,\n"), "{shown}");
    let whole = parse(&place.run_on_store(&["mail", "show", id, "--json"]).expect_success());
    assert!(whole["html"].as_str().unwrap().starts_with("<!doctype html>"));
    let links = whole["links"].as_array().unwrap();
    let cancel = links.iter().find(|link| link["name"] == "Cancel this order").unwrap();
    let link = cancel["url"].as_str().unwrap();
    let path = link.split_once("/order/").unwrap().1;
    assert!(server.get(&format!("/order/{path}")).await.text().contains("Cancel this order?"), "{link}");

    assert_eq!(place.run_on_store(&["mail", "resend", id]).expect_success(), "1 to be sent again\n");
    let none = place.run_on_store(&["mail", "list", "--failed"]);
    assert!(none.stderr.contains("No mail was given up"), "{none:?}");
    assert_eq!(place.run_on_store(&["mail", "resend", "--failed"]).expect_success(), "0 to be sent again\n");
    let said = place.run_on_store(&["mail", "resend", "00000000-0000-0000-0000-000000000001"]).expect_failure();
    assert!(said.contains("there is no mail"), "{said}");
    assert_eq!(place.run_on_store(&["mail", "resend"]).status, 2);
    let said = place.run_on_store(&["mail", "show", "00000000-0000-0000-0000-000000000001"]).expect_failure();
    assert!(said.contains("there is no mail 00000000-0000-0000-0000-000000000001, or it is no longer kept"), "{said}");
}

/// A worker without a mail server keeps its mails unsent; a node without the role worker leaves them to one.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_a_worker_keeps_what_it_writes() {
    let place = ProgramFolder::seeded();
    let newest = |kind: &str| {
        let lines = place.run_on_store(&["mail", "list", "--json"]).expect_success();
        let mail = lines.lines().map(parse).rfind(|mail| mail["kind"] == kind).unwrap();
        (mail["state"].as_str().unwrap().to_owned(), mail["attempts"].as_i64().unwrap())
    };
    let first = place.link_device("SN-1", &[]);
    assert_eq!(newest("subscribed"), ("waiting".into(), 0), "the server may know a mail server: the command does not");
    let node = place.serve(&["--roles", "service"]);
    assert_eq!(node.replenish(first["access_token"].as_str().unwrap(), FILTER).await.status, 200);
    assert_eq!(newest("order_placed"), ("waiting".into(), 0));
    let second = place.link_device("SN-2", &[]);
    drop(node);
    let worker = place.serve(&[]);
    assert_eq!(worker.replenish(second["access_token"].as_str().unwrap(), FILTER).await.status, 200);
    assert_eq!(newest("order_placed"), ("kept".into(), 0), "nobody tried to send it");
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_mail_server_that_cannot_be_used_is_told_before_the_start() {
    let place = ProgramFolder::seeded();
    place.write_file("empty", "\n");
    let from = ("OPENDRS_MAIL_FROM", "Shop <shop@example.com>");
    let host = ("OPENDRS_MAIL_HOST", "mail.example");
    let user = ("OPENDRS_MAIL_USER", "shop");
    let file = |name| ("OPENDRS_MAIL_PASSWORD_FILE", name);
    for (env, says) in [
        (vec![host], "mail.from is ``: mail.host needs a sender, such as Name <orders@your.example>"),
        (vec![host, from, user], "mail.user and mail.password_file belong together"),
        (
            vec![host, from, user, file("empty"), ("OPENDRS_MAIL_SECURITY", "none")],
            "the password of mail.user would be sent unencrypted",
        ),
        (vec![host, from, user, file("missing")], "cannot read the file missing of mail.password_file"),
        (vec![host, from, user, file("empty")], "the file empty of mail.password_file is empty"),
        (vec![host, from, ("OPENDRS_MAIL_SECURITY", "ssl")], "unknown variant `ssl`"),
        (vec![host, from, ("OPENDRS_OUTBOUND_CA_FILE", "missing")], "missing"),
    ] {
        let said = place.run_with(&["mail", "list", "--data", "data"], &env).expect_failure();
        assert!(said.contains(says), "{says}: {said}");
    }
}
