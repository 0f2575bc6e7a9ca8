//! Client authentication, grants and request formats at the token endpoint.
//!
//! Not here: codes and refresh tokens (`codes`, `refresh`), and guessing (`guessing`). Invariant: a refused request
//! writes nothing, and its answer is the same for a wrong client and a wrong secret.

use super::Clients;
use super::parties::{
    MODES, assert_refused, create_code, link_by_code, metadata, redeem_code, refresh_tokens, send_web_grant,
    set_client_modes, status_and_error,
};
use crate::harness::fixtures::{self, APP, OTHER_SECRET, OTHER_WEB, REDIRECT, SECRET, WEB};
use crate::harness::{Options, Server, TestRequest, form_body};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_client::ClientResponse;
use opendrs_domain::login::form::percent_encode;
use opendrs_domain::profile::{ClientKind, ClientMode};
use opendrs_service::login::client::{self, ClientChange};

rules! {
    rfc6749_2_3_1_nothing_secret_in_queries {
        number: 21,
        source: "RFC 6749, 2.3.1 and 3.2; ASVS 14.2.1",
        rule: "The token endpoint takes POST only, and nothing secret from a query.",
        result: "GET: 405; a secret, code or token in the query: `invalid_request`",
        also: &[("crates/cli/tests/it/cli/secrets.rs", "nothing_secret_is_logged_on_sqlite")],
    }
    rfc6749_2_3_1_client_authentication with secretive {
        number: 27,
        source: "RFC 6749, 2.3.1 and 5.2; ASVS 10.4.10",
        rule: "A wrong, empty or strange secret is refused, and so are two that differ.",
        result: "401 `invalid_client`, with `WWW-Authenticate: Basic` where that was tried; two that differ: 400 \
                 `invalid_request`",
    }
    rfc6749_2_3_two_methods_that_agree {
        number: 27,
        source: "RFC 6749, 2.3",
        clients: Clients::Lwa,
        rule: "A client uses one method of authentication in a request.",
        result: "HTTP Basic and the same credentials in the body are taken as one pair",
        reason: Some("Clients of the original protocol send both. No choice is made between two pairs."),
    }
    rfc6749_2_3_two_methods {
        number: 27,
        source: "RFC 6749, 2.3",
        clients: Clients::Strict,
        rule: "A client uses one method of authentication in a request.",
        result: "400 `invalid_request`, also where both say the same",
    }
    asvs_11_2_4_secrets_compared_in_constant_time {
        number: 28,
        source: "ASVS 11.2.4 and 6.3.8",
        rule: "Secrets are compared in constant time, and an unknown client costs the same work and gets the same answer.",
        result: "Hashes are compared by `subtle`; unknown, disabled and wrong look alike",
    }
    rfc9700_2_4_unsupported_grants {
        number: 30,
        source: "RFC 9700, 2.4; RFC 6749, 5.2; ASVS 10.4.4",
        rule: "Only the grants that are needed exist: no password, no implicit, no client credentials.",
        result: "`unsupported_grant_type`, before the client is looked at",
    }
    rfc6749_5_1_answers_are_kept_nowhere {
        number: 33,
        source: "RFC 6749, 5.1 and 5.2; ASVS 14.3.2 and 13.4.2",
        rule: "Successes and refusals are JSON that nobody keeps, without details of the program.",
        result: "`Cache-Control: no-store`, `Pragma: no-cache`; `invalid_grant` names the parameter, not what is wrong \
                 with it",
        reason: Some("Clients of the original protocol read the parameter's name in the description."),
    }
    rfc6749_3_2_bodies_of_other_kinds {
        number: 34,
        source: "RFC 6749, 3.2; ASVS 4.1.1 and 2.2.1",
        rule: "Bodies that are no form, too large, too deep or not UTF-8 are refused at once.",
        result: "400; a JSON object of strings is read as a form, and its repeated keys are refused",
        reason: Some("The original service takes JSON as well, and its clients send wrong labels: the body's look counts."),
    }
}

async fn rfc6749_2_3_1_nothing_secret_in_queries(server: &Server) {
    for mode in MODES {
        set_client_modes(server, mode).await;
        let (device, sent) = (link_by_code(server, "SN-1").await, create_code(server, "SN-2").await);
        let before = server.all_rows().await;
        let body = form_body(&[("grant_type", "refresh_token"), ("client_id", WEB), ("client_secret", SECRET)]);
        for (name, value) in [
            ("client_secret", SECRET),
            ("refresh_token", &device.refresh),
            ("access_token", &device.access),
            ("code", &sent),
            ("code_verifier", super::parties::VERIFIER),
            ("client_assertion", "x"),
        ] {
            let path = format!("/auth/o2/token?{}", form_body(&[(name, value)]));
            assert_refused(&server.request("POST", &path).body(body.clone()).send().await, 400, "invalid_request");
            for method in ["GET", "PUT", "DELETE"] {
                let reply = server.request(method, &path).send().await;
                assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST"), "{method}");
                assert!(!reply.text().contains(value), "{method} {name}");
            }
        }
        assert_eq!(server.all_rows().await, before);
        assert_eq!(redeem_code(server, &sent).await.status, 200, "the code is still good");
    }
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// A refresh request, with client authentication in a header.
fn ask(server: &Server, refresh: &str, more: &[(&str, &str)]) -> TestRequest {
    server.token_request(&[&[("grant_type", "refresh_token"), ("refresh_token", refresh)], more].concat())
}

const SECRETIVE: &str = "amzn1.application-oa2-client.3f3c9a7be2d14c55a1b68e90d2f4c713";
/// A secret with every character that Basic authentication must encode.
const ODD_SECRET: &str = "a:b+c%20d e&f=g\u{e9}";

/// Aqua has one more client, with an odd secret.
fn secretive() -> Options {
    let mut seed = fixtures::seed();
    let client = fixtures::client(ClientKind::Web, SECRETIVE, Some(ODD_SECRET), &[REDIRECT]);
    seed.makers[0].profiles[0].clients.push(client);
    let proxies = vec!["127.0.0.1".to_owned()].try_into().unwrap();
    Options { seed, proxies, ..Options::default() }
}

async fn rfc6749_2_3_1_client_authentication(server: &Server) {
    let (mut count, unknown) = (0, WEB.replace("0f3c", "ffff"));
    // Each attempt comes from another network, so that none is throttled because of others.
    let mut from = |call: TestRequest| {
        count += 1;
        call.header("x-forwarded-for", format!("10.{count}.0.1"))
    };
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let device = link_by_code(server, serial).await;
        let before = server.all_rows().await;
        for fields in [
            vec![("client_id", WEB)],
            vec![("client_id", WEB), ("client_secret", "")],
            vec![("client_id", WEB), ("client_secret", "wrong")],
            vec![("client_id", WEB), ("client_secret", OTHER_SECRET)],
            vec![("client_id", unknown.as_str()), ("client_secret", SECRET)],
            vec![("client_id", "nobody"), ("client_secret", SECRET)],
            vec![("client_id", APP), ("client_secret", SECRET)],
        ] {
            let reply = from(ask(server, &device.refresh, &fields)).send().await;
            assert_refused(&reply, 401, "invalid_client");
            assert_eq!(reply.header("www-authenticate"), "", "Basic was not tried");
        }
        for header in [
            basic(WEB, "wrong"),
            basic(WEB, ""),
            basic(OTHER_WEB, SECRET),
            basic(APP, SECRET),
            format!("Basic {}", STANDARD.encode(WEB)),
            "Basic !!!".into(),
            "Basic".into(),
        ] {
            let reply = from(ask(server, &device.refresh, &[])).header("authorization", &header).send().await;
            assert_refused(&reply, 401, "invalid_client");
            assert!(reply.header("www-authenticate").starts_with("Basic "), "{header}");
        }
        for more in [vec![("client_id", OTHER_WEB)], vec![("client_secret", OTHER_SECRET)]] {
            let call = ask(server, &device.refresh, &more).header("authorization", basic(WEB, SECRET));
            assert_refused(&call.send().await, 400, "invalid_request");
        }
        assert_eq!(server.all_rows().await, before);
        let call = ask(server, &device.refresh, &[]).header("authorization", basic(WEB, SECRET));
        assert_eq!(call.send().await.status, 200);
        // The client is accepted, so the refusal is about the token.
        let odd = basic(&percent_encode(SECRETIVE, ""), &percent_encode(ODD_SECRET, "").replace("%20", "+"));
        assert_refused(&ask(server, "x", &[]).header("authorization", odd).send().await, 400, "invalid_grant");
        let raw = from(ask(server, "x", &[])).header("authorization", basic(SECRETIVE, ODD_SECRET));
        assert_refused(&raw.send().await, 401, "invalid_client");
    }
}

async fn both_methods(server: &Server, wanted: (u16, &str)) {
    for more in [vec![("client_id", WEB), ("client_secret", SECRET)], vec![("client_secret", SECRET)]] {
        let device = link_by_code(server, "SN-1").await;
        let call = ask(server, &device.refresh, &more).header("authorization", basic(WEB, SECRET));
        assert_eq!(status_and_error(&call.send().await), (wanted.0, wanted.1.to_owned()), "{more:?}");
        let call = ask(server, &device.refresh, &[("client_id", WEB)]).header("authorization", basic(WEB, SECRET));
        assert_eq!(call.send().await.status, 200, "an id is no proof");
    }
}

async fn rfc6749_2_3_two_methods_that_agree(server: &Server) {
    both_methods(server, (200, "")).await;
}

async fn rfc6749_2_3_two_methods(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    both_methods(server, (400, "invalid_request")).await;
}

/// The places where the source compares secrets: file, function, and the call that it must contain.
const COMPARED: [(&str, &str, &str); 6] = [
    ("domain/src/profile.rs", "pub fn verify_secret", ".ct_eq("),
    ("domain/src/token.rs", "pub fn verify", ".verify_slice("),
    ("service/src/session.rs", "pub fn is_form_token", ".ct_eq("),
    ("service/src/operator_token.rs", "pub fn matches", ".ct_eq("),
    ("service/src/signed_link.rs", "pub(crate) fn open(", ".ct_eq("),
    ("service/src/signed_link.rs", "pub(crate) fn has_digits(", ".ct_eq("),
];

async fn asvs_11_2_4_secrets_compared_in_constant_time(server: &Server) {
    for (file, function, word) in COMPARED {
        let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(&path).unwrap();
        let body = source.split(function).nth(1).unwrap_or_else(|| panic!("{file} has no {function}"));
        // A method ends at an indented brace, a function at the margin.
        let body = body.split("\n    }\n").next().and_then(|body| body.split("\n}\n").next()).unwrap_or_default();
        assert!(body.contains(word), "{function} of {file} does not compare by {word}");
    }
    let device = link_by_code(server, "SN-1").await;
    client::apply_change(server.app(), OTHER_WEB, ClientChange::Disable).await.unwrap();
    let unknown = WEB.replace("0f3c", "ffff");
    let mut answers = Vec::new();
    for (id, secret) in [(WEB, "wrong"), (&unknown, SECRET), ("nobody", SECRET), (OTHER_WEB, OTHER_SECRET), (APP, "x")]
    {
        let reply = ask(server, &device.refresh, &[("client_id", id), ("client_secret", secret)]).send().await;
        let headers = reply.headers.iter().filter(|(name, _)| *name != "x-amzn-requestid" && *name != "date");
        let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
        answers.push((reply.status, headers, reply.text()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

async fn rfc9700_2_4_unsupported_grants(server: &Server) {
    for mode in MODES {
        set_client_modes(server, mode).await;
        let before = server.all_rows().await;
        for grant in [
            "password",
            "implicit",
            "client_credentials",
            "device_code",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "Authorization_Code",
            "authorization_code ",
            "",
        ] {
            let more = [("username", fixtures::ANN), ("password", fixtures::PASSWORD), ("scope", "profile")];
            assert_refused(&send_web_grant(server, grant, &more).await, 400, "unsupported_grant_type");
        }
        assert_refused(&server.token_request(&[]).send().await, 400, "unsupported_grant_type");
        assert_eq!(server.all_rows().await, before);
    }
    let metadata = metadata(server).await;
    assert_eq!(metadata["grant_types_supported"], serde_json::json!(["authorization_code", "refresh_token"]));
}

#[track_caller]
fn kept_nowhere(reply: &ClientResponse) {
    for (header, value) in [
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("content-type", "application/json;charset=UTF-8"),
        ("x-content-type-options", "nosniff"),
        ("server", ""),
        ("x-powered-by", ""),
    ] {
        assert_eq!(reply.header(header), value, "{header}: {}", reply.text());
    }
    let text = reply.text();
    for detail in ["panicked", ".rs:", "opendrs_", "sqlite", "postgres", "SELECT", "backtrace"] {
        assert!(!text.contains(detail), "{detail}: {text}");
    }
}

async fn rfc6749_5_1_answers_are_kept_nowhere(server: &Server) {
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let reply = redeem_code(server, &create_code(server, serial).await).await;
        assert_eq!(reply.status, 200);
        kept_nowhere(&reply);
        let device = super::parties::parse_tokens(&reply);
        kept_nowhere(&refresh_tokens(server, &device.refresh).await);
        kept_nowhere(&server.request("GET", "/user/profile").bearer_token(&device.access).send().await);
        kept_nowhere(&server.request("GET", "/auth/o2/tokeninfo").bearer_token(&device.access).send().await);
        let mut refusals = Vec::new();
        for more in [vec![], vec![("refresh_token", "x")], vec![("refresh_token", &device.refresh[..404])]] {
            let reply = send_web_grant(server, "refresh_token", &more).await;
            kept_nowhere(&reply);
            assert!(reply.status == 400 && !reply.text().contains(&device.refresh[..404]));
            refusals.push(reply.text());
        }
        assert_eq!(refusals[1], refusals[2], "the answer does not depend on what is wrong with a token");
        kept_nowhere(&server.token_request(&[("grant_type", "refresh_token"), ("client_id", "x")]).send().await);
        kept_nowhere(&server.token_request(&[]).body("{").send().await);
    }
}

async fn rfc6749_3_2_bodies_of_other_kinds(server: &Server) {
    let good = form_body(&[("grant_type", "refresh_token"), ("client_id", WEB), ("client_secret", SECRET)]);
    let json = format!(r#"{{"grant_type":"refresh_token","client_id":"{WEB}","client_id":"{WEB}"}}"#);
    for mode in MODES {
        set_client_modes(server, mode).await;
        let before = server.all_rows().await;
        for (label, body) in [
            ("application/json", "{".repeat(10_000).into_bytes()),
            ("application/json", format!(r#"{{"grant_type":{}"#, "[".repeat(20_000)).into_bytes()),
            ("application/json", br#"{"grant_type":["refresh_token"]}"#.to_vec()),
            ("application/json", br#"{"grant_type":{"a":1}}"#.to_vec()),
            ("application/json", b"[1,2]".to_vec()),
            ("application/json", b"null".to_vec()),
            ("application/json", json.clone().into_bytes()),
            ("application/xml", b"<grant_type>refresh_token</grant_type>".to_vec()),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--".to_vec()),
            ("application/x-www-form-urlencoded", b"grant_type=%ff%fe".to_vec()),
            ("application/x-www-form-urlencoded", b"grant_type=refresh_token\0x".to_vec()),
            ("application/x-www-form-urlencoded", vec![b'a'; 70_000]),
            ("application/x-www-form-urlencoded", (0..10_000).map(|n| format!("{n}&")).collect::<String>().into()),
            ("application/x-www-form-urlencoded", format!("{good}&refresh_token=%00").into_bytes()),
            ("application/x-www-form-urlencoded", vec![0xff; 100]),
        ] {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let reply = server.request("POST", "/auth/o2/token").header("content-type", label).body(body).send().await;
            assert_eq!(reply.status, 400, "{label} {shown}: {}", reply.text());
            assert!(reply.json()["error"].is_string(), "{}", reply.text());
        }
        assert_eq!(server.all_rows().await, before);
    }
}
