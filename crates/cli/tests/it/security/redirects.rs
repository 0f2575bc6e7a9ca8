//! The targets of answers: unknown clients, redirect URIs and their registration.
//!
//! Not here: the content of answers (`authorize`), and links on pages (`consent`). Invariant: a redirect leads only to
//! a URI that is registered character by character. The one exception is the port of a strict client's loopback
//! address.

use super::Clients;
use super::parties::{
    MODES, assert_error_page, assert_sign_in_page, pkce_authorize_path, seed_client, set_client_modes, with_program,
};
use crate::harness::fixtures::{self, APP, APP_REDIRECT, LOCAL_REDIRECT, OTHER_REDIRECT, OTHER_WEB, REDIRECT, WEB};
use crate::harness::{Options, Server, authorize_path};
use opendrs_domain::profile::ClientMode;

rules! {
    rfc6749_4_1_2_1_unknown_client {
        number: 1,
        source: "RFC 6749, 4.1.2.1",
        clients: Clients::None,
        rule: "A request without a client that is known is not answered by a redirect.",
        result: "400, a page; no redirect",
    }
    rfc6749_4_1_2_1_unregistered_redirect_uri {
        number: 2,
        source: "RFC 6749, 4.1.2.1; ASVS 10.4.1",
        rule: "A redirect URI that is not registered gets no redirect.",
        result: "400, a page; no redirect",
    }
    rfc9700_2_1_redirect_uri_to_the_character {
        number: 3,
        source: "RFC 9700, 2.1; ASVS 10.4.1",
        rule: "A redirect URI is compared character by character.",
        result: "400, a page, for 40 near misses",
        also: &[("crates/domain/src/login/redirect.rs", "targets_match_to_the_character")],
    }
    rfc8252_7_3_loopback_port_as_registered with loopback {
        number: 4,
        source: "RFC 8252, 7.3",
        clients: Clients::Lwa,
        rule: "The port of a loopback redirect URI may vary; nothing else of it may.",
        result: "400, a page: the port is compared as well",
        reason: Some("The original protocol compares the whole URI, and its clients register the port."),
    }
    rfc8252_7_3_loopback_any_port with loopback {
        number: 4,
        source: "RFC 8252, 7.3",
        clients: Clients::Strict,
        rule: "The port of a loopback redirect URI may vary; nothing else of it may.",
        result: "Any port of `127.0.0.1` and `[::1]` is taken, for every kind of client that registered the address; \
                 `localhost` is compared as a whole",
        also: &[("crates/cli/tests/it/login/strict.rs", "a_loopback_address_has_any_port")],
    }
    rfc9700_2_1_redirect_uri_registration {
        number: 5,
        source: "RFC 9700, 2.1 and 2.6; RFC 8252, 8.4",
        rule: "Plain `http` to other hosts, schemes that run code, fragments and wildcards cannot be registered.",
        result: "The seed is refused and writes nothing",
        also: &[("crates/domain/src/login/redirect.rs", "what_may_be_registered")],
    }
    rfc6749_3_1_2_3_missing_redirect_uri {
        number: 6,
        source: "RFC 6749, 3.1.2.3",
        clients: Clients::Lwa,
        rule: "A request without a redirect URI is refused where several are registered.",
        result: "400, a page; where one is registered, it is used",
    }
    rfc9700_2_1_redirect_uri_is_sent {
        number: 6,
        source: "RFC 6749, 3.1.2.3; RFC 9700, 2.1",
        clients: Clients::Strict,
        rule: "A request without a redirect URI is refused.",
        result: "400, a page, also where one is registered",
    }
}

async fn rfc6749_4_1_2_1_unknown_client(server: &Server) {
    let before = server.all_rows().await;
    let unknown = WEB.replace("0f3c", "ffff");
    for mode in MODES {
        set_client_modes(server, mode).await;
        for id in [None, Some(""), Some(unknown.as_str()), Some("nobody"), Some("' OR 1=1 --"), Some("\0")] {
            assert_error_page(server, &pkce_authorize_path(&[("client_id", id)])).await;
        }
    }
    set_client_modes(server, ClientMode::Lwa).await;
    assert_eq!(server.all_rows().await, before);
}

async fn rfc6749_4_1_2_1_unregistered_redirect_uri(server: &Server) {
    for mode in MODES {
        set_client_modes(server, mode).await;
        let before = server.all_rows().await;
        for uri in ["https://evil.example/", APP_REDIRECT, OTHER_REDIRECT, "javascript:alert(1)", "setup.example.net"] {
            assert_error_page(server, &pkce_authorize_path(&[("redirect_uri", Some(uri))])).await;
        }
        // The redirect URI of another client of the same maker.
        assert_error_page(server, &pkce_authorize_path(&[("client_id", Some(APP)), ("redirect_uri", Some(REDIRECT))]))
            .await;
        assert_eq!(server.all_rows().await, before);
        assert_sign_in_page(server, &pkce_authorize_path(&[])).await;
    }
}

/// URIs that differ from the registered `https://setup.example.net/drs/done`.
const NEAR: [&str; 40] = [
    "https://setup.example.net/drs/done/",
    "https://setup.example.net/drs/done//",
    "https://setup.example.net/drs/Done",
    "https://setup.example.net/DRS/done",
    "https://setup.example.net/drs/done?",
    "https://setup.example.net/drs/done?x=1",
    "https://setup.example.net/drs/done?code=injected",
    "https://setup.example.net/drs/done#",
    "https://setup.example.net/drs/done#fragment",
    "https://setup.example.net/drs/done;x",
    "https://setup.example.net/drs/../drs/done",
    "https://setup.example.net/drs/./done",
    "https://setup.example.net/drs/%2e%2e/drs/done",
    "https://setup.example.net/drs/%252e%252e/drs/done",
    "https://setup.example.net/drs%2Fdone",
    "https://setup.example.net/drs%252Fdone",
    "https://setup.example.net/drs/d%6Fne",
    "https://setup.example.net/drs/done%00",
    "https://setup.example.net/drs/done%0d%0a",
    "https://setup.example.net/",
    "https://setup.example.net",
    "https://setup.example.net:443/drs/done",
    "https://setup.example.net:8443/drs/done",
    "https://setup.example.net./drs/done",
    "https://good@setup.example.net/drs/done",
    "https://setup.example.net@evil.example/drs/done",
    "https://setup.example.net:x@evil.example/drs/done",
    "https://evil.setup.example.net/drs/done",
    "https://evilsetup.example.net/drs/done",
    "https://setup.example.net.evil.example/drs/done",
    "https://setup.example.net\\@evil.example/drs/done",
    "https:\\\\setup.example.net\\drs\\done",
    "https://setup.example.net/drs/done\t",
    "https://setup.example.net/drs/done\n",
    " https://setup.example.net/drs/done",
    "https://setup。example.net/drs/done",
    "https://SETUP.example.net/drs/done",
    "http://setup.example.net/drs/done",
    "HTTPS://setup.example.net/drs/done",
    "//setup.example.net/drs/done",
];

async fn rfc9700_2_1_redirect_uri_to_the_character(server: &Server) {
    for mode in MODES {
        set_client_modes(server, mode).await;
        for uri in NEAR {
            assert_error_page(server, &pkce_authorize_path(&[("redirect_uri", Some(uri))])).await;
        }
        for uri in [REDIRECT, LOCAL_REDIRECT] {
            assert_sign_in_page(server, &pkce_authorize_path(&[("redirect_uri", Some(uri))])).await;
        }
    }
}

/// Aqua's cloud has registered loopback addresses.
fn loopback() -> Options {
    let mut seed = fixtures::seed();
    let more = ["http://127.0.0.1/done", "http://[::1]:3000/done"].map(str::to_owned);
    seed.makers[0].profiles[0].clients[0].redirect_uris.extend(more);
    Options { seed, ..Options::default() }
}

/// The registered addresses with other ports.
const PORTS: [&str; 3] = ["http://127.0.0.1:51004/done", "http://[::1]:51004/done", "http://[::1]/done"];
/// Addresses that differ in more than the port, or are not loopback addresses.
const NO_LOOPBACK: [&str; 12] = [
    "http://localhost:51004/_oauth/amazon?close",
    "http://localhost/_oauth/amazon?close",
    "http://127.0.0.1:51004/done/",
    "http://127.0.0.1:51004/other",
    "https://127.0.0.1:51004/done",
    "http://127.0.0.2:51004/done",
    "http://127.1:51004/done",
    "http://127.0.0.1:51004@evil.example/done",
    "http://127.0.0.1:51004.evil.example/done",
    "http://[::1].evil.example/done",
    "http://[::1%25eth0]:3000/done",
    "https://setup.example.net:51004/drs/done",
];

async fn rfc8252_7_3_loopback_port_as_registered(server: &Server) {
    for uri in PORTS.into_iter().chain(NO_LOOPBACK) {
        assert_error_page(server, &pkce_authorize_path(&[("redirect_uri", Some(uri))])).await;
    }
    for uri in ["http://127.0.0.1/done", "http://[::1]:3000/done", LOCAL_REDIRECT] {
        assert_sign_in_page(server, &pkce_authorize_path(&[("redirect_uri", Some(uri))])).await;
    }
}

async fn rfc8252_7_3_loopback_any_port(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    for uri in PORTS.into_iter().chain([LOCAL_REDIRECT]) {
        assert_sign_in_page(server, &pkce_authorize_path(&[("redirect_uri", Some(uri))])).await;
    }
    for uri in NO_LOOPBACK {
        assert_error_page(server, &pkce_authorize_path(&[("redirect_uri", Some(uri))])).await;
    }
}

async fn rfc9700_2_1_redirect_uri_registration(server: &Server) {
    with_program(server, async |place| {
        let listed = || place.run_on_store(&["client", "list"]).expect_success();
        let before = listed();
        for (kind, uri) in [
            ("web", "http://setup.example.net/"),
            ("web", "http://localhost.evil.example/"),
            ("web", "http://127.0.0.1.evil.example/"),
            ("web", "https://good@evil.example/"),
            ("web", "https://a.example/#fragment"),
            ("web", "https://*.a.example/"),
            ("web", "https://a.example/*"),
            ("web", "javascript:alert(1)"),
            ("web", "data:text/html,x"),
            ("web", "com.example.app:/done"),
            ("android", "JavaScript:alert(1)"),
            ("android", "data:text/html,x"),
            ("ios", "vbscript:x"),
            ("device", "file:///etc/passwd"),
            ("device", "http://setup.example.net/"),
        ] {
            let printed = seed_client(place, kind, uri).expect_failure();
            assert!(printed.contains(&format!("redirect URI `{uri}` ")), "{uri}: {printed}");
        }
        assert_eq!(listed(), before);
        seed_client(place, "web", "https://a.example/done").expect_success();
        assert_ne!(listed(), before);
    })
    .await;
}

async fn rfc6749_3_1_2_3_missing_redirect_uri(server: &Server) {
    for uri in [None, Some("")] {
        assert_error_page(server, &pkce_authorize_path(&[("redirect_uri", uri)])).await;
        assert_sign_in_page(server, &pkce_authorize_path(&[("client_id", Some(APP)), ("redirect_uri", uri)])).await;
    }
    let data = r#"{"dash:replenish":{"device_model":"Brew_1","serial":"SN-1"}}"#;
    let brew = [("client_id", Some(OTHER_WEB)), ("redirect_uri", None), ("scope_data", Some(data))];
    assert_sign_in_page(server, &authorize_path(&brew)).await;
}

async fn rfc9700_2_1_redirect_uri_is_sent(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    for client in [WEB, APP, OTHER_WEB] {
        for uri in [None, Some("")] {
            assert_error_page(server, &pkce_authorize_path(&[("client_id", Some(client)), ("redirect_uri", uri)]))
                .await;
        }
    }
}
