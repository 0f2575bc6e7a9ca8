//! Apps on a person's own device: the URI schemes of their redirect URIs.
//!
//! Not here: loopback addresses (`redirects`). Invariant: an app cannot register a scheme that browsers or systems
//! handle themselves.

use super::parties::{
    MODES, S256, assert_error_page, assert_refused, assert_sign_in_page, pkce_authorize_path, seed_client,
    set_client_modes, with_program,
};
use crate::harness::fixtures::{self, APP, APP_REDIRECT, PASSWORD};
use crate::harness::{Options, Server};

rules! {
    rfc8252_7_1_private_use_schemes with reversed {
        number: 42,
        source: "RFC 8252, 7.1 and 8.4; RFC 9700, 2.4",
        rule: "An app's own scheme is a reversed domain name, with a dot. Apps have no password grant.",
        result: "A scheme without a dot cannot be registered; `amzn` can",
        reason: Some("`amzn` is the scheme of the original protocol's SDK for Android."),
        also: &[("crates/domain/src/login/redirect.rs", "what_may_be_registered")],
    }
}

const REVERSED: &str = "com.example.aqua:/done";

/// Aqua's app has also registered a scheme of its own.
fn reversed() -> Options {
    let mut seed = fixtures::seed();
    seed.makers[0].profiles[0].clients[1].redirect_uris.push(REVERSED.into());
    Options { seed, ..Options::default() }
}

async fn rfc8252_7_1_private_use_schemes(server: &Server) {
    with_program(server, async |place| {
        for uri in ["example:/done", "aqua://done", "amzn2://a", "4.example:/done", "intent://a", "about:blank"] {
            for kind in ["android", "ios", "device"] {
                let printed = seed_client(place, kind, uri).expect_failure();
                assert!(printed.contains(&format!("redirect URI `{uri}` ")), "{uri}: {printed}");
            }
        }
        seed_client(place, "ios", REVERSED).expect_success();
    })
    .await;
    for mode in MODES {
        set_client_modes(server, mode).await;
        for uri in [APP_REDIRECT, REVERSED] {
            let of = [("client_id", Some(APP)), ("redirect_uri", Some(uri))];
            assert_sign_in_page(server, &pkce_authorize_path(&[of, S256].concat())).await;
        }
        for uri in
            ["com.example.aqua:/other", "com.example.aqua2:/done", "COM.example.aqua:/done", "amzn://com.example"]
        {
            let of = [("client_id", Some(APP)), ("redirect_uri", Some(uri))];
            assert_error_page(server, &pkce_authorize_path(&[of, S256].concat())).await;
        }
        let fields =
            [("grant_type", "password"), ("client_id", APP), ("username", fixtures::ANN), ("password", PASSWORD)];
        assert_refused(&server.token_request(&fields).send().await, 400, "unsupported_grant_type");
    }
}
