//! The authorization request and its answer: parameters, response types, PKCE, scopes, `state` and `iss`.
//!
//! Not here: the targets of answers (`redirects`), and the pages for people (`consent`, `pages`). Invariant: a refused
//! request writes nothing.

use super::Clients;
use super::parties::{
    DIGEST, MODES, PROFILE, S256, VERIFIER, assert_error_page, assert_error_redirect, assert_refused,
    assert_sign_in_page, issuer_param, link_by_code, link_profile_scope, metadata, pkce_authorize_path,
    set_client_modes, subscription_info_status,
};
use crate::harness::fixtures::{ANN, APP, APP_REDIRECT, BOB, OTHER_MODEL, REDIRECT, WEB};
use crate::harness::{Options, Server, TestBrowser, authorize_path};
use opendrs_domain::login::form::decode_pairs;
use opendrs_domain::profile::ClientMode;

rules! {
    rfc6749_3_1_repeated_parameters {
        number: 7,
        source: "RFC 6749, 3.1",
        clients: Clients::Lwa,
        rule: "A parameter that is repeated is refused. An empty one counts as absent, and unknown ones do not matter.",
        result: "Different values are refused with 400 or `invalid_request`; one value, repeated, counts once",
        reason: Some("Clients of the original protocol repeat parameters. No choice is made between two values."),
    }
    rfc6749_3_1_repeated_parameters_strict {
        number: 7,
        source: "RFC 6749, 3.1",
        clients: Clients::Strict,
        rule: "A parameter that is repeated is refused. An empty one counts as absent, and unknown ones do not matter.",
        result: "`client_id`, `redirect_uri` and `state`: 400, a page; all others: `invalid_request`",
    }
    rfc9700_2_1_2_no_implicit_grant {
        number: 8,
        source: "RFC 9700, 2.1.2; ASVS 10.4.4",
        rule: "No response type but `code` is supported, and no implicit grant.",
        result: "`unsupported_response_type`; the token endpoint and the metadata have no implicit grant",
    }
    rfc9700_4_7_state_comes_back_byte_for_byte {
        number: 9,
        source: "RFC 6749, 4.1.2; RFC 9700, 4.7",
        rule: "`state` cannot put parameters of its own into an answer. It comes back byte for byte, up to a length.",
        result: "Encoded as one parameter; over 4,096 bytes: 400, a page",
        also: &[("crates/cli/tests/it/login/answer.rs", "the_state_comes_back_byte_for_byte")],
    }
    rfc7636_4_4_1_challenge_of_public_clients {
        number: 10,
        source: "RFC 7636, 4.4.1; RFC 9700, 2.1.1; ASVS 10.4.6",
        clients: Clients::Lwa,
        rule: "A public client must send a challenge by S256.",
        result: "No challenge, a malformed one and unknown methods: `invalid_request`; `plain` is taken, also where no \
                 method is sent",
        reason: Some("Devices of the original protocol may send `plain`, which it is where no method is sent."),
    }
    rfc9700_2_1_1_challenge_of_every_client {
        number: 10,
        source: "RFC 7636, 4.4.1; RFC 9700, 2.1.1; ASVS 10.4.6",
        clients: Clients::Strict,
        rule: "Every client must send a challenge by S256.",
        result: "Anything else, `plain` among it: `invalid_request`",
    }
    rfc6749_3_3_scopes_are_never_widened {
        number: 11,
        source: "RFC 6749, 3.3; ASVS 10.4.11",
        rule: "An unknown scope is refused, and no token opens more than was asked for.",
        result: "`invalid_scope`; a model of another maker: `invalid_request`; a token beyond its scope is refused",
    }
    rfc9207_2_issuer_of_every_answer {
        number: 17,
        source: "RFC 9207, 2; RFC 9700, 4.4.2.1",
        rule: "An answer says who gives it, and the metadata says that it does. A client can so refuse a mix-up.",
        result: "`iss` is in codes and errors alike, and equals `issuer` of the metadata",
    }
}

/// Each parameter of a valid request with its value, with PKCE by S256.
fn parameters() -> Vec<(String, String)> {
    let path = pkce_authorize_path(&[]);
    decode_pairs(path.split_once('?').unwrap().1.as_bytes()).unwrap()
}

fn again(name: &str, value: &str) -> String {
    format!("{}&{}", pkce_authorize_path(&[]), crate::harness::form_body(&[(name, value)]))
}

async fn rfc6749_3_1_repeated_parameters(server: &Server) {
    let before = server.all_rows().await;
    for (name, value) in parameters() {
        assert_sign_in_page(server, &again(&name, &value)).await;
        assert_sign_in_page(server, &again(&name, "")).await;
        match name.as_str() {
            "client_id" | "redirect_uri" | "state" => assert_error_page(server, &again(&name, "other")).await,
            _ => assert_error_redirect(server, &again(&name, "other"), REDIRECT, "invalid_request").await,
        }
    }
    assert_sign_in_page(server, &(pkce_authorize_path(&[]) + "&language=en_US&language=de_DE&nobody=1&nobody=2")).await;
    assert_error_redirect(server, &pkce_authorize_path(&[("response_type", Some(""))]), REDIRECT, "invalid_request")
        .await;
    assert_eq!(server.all_rows().await, before);
}

async fn rfc6749_3_1_repeated_parameters_strict(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    let before = server.all_rows().await;
    for (name, value) in parameters() {
        for value in [value.as_str(), "other", ""] {
            match name.as_str() {
                "client_id" | "redirect_uri" | "state" => assert_error_page(server, &again(&name, value)).await,
                _ => assert_error_redirect(server, &again(&name, value), REDIRECT, "invalid_request").await,
            }
        }
    }
    assert_sign_in_page(server, &(pkce_authorize_path(&[]) + "&language=en_US&language=de_DE&nobody=1&nobody=2")).await;
    assert_error_redirect(server, &pkce_authorize_path(&[("response_type", Some(""))]), REDIRECT, "invalid_request")
        .await;
    assert_eq!(server.all_rows().await, before);
}

async fn rfc9700_2_1_2_no_implicit_grant(server: &Server) {
    for mode in MODES {
        set_client_modes(server, mode).await;
        let before = server.all_rows().await;
        for kind in ["token", "id_token", "id_token token", "code token", "code id_token", "none", "CODE", "code code"]
        {
            let path = pkce_authorize_path(&[("response_type", Some(kind))]);
            assert_error_redirect(server, &path, REDIRECT, "unsupported_response_type").await;
            let profile = [PROFILE[0], PROFILE[1], ("response_type", Some(kind))];
            assert_error_redirect(server, &pkce_authorize_path(&profile), REDIRECT, "unsupported_response_type").await;
        }
        let fields = [("grant_type", "implicit"), ("client_id", APP)];
        assert_refused(&server.token_request(&fields).send().await, 400, "unsupported_grant_type");
        assert_eq!(server.all_rows().await, before);
    }
    let metadata = metadata(server).await;
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    assert_eq!(metadata["response_modes_supported"], serde_json::json!(["query"]));
    assert_eq!(metadata["grant_types_supported"], serde_json::json!(["authorization_code", "refresh_token"]));
}

async fn rfc9700_4_7_state_comes_back_byte_for_byte(server: &Server) {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    for mode in MODES {
        set_client_modes(server, mode).await;
        for state in [
            "x&code=injected",
            "x%26code%3Dinjected&scope=profile",
            "#fragment?iss=https://evil.example",
            "a b+c%20d%2Bd%",
            "\r\nLocation: https://evil.example/\r\n\r\n<script>",
            "\"'><img src=x onerror=alert(1)>",
            "日本\u{202e}\0",
            &"s".repeat(4096),
        ] {
            visit.go_to(&pkce_authorize_path(&[("state", Some(state))])).await;
            server.complete_sign_up(&mut visit).await;
            let answer = visit.location().to_owned();
            let (target, parameters) = answer.split_once('?').unwrap_or_else(|| panic!("{state}: {answer}"));
            let parameters = decode_pairs(parameters.as_bytes()).unwrap();
            let names: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!((target, names.as_slice()), (REDIRECT, &["code", "scope", "state", "iss"][..]), "{answer}");
            assert_eq!(parameters[2].1, state);
            assert!(answer.is_ascii() && !answer.contains(['#', '"', '<', '\'', ' ']), "{answer}");
            let error = pkce_authorize_path(&[("state", Some(state)), ("scope", Some("x"))]);
            let error = server.request("GET", &error).send().await.header("location").to_owned();
            let parameters = decode_pairs(error.split_once('?').unwrap().1.as_bytes()).unwrap();
            let names: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["error_description", "state", "iss", "error"], "{error}");
            assert_eq!(parameters[1].1, state);
        }
        assert_error_page(server, &pkce_authorize_path(&[("state", Some(&"s".repeat(4097)))])).await;
    }
}

/// Challenges that are refused in either mode.
fn malformed() -> Vec<[(&'static str, Option<&'static str>); 2]> {
    let method = ("code_challenge_method", Some("S256"));
    let by = |method| [S256[0], ("code_challenge_method", Some(method))];
    let of = |challenge| [("code_challenge", Some(challenge)), method];
    vec![
        [("code_challenge", None), ("code_challenge_method", None)],
        [("code_challenge", None), method],
        [("code_challenge", Some("")), method],
        of("short"),
        of(&DIGEST[..42]),
        of("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"),
        of("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c="),
        by("s256"),
        by("S512"),
        by("none"),
    ]
}

async fn rfc7636_4_4_1_challenge_of_public_clients(server: &Server) {
    let before = server.all_rows().await;
    let of_app = [("client_id", Some(APP)), ("redirect_uri", Some(APP_REDIRECT))];
    for proof in malformed() {
        assert_error_redirect(server, &authorize_path(&[of_app, proof].concat()), APP_REDIRECT, "invalid_request")
            .await;
    }
    for method in [None, Some("plain"), Some("S256")] {
        let proof = [("code_challenge", Some(VERIFIER)), ("code_challenge_method", method)];
        assert_sign_in_page(server, &authorize_path(&[of_app, proof].concat())).await;
    }
    // A confidential client need not send a challenge, but one that it sends must be well-formed.
    assert_sign_in_page(server, &authorize_path(&[])).await;
    for proof in &malformed()[1..] {
        if proof[0].1 != Some("") {
            assert_error_redirect(server, &authorize_path(proof), REDIRECT, "invalid_request").await;
        }
    }
    assert_eq!(server.all_rows().await, before);
}

async fn rfc9700_2_1_1_challenge_of_every_client(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    let before = server.all_rows().await;
    let plain = [("code_challenge", Some(VERIFIER)), ("code_challenge_method", Some("plain"))];
    let unnamed = [S256[0], ("code_challenge_method", None)];
    for (client, redirect) in [(APP, APP_REDIRECT), (WEB, REDIRECT)] {
        let of = [("client_id", Some(client)), ("redirect_uri", Some(redirect))];
        for proof in malformed().into_iter().chain([plain, unnamed]) {
            assert_error_redirect(server, &authorize_path(&[of, proof].concat()), redirect, "invalid_request").await;
        }
        assert_sign_in_page(server, &authorize_path(&[of, S256].concat())).await;
    }
    assert_eq!(server.all_rows().await, before);
}

async fn rfc6749_3_3_scopes_are_never_widened(server: &Server) {
    let strange = format!(r#"{{"dash:replenish":{{"device_model":"{OTHER_MODEL}","serial":"S"}}}}"#);
    for mode in MODES {
        set_client_modes(server, mode).await;
        let before = server.all_rows().await;
        for scope in ["alexa:all", "dash:replenish alexa:all", "profile,postal_code", "PROFILE", "*", "openid", ""] {
            assert_error_redirect(server, &pkce_authorize_path(&[("scope", Some(scope))]), REDIRECT, "invalid_scope")
                .await;
        }
        assert_error_redirect(
            server,
            &pkce_authorize_path(&[("scope_data", Some(&strange))]),
            REDIRECT,
            "invalid_request",
        )
        .await;
        assert_eq!(server.all_rows().await, before);

        let profile = async |token: &str| server.request("GET", "/user/profile").bearer_token(token).send().await;
        let device = link_by_code(server, "SN-1").await;
        let reply = profile(&device.access).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["error"]), (401, &"insufficient_scope".into()));
        let app = link_profile_scope(server, "profile:user_id").await;
        let answer = profile(&app.access).await.json();
        assert!(
            answer["user_id"].is_string() && answer["email"].is_null() && answer["postal_code"].is_null(),
            "{answer}"
        );
        assert_eq!(subscription_info_status(server, &app).await, 400, "it speaks for no device");
    }
}

/// The check of a client that sent its customer to an issuer: it accepts answers of that issuer only.
fn accepts(issuer: &str, answer: &str) -> bool {
    let query = answer.split_once('?').map_or("", |(_, query)| query);
    let named: Vec<_> = decode_pairs(query.as_bytes()).unwrap().into_iter().filter(|(name, _)| name == "iss").collect();
    matches!(named.as_slice(), [(_, one)] if one == issuer)
}

async fn rfc9207_2_issuer_of_every_answer(server: &Server) {
    let other = Server::start_with(Options::default()).await;
    let document = metadata(server).await;
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    let expected = document["issuer"].as_str().unwrap();
    for mode in MODES {
        set_client_modes(server, mode).await;
        set_client_modes(&other, mode).await;
        let granted = server.sign_up(&pkce_authorize_path(&PROFILE)).await.location().to_owned();
        assert!(granted.contains(&format!("&iss={}", issuer_param(server))), "{granted}");
        let mut visit = TestBrowser::open(server, &pkce_authorize_path(&PROFILE)).await;
        visit.sign_in(BOB).await.press("/ap/consent", "consentDenied").await;
        let denied = visit.location().to_owned();
        let refused = server
            .request("GET", &pkce_authorize_path(&[("scope", Some("x"))]))
            .send()
            .await
            .header("location")
            .to_owned();
        for answer in [&granted, &denied, &refused] {
            assert!(accepts(expected, answer), "{answer}");
            let without = answer.replace("iss=", "x=");
            assert!(!accepts(expected, &without), "{without}");
        }
        let mixed_up = other.sign_up(&pkce_authorize_path(&PROFILE)).await.location().to_owned();
        assert!(mixed_up.contains("code=AN") && !accepts(expected, &mixed_up), "{mixed_up}");
    }
}
