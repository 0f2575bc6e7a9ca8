//! Clients with the rules of RFC 9700: what they must send, and the answers (docs/spec/login.md#client-modes,
//! docs/spec/login.md#refresh-rotation). On both engines.

use crate::harness::fixtures::{ANN, APP, APP_REDIRECT, LOCAL_REDIRECT, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, authorize_path, form_body};
use opendrs_client::ClientResponse;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::profile::ClientMode;
use opendrs_domain::version::ApiEndpoint::SubscriptionInfo;
use opendrs_service::login::client::set_mode;
use opendrs_service::login::link::link_device;

both!(
    an_authorize_request_brings_s256_and_its_redirect,
    who_answers_is_told_and_the_metadata_agree,
    a_code_is_exchanged_with_all_that_belongs_to_it,
    a_code_from_before_proves_nothing_less,
    a_loopback_address_has_any_port,
    no_token_is_taken_from_a_query,
    what_was_issued_before_goes_on,
);

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const DIGEST: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const S256: [(&str, Option<&str>); 2] = [("code_challenge", Some(DIGEST)), ("code_challenge_method", Some("S256"))];

pub(super) async fn make_all_clients_strict(server: &Server) {
    for client in [WEB, APP] {
        assert_eq!(set_mode(server.app(), client, ClientMode::Strict).await.unwrap().mode, ClientMode::Strict);
    }
}

/// Sends a grant of Aqua's cloud with further fields.
pub(super) async fn send_web_grant(server: &Server, grant: &str, more: &[(&str, &str)]) -> ClientResponse {
    let client = [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET)];
    server.token_request(&[&client, more].concat()).send().await
}

pub(super) async fn exchange_code(server: &Server, code: &str) -> LinkedDevice {
    let more = [("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    parse_tokens(&send_web_grant(server, "authorization_code", &more).await)
}

pub(super) fn parse_tokens(reply: &ClientResponse) -> LinkedDevice {
    let answer = reply.json();
    let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&"bearer".into(), &3600.into()));
    LinkedDevice { access: text("access_token"), refresh: text("refresh_token") }
}

pub(super) async fn refresh_tokens(server: &Server, token: &str) -> LinkedDevice {
    parse_tokens(&send_web_grant(server, "refresh_token", &[("refresh_token", token)]).await)
}

const REFUSED: &str =
    r#"{"error_description":"The request has an invalid grant parameter : refresh_token","error":"invalid_grant"}"#;

pub(super) async fn assert_refresh_refused(server: &Server, token: &str) {
    let reply = send_web_grant(server, "refresh_token", &[("refresh_token", token)]).await;
    assert_eq!((reply.status.as_u16(), reply.text().as_str()), (400, REFUSED));
}

pub(super) async fn subscription_info_status(server: &Server, device: &LinkedDevice) -> u16 {
    server.device_call(device, SubscriptionInfo, "/subscriptionInfo").send().await.status.as_u16()
}

pub(super) async fn create_code(server: &Server, serial: &str) -> String {
    server.link_for_code(LinkOptions::default().serial(serial), REDIRECT, Some(Challenge::S256(DIGEST.into()))).await
}

/// Signs in to Aqua's cloud without a device.
pub(super) async fn link_strict_app(server: &Server) -> LinkedDevice {
    let visit = server
        .sign_up(&authorize_path(&[&S256[..], &[("scope", Some("profile")), ("scope_data", None)]].concat()))
        .await;
    exchange_code(server, visit.redirect_param("code").expect("a code")).await
}

async fn an_authorize_request_brings_s256_and_its_redirect(server: &Server) {
    make_all_clients_strict(server).await;
    let issuer = form_body(&[("iss", &server.base_url)]);
    for (client, redirect) in [(WEB, REDIRECT), (APP, APP_REDIRECT)] {
        let of = [("client_id", Some(client)), ("redirect_uri", Some(redirect))];
        for (changes, error) in [
            (vec![], "invalid_request"),
            (vec![("code_challenge", Some(DIGEST))], "invalid_request"),
            (vec![("code_challenge", Some(VERIFIER)), ("code_challenge_method", Some("plain"))], "invalid_request"),
            (vec![S256[0], ("code_challenge_method", Some("s256"))], "invalid_request"),
            (vec![("code_challenge", Some("short")), S256[1]], "invalid_request"),
            (vec![S256[1]], "invalid_request"),
            (vec![S256[0], S256[1], ("response_type", Some("token"))], "unsupported_response_type"),
            (vec![S256[0], S256[1], ("response_type", Some("id_token token"))], "unsupported_response_type"),
            (vec![S256[0], S256[1], ("response_type", None)], "invalid_request"),
            (vec![S256[0], S256[1], ("scope", Some("alexa:all"))], "invalid_scope"),
        ] {
            let visit = TestBrowser::open(server, &authorize_path(&[&of[..], &changes].concat())).await;
            let target = visit.location();
            assert_eq!(visit.page.status, 302, "{changes:?}");
            assert!(target.starts_with(&format!("{redirect}?error_description=")), "{changes:?}: {target}");
            assert!(target.ends_with(&format!("&state=s-1&{issuer}&error={error}")), "{changes:?}: {target}");
        }
        for uri in [None, Some(format!("{redirect}/")), Some(redirect.to_uppercase())] {
            let of = [("client_id", Some(client)), ("redirect_uri", uri.as_deref())];
            let visit = TestBrowser::open(server, &authorize_path(&[&of[..], &S256].concat())).await;
            assert_eq!((visit.page.status.as_u16(), visit.location()), (400, ""), "{uri:?}: nobody is trusted");
        }
    }
}

async fn who_answers_is_told_and_the_metadata_agree(server: &Server) {
    let told = form_body(&[("iss", &server.base_url)]).replace("iss=", "");
    let lwa = server.sign_up(&authorize_path(&[])).await;
    assert_eq!(lwa.redirect_param("iss"), Some(told.as_str()), "whatever the client lives by");
    make_all_clients_strict(server).await;
    let mut visit =
        TestBrowser::open(server, &authorize_path(&[&S256[..], &[("scope", Some("dash:replenish profile"))]].concat()))
            .await;
    let metadata = server.request("GET", "/.well-known/oauth-authorization-server").send().await;
    let metadata = metadata.json();
    let issuer = metadata["issuer"].as_str().unwrap();
    assert_eq!(issuer, server.base_url);
    assert_eq!(metadata["authorization_endpoint"], format!("{issuer}/ap/oa"));
    assert_eq!(metadata["token_endpoint"], format!("{issuer}/auth/o2/token"));
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    visit.sign_in(ANN).await;
    let mut denies = TestBrowser::open(
        server,
        &authorize_path(&[&S256[..], &[("scope", Some("profile")), ("scope_data", None)]].concat()),
    )
    .await;
    denies.sign_in(crate::harness::fixtures::BOB).await.press("/ap/consent", "consentDenied").await;
    assert_eq!(
        (denies.redirect_param("error"), denies.redirect_param("iss")),
        (Some("access_denied"), Some(told.as_str()))
    );
    server.complete_sign_up(&mut visit).await;
    assert_eq!((visit.redirect_param("iss"), visit.redirect_param("state")), (Some(told.as_str()), Some("s-1")));
    assert_eq!(
        subscription_info_status(server, &exchange_code(server, visit.redirect_param("code").unwrap()).await).await,
        200
    );
}

async fn a_code_is_exchanged_with_all_that_belongs_to_it(server: &Server) {
    make_all_clients_strict(server).await;
    let code = create_code(server, "SN-1").await;
    let reply = send_web_grant(server, "authorization_code", &[("code", &code), ("code_verifier", VERIFIER)]).await;
    let missing = "The request is missing a required parameter : redirect_uri";
    assert_eq!(reply.json(), serde_json::json!({ "error": "invalid_request", "error_description": missing }));
    assert_eq!(
        subscription_info_status(server, &exchange_code(server, &code).await).await,
        200,
        "the code is still good"
    );
    for more in [
        vec![("redirect_uri", REDIRECT)],
        vec![("redirect_uri", REDIRECT), ("code_verifier", DIGEST)],
        vec![("redirect_uri", LOCAL_REDIRECT), ("code_verifier", VERIFIER)],
        vec![("redirect_uri", "https://setup.example.net/drs/done/"), ("code_verifier", VERIFIER)],
    ] {
        let code = create_code(server, "SN-1").await;
        for more in [&more[..], &[("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)]] {
            let reply = send_web_grant(server, "authorization_code", &[more, &[("code", &code)]].concat()).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["error"]), (400, &"invalid_grant".into()), "{more:?}");
        }
    }
    let code = create_code(server, "SN-1").await;
    let device = exchange_code(server, &code).await;
    let more = [("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    assert_eq!(send_web_grant(server, "authorization_code", &more).await.json()["error"], "invalid_grant", "twice");
    assert_eq!(subscription_info_status(server, &device).await, 400);
    assert_refresh_refused(server, &device.refresh).await;
}

async fn a_code_from_before_proves_nothing_less(server: &Server) {
    let plain = || Some(Challenge::Plain(VERIFIER.into()));
    let codes = [
        server.link_for_code(LinkOptions::default(), REDIRECT, None).await,
        server.link_for_code(LinkOptions::default(), REDIRECT, plain()).await,
    ];
    make_all_clients_strict(server).await;
    for code in &codes {
        let more = [("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
        assert_eq!(send_web_grant(server, "authorization_code", &more).await.json()["error"], "invalid_grant");
    }
    for (challenge, says) in [(None, "is strict and must prove its code"), (plain(), "--code-challenge-method S256")] {
        let mut linking = LinkOptions::default().0;
        linking.code = Some((REDIRECT.into(), challenge));
        let error = link_device(server.app(), linking).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

async fn a_loopback_address_has_any_port(server: &Server) {
    let uris = format!("{REDIRECT}\nhttp://127.0.0.1/done\nhttp://[::1]:3000/done\nhttp://localhost:3000/done");
    let uris = serde_json::to_string(&uris.split('\n').collect::<Vec<_>>()).unwrap();
    server.execute_sql(&format!("UPDATE client SET redirect_uris = '{uris}'")).await;
    let open = async |uri: &str| {
        TestBrowser::open(server, &authorize_path(&[&S256[..], &[("redirect_uri", Some(uri))]].concat()))
            .await
            .page
            .status
            .as_u16()
    };
    let ports = ["http://127.0.0.1:51004/done", "http://[::1]:51004/done", "http://[::1]/done"];
    for uri in ports {
        assert_eq!(open(uri).await, 400, "{uri}: as registered");
    }
    make_all_clients_strict(server).await;
    for uri in ports {
        assert_eq!(open(uri).await, 200, "{uri}");
    }
    for uri in [
        "http://localhost:51004/done",
        "http://127.0.0.1:51004/done/",
        "https://127.0.0.1:51004/done",
        "http://127.0.0.2:51004/done",
        "http://127.0.0.1:51004.evil.example/done",
        "http://[::1].evil.example/done",
        "https://setup.example.net:8443/drs/done",
    ] {
        assert_eq!(open(uri).await, 400, "{uri}");
    }
    let mut visit =
        TestBrowser::open(server, &authorize_path(&[&S256[..], &[("redirect_uri", Some(ports[0]))]].concat())).await;
    visit.sign_in(ANN).await;
    server.complete_sign_up(&mut visit).await;
    assert!(visit.location().starts_with(&format!("{}?code=AN", ports[0])), "{}", visit.location());
    let code = ("code", visit.redirect_param("code").unwrap());
    let other = [code, ("redirect_uri", "http://127.0.0.1:51005/done"), ("code_verifier", VERIFIER)];
    let wrong = "The request has an invalid grant parameter : redirect_uri";
    let reply = send_web_grant(server, "authorization_code", &other).await;
    assert_eq!(
        reply.json(),
        serde_json::json!({ "error": "invalid_grant", "error_description": wrong }),
        "another port"
    );
}

async fn no_token_is_taken_from_a_query(server: &Server) {
    make_all_clients_strict(server).await;
    let app = link_strict_app(server).await;
    let in_query = form_body(&[("access_token", &app.access)]);
    for path in ["/auth/o2/tokeninfo", "/user/profile"] {
        let reply = server.request("GET", &format!("{path}?{in_query}")).bearer_token(&app.access).send().await;
        let says = "Send this client's access tokens in a header, not in the query";
        assert_eq!(reply.json(), serde_json::json!({ "error": "invalid_request", "error_description": says }));
        assert_eq!(server.request("GET", path).bearer_token(&app.access).send().await.status, 200, "{path}");
        let lwa = server.request("GET", path).header("x-amz-access-token", &app.access);
        assert_eq!(lwa.clone().send().await.status, 200, "{path}");
        let says = "Send this client's access tokens once, in one header";
        let reply = lwa.bearer_token(&app.access).send().await;
        assert_eq!(reply.json(), serde_json::json!({ "error": "invalid_request", "error_description": says }));
    }
}

async fn what_was_issued_before_goes_on(server: &Server) {
    let device = server.link_default_device().await;
    let app =
        server.link_device(LinkOptions::default().serial("SN-2").client(APP, crate::harness::fixtures::MODEL)).await;
    make_all_clients_strict(server).await;
    assert_eq!(
        [subscription_info_status(server, &device).await, subscription_info_status(server, &app).await],
        [200, 200]
    );
    let next = refresh_tokens(server, &device.refresh).await;
    assert_ne!(next.refresh, device.refresh);
    let public = [("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", app.refresh.as_str())];
    let next = parse_tokens(&server.token_request(&public).send().await);
    assert_eq!(subscription_info_status(server, &next).await, 200);
    set_mode(server.app(), APP, ClientMode::Lwa).await.unwrap();
    let public = [("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", next.refresh.as_str())];
    let same = parse_tokens(&server.token_request(&public).send().await);
    assert_eq!(same.refresh, next.refresh, "as it was");
}
