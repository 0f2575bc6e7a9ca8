//! `opendrs health`: a container engine reads nothing but its status.

use super::program::ProgramFolder;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_works_is_healthy_and_one_that_is_not_there_is_not() {
    let place = ProgramFolder::new();
    let server = place.serve(&[]);
    assert_eq!(
        place.run(&["health", "--url", &server.base_url]).expect_success(),
        format!("{} is healthy\n", server.base_url)
    );
    // The address is in the settings, as in a container.
    let listen = server.base_url.strip_prefix("http://").unwrap().to_owned();
    let env = [("OPENDRS_SERVER_LISTEN", listen.as_str())];
    let line: Value = serde_json::from_str(&place.run_with(&["health", "--json"], &env).expect_success()).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let healthy =
        json!({ "url": server.base_url, "healthy": true, "status": 200, "version": version, "problem": null });
    assert_eq!(line, healthy);
    assert_eq!(server.terminate(), 0);

    let said = place.run_with(&["health"], &env).expect_failure();
    assert!(said.contains(&format!("http://{listen} is not healthy: no answer from {listen}")), "{said}");
    let ended = place.run_with(&["health", "--json"], &env);
    let line: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.status, &line["healthy"], &line["status"]), (1, &json!(false), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_certificate_of_its_own_is_asked_without_trusting_it() {
    let place = ProgramFolder::new();
    let server = place.serve(&["--tls", "self-signed"]);
    place.run(&["health", "--url", &server.base_url]).expect_success();
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_told_from_a_bad_certificate() {
    let place = ProgramFolder::new();
    let server = place.serve(&[]);
    let listen = server.base_url.strip_prefix("http://").unwrap().to_owned();
    let said = place.run(&["health", "--url", &format!("https://{listen}")]).expect_failure();
    assert!(said.contains(&format!("what answers at {listen} speaks no TLS: write http://")), "{said}");
    assert!(!said.contains("certificate"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_answers_is_not_healthy() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let said = ProgramFolder::new().run(&["health", "--timeout", "1", "--url", &url]).expect_failure();
    assert!(said.contains("is not healthy: no answer within 1 seconds"), "{said}");
}
