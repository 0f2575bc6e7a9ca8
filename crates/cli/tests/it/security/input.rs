//! Input that attacks the database, other fields, or the log.
//!
//! Not here: texts on pages (`pages`), and bodies of token requests (`clients`). Invariant: no input causes a server
//! error, none changes a field that it does not name, and no secret is written.

use super::Clients;
use super::parties::{
    DIGEST, MODES, VERIFIER, create_code, link_by_code, link_profile_scope, parse_tokens, pkce_authorize_path,
    redeem_code, send_web_grant, set_client_modes, with_program,
};
use crate::cli::program::{CLIENT, FILTER as SLOT, ProgramFolder, REDIRECT, SECRET as KEY, ServingProcess};
use crate::harness::fixtures::{ANN, COMPOSITE, FILTER, PASSWORD, SECRET, WEB};
use crate::harness::{OPERATOR_TOKEN, Options, Server, TestBrowser, form_body};
use opendrs_client::send;
use opendrs_domain::login::form::percent_encode;
use opendrs_domain::version::ApiEndpoint::{Deregister, DeviceStatus, OrderInfo, SlotStatus, SubscriptionInfo};
use opendrs_domain::version::INPUT_VERSION_HEADER;

rules! {
    asvs_1_2_4_no_input_reaches_the_database_as_code with behind_a_proxy {
        number: 47,
        source: "ASVS 1.2.4, 2.2.1 and 15.3.3",
        clients: Clients::None,
        rule: "Quotes, NUL, long texts and other types do no harm in any parameter, and no further field changes anything.",
        result: "A refusal below 500 or no effect, and nothing is written",
        also: &[("crates/cli/tests/it/table/callers.rs", "every_route_has_its_line")],
    }
    asvs_16_2_5_nothing_secret_is_logged with counting {
        number: 48,
        source: "ASVS 16.2.5, 16.3.1 and 14.2.4",
        clients: Clients::None,
        rule: "Refused sign-ins and requests of clients are logged, and codes that come twice. No log line and no metric holds \
               a token, a code, a secret or a password.",
        result: "One line a source and minute; no secret is in the whole log of a run at `trace`, or in the metrics",
        also: &[
            ("crates/cli/tests/it/cli/secrets.rs", "nothing_secret_is_logged_on_sqlite"),
            ("crates/cli/tests/it/cli/secrets.rs", "nothing_secret_is_logged_on_postgres"),
        ],
    }
}

fn behind_a_proxy() -> Options {
    Options { proxies: vec!["127.0.0.1".to_owned()].try_into().unwrap(), ..Options::default() }
}

/// Texts that have a special meaning in SQL, paths, headers, templates, numbers or Unicode.
fn strange() -> Vec<String> {
    let texts =
        ["'", "' OR '1'='1", "'; DROP TABLE device; --", "\"", "\\", "%", "_%", "%00", "\0", "a\0b", "$1", "${7*7}"];
    let more = ["../../etc/passwd", "\r\nX: y", "\u{202e}\u{1f3e0}", "\u{fffd}", "NaN", "-1", "9999999999999999999999"];
    let long = ["a".repeat(10_000), "'".repeat(3_000)];
    texts.into_iter().chain(more).map(str::to_owned).chain(long).collect()
}

async fn asvs_1_2_4_no_input_reaches_the_database_as_code(server: &Server) {
    let device = link_by_code(server, "SN-1").await;
    let cookie = TestBrowser::signed_in(server, ANN).await.browser.cookie_header();
    let csrf = opendrs_service::session::form_token(server.app(), cookie.strip_prefix("opendrs=").unwrap());
    let before = server.all_rows().await;
    let mut statuses = Vec::new();
    for (n, text) in strange().into_iter().enumerate() {
        let part = percent_encode(&text, "");
        let data = serde_json::json!({ "dash:replenish": { "device_model": text, "serial": text } }).to_string();
        let mut calls = vec![
            server.device_call(&device, SlotStatus, &format!("/slotStatus/{part}")),
            server.device_call(&device, DeviceStatus, &format!("/deviceStatus/{part}")),
            server.device_call(&device, OrderInfo, &format!("/getOrderInfo/{part}")),
            server.device_call(&device, Deregister, &format!("/deviceModels/{part}/devices/{part}/registration")),
            server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").bearer_token(&part),
            server
                .device_call(&device, SubscriptionInfo, "/subscriptionInfo")
                .replace_header(INPUT_VERSION_HEADER, Some(&part)),
            server.request("GET", &pkce_authorize_path(&[("client_id", Some(&text))])),
            server.request("GET", &pkce_authorize_path(&[("redirect_uri", Some(&text))])),
            server.request("GET", &pkce_authorize_path(&[("scope", Some(&text))])),
            server.request("GET", &pkce_authorize_path(&[("scope_data", Some(&data))])),
            server.request("GET", &pkce_authorize_path(&[("scope_data", Some(&text))])),
            server.request("GET", &format!("/ap/oa?{part}")),
            server.request("GET", &format!("/settings/device?device={part}")).header("cookie", &cookie),
            server.request("GET", &format!("/settings?access_token={part}&exitUri={part}")).header("cookie", &cookie),
            server.request("GET", &format!("/order?id={part}")).header("cookie", &cookie),
            server.request("GET", "/settings").header("cookie", format!("opendrs={part}; opendrs-signup={part}")),
            server.request("GET", &format!("/takeover?token={part}")),
            server.request("GET", &format!("/order/cancel?token={part}")),
            server.request("GET", &format!("/teaser?compositeId={part}")),
            server.request("GET", &format!("/-/events?before={part}")).bearer_token(OPERATOR_TOKEN),
            server.request("GET", &format!("/-/events/{part}")).bearer_token(OPERATOR_TOKEN),
            server.request("GET", "/auth/o2/tokeninfo").header("x-amz-access-token", &part),
        ];
        for name in ["client_id", "client_secret", "refresh_token", "scope", "grant_type"] {
            let usual = [
                ("grant_type", "refresh_token"),
                ("client_id", WEB),
                ("client_secret", SECRET),
                ("refresh_token", "x"),
            ];
            let kept = usual.into_iter().filter(|(usual, _)| *usual != name);
            calls.push(server.token_request(&kept.chain([(name, text.as_str())]).collect::<Vec<_>>()));
        }
        for (path, name) in [("/settings/remove", "device"), ("/settings/unlink", "profile"), ("/order", "id")] {
            let fields = form_body(&[("csrf", &csrf), (name, &text), ("cancel", "true")]);
            calls.push(server.request("POST", path).header("cookie", &cookie).body(fields));
        }
        let fields = form_body(&[("csrf", &csrf), ("email", &text), ("password", &text)]);
        calls.push(server.request("POST", "/ap/signin").header("cookie", &cookie).body(fields));
        for call in calls {
            // Each text comes from another network, so that none is throttled because of others.
            let call = call.header("x-forwarded-for", format!("10.{n}.0.1"));
            let shown = format!("{call:?}");
            let status = call.send().await.status.as_u16();
            assert!(status < 500, "{status}: {}", shown.chars().take(300).collect::<String>());
            statuses.push(status);
        }
    }
    assert!(statuses.contains(&400) && statuses.contains(&302), "{statuses:?}");
    assert_eq!(server.all_rows().await, before);

    let slot = server.device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}"));
    for body in [
        r#"{"remainingQuantityInUnit":{"$gt":0},"originalQuantityInUnit":2}"#,
        r#"{"remainingQuantityInUnit":[1],"originalQuantityInUnit":2}"#,
        r#"{"remainingQuantityInUnit":true,"originalQuantityInUnit":2}"#,
        r#"{"remainingQuantityInUnit":null,"originalQuantityInUnit":2}"#,
        r#"{"remainingQuantityInUnit":1e999,"originalQuantityInUnit":2}"#,
        r#"{"remainingQuantityInUnit":"1' OR '1'='1","originalQuantityInUnit":2}"#,
        r#"{"remainingQuantityInUnit":1,"remainingQuantityInUnit":2,"originalQuantityInUnit":2}"#,
        r#"[{"remainingQuantityInUnit":1,"originalQuantityInUnit":2}]"#,
        "true",
    ] {
        assert_eq!(slot.clone().body(body).send().await.status, 400, "{body}");
    }
    for (path, body) in [
        ("/-/events/replay", r#"{"since":"2018-03-02T07:00:00Z","admin":true}"#),
        ("/-/events/replay", r#"{"since":{"a":1}}"#),
        ("/-/clock", r#"{"advance":"1h","admin":true}"#),
    ] {
        let reply = server.request("POST", path).bearer_token(OPERATOR_TOKEN).body(body).send().await;
        assert_eq!(reply.status, 400, "{path} {body}: {}", reply.text());
    }
    assert_eq!(server.all_rows().await, before);

    // Fields that the caller must not set.
    let more = r#","customer":"x","slotId":"mineral.cartridge-2","test":true,"price":0,"state":"delivered""#;
    let body = format!(r#"{{"remainingQuantityInUnit":1,"originalQuantityInUnit":2{more}}}"#);
    assert_eq!(slot.body(body).send().await.status, 200);
    let fields = [("customer", "x"), ("scopes", "255"), ("family", "0"), ("refresh_token", device.refresh.as_str())];
    assert_eq!(send_web_grant(server, "refresh_token", &fields).await.status, 200);
    let page = server.request("GET", &format!("/settings?{}", form_body(&[("access_token", &device.access)])));
    let page = page.header("cookie", &cookie).send().await.text();
    assert!(page.contains("24.99"), "{page}");
    let after = server.all_rows().await;
    for table in ["customer", "client", "profile", "consent", "subscription", "product", "outbox"] {
        assert_eq!(after.get(table), before.get(table), "{table}");
    }
    assert_eq!((before["reading"].len(), after["reading"].len()), (0, 1));
}

fn counting() -> Options {
    Options { metrics: true, ..Options::default() }
}

async fn asvs_16_2_5_nothing_secret_is_logged(server: &Server) {
    let mut secrets = vec![SECRET.to_owned(), PASSWORD.into(), ANN.into(), OPERATOR_TOKEN.into()];
    for mode in MODES {
        set_client_modes(server, mode).await;
        let sent = create_code(server, "SN-1").await;
        let device = parse_tokens(&redeem_code(server, &sent).await);
        let app = link_profile_scope(server, "profile").await;
        server.request("GET", &format!("/teaser?compositeId={COMPOSITE}&{}", form_body(&[("x", SECRET)]))).send().await;
        server.request("GET", &format!("/{}", device.access)).send().await;
        server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await;
        secrets.extend([
            sent,
            device.access[5..].to_owned(),
            device.refresh[5..].to_owned(),
            app.access[5..].to_owned(),
        ]);
    }
    let url = format!("{}/-/metrics", server.metrics_url);
    let numbers = send(axum::http::Method::GET, &url, &[], "").await.unwrap().text();
    assert!(numbers.contains("opendrs_requests_total"), "{numbers}");
    for secret in &secrets {
        assert!(!numbers.contains(secret.as_str()), "{secret} is in the metrics: {numbers}");
    }

    with_program(server, nothing_is_logged).await;
}

/// Posts a form to the token endpoint of a program.
async fn ask(server: &ServingProcess, fields: &[(&str, &str)]) -> opendrs_client::ClientResponse {
    server.post("/auth/o2/token", &form_body(fields)).await
}

async fn nothing_is_logged(place: &ProgramFolder) {
    place.write_file("loud.toml", "[server]\nlog = \"trace\"\n");
    let server = place.serve(&["--config", "loud.toml"]);
    let proof = ["--code-challenge", DIGEST, "--code-challenge-method", "S256"];
    let linked = place.link_device("SN-1", &[&["--code", "--redirect-uri", REDIRECT], &proof[..]].concat());
    let code = linked["code"].as_str().unwrap();
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", KEY),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let device = parse_tokens(&ask(&server, &exchange).await);
    assert_eq!(server.replenish(&device.access, SLOT).await.status, 200);
    assert_eq!(ask(&server, &exchange).await.status, 400, "a replay");
    let state =
        form_body(&[("client_id", CLIENT), ("redirect_uri", REDIRECT), ("state", "of-state-T5"), ("scope", "x")]);
    assert_eq!(server.get(&format!("/ap/oa?response_type=code&{state}")).await.status, 302);
    let wrong = [("grant_type", "refresh_token"), ("client_id", CLIENT), ("client_secret", "wrong-secret-S1")];
    assert_eq!(ask(&server, &wrong).await.status, 401);
    let query = form_body(&[
        ("access_token", &device.access),
        ("client_secret", KEY),
        ("code", code),
        ("password", "of-query-Q2"),
    ]);
    for path in ["/auth/o2/token", "/auth/o2/tokeninfo", "/user/profile", "/settings", "/ap/oa", "/no/such/path"] {
        server.get(&format!("{path}?{query}")).await;
    }
    let mut browser = opendrs_client::BrowserClient::new(&server.base_url);
    let page = browser.get("/settings").await.unwrap().text();
    let sign_in =
        opendrs_client::HtmlForm::parse_all(&page).into_iter().find(|form| form.action == "/ap/signin").unwrap();
    let wrong = sign_in.fill("email", "nobody-E3@example.com").fill("password", "wrong-password-P4");
    assert_eq!(browser.submit(&wrong).await.unwrap().status, 400);
    let cookie = browser.cookie_header();
    let log = server.kill_and_read_log();
    for words in [
        "an authorization request was refused",
        "a token request was refused",
        "a sign-in was refused",
        "a code came twice",
        "answered",
    ] {
        assert!(log.contains(words), "no line says that {words}: {log}");
    }
    let session = cookie.strip_prefix("opendrs=").unwrap();
    let sent = [code, &device.access[5..], &device.refresh[5..], session, KEY, VERIFIER];
    let typed =
        ["wrong-secret-S1", "of-state-T5", "of-query-Q2", "nobody-E3@example.com", "wrong-password-P4", "$argon2"];
    for secret in sent.into_iter().chain(typed) {
        assert!(!log.contains(secret), "{secret} is logged: {log}");
    }
}
