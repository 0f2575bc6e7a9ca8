//! The resources and their tokens: the device API, the profile endpoints and the operator API.
//!
//! Not here: how tokens end (`refresh`, `ending`). Invariant: a token opens what it was issued for, at this
//! installation, for the client it was issued to. It is sent in one header, once.

use super::Clients;
use super::parties::{
    MODES, create_code, link_by_code, link_profile_scope, set_client_modes, subscription_info_status,
};
use crate::harness::fixtures::{ANN, BOB, FILTER, MODEL, OTHER_MODEL, OTHER_WEB};
use crate::harness::{LinkOptions, Options, Server, TestBrowser, TestRequest, form_body, valid_body};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use opendrs_domain::profile::ClientMode;
use opendrs_domain::version::ApiEndpoint::{Deregister, OrderInfo, Replenish, SlotStatus, SubscriptionInfo};

rules! {
    rfc6750_3_refusals_of_the_device_api {
        number: 36,
        source: "RFC 6750, 3 and 3.1",
        rule: "Without a token: 401 with a challenge and no error code; a bad token: 401 `invalid_token`; too small a \
               scope: 403.",
        result: "Device API: 400 `InvalidTokenException`. Profile: 400 `invalid_request` or `invalid_token`, 401 \
                 `insufficient_scope`. Operator's API: 401 with a challenge",
        reason: Some("The original services answer so, and shipped clients compare status and name."),
        also: &[("crates/cli/tests/it/api/badinput.rs", "every_bad_token_is_the_same_refusal_at_every_path")],
    }
    rfc6750_2_one_token_in_a_header {
        number: 37,
        source: "RFC 6750, 2 and 2.3; RFC 9700, 4.3.2; ASVS 14.2.1",
        rule: "A token comes in one header. It is not taken from a query or a body, and two different ones are refused.",
        result: "Device API: 400 for a token in the query, the body or two headers; the scheme is read in any case",
        also: &[
            ("crates/cli/tests/it/security/transport.rs", "of_two_different_tokens_none_opens_the_device_api"),
            ("crates/cli/tests/it/security/transport.rs", "of_two_different_tokens_none_opens_a_page"),
        ],
    }
    rfc6750_2_3_profile_token_in_the_query {
        number: 37,
        source: "RFC 6750, 2.3; RFC 9700, 4.3.2",
        clients: Clients::Lwa,
        rule: "The profile endpoints take no token from a query.",
        result: "Taken, and answered with `Cache-Control: no-store`; two different ones: `invalid_request`",
        reason: Some("The original protocol documents `?access_token=` for these two endpoints."),
    }
    rfc6750_2_3_no_profile_token_in_the_query {
        number: 37,
        source: "RFC 6750, 2.3; RFC 9700, 4.3.2",
        clients: Clients::Strict,
        rule: "The profile endpoints take no token from a query.",
        result: "400 `invalid_request`; also for one token in two headers",
    }
    rfc9700_2_3_a_token_opens_what_it_is_for {
        number: 38,
        source: "RFC 9700, 2.3; ASVS 8.2.2 and 10.3.1",
        rule: "Refresh tokens, codes and tokens of other installations open nothing. A token opens nothing of another owner.",
        result: "400 for each; ids of others: 400 or 403, or the caller's own list",
        also: &[("crates/cli/tests/it/table/owners.rs", "another_owners_ids_open_and_change_nothing")],
    }
    rfc9068_4_tokens_are_opaque {
        number: 39,
        source: "RFC 9068, 4; RFC 8725, 3; ASVS 9.1.2",
        rule: "A JWT with `alg: none`, a confused algorithm, or a key that it names itself is refused.",
        result: "Tokens are opaque and authenticated as a whole: no JWT is read, and no changed token is taken",
        also: &[("crates/domain/src/token.rs", "no_character_can_be_changed")],
    }
}

const INVALID: &str = r#"{"message":"Invalid token"}"#;

/// Checks that the device API refuses the token.
async fn invalid(call: TestRequest) {
    let reply = call.send().await;
    assert_eq!((reply.status.as_u16(), reply.text().as_str()), (400, INVALID));
    assert!(reply.header("x-amzn-errortype").starts_with("InvalidTokenException:"));
    assert_eq!(reply.header("www-authenticate"), "");
}

async fn rfc6750_3_refusals_of_the_device_api(server: &Server) {
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let (device, ended) = (link_by_code(server, serial).await, link_by_code(server, "SN-9").await);
        server.device_call(&ended, Deregister, "/registration").send().await;
        let call = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo");
        let before = server.all_rows().await;
        for token in [None, Some(""), Some("Bearer"), Some("Bearer x"), Some("Basic eDp5")] {
            invalid(call.clone().replace_header("authorization", token)).await;
        }
        invalid(call.clone().bearer_token(&ended.access)).await;
        for path in ["/user/profile", "/auth/o2/tokeninfo"] {
            let error = async |token: Option<&str>| {
                let call = server.request("GET", path);
                let reply = token.map_or(call.clone(), |token| call.bearer_token(token)).send().await;
                assert_eq!(reply.status, 400);
                reply.json()["error"].as_str().unwrap().to_owned()
            };
            assert_eq!(error(None).await, "invalid_request");
            assert_eq!(
                (error(Some("x")).await, error(Some(&ended.access)).await),
                ("invalid_token".into(), "invalid_token".into())
            );
        }
        let small = server.request("GET", "/user/profile").bearer_token(&device.access).send().await;
        assert_eq!((small.status.as_u16(), &small.json()["error"]), (401, &"insufficient_scope".into()));
        for token in ["", "x", device.access.as_str()] {
            let reply = server.request("GET", "/-/events").bearer_token(token).send().await;
            assert_eq!((reply.status.as_u16(), reply.header("www-authenticate")), (401, "Bearer"));
        }
        assert_eq!(server.all_rows().await, before);
        server.advance("1h").await;
        invalid(call).await;
    }
}

async fn rfc6750_2_one_token_in_a_header(server: &Server) {
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let (device, other) = (link_by_code(server, serial).await, link_by_code(server, "SN-9").await);
        let before = server.all_rows().await;
        let call = |path: &str| server.device_call(&device, SubscriptionInfo, path);
        let in_query = |token: &str| format!("/subscriptionInfo?{}", form_body(&[("access_token", token)]));
        let bearer = format!("Bearer {}", device.access);
        invalid(call(&in_query(&device.access)).replace_header("authorization", None)).await;
        invalid(call(&in_query(&other.access))).await;
        invalid(call("/subscriptionInfo").header("authorization", &bearer)).await;
        invalid(call("/subscriptionInfo").header("authorization", format!("Bearer {}", other.access))).await;
        invalid(call("/subscriptionInfo").header("x-amz-access-token", &other.access)).await;
        invalid(call("/subscriptionInfo").replace_header("authorization", Some(&format!("{bearer}, {bearer}")))).await;
        let slot = server
            .device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}"))
            .replace_header("authorization", None);
        let in_body = format!(
            "{}&remainingQuantityInUnit=1&originalQuantityInUnit=2",
            form_body(&[("access_token", &device.access)])
        );
        invalid(slot.clone().body(in_body)).await;
        let in_body =
            format!(r#"{{"access_token":"{}","remainingQuantityInUnit":1,"originalQuantityInUnit":2}}"#, device.access);
        invalid(slot.body(in_body)).await;
        assert_eq!(server.all_rows().await, before);
        for scheme in ["bearer", "BEARER", "BeArEr"] {
            let call =
                call("/subscriptionInfo").replace_header("authorization", Some(&format!("{scheme} {}", device.access)));
            assert_eq!(call.send().await.status, 200, "{scheme}");
        }
    }
}

async fn rfc6750_2_3_profile_token_in_the_query(server: &Server) {
    let (one, other) = (link_profile_scope(server, "profile").await, link_profile_scope(server, "profile").await);
    for path in ["/auth/o2/tokeninfo", "/user/profile"] {
        let in_query = form_body(&[("access_token", &one.access)]);
        let reply = server.request("GET", &format!("{path}?{in_query}")).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"));
        let twice = server.request("GET", &format!("{path}?{in_query}")).bearer_token(&other.access).send().await;
        assert_eq!((twice.status.as_u16(), &twice.json()["error"]), (400, &"invalid_request".into()));
    }
}

async fn rfc6750_2_3_no_profile_token_in_the_query(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    let app = link_profile_scope(server, "profile").await;
    for path in ["/auth/o2/tokeninfo", "/user/profile"] {
        let in_query = server.request("GET", &format!("{path}?{}", form_body(&[("access_token", &app.access)])));
        let once = server.request("GET", path).bearer_token(&app.access);
        let twice = once.clone().header("x-amz-access-token", &app.access);
        for call in [in_query.clone(), in_query.bearer_token(&app.access), twice] {
            let reply = call.send().await;
            assert_eq!((reply.status.as_u16(), &reply.json()["error"]), (400, &"invalid_request".into()));
        }
        assert_eq!(once.send().await.status, 200);
    }
}

async fn rfc9700_2_3_a_token_opens_what_it_is_for(server: &Server) {
    // Another installation with another master key and otherwise the same data.
    let elsewhere = Server::start_with(Options { master: [8; 32], ..Options::default() }).await;
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        set_client_modes(&elsewhere, mode).await;
        let device = link_by_code(server, serial).await;
        let (unused, app) = (create_code(server, serial).await, link_profile_scope(server, "profile").await);
        let strange = link_by_code(&elsewhere, serial).await;
        let bobs = server.link_device(LinkOptions::default().serial(&format!("{serial}-b")).customer(BOB)).await;
        let brews = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
        let order = server.device_call(&bobs, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
        let order = order["eventInstanceId"].as_str().unwrap().to_owned();
        assert_eq!(subscription_info_status(&elsewhere, &strange).await, 200);
        let ann = TestBrowser::signed_in(server, ANN).await.browser.cookie_header();
        let before = server.all_rows().await;
        let call = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo");
        let relabelled = device.refresh.replace("Atzr|", "Atza|");
        for token in [&device.refresh, &relabelled, &unused, &app.access, &strange.access] {
            invalid(call.clone().bearer_token(token)).await;
        }
        for token in [&device.refresh, &relabelled, &unused, &strange.access] {
            let reply = server.request("GET", "/auth/o2/tokeninfo").bearer_token(token).send().await;
            assert_eq!((reply.status.as_u16(), &reply.json()["error"]), (400, &"invalid_token".into()));
        }
        // The ids of another customer, and of another maker.
        let slot =
            server.device_call(&brews, SlotStatus, &format!("/slotStatus/{FILTER}")).body(valid_body(SlotStatus));
        assert_eq!(slot.send().await.status, 400);
        let replenish = server.device_call(&brews, Replenish, &format!("/replenish/{FILTER}"));
        assert_eq!(replenish.send().await.status, 404);
        assert_eq!(server.device_call(&device, OrderInfo, &format!("/getOrderInfo/{order}")).send().await.status, 400);
        let path = format!("/deviceModels/{MODEL}/devices/{serial}-b/registration");
        assert_eq!(server.device_call(&device, Deregister, &path).send().await.status, 400);
        for (path, status) in [
            (format!("/order?{}", form_body(&[("id", &order)])), 400),
            (format!("/settings?{}", form_body(&[("access_token", &bobs.access)])), 403),
        ] {
            let reply = server.request("GET", &path).header("cookie", &ann).send().await;
            assert_eq!(reply.status, status, "{path}");
            assert!(!reply.text().contains("Side Street") && !reply.text().contains("Bob"), "{}", reply.text());
        }
        assert_eq!(server.all_rows().await, before);
    }
}

async fn rfc9068_4_tokens_are_opaque(server: &Server) {
    let claims = serde_json::json!({
        "iss": server.base_url, "sub": ANN, "aud": server.base_url, "scope": "dash:replenish", "iat": 1_519_974_000, "exp": 9_999_999_999_i64,
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let device = link_by_code(server, serial).await;
        let before = server.all_rows().await;
        let mut forged = Vec::new();
        for header in [
            serde_json::json!({ "typ": "at+jwt", "alg": "none" }),
            serde_json::json!({ "typ": "JWT", "alg": "HS256" }),
            serde_json::json!({ "typ": "at+jwt", "alg": "RS256", "jku": "https://evil.example/jwks" }),
            serde_json::json!({ "typ": "at+jwt", "alg": "RS256", "jwk": { "kty": "oct", "k": "AA" }, "crit": ["x"] }),
        ] {
            let jwt = format!("{}.{}.", part(&header), part(&claims));
            forged.extend([format!("Atza|{jwt}"), format!("{jwt}{}", URL_SAFE_NO_PAD.encode([7; 32])), jwt]);
        }
        for at in (0..device.access.len()).step_by(20) {
            let mut bytes = device.access.clone().into_bytes();
            bytes[at] = if bytes[at] == b'B' { b'C' } else { b'B' };
            forged.push(String::from_utf8(bytes).unwrap());
        }
        forged.extend([format!("{}x", device.access), device.access[..404].to_owned()]);
        for token in forged {
            invalid(server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").bearer_token(&token)).await;
            let reply = server.request("GET", "/auth/o2/tokeninfo").header("x-amz-access-token", &token).send().await;
            assert_eq!((reply.status.as_u16(), &reply.json()["error"]), (400, &"invalid_token".into()), "{token}");
        }
        assert_eq!(server.all_rows().await, before);
        assert_eq!(subscription_info_status(server, &device).await, 200);
    }
    let metadata = super::parties::metadata(server).await;
    assert!(metadata["jwks_uri"].is_null() && metadata["id_token_signing_alg_values_supported"].is_null());
}
