//! Successful requests to the token endpoint (docs/spec/login.md#code-exchange, docs/spec/login.md#refresh-grant). On
//! both engines.

use crate::harness::fixtures::{APP, APP_REDIRECT, LOCAL_REDIRECT, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, Server, authorize_path};
use opendrs_client::ClientResponse;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::version::ApiEndpoint::SubscriptionInfo;

both!(
    a_code_is_exchanged,
    a_refresh_token_stays_the_same,
    a_refresh_asks_for_no_more_than_was_granted,
    proof_keys_of_either_method,
    a_code_that_comes_twice_kills_what_it_gave
);

/// The example verifier of RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const DIGEST: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Sends a web client's grant with further fields.
async fn web(server: &Server, grant: &str, more: &[(&str, &str)]) -> ClientResponse {
    let client = [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET)];
    server.token_request(&[&client, more].concat()).send().await
}

async fn a_code_is_exchanged(server: &Server) {
    for redirect in [None, Some(REDIRECT), Some(LOCAL_REDIRECT)] {
        let code = server.link_for_code(LinkOptions::default(), redirect.unwrap_or(REDIRECT), None).await;
        let mut fields = vec![("code", code.as_str())];
        fields.extend(redirect.map(|uri| ("redirect_uri", uri)));
        let reply = web(server, "authorization_code", &fields).await;
        let answer = reply.json();
        let (access, refresh) = (answer["access_token"].as_str().unwrap(), answer["refresh_token"].as_str().unwrap());
        let body = format!(
            r#"{{"access_token":"{access}","refresh_token":"{refresh}","token_type":"bearer","expires_in":3600}}"#
        );
        assert_eq!((reply.status.as_u16(), reply.text()), (200, body));
        for (token, prefix) in [(access, "Atza|"), (refresh, "Atzr|")] {
            assert!(token.starts_with(prefix) && (350..=480).contains(&token.len()), "{token}");
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
            assert!(token[5..].bytes().all(plain), "{token}");
        }
        for (header, value) in
            [("content-type", "application/json;charset=UTF-8"), ("cache-control", "no-store"), ("pragma", "no-cache")]
        {
            assert_eq!(reply.header(header), value);
        }
        assert!(!reply.header("x-amzn-requestid").is_empty() && !reply.header("x-amz-date").is_empty());
        let device = crate::harness::LinkedDevice { access: access.into(), refresh: refresh.into() };
        assert_eq!(server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
    }
}

async fn a_refresh_token_stays_the_same(server: &Server) {
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let mut tokens = vec![device.access.clone()];
    for _ in 0..10 {
        let more = [("refresh_token", device.refresh.as_str()), ("redirect_uri", "https://ignored.example/")];
        let answer = web(server, "refresh_token", &more).await.json();
        assert_eq!((&answer["refresh_token"], &answer["expires_in"]), (&device.refresh.as_str().into(), &3600.into()));
        tokens.push(answer["access_token"].as_str().unwrap().to_owned());
    }
    for token in &tokens {
        let call = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").bearer_token(token);
        assert_eq!(call.send().await.status, 200, "no token kills another");
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!((tokens.len(), server.all_rows().await == before), (11, true), "a refresh writes nothing");
    server.advance("400d").await;
    assert_eq!(
        web(server, "refresh_token", &[("refresh_token", &device.refresh)]).await.status,
        200,
        "it does not end"
    );
}

async fn a_refresh_asks_for_no_more_than_was_granted(server: &Server) {
    let device = server.link_default_device().await;
    let refresh = async |token: &str, scope: &str| {
        web(server, "refresh_token", &[("refresh_token", token), ("scope", scope)]).await
    };
    let refused = r#"{"error_description":"The request has an invalid parameter : scope","error":"invalid_scope"}"#;
    for scope in ["profile", "dash:replenish profile", "alexa:all", "dash:replenish,profile"] {
        let reply = refresh(&device.refresh, scope).await;
        assert_eq!((reply.status.as_u16(), reply.text().as_str()), (400, refused), "{scope}");
    }
    for scope in ["", "dash:replenish"] {
        let answer = refresh(&device.refresh, scope).await.json();
        let call = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo");
        assert_eq!(call.bearer_token(answer["access_token"].as_str().unwrap()).send().await.status, 200, "{scope}");
    }

    let visit = server.sign_up(&authorize_path(&[("scope", Some("profile postal_code")), ("scope_data", None)])).await;
    let granted = web(server, "authorization_code", &[("code", visit.redirect_param("code").unwrap())]).await.json();
    let whole = granted["refresh_token"].as_str().unwrap();
    let narrow = refresh(whole, "postal_code").await.json();
    let profile = server.request("GET", "/user/profile").bearer_token(narrow["access_token"].as_str().unwrap());
    assert_eq!(profile.status_and_text().await, (200, r#"{"postal_code":"97477"}"#.into()));
    assert_eq!(narrow["refresh_token"], whole, "the grant stays as it is");
}

async fn proof_keys_of_either_method(server: &Server) {
    for challenge in [Challenge::S256(DIGEST.into()), Challenge::Plain(VERIFIER.into())] {
        let code = server.link_for_code(LinkOptions::default(), REDIRECT, Some(challenge.clone())).await;
        let reply = web(server, "authorization_code", &[("code", &code), ("code_verifier", VERIFIER)]).await;
        assert_eq!(reply.status, 200, "{challenge:?}");

        let linking = LinkOptions::default().client(APP, "Aqua-Pitcher_7");
        let code = server.link_for_code(linking, APP_REDIRECT, Some(challenge)).await;
        let fields = [
            ("code_verifier", VERIFIER),
            ("redirect_uri", APP_REDIRECT),
            ("code", code.as_str()),
            ("client_id", APP),
            ("grant_type", "authorization_code"),
            ("app_name", "x"),
            ("di.hw.name", "y"),
        ];
        let answer = server.token_request(&fields).send().await.json();
        let refresh = answer["refresh_token"].as_str().unwrap();
        let fields = [("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", refresh)];
        assert_eq!(server.token_request(&fields).send().await.status, 200, "an app refreshes without a secret");
    }
}

async fn a_code_that_comes_twice_kills_what_it_gave(server: &Server) {
    let neighbour = server.link_default_device().await;
    let code = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    let won = web(server, "authorization_code", &[("code", &code)]).await.json();
    let access = won["access_token"].as_str().unwrap();
    let call = server.device_call(&neighbour, SubscriptionInfo, "/subscriptionInfo");
    assert_eq!(call.clone().bearer_token(access).send().await.status, 200);

    let refused =
        r#"{"error_description":"The request has an invalid grant parameter : code","error":"invalid_grant"}"#;
    for _ in 0..2 {
        let reply = web(server, "authorization_code", &[("code", &code)]).await;
        assert_eq!((reply.status.as_u16(), reply.text().as_str()), (400, refused));
    }
    assert_eq!(call.clone().bearer_token(access).send().await.status, 400);
    let refresh = web(server, "refresh_token", &[("refresh_token", won["refresh_token"].as_str().unwrap())]).await;
    assert_eq!(refresh.json()["error"], "invalid_grant");
    assert_eq!(call.send().await.status, 200, "the device's other tokens are another family");
}
