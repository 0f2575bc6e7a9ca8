//! How shipped clients write token requests, byte by byte (docs/spec/login.md#token-request-format).

use crate::harness::fixtures::{APP, APP_REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Posts the exact bytes of a body; the answer must contain tokens.
async fn taken(server: &Server, who: &str, path: &str, headers: &str, body: &str) -> Value {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: api.amazon.com\r\n{headers}Content-Length: {length}\r\n\r\n");
    let answer = server.exchange(head + body).await;
    answer.assert_suits_token_client();
    assert_eq!(answer.status_line, "HTTP/1.1 200 OK", "{who}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn token_requests_are_read_as_clients_write_them() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let raw = &device.refresh;
    let encoded = raw.replace('|', "%7C");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let rest = format!("client_id={WEB}&client_secret={SECRET}");
    let basic =
        |id: &str, secret: &str| format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{id}:{secret}")));
    let json = json!({
        "grant_type": "refresh_token", "refresh_token": raw, "client_id": WEB, "client_secret": SECRET, "app": 1,
    });
    for (who, path, headers, body) in [
        (
            "documents",
            "/auth/o2/token",
            form.to_owned(),
            format!("grant_type=refresh_token&refresh_token={encoded}&{rest}"),
        ),
        (
            "mobile pages",
            "/auth/O2/token",
            form.into(),
            format!("{rest}&refresh_token={encoded}&grant_type=refresh_token"),
        ),
        (
            "iOS: raw, no type",
            "/auth/O2/token",
            String::new(),
            format!("redirect_uri=https://a/b&{rest}&refresh_token={raw}&grant_type=refresh_token"),
        ),
        (
            "with a charset",
            "/auth/o2/token",
            "Content-Type: application/x-www-form-urlencoded;charset=UTF-8\r\nCache-Control: no-cache\r\n".into(),
            format!("grant_type=refresh_token&refresh_token={encoded}&{rest}"),
        ),
        (
            "counted with the end of a C string",
            "/auth/o2/token",
            form.into(),
            format!("grant_type=refresh_token&{rest}&refresh_token={encoded}\0"),
        ),
        (
            "a redirect said twice, which a refresh does not read",
            "/auth/o2/token",
            form.into(),
            format!("redirect_uri=a&grant_type=refresh_token&{rest}&refresh_token={encoded}&redirect_uri=b"),
        ),
        (
            "a line's end after the body",
            "/auth/o2/token",
            form.into(),
            format!("{rest}&grant_type=refresh_token&refresh_token={encoded}\r\n"),
        ),
        (
            "Basic",
            "/auth/o2/token",
            form.to_owned() + &basic(WEB, SECRET),
            format!("grant_type=refresh_token&refresh_token={encoded}"),
        ),
        (
            "Basic, encoded, and the id again",
            "/auth/o2/token/",
            form.to_owned() + &basic(&WEB.replace('.', "%2E"), SECRET).replace("Basic", "basic"),
            format!("client_id={WEB}&grant_type=refresh_token&refresh_token={encoded}"),
        ),
        (
            "no credentials in an empty header",
            "/auth/o2/token",
            form.to_owned() + "Authorization: \r\n",
            format!("{rest}&grant_type=refresh_token&refresh_token={encoded}"),
        ),
        (
            "what nobody reads, twice",
            "/auth/o2/token",
            form.into(),
            format!("{rest}&grant_type=refresh_token&refresh_token={encoded}&di.os.name=a&di.os.name=b"),
        ),
        (
            "a byte order mark",
            "/auth/o2/token",
            form.into(),
            format!("\u{feff}grant_type=refresh_token&refresh_token={encoded}&{rest}"),
        ),
        ("JSON", "/auth/o2/token", "Content-Type: application/json\r\n".into(), json.to_string()),
        ("JSON under a form's label", "//auth//%4f2//token?", form.into(), json.to_string()),
    ] {
        let answer = taken(&server, who, path, &headers, &body).await;
        assert_eq!(answer["refresh_token"], raw.as_str(), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_exchange_needs_no_encoding() {
    let server = Server::start().await;
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = opendrs_domain::login::pkce::Challenge::Plain(verifier.into());
    let linking = LinkOptions::default().client(APP, "Aqua-Pitcher_7");
    let code = server.link_for_code(linking, APP_REDIRECT, Some(challenge)).await;
    let body = format!(
        "client_id={APP}&code={code}&code_verifier={verifier}&grant_type=authorization_code&redirect_uri={APP_REDIRECT}"
    );
    let answer = taken(&server, "iOS", "/auth/O2/token", "", &body).await;
    assert!(answer["access_token"].as_str().unwrap().starts_with("Atza|"));
}
