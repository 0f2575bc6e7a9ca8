//! The operator's token: without it the operator API refuses every call.

use super::program::ProgramFolder;
use axum::http::Method;
use opendrs_client::send;
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_the_operators_paths_are_not_there() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    for (method, path) in [
        (Method::GET, "/-/events"),
        (Method::GET, "/-/events/x"),
        (Method::POST, "/-/events/x/replay"),
        (Method::POST, "/-/events/replay"),
    ] {
        let reply = send(method, &format!("{}{path}", server.base_url), &[], "").await.unwrap();
        assert_eq!(reply.status, 404, "{path}: {}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_for_its_owner_alone_and_opens() {
    let place = ProgramFolder::seeded();
    let made = place.run(&["keys", "operator", "operator.token"]);
    assert!(made.stderr.contains("Set operator.token_file = \"operator.token\""), "{made:?}");
    assert_eq!(made.expect_success(), "", "the token itself is not shown");
    let file = place.path().join("operator.token");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let said = place.run(&["keys", "operator", "operator.token"]).expect_failure();
    assert!(said.contains("cannot create operator.token: "), "it is never overwritten: {said}");

    place.write_file("o.toml", "[operator]\ntoken_file = \"operator.token\"\n");
    let server = place.serve(&["--config", "o.toml"]);
    let linked = place.link_device("SN-1", &[]);
    let token = std::fs::read_to_string(&file).unwrap();
    let bearer = format!("Bearer {}", token.trim());
    let url = format!("{}/-/events", server.base_url);
    let reply = send(Method::GET, &url, &[("authorization", &bearer)], "").await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.json()["events"].as_array().unwrap().len()), (200, 2));
    // The command line lists the same.
    let listed = place.run_on_store(&["events", "list", "--json"]).expect_success();
    let listed: Vec<serde_json::Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).rev().collect();
    assert_eq!(reply.json()["events"], serde_json::Value::Array(listed));
    for other in [linked["access_token"].as_str().unwrap(), &token.trim()[1..], "x"] {
        let reply = send(Method::GET, &url, &[("authorization", &format!("Bearer {other}"))], "").await.unwrap();
        assert_eq!(reply.status, 401);
    }
    let log = server.kill_and_read_log();
    assert!(log.contains("a request to the operator API was refused") && log.contains("wrong token"), "{log}");
    assert!(!log.contains(token.trim()), "{log}");
}

#[test]
fn a_token_that_may_be_guessed_stops_the_start() {
    let place = ProgramFolder::new();
    place.write_file("o.toml", "[operator]\ntoken_file = \"t\"\n");
    let serve = || place.run_on_store(&["serve", "--listen", "127.0.0.1:0", "--config", "o.toml"]).expect_failure();
    let said = serve();
    assert!(said.contains("cannot read the file t of operator.token_file: "), "{said}");
    place.write_file("t", "hunter2\n");
    let said = serve();
    assert!(said.contains("a token has 32 characters or more") && !said.contains("hunter2"), "{said}");
}
