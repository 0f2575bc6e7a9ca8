//! The authorization request: which errors are shown on a page, which are redirected, and how
//! (docs/spec/login.md#authorization-request, docs/spec/login.md#authorization-errors,
//! docs/spec/login.md#redirect-uris).

use crate::harness::fixtures::{APP, APP_REDIRECT, LOCAL_REDIRECT, OTHER_MODEL, PROTOTYPE, REDIRECT, WEB};
use crate::harness::{Server, TestBrowser, authorize_path, form_body};
use opendrs_domain::login::form::percent_encode;

/// 43 characters, the length of a verifier and of a digest.
const CHALLENGE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn data(model: &str, serial: &str, more: &str) -> String {
    format!(r#"{{"dash:replenish":{{"device_model":"{model}","serial":"{serial}"{more}}}}}"#)
}

/// Checks that the answer is a page with this reason, and no redirect.
async fn on_a_page(server: &Server, path: &str, reason: &str) {
    let reply = server.request("GET", path).send().await;
    let html = reply.text();
    assert_eq!((reply.status.as_u16(), reply.header("location")), (400, ""), "{path}");
    assert!(html.contains("We&#39;re sorry!") || html.contains("<h1>We're sorry!</h1>"), "{html}");
    assert!(html.contains("<p>400 Bad Request</p>") && html.contains("Request Details"), "{html}");
    assert!(html.contains(&format!("<p>{reason}</p>")), "{path}: {html}");
}

/// Checks that the answer is a redirect to the client with this error and the state.
async fn by_redirect(server: &Server, path: &str, error: &str, description: &str) {
    let reply = server.request("GET", path).send().await;
    let iss = form_body(&[("iss", &server.base_url)]);
    let said = format!(
        "error_description={}&state=s-1&{iss}&error={error}",
        percent_encode(description, " ").replace(' ', "+")
    );
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (302, format!("{REDIRECT}?{said}").as_str()),
        "{path}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_trusted_target_the_refusal_is_a_page() {
    let server = Server::start().await;
    let before = server.all_rows().await;
    let unknown = WEB.replace("0f3c", "ffff");
    let long = "s".repeat(4097);
    for (changes, reason) in [
        (vec![("client_id", None)], "The request is missing a required parameter : client_id"),
        (vec![("client_id", Some(""))], "The request is missing a required parameter : client_id"),
        (vec![("client_id", Some(unknown.as_str()))], "The request has an invalid parameter : client_id"),
        (vec![("client_id", Some("nobody"))], "The request has an invalid parameter : client_id"),
        (vec![("redirect_uri", None)], "The request is missing a required parameter : redirect_uri"),
        (vec![("redirect_uri", Some(""))], "The request is missing a required parameter : redirect_uri"),
        (vec![("client_id", Some(APP))], "The redirect URI you provided has not been whitelisted for your application"),
        (vec![("state", Some(&long))], "The request has an invalid parameter : state (longer than 4096 bytes)"),
    ] {
        on_a_page(&server, &authorize_path(&changes), reason).await;
    }
    for repeated in ["&client_id=x", "&redirect_uri=https%3A%2F%2Fevil.example", "&state=2"] {
        let reason = "The request has a repeated parameter : client_id, redirect_uri or state";
        on_a_page(&server, &(authorize_path(&[]) + repeated), reason).await;
    }
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_matches_to_the_character() {
    let server = Server::start().await;
    let reason = "The redirect URI you provided has not been whitelisted for your application";
    for uri in [
        "https://setup.example.net/drs/done/",
        "https://setup.example.net/drs/Done",
        "https://setup.example.net/drs/done?x=1",
        "https://setup.example.net/drs/done#f",
        "https://setup.example.net/drs/../drs/done",
        "https://setup.example.net/drs/%2e%2e/drs/done",
        "https://setup.example.net/drs%2Fdone",
        "https://setup.example.net/drs%252Fdone",
        "https://setup.example.net:443/drs/done",
        "https://good@setup.example.net/drs/done",
        "https://setup.example.net@evil.example/drs/done",
        "https://evil.setup.example.net/drs/done",
        "https://setup.example.net.evil.example/drs/done",
        "https://setup.example.net\\@evil.example/drs/done",
        "https://setup.example.net/drs/done\t",
        "https://setup.example.net/drs/done\n",
        "https://setup。example.net/drs/done",
        "http://setup.example.net/drs/done",
        "HTTPS://setup.example.net/drs/done",
        "//setup.example.net/drs/done",
        "http://localhost:3000/_oauth/amazon",
        "http://localhost:3001/_oauth/amazon?close",
        "http://[::1%25eth0]:3000/_oauth/amazon?close",
        "javascript:alert(1)",
        APP_REDIRECT,
    ] {
        on_a_page(&server, &authorize_path(&[("redirect_uri", Some(uri))]), reason).await;
    }
    for uri in [REDIRECT, LOCAL_REDIRECT] {
        assert_eq!(
            TestBrowser::open(&server, &authorize_path(&[("redirect_uri", Some(uri))])).await.title(),
            "Sign in"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_refusal_goes_to_the_client() {
    let server = Server::start().await;
    let before = server.all_rows().await;
    let unknown =
        |model: &str| format!("device_model {model} is unknown, or not a model of this security profile's maker");
    let serial = "is not a serial: 1 to 64 characters of A-Z a-z 0-9 - + _";
    let long = "x".repeat(65);
    for (name, value, error, description) in [
        (
            "response_type",
            None,
            "invalid_request",
            "The request is missing a required parameter : response_type".to_owned(),
        ),
        (
            "response_type",
            Some("token".to_owned()),
            "unsupported_response_type",
            "Only response_type=code is supported".into(),
        ),
        (
            "response_type",
            Some("code id_token".into()),
            "unsupported_response_type",
            "Only response_type=code is supported".into(),
        ),
        (
            "response_type",
            Some("CODE".into()),
            "unsupported_response_type",
            "Only response_type=code is supported".into(),
        ),
        ("scope", None, "invalid_scope", "An unknown scope was requested".into()),
        ("scope", Some("alexa:all".into()), "invalid_scope", "An unknown scope was requested".into()),
        ("scope", Some("dash:replenish alexa:all".into()), "invalid_scope", "An unknown scope was requested".into()),
        ("scope_data", None, "invalid_request", "The request is missing a required parameter : scope_data".into()),
        (
            "scope_data",
            Some("{}".into()),
            "invalid_request",
            "scope_data has no object under the key dash:replenish".into(),
        ),
        (
            "scope_data",
            Some(r#"{"dash:replenish":{"serial":"S"}}"#.into()),
            "invalid_request",
            "scope_data: device_model is missing".into(),
        ),
        (
            "scope_data",
            Some(data("Aqua-Pitcher_7", "a b", "")),
            "invalid_request",
            format!("scope_data: serial `a b` {serial}"),
        ),
        (
            "scope_data",
            Some(data("Aqua-Pitcher_7", "", "")),
            "invalid_request",
            format!("scope_data: serial `` {serial}"),
        ),
        (
            "scope_data",
            Some(data("Aqua-Pitcher_7", &long, "")),
            "invalid_request",
            format!("scope_data: serial `{long}` {serial}"),
        ),
        (
            "scope_data",
            Some(data("Aqua-Pitcher_7", "S", r#","is_test_device":"maybe""#)),
            "invalid_request",
            "scope_data: is_test_device must be true or false".into(),
        ),
        ("scope_data", Some(data("Nothing", "S", "")), "invalid_request", unknown("Nothing")),
        ("scope_data", Some(data(OTHER_MODEL, "S", "")), "invalid_request", unknown(OTHER_MODEL)),
        (
            "scope_data",
            Some(data(PROTOTYPE, "S", "")),
            "invalid_request",
            format!(
                "device_model {PROTOTYPE} is not live yet; send should_include_non_live=true to link it before it is"
            ),
        ),
        (
            "code_challenge",
            Some("short".into()),
            "invalid_request",
            "code_challenge must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~".into(),
        ),
        (
            "code_challenge_method",
            Some("S256".into()),
            "invalid_request",
            "code_challenge_method was sent without code_challenge".into(),
        ),
    ] {
        by_redirect(&server, &authorize_path(&[(name, value.as_deref())]), error, &description).await;
    }
    for (method, description) in [
        ("S512", "code_challenge_method must be S256 or plain"),
        ("s256", "code_challenge_method must be S256 or plain"),
    ] {
        let path = authorize_path(&[("code_challenge", Some(CHALLENGE)), ("code_challenge_method", Some(method))]);
        by_redirect(&server, &path, "invalid_request", description).await;
    }
    by_redirect(
        &server,
        &(authorize_path(&[]) + "&scope=profile"),
        "invalid_request",
        "The request repeats the parameter scope",
    )
    .await;
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shipped_clients_send_is_taken() {
    let server = Server::start().await;
    let app = |challenge, method| {
        let client = [("client_id", Some(APP)), ("redirect_uri", Some(APP_REDIRECT))];
        authorize_path(&[client[0], client[1], ("code_challenge", challenge), ("code_challenge_method", method)])
    };
    let with = |data: &str| authorize_path(&[("scope_data", Some(data))]);
    for path in [
        with(&data("Aqua-Pitcher_7", "SN-1", r#","is_test_device":true"#)),
        with(&data("Aqua-Pitcher_7", "SN-1", r#","is_test_device":"true""#)),
        with(&data("Aqua-Pitcher_7", "SN-1", r#","is_test ":"x","should_include_non_live":"False""#)),
        with(r#"{ "dash:replenish" : { "serial" : "SN-1", "device_model" : "Aqua-Pitcher_7" } }"#),
        with(&data("Aqua-Pitcher_7", &"x".repeat(64), "")),
        with(&data(PROTOTYPE, "S", r#","should_include_non_live":true"#)),
        with(&data("Aqua%2BProto", "S%2B1", r#","should_include_non_live":"true""#)),
        authorize_path(&[("scope", Some("dash:replenish profile"))]),
        authorize_path(&[("scope", Some("profile postal_code")), ("scope_data", None)]),
        authorize_path(&[("state", None)]),
        authorize_path(&[
            ("language", Some("en_US")),
            ("sandbox", Some("true")),
            ("amzn_showRmrMe", Some("1")),
            ("", Some("x")),
        ]),
        authorize_path(&[]) + "&language=en_US&language=de_DE&x=1&x=2",
        authorize_path(&[]) + &authorize_path(&[]).replace("/ap/oa?", "&"),
        authorize_path(&[]) + "&state=&scope=dash:replenish",
        authorize_path(&[("code_challenge", Some(CHALLENGE))]),
        authorize_path(&[("code_challenge", Some(CHALLENGE)), ("code_challenge_method", Some("S256"))]),
        app(Some(CHALLENGE), None),
        app(Some(CHALLENGE), Some("S256")),
        authorize_path(&[("client_id", Some(APP)), ("redirect_uri", None), ("code_challenge", Some(CHALLENGE))]),
        authorize_path(&[]).replace("/ap/oa", "//ap/oa/"),
    ] {
        let visit = TestBrowser::open(&server, &path).await;
        assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (200, "Sign in"), "{path}");
    }
    let reply = server.request("GET", &app(None, None)).send().await;
    let iss = form_body(&[("iss", &server.base_url)]);
    let said =
        format!("error_description=Must+provide+code+challenge+parameter.&state=s-1&{iss}&error=invalid_request");
    assert_eq!(reply.header("location"), format!("{APP_REDIRECT}?{said}"));
}
