//! Endpoints that the protocol does not have: revocation and the device flow. Also the metadata, which lists the
//! endpoints.
//!
//! Not here: apps (`apps`). Invariant: an absent endpoint is refused as unknown, and the metadata does not name it.

use super::parties::{
    MODES, assert_refused, create_code, link_by_code, metadata, redeem_code, refresh_tokens, send_web_grant,
    set_client_modes, subscription_info_status,
};
use crate::harness::fixtures::{APP, OTHER_MODEL, OTHER_WEB, SECRET, WEB};
use crate::harness::{LinkOptions, Options, Server, authorize_path, form_body};
use opendrs_domain::version::ApiEndpoint::Deregister;
use std::collections::BTreeSet;

rules! {
    rfc7009_2_revocation {
        number: 40,
        source: "RFC 7009, 2; ASVS 10.4.9",
        rule: "What is revoked ends at once, access tokens too, on every node, and nobody revokes for another client.",
        result: "No revocation endpoint, and the metadata names none. `DELETE /registration` ends all tokens and codes of \
                 the device; a second one is refused as a bad token",
        reason: Some("The original protocol revokes by the end of a registration or a consent, not by RFC 7009."),
        also: &[
            ("crates/cli/tests/it/pages/remove.rs", "a_removed_device_is_gone_at_once"),
            ("crates/cli/tests/it/pages/unlink.rs", "a_withdrawn_consent_ends_all_that_was_given_under_it"),
        ],
    }
    rfc8628_device_flow {
        number: 41,
        source: "RFC 8628, 3 and 5",
        rule: "A device flow limits polls and guesses, and shows the code before consent.",
        result: "There is no device flow: its endpoints are unknown, its grants unsupported, the metadata names none",
    }
    rfc8414_2_metadata {
        number: 43,
        source: "RFC 8414, 2 and 3.3",
        rule: "The metadata names the issuer to the character, S256 alone, and only what there is.",
        result: "Each endpoint, grant, scope and method that is listed works; `plain`, which LwA clients may use, is not \
                 listed",
        reason: Some("The document is for clients that look for it; those of the original protocol do not."),
    }
}

async fn rfc7009_2_revocation(server: &Server) {
    let node = server.another_node(Options::default()).await;
    let document = metadata(server).await;
    assert!(document["revocation_endpoint"].is_null() && document["introspection_endpoint"].is_null());
    let brew = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let (device, other) = (link_by_code(server, serial).await, link_by_code(server, &format!("{serial}-b")).await);
        let unused = create_code(server, serial).await;
        let before = server.all_rows().await;
        let body = form_body(&[("token", &device.refresh), ("client_id", WEB), ("client_secret", SECRET)]);
        for path in ["/auth/o2/revoke", "/revoke", "/oauth2/revoke", "/auth/o2/introspect"] {
            assert_eq!(server.request("POST", path).body(body.clone()).send().await.status, 404, "{path}");
        }
        // The sign-out of the app SDK is answered with 200 and revokes nothing.
        let token = serde_json::json!({ "token_type": "bearer", "token": device.access }).to_string();
        for sent in [token, r#"{"token":"unknown"}"#.into(), String::new()] {
            assert_eq!(server.request("POST", "/auth/relyingPartyLogout").body(sent).send().await.status, 200);
        }
        let get = server.request("GET", "/auth/relyingPartyLogout").send().await;
        assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));
        let path = format!("/deviceModels/Aqua-Pitcher_7/devices/{serial}/registration");
        assert_eq!(server.device_call(&brew, Deregister, &path).send().await.status, 400, "another maker's device");
        assert_eq!(server.all_rows().await, before);
        assert_eq!(
            (subscription_info_status(server, &device).await, subscription_info_status(&node, &device).await),
            (200, 200)
        );

        assert_eq!(server.device_call(&device, Deregister, "/registration").send().await.status, 200);
        let ended = server.all_rows().await;
        for node in [server, &node] {
            assert_eq!(subscription_info_status(node, &device).await, 400);
            assert_refused(&refresh_tokens(node, &device.refresh).await, 400, "invalid_grant");
            assert_refused(&redeem_code(node, &unused).await, 400, "invalid_grant");
            assert_eq!(server.device_call(&device, Deregister, "/registration").send().await.status, 400, "twice");
            assert_eq!(subscription_info_status(node, &other).await, 200, "another device of the customer's");
        }
        // A refused code is marked as used, and its second use revokes its family. No other table changes.
        let left = server.all_rows().await;
        for (table, rows) in ended.iter().filter(|(table, _)| !["code", "device"].contains(&table.as_str())) {
            assert_eq!(&left[table], rows, "{table}");
        }
    }
}

async fn rfc8628_device_flow(server: &Server) {
    let document = metadata(server).await;
    assert!(document["device_authorization_endpoint"].is_null());
    for mode in MODES {
        set_client_modes(server, mode).await;
        let before = server.all_rows().await;
        let body = form_body(&[("response_type", "device_code"), ("client_id", APP), ("scope", "dash:replenish")]);
        for path in ["/auth/o2/create/codepair", "/auth/O2/create/codepair", "/device_authorization", "/us/code"] {
            for method in ["GET", "POST"] {
                assert_eq!(server.request(method, path).body(body.clone()).send().await.status, 404, "{path}");
            }
        }
        for grant in ["device_code", "urn:ietf:params:oauth:grant-type:device_code"] {
            let more = [("device_code", "5f0c2a44-0000-4000-8000-0000000000c1"), ("user_code", "ABC123")];
            assert_refused(&send_web_grant(server, grant, &more).await, 400, "unsupported_grant_type");
        }
        let path = authorize_path(&[("response_type", Some("device_code"))]);
        let target = server.request("GET", &path).send().await.header("location").to_owned();
        assert!(target.ends_with("&error=unsupported_response_type"), "{target}");
        assert_eq!(server.all_rows().await, before);
    }
}

async fn rfc8414_2_metadata(server: &Server) {
    let document = metadata(server).await;
    let names: BTreeSet<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    let known = BTreeSet::from([
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "scopes_supported",
        "response_types_supported",
        "response_modes_supported",
        "grant_types_supported",
        "token_endpoint_auth_methods_supported",
        "code_challenge_methods_supported",
        "authorization_response_iss_parameter_supported",
    ]);
    assert_eq!(names, known);
    let list = |name: &str| -> Vec<String> {
        document[name].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(document["issuer"], server.base_url.as_str());
    assert_eq!(list("code_challenge_methods_supported"), ["S256"]);
    let local = |name: &str| document[name].as_str().unwrap().strip_prefix(&server.base_url).unwrap().to_owned();
    let (authorize, token) = (local("authorization_endpoint"), local("token_endpoint"));
    assert_eq!(server.request("GET", &authorize).send().await.status, 400, "a page that says what is missing");
    for mode in MODES {
        set_client_modes(server, mode).await;
        for scope in list("scopes_supported") {
            let asked = super::parties::pkce_authorize_path(&[("scope", Some(&scope))]);
            super::parties::assert_sign_in_page(server, &asked.replace("/ap/oa", &authorize)).await;
        }
        for grant in list("grant_types_supported") {
            let fields = form_body(&[("grant_type", &grant), ("client_id", WEB), ("client_secret", SECRET)]);
            let reply = server.request("POST", &token).body(fields).send().await;
            assert_refused(&reply, 400, "invalid_request");
        }
        // Each authentication method is accepted, so the refusal is about something else.
        let public = form_body(&[("grant_type", "refresh_token"), ("client_id", APP)]);
        assert_refused(&server.request("POST", &token).body(public).send().await, 400, "invalid_request");
        let device = link_by_code(server, "SN-1").await;
        assert_refused(&refresh_tokens(server, "x").await, 400, "invalid_grant");
        assert_eq!(subscription_info_status(server, &device).await, 200);
    }
    assert_eq!(list("token_endpoint_auth_methods_supported"), ["client_secret_basic", "client_secret_post", "none"]);
    let with_query = server.request("GET", "/.well-known/oauth-authorization-server?issuer=https://evil.example");
    assert_eq!(with_query.send().await.json(), document);
}
