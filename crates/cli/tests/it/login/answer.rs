//! The answer to a finished sign-up: code, scope and the client's state (docs/spec/login.md#authorization-answer,
//! docs/spec/login.md#authorization-codes).

use crate::harness::fixtures::{ANN, APP, APP_REDIRECT, LOCAL_REDIRECT, REDIRECT, SECRET};
use crate::harness::{ReplyExt, Server, TestBrowser, authorize_path};
use opendrs_domain::login::form::decode_pairs;

/// The example verifier of RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[tokio::test(flavor = "multi_thread")]
async fn the_state_comes_back_byte_for_byte() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    for state in [
        "clientId=a&redirectUri=amzn://com.example&clientRequestId=1&x.return_auth_code=true",
        "a b+c%20d%2Bd%",
        "x&code=injected#frag?y=/\\",
        "\"><script>alert(1)</script>'",
        "日本\u{202e}🏠\r\nSet-Cookie: a=b\0",
        &"s".repeat(4096),
    ] {
        visit.go_to(&authorize_path(&[("state", Some(state))])).await;
        server.complete_sign_up(&mut visit).await;
        assert_eq!(visit.page.status, 302);
        let (target, answer) = visit.location().split_once('?').unwrap();
        let answer = decode_pairs(answer.as_bytes()).unwrap();
        let names: Vec<_> = answer.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((target, names.as_slice()), (REDIRECT, &["code", "scope", "state", "iss"][..]));
        assert_eq!((answer[1].1.as_str(), answer[2].1.as_str()), ("dash:replenish", state));
        assert!(visit.location().is_ascii() && !visit.location().contains(['#', '\\', '"', '<', ' ']));
    }
    visit.go_to(&authorize_path(&[("state", None)])).await;
    server.complete_sign_up(&mut visit).await;
    assert_eq!(visit.redirect_param("state"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_in_the_redirect_uri_is_kept() {
    let server = Server::start().await;
    let visit = server.sign_up(&authorize_path(&[("redirect_uri", Some(LOCAL_REDIRECT))])).await;
    assert!(visit.location().starts_with(&format!("{LOCAL_REDIRECT}&code=AN")), "{}", visit.location());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_proves_its_code_by_the_challenge() {
    let server = Server::start().await;
    let path = authorize_path(&[
        ("client_id", Some(APP)),
        ("redirect_uri", Some(APP_REDIRECT)),
        ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")),
        ("code_challenge_method", Some("S256")),
    ]);
    let visit = server.sign_up(&path).await;
    let code = visit.redirect_param("code").unwrap();
    assert!(visit.location().starts_with(&format!("{APP_REDIRECT}?code=AN")) && code.len() == 20);
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", APP),
        ("redirect_uri", APP_REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(server.token_request(&fields).send().await.status, 200);
    let with_secret = [fields.as_slice(), &[("client_secret", SECRET)]].concat();
    assert_eq!(server.token_request(&with_secret).send().await.status_and_text().0, 401, "an app has no secret");
}
