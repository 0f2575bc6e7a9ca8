//! `opendrs serve` with TLS: of files that change, and with an authority of its own.

use super::program::Place;
use crate::harness::Wire;
use axum::http::Method;
use opendrs_client::send;

/// Writes a certificate for localhost that signs itself, and its key.
fn write(place: &Place) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    place.file("cert.pem", &made.cert.pem());
    place.file("key.pem", &made.signing_key.serialize_pem());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_its_own_is_made_once_and_whoever_trusts_it_is_served() {
    let place = Place::new();
    let mut server = place.serve(&["--tls", "self-signed", "--test-clock"]);
    assert!(server.base.starts_with("https://127.0.0.1:"), "{}", server.base);
    let said = server.line("TLS: ");
    assert_eq!(said, "TLS: clients must trust this installation's own authority, data/local-ca.pem. For example:");
    assert!(server.line("curl --cacert data/local-ca.pem").contains("SSL_CERT_FILE=data/local-ca.pem opendrs"));
    let root = std::fs::read(place.path().join("data/local-ca.pem")).unwrap();
    let show = ["clock", "show", "--server", &server.base];
    let trusting = [("SSL_CERT_FILE", "data/local-ca.pem")];
    assert!(place.run_with(&show, &trusting).good().ends_with("Z\n"));
    let said = place.run(&show).bad();
    assert!(said.contains("no certificate that is trusted here") && said.contains("SSL_CERT_FILE=FILE"), "{said}");

    let plain = send(Method::GET, &server.base.replace("https://", "http://"), &[], "").await.unwrap();
    let says = "This address speaks HTTPS alone: write https:// instead of http://.";
    assert_eq!((plain.status.as_u16(), plain.json()["message"].as_str()), (400, Some(says)));
    assert_eq!(server.terminate(), 0);
    let server = place.serve(&["--tls", "self-signed", "--test-clock"]);
    assert_eq!(std::fs::read(place.path().join("data/local-ca.pem")).unwrap(), root);
    let show = ["clock", "show", "--server", &server.base.replace("127.0.0.1", "localhost")];
    place.run_with(&show, &trusting).good();
    let ended = place.on_store(&["doctor", "--json"]);
    assert!(
        !ended.out.contains("\"check\":\"certificate\""),
        "without TLS in its settings there is none to look at: {ended:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_begins_with_https_and_cookies_are_for_it_alone() {
    let place = Place::new();
    let server = place.serve(&["--tls", "self-signed"]);
    let get = async |path: &str| {
        let address = server.base.strip_prefix("https://").unwrap();
        let mut wire = Wire::protected(address, &place.path().join("data/local-ca.pem")).await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")).await;
        wire.rest().await
    };
    assert!(get("/-/openapi.json").await.contains(&format!("\"url\":\"{}\"", server.base)));
    let page = get("/settings").await;
    assert!(page.contains("__Host-opendrs=") && page.contains("; Secure"), "{page}");
    assert!(!page.contains("Strict-Transport-Security"), "it would bind every port of this machine: {page}");
}

#[test]
fn files_that_change_are_used_without_a_restart() {
    let place = Place::new();
    write(&place);
    place.file("o.toml", "[tls]\nlook = \"1s\"\n");
    let words = ["--config", "o.toml", "--tls-cert", "cert.pem", "--tls-key", "key.pem", "--test-clock"];
    let mut server = place.serve(&words);
    let url = server.base.replace("127.0.0.1", "localhost");
    let show = ["clock", "show", "--server", &url];
    place.run_with(&show, &[("SSL_CERT_FILE", "cert.pem")]).good();

    let old = std::fs::read_to_string(place.path().join("cert.pem")).unwrap();
    place.file("key.pem", "nothing of use");
    place.file("cert.pem", "nothing of use");
    let said = server.line("the one before is shown still");
    assert!(said.contains("tls.certificate_file cert.pem: it holds no certificate"), "{said}");
    place.file("old.pem", &old);
    place.run_with(&show, &[("SSL_CERT_FILE", "old.pem")]).good();
    write(&place);
    server.line("another certificate is shown from now on");
    place.run_with(&show, &[("SSL_CERT_FILE", "cert.pem")]).good();
    place.run_with(&show, &[("SSL_CERT_FILE", "old.pem")]).bad();
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_start_without_its_certificate_is_refused_and_doctor_says_why() {
    let place = Place::new();
    let serve = |words: &[&str]| place.on_store(&[&["serve", "--listen", "127.0.0.1:0"], words].concat());
    let said = serve(&["--tls", "files"]).bad();
    assert!(said.contains("tls.mode is files: name both"), "{said}");
    let said = serve(&["--tls-cert", "cert.pem", "--tls-key", "key.pem"]).bad();
    assert!(said.contains("tls.certificate_file cert.pem: "), "{said}");
    assert_eq!(serve(&["--tls-cert", "cert.pem"]).status, 2);

    let settings = "[tls]\nmode = \"files\"\ncertificate_file = \"cert.pem\"\nkey_file = \"key.pem\"\n";
    place.file("o.toml", settings);
    let doctor = || place.on_store(&["doctor", "--config", "o.toml"]).out;
    assert!(doctor().contains("failed   certificate  tls.certificate_file cert.pem: "), "{}", doctor());
    write(&place);
    assert!(doctor().contains("good     certificate  it is good until "), "{}", doctor());
    place.file("o.toml", "[tls]\nmode = \"self-signed\"\n");
    assert!(doctor().contains("the first start makes this installation's own authority"), "{}", doctor());
    assert!(!place.path().join("data/local-ca.pem").exists(), "it makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_beside_it_trusts_its_authority() {
    let place = Place::seeded();
    let _server = place.serve(&["--tls", "self-signed", "--test-clock"]);
    let listen = place.start(&["listen", "--data", "data"]);
    listen.noted();
    place.link("SN-1", &[]);
    for told in ["DeviceRegisteredNotification", "SubscriptionChangedNotification"] {
        let said = listen.said();
        assert!(said.contains(told) && said.ends_with("  verified"), "{said}");
    }
    assert_eq!(listen.interrupt().0, 0);
}
