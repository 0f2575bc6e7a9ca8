//! Refusals of the token endpoint (docs/spec/login.md#token-errors, docs/spec/security.md#token-endpoint).

use crate::harness::fixtures::{APP, APP_REDIRECT, OTHER_MODEL, OTHER_SECRET, OTHER_WEB, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, Server};
use opendrs_client::ClientResponse;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::profile::ClientMode;
use opendrs_service::login::client::set_mode;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const DIGEST: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BAD_CODE: &str = "The request has an invalid grant parameter : code";
const BAD_REDIRECT: &str = "The request has an invalid grant parameter : redirect_uri";
const BAD_VERIFIER: &str = "The request has an invalid grant parameter : code_verifier";
const BAD_REFRESH: &str = "The request has an invalid grant parameter : refresh_token";
const BAD_CLIENT: &str = "Client authentication failed";
const NO_GRANT: &str = "The authorization grant type is not supported by the authorization server";

#[track_caller]
fn refused(reply: &ClientResponse, status: u16, error: &str, description: &str) {
    let body = format!(r#"{{"error_description":"{description}","error":"{error}"}}"#);
    assert_eq!((reply.status.as_u16(), reply.text()), (status, body));
    for (header, value) in [
        ("content-type", "application/json;charset=UTF-8"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("x-amzn-errortype", "OA2InvalidRequestException:http://internal.amazon.com/coral/com.amazon.panda/"),
    ] {
        assert_eq!(reply.header(header), value);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grant_then_client_then_code_or_token() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let strangers = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    let code = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    let before = server.all_rows().await;
    let web = [("client_id", WEB), ("client_secret", SECRET)];
    let other = [("client_id", OTHER_WEB), ("client_secret", OTHER_SECRET)];
    let by_code = ("grant_type", "authorization_code");
    let by_refresh = ("grant_type", "refresh_token");
    let sent = ("code", code.as_str());
    let missing = |name: &str| format!("The request is missing a required parameter : {name}");
    let unknown = WEB.replace("0f3c", "ffff");
    let cut = &device.refresh[..404];
    for (fields, status, error, description) in [
        (vec![], 400, "unsupported_grant_type", NO_GRANT.to_owned()),
        (vec![("grant_type", ""), web[0], web[1], sent], 400, "unsupported_grant_type", NO_GRANT.into()),
        (vec![("grant_type", "password"), web[0], web[1]], 400, "unsupported_grant_type", NO_GRANT.into()),
        (vec![("grant_type", "client_credentials"), web[0], web[1]], 400, "unsupported_grant_type", NO_GRANT.into()),
        (vec![("grant_type", "implicit"), ("client_id", "x")], 400, "unsupported_grant_type", NO_GRANT.into()),
        (vec![by_code, sent], 400, "invalid_request", missing("client_id")),
        (vec![by_code, ("client_id", ""), web[1], sent], 400, "invalid_request", missing("client_id")),
        (vec![by_code, ("client_id", &unknown), web[1], sent], 401, "invalid_client", BAD_CLIENT.into()),
        (vec![by_code, ("client_id", "x"), web[1], sent], 401, "invalid_client", BAD_CLIENT.into()),
        (vec![by_code, web[0], sent], 401, "invalid_client", BAD_CLIENT.into()),
        (vec![by_code, web[0], ("client_secret", ""), sent], 401, "invalid_client", BAD_CLIENT.into()),
        (vec![by_code, web[0], other[1], sent], 401, "invalid_client", BAD_CLIENT.into()),
        (vec![by_code, ("client_id", APP), web[1], sent], 401, "invalid_client", BAD_CLIENT.into()),
        (vec![by_code, web[0], web[1]], 400, "invalid_request", missing("code")),
        (vec![by_code, web[0], web[1], ("code", "ANxxxxxxxxxxxxxxxxxx")], 400, "invalid_grant", BAD_CODE.into()),
        (vec![by_code, web[0], web[1], ("code", &code[..19])], 400, "invalid_grant", BAD_CODE.into()),
        (vec![by_code, web[0], web[1], ("code", &device.refresh)], 400, "invalid_grant", BAD_CODE.into()),
        (vec![by_code, other[0], other[1], sent], 400, "invalid_grant", BAD_CODE.into()),
        (vec![by_code, ("client_id", APP), sent], 400, "invalid_request", missing("redirect_uri")),
        (
            vec![by_code, ("client_id", APP), ("redirect_uri", APP_REDIRECT), sent],
            400,
            "invalid_grant",
            BAD_CODE.into(),
        ),
        (vec![by_refresh, web[0], web[1]], 400, "invalid_request", missing("refresh_token")),
        (vec![by_refresh, web[0], web[1], ("refresh_token", "x")], 400, "invalid_grant", BAD_REFRESH.into()),
        (vec![by_refresh, web[0], web[1], ("refresh_token", cut)], 400, "invalid_grant", BAD_REFRESH.into()),
        (vec![by_refresh, web[0], web[1], ("refresh_token", &device.access)], 400, "invalid_grant", BAD_REFRESH.into()),
        (
            vec![by_refresh, web[0], web[1], ("refresh_token", &strangers.refresh)],
            400,
            "invalid_grant",
            BAD_REFRESH.into(),
        ),
        (
            vec![by_refresh, ("client_id", APP), ("refresh_token", &device.refresh)],
            400,
            "invalid_grant",
            BAD_REFRESH.into(),
        ),
        (vec![by_refresh, web[0], ("refresh_token", &device.refresh)], 401, "invalid_client", BAD_CLIENT.into()),
        (
            vec![by_code, web[0], web[1], sent, ("code", "ANxxxxxxxxxxxxxxxxxx")],
            400,
            "invalid_request",
            "The request repeats the parameter : code".into(),
        ),
        (
            vec![by_code, by_refresh, web[0], web[1]],
            400,
            "invalid_request",
            "The request repeats the parameter : grant_type".into(),
        ),
    ] {
        eprintln!("{fields:?}");
        refused(&server.token_request(&fields).send().await, status, error, &description);
    }
    assert_eq!(server.all_rows().await, before);
    assert_eq!(
        server.token_request(&[by_code, web[0], web[1], sent]).send().await.status,
        200,
        "the code is still good"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lives_five_minutes() {
    let server = Server::start().await;
    let web = [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET)];
    for (wait, status) in [("4m 59s", 200), ("5m", 400)] {
        let code = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
        server.advance(wait).await;
        assert_eq!(
            server.token_request(&[&web[..], &[("code", &code)]].concat()).send().await.status,
            status,
            "after {wait}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_dies_with_the_redirect_it_was_sent_to() {
    let server = Server::start().await;
    let web = [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET)];
    let code = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    let exchange = [&web[..], &[("code", code.as_str())]].concat();
    server.execute_sql("UPDATE client SET redirect_uris = replace(redirect_uris, 'https:', 'taken:')").await;
    refused(&server.token_request(&exchange).send().await, 400, "invalid_grant", BAD_REDIRECT);
    server.execute_sql("UPDATE client SET redirect_uris = replace(redirect_uris, 'taken:', 'https:')").await;
    assert_eq!(server.token_request(&exchange).send().await.status, 200, "and it was not spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_whose_proof_fails_is_burnt() {
    let server = Server::start().await;
    let long = "a".repeat(129);
    let s256 = || Some(Challenge::S256(DIGEST.into()));
    let plain = || Some(Challenge::Plain(VERIFIER.into()));
    let web = [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET)];
    for (challenge, more, why) in [
        (s256(), vec![], "no verifier"),
        (s256(), vec![("code_verifier", DIGEST)], "the challenge itself"),
        (s256(), vec![("code_verifier", &VERIFIER[..42])], "too short"),
        (s256(), vec![("code_verifier", &long)], "too long"),
        (s256(), vec![("code_verifier", "dBjftJeZ4CVP mB92K27uhbUJU1p1r_wW1gFWFOEjXk")], "a blank"),
        (s256(), vec![("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl")], "another one"),
        (plain(), vec![], "no verifier"),
        (plain(), vec![("code_verifier", DIGEST)], "another one"),
        (None, vec![("code_verifier", VERIFIER)], "a downgrade (RFC 9700, 4.8)"),
        (None, vec![("redirect_uri", "https://setup.example.net/drs/done/")], "another redirect"),
        (None, vec![("redirect_uri", "http://localhost:3000/_oauth/amazon?close")], "another registered redirect"),
    ] {
        let code = server.link_for_code(LinkOptions::default(), REDIRECT, challenge.clone()).await;
        let sent = ("code", code.as_str());
        eprintln!("{why}");
        let wrong = if why.ends_with("redirect") { BAD_REDIRECT } else { BAD_VERIFIER };
        refused(&server.token_request(&[&web[..], &more, &[sent]].concat()).send().await, 400, "invalid_grant", wrong);
        let proof: &[_] = if challenge.is_some() { &[("code_verifier", VERIFIER)] } else { &[] };
        let second = server.token_request(&[&web[..], proof, &[sent]].concat()).send().await;
        refused(&second, 400, "invalid_grant", BAD_CODE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_is_tried_and_fails_with_a_challenge() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", device.refresh.as_str())];
    let basic = |text: String| {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
    };
    for (more, authorization) in [
        (vec![], basic(format!("{WEB}:wrong"))),
        (vec![], basic(format!("{WEB}:"))),
        (vec![], basic(WEB.into())),
        (vec![], basic(format!("{OTHER_WEB}:{SECRET}"))),
        (vec![], basic(format!("{APP}:{SECRET}"))),
        (vec![], "Basic !!!".into()),
        (vec![], "Basic".into()),
    ] {
        let call = server.token_request(&[&fields[..], &more].concat()).header("authorization", &authorization);
        let reply = call.send().await;
        refused(&reply, 401, "invalid_client", BAD_CLIENT);
        assert_eq!(reply.header("www-authenticate"), "Basic realm=\"opendrs\"", "{authorization}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_two_places_are_one_pair() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let grant = [("grant_type", "refresh_token"), ("refresh_token", device.refresh.as_str())];
    let basic = |id: &str, secret: &str| {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")))
    };
    let ask = |more: &[(&'static str, &str)], headers: &[String]| {
        let call = server.token_request(&[&grant[..], more].concat());
        headers.iter().fold(call, |call, value| call.header("authorization", value))
    };
    let (own, others) = (basic(WEB, SECRET), basic(OTHER_WEB, OTHER_SECRET));
    let different = "The request has different client credentials : send one pair";
    for more in [
        vec![("client_id", OTHER_WEB)],
        vec![("client_id", WEB), ("client_secret", OTHER_SECRET)],
        vec![("client_secret", OTHER_SECRET)],
        vec![("client_id", OTHER_WEB), ("client_secret", OTHER_SECRET)],
    ] {
        let reply = ask(&more, std::slice::from_ref(&own)).send().await;
        refused(&reply, 400, "invalid_request", different);
    }
    let reply = ask(&[], &[own.clone(), others]).send().await;
    refused(&reply, 400, "invalid_request", "The request has different Authorization headers : send one");
    for (more, headers) in [
        (vec![("client_id", WEB), ("client_secret", SECRET)], vec![own.clone()]),
        (vec![("client_secret", SECRET)], vec![own.clone()]),
        (vec![("client_secret", "")], vec![own.clone()]),
        (vec![], vec![own.clone(), own.clone()]),
    ] {
        assert_eq!(ask(&more, &headers).send().await.status, 200, "{more:?}");
    }
    set_mode(server.app(), WEB, ClientMode::Strict).await.unwrap();
    for (more, headers, name) in [
        (vec![("client_id", WEB), ("client_secret", SECRET)], vec![own.clone()], "client_secret"),
        (vec![], vec![own.clone(), own.clone()], "Authorization"),
    ] {
        let says = format!("The request repeats the parameter : {name}");
        refused(&ask(&more, &headers).send().await, 400, "invalid_request", &says);
    }
    assert_eq!(ask(&[("client_id", WEB)], &[own]).send().await.status, 200, "an id is no proof");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_parameter_counts_once_or_is_refused() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let strict = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    set_mode(server.app(), OTHER_WEB, ClientMode::Strict).await.unwrap();
    for (id, secret, device, is_strict) in [(WEB, SECRET, device, false), (OTHER_WEB, OTHER_SECRET, strict, true)] {
        let all = [
            ("grant_type", "refresh_token"),
            ("client_id", id),
            ("client_secret", secret),
            ("refresh_token", device.refresh.as_str()),
            ("scope", "dash:replenish"),
        ];
        for (name, value) in all {
            let says = format!("The request repeats the parameter : {name}");
            let twice = server.token_request(&[&all[..], &[(name, value)]].concat()).send().await;
            if is_strict {
                refused(&twice, 400, "invalid_request", &says);
            } else {
                assert_eq!(twice.status, 200, "{name}");
            }
            let other = server.token_request(&[&all[..], &[(name, "other")]].concat()).send().await;
            refused(&other, 400, "invalid_request", &says);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_in_json_is_refused_whatever_it_says() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let body = |more: &str| {
        format!(
            r#"{{"grant_type":"refresh_token","client_id":"{WEB}","client_secret":"{SECRET}","refresh_token":"{}"{more}}}"#,
            device.refresh
        )
    };
    assert_eq!(server.token_request(&[]).body(body(r#","x":{"y":1}"#)).send().await.status, 200);
    for (more, key) in [
        (r#","grant_type":"refresh_token""#, "grant_type"),
        (r#","client_id":"x""#, "client_id"),
        (r#","client\u005fid":"x""#, "client_id"),
        (r#","x":1,"x":1"#, "x"),
        (r#","x":{"y":1,"y":2}"#, "y"),
    ] {
        let reply = server.token_request(&[]).body(body(more)).send().await;
        let answer = reply.json();
        assert_eq!((reply.status.as_u16(), &answer["error"]), (400, &"invalid_request".into()), "{more}");
        let says = format!("The request is malformed : the key `{key}` is repeated at line 1 column ");
        assert!(answer["error_description"].as_str().unwrap().starts_with(&says), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_taken_from_a_query() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let all = crate::harness::form_body(&[
        ("grant_type", "refresh_token"),
        ("client_id", WEB),
        ("client_secret", SECRET),
        ("refresh_token", &device.refresh),
    ]);
    let reply = server.request("POST", &format!("/auth/o2/token?{all}")).send().await;
    refused(&reply, 400, "invalid_request", "Send parameters in the body, not in the query");
    let reply =
        server.request("POST", &format!("/auth/o2/token?client_secret={SECRET}")).body(all.clone()).send().await;
    refused(&reply, 400, "invalid_request", "Send parameters in the body, not in the query");
    let reply = server.request("GET", &format!("/auth/o2/token?{all}")).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_other_kinds_are_refused_at_once() {
    let server = Server::start().await;
    let before = server.all_rows().await;
    let deep = format!(r#"{{"grant_type":{}"#, "[".repeat(10_000));
    let many = (0..9000).map(|n| format!("a{n}=&")).collect::<String>();
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nrefresh_token\r\n--x--\r\n";
    let not_json = "The request is malformed : the body is not a JSON object";
    for (body, error, description) in [
        (multipart.as_bytes().to_vec(), "unsupported_grant_type", NO_GRANT),
        (b"[]".to_vec(), "unsupported_grant_type", NO_GRANT),
        (b"{}".to_vec(), "unsupported_grant_type", NO_GRANT),
        (br#"{"grant_type":["refresh_token"]}"#.to_vec(), "unsupported_grant_type", NO_GRANT),
        (b"{".to_vec(), "invalid_request", not_json),
        (deep.into_bytes(), "invalid_request", not_json),
        (b"grant_type=%ff".to_vec(), "invalid_request", "The request is malformed : the body is not UTF-8"),
        (b"grant_type=refresh_token\0x".to_vec(), "unsupported_grant_type", NO_GRANT),
        (vec![b'a'; 70_000], "invalid_request", "The body is too large or did not arrive whole"),
        (many.into_bytes(), "unsupported_grant_type", NO_GRANT),
    ] {
        let reply = server.token_request(&[]).body(body).send().await;
        refused(&reply, 400, error, description);
    }
    assert_eq!(server.all_rows().await, before);
}
