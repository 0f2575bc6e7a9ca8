//! `opendrs serve` with TLS: with files that change, and with an authority of its own.

use super::program::ProgramFolder;
use crate::harness::RawConnection;
use axum::http::Method;
use opendrs_client::send;

/// Writes a self-signed certificate for localhost, and its key.
fn write(place: &ProgramFolder) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    place.write_file("cert.pem", &made.cert.pem());
    place.write_file("key.pem", &made.signing_key.serialize_pem());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_its_own_is_made_once_and_whoever_trusts_it_is_served() {
    let place = ProgramFolder::new();
    let mut server = place.serve(&["--tls", "self-signed", "--test-clock"]);
    assert!(server.base_url.starts_with("https://127.0.0.1:"), "{}", server.base_url);
    let said = server.wait_for_line("TLS: ");
    assert_eq!(said, "TLS: clients must trust this installation's own authority, data/local-ca.pem. For example:");
    assert!(
        server.wait_for_line("curl --cacert data/local-ca.pem").contains("SSL_CERT_FILE=data/local-ca.pem opendrs")
    );
    let root = std::fs::read(place.path().join("data/local-ca.pem")).unwrap();
    let show = ["clock", "show", "--server", &server.base_url];
    let trusting = [("SSL_CERT_FILE", "data/local-ca.pem")];
    assert!(place.run_with(&show, &trusting).expect_success().ends_with("Z\n"));
    let said = place.run(&show).expect_failure();
    assert!(said.contains("no certificate that is trusted here") && said.contains("SSL_CERT_FILE=FILE"), "{said}");

    let plain = send(Method::GET, &server.base_url.replace("https://", "http://"), &[], "").await.unwrap();
    let says = "This address accepts HTTPS only: use https:// instead of http://.";
    assert_eq!((plain.status.as_u16(), plain.json()["message"].as_str()), (400, Some(says)));
    assert_eq!(server.terminate(), 0);
    let server = place.serve(&["--tls", "self-signed", "--test-clock"]);
    assert_eq!(std::fs::read(place.path().join("data/local-ca.pem")).unwrap(), root);
    let show = ["clock", "show", "--server", &server.base_url.replace("127.0.0.1", "localhost")];
    place.run_with(&show, &trusting).expect_success();
    let ended = place.run_on_store(&["doctor", "--json"]);
    assert!(
        !ended.stdout.contains("\"check\":\"certificate\""),
        "without TLS in its settings there is none to look at: {ended:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_begins_with_https_and_cookies_are_for_it_alone() {
    let place = ProgramFolder::new();
    let server = place.serve(&["--tls", "self-signed"]);
    let get = async |path: &str| {
        let address = server.base_url.strip_prefix("https://").unwrap();
        let mut wire = RawConnection::open_tls(address, &place.path().join("data/local-ca.pem")).await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")).await;
        wire.read_until_close().await
    };
    assert!(get("/-/openapi.json").await.contains(&format!("\"url\":\"{}\"", server.base_url)));
    let page = get("/settings").await;
    assert!(page.contains("__Host-opendrs=") && page.contains("; Secure"), "{page}");
    assert!(!page.contains("Strict-Transport-Security"), "it would bind every port of this machine: {page}");
}

#[test]
fn files_that_change_are_used_without_a_restart() {
    let place = ProgramFolder::new();
    write(&place);
    place.write_file("o.toml", "[tls]\nlook = \"1s\"\n");
    let words = ["--config", "o.toml", "--tls-cert", "cert.pem", "--tls-key", "key.pem", "--test-clock"];
    let mut server = place.serve(&words);
    let url = server.base_url.replace("127.0.0.1", "localhost");
    let show = ["clock", "show", "--server", &url];
    place.run_with(&show, &[("SSL_CERT_FILE", "cert.pem")]).expect_success();

    let old = std::fs::read_to_string(place.path().join("cert.pem")).unwrap();
    place.write_file("key.pem", "nothing of use");
    place.write_file("cert.pem", "nothing of use");
    let said = server.wait_for_line("the previous one is still served");
    assert!(said.contains("tls.certificate_file cert.pem: it contains no certificate"), "{said}");
    place.write_file("old.pem", &old);
    place.run_with(&show, &[("SSL_CERT_FILE", "old.pem")]).expect_success();
    write(&place);
    server.wait_for_line("a new certificate is served from now on");
    place.run_with(&show, &[("SSL_CERT_FILE", "cert.pem")]).expect_success();
    place.run_with(&show, &[("SSL_CERT_FILE", "old.pem")]).expect_failure();
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_start_without_its_certificate_is_refused_and_doctor_says_why() {
    let place = ProgramFolder::new();
    let serve = |words: &[&str]| place.run_on_store(&[&["serve", "--listen", "127.0.0.1:0"], words].concat());
    let said = serve(&["--tls", "files"]).expect_failure();
    assert!(said.contains("tls.mode is files: set both"), "{said}");
    let said = serve(&["--tls-cert", "cert.pem", "--tls-key", "key.pem"]).expect_failure();
    assert!(said.contains("tls.certificate_file cert.pem: "), "{said}");
    assert_eq!(serve(&["--tls-cert", "cert.pem"]).status, 2);

    let settings = "[tls]\nmode = \"files\"\ncertificate_file = \"cert.pem\"\nkey_file = \"key.pem\"\n";
    place.write_file("o.toml", settings);
    let doctor = || place.run_on_store(&["doctor", "--config", "o.toml"]).stdout;
    assert!(doctor().contains("failed   certificate  tls.certificate_file cert.pem: "), "{}", doctor());
    write(&place);
    assert!(doctor().contains("good     certificate  it is valid until "), "{}", doctor());
    place.write_file("o.toml", "[tls]\nmode = \"self-signed\"\n");
    assert!(doctor().contains("the first start creates this installation's authority"), "{}", doctor());
    assert!(!place.path().join("data/local-ca.pem").exists(), "it makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_beside_it_trusts_its_authority() {
    let place = ProgramFolder::seeded();
    let _server = place.serve(&["--tls", "self-signed", "--test-clock"]);
    let listen = place.start(&["listen", "--data", "data"]);
    listen.next_error_line();
    place.link_device("SN-1", &[]);
    for told in ["DeviceRegisteredNotification", "SubscriptionChangedNotification"] {
        let said = listen.next_output_line();
        assert!(said.contains(told) && said.ends_with("  verified"), "{said}");
    }
    assert_eq!(listen.interrupt().0, 0);
}
