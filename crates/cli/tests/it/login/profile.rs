//! The facts about a customer that an access token opens: tokeninfo and `/user/profile` (docs/spec/login.md#tokeninfo,
//! docs/spec/login.md#user-profile).

use crate::harness::fixtures::{ANN, OTHER_MODEL, OTHER_WEB, WEB};
use crate::harness::{LinkOptions, ReplyExt, Server, authorize_path, form_body};
use opendrs_domain::customer::Address;
use opendrs_domain::text::Email;
use opendrs_domain::version::ApiEndpoint::{Deregister, SubscriptionInfo};
use opendrs_service::customer;
use serde_json::json;

const BAD_TOKEN: &str =
    r#"{"error_description":"The access token is missing, malformed, expired or revoked","error":"invalid_token"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn tokeninfo_counts_down() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let encoded = device.access.replace('|', "%7C");
    let by_query = server.request("GET", &format!("/auth/o2/tokeninfo?access_token={encoded}"));
    let reply = by_query.clone().send().await;
    let info = reply.json();
    let (user, app) = (info["user_id"].as_str().unwrap(), info["app_id"].as_str().unwrap());
    assert_eq!(
        reply.status_and_text(),
        (
            200,
            format!(
                r#"{{"iss":"https://www.amazon.com","user_id":"{user}","aud":"{WEB}","app_id":"{app}","exp":3600,"iat":1519974000}}"#
            )
        )
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(user.starts_with("amzn1.account.A") && user.len() == 14 + 28, "{user}");
    assert!(app.starts_with("amzn1.application.") && app.len() == 18 + 32, "{app}");

    server.advance("1000s").await;
    for call in [
        by_query.clone(),
        server.request("GET", &format!("/auth/O2/tokeninfo?access_token={}", device.access)),
        server.request("GET", "/auth/o2/tokeninfo").header("x-amz-access-token", &device.access),
        server.request("GET", "/auth/o2/tokeninfo?access_token=").header("x-amz-access-token", &device.access),
        server.request("GET", "/auth/o2/tokeninfo").header("x-amz-access-token", "").bearer_token(&device.access),
        server.request("GET", "/auth/o2/tokeninfo").header("authorization", format!("bearer {}", device.access)),
    ] {
        let info = call.send().await.json();
        assert_eq!((&info["exp"], &info["iat"]), (&json!(2600), &json!(1_519_974_000)));
    }
    server.advance("2600s").await;
    assert_eq!(by_query.status_and_text().await, (400, BAD_TOKEN.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_none_or_no_more_is_refused() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let ended = server.link_device(LinkOptions::default().serial("SN-2")).await;
    server.device_call(&ended, Deregister, "/registration").send().await;
    for path in ["/auth/o2/tokeninfo", "/user/profile"] {
        let missing = r#"{"error_description":"The request is missing a required parameter : access_token","error":"invalid_request"}"#;
        assert_eq!(server.request("GET", path).status_and_text().await, (400, missing.into()));
        for token in ["x", &device.refresh, &ended.access, &device.access[..404]] {
            let reply = server.request("GET", path).header("x-amz-access-token", token).send().await;
            assert_eq!(reply.status_and_text(), (400, BAD_TOKEN.into()), "{path}");
            assert!(reply.header("x-amzn-errortype").starts_with("OA2InvalidRequestException:"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_different_tokens_none_counts() {
    let server = Server::start().await;
    let (one, other) = (server.profile_token("profile").await, server.profile_token("profile").await);
    let (in_query, also) = (form_body(&[("access_token", &one)]), form_body(&[("access_token", &other)]));
    let refused =
        r#"{"error_description":"The request has different access tokens : send one","error":"invalid_request"}"#;
    for path in ["/auth/o2/tokeninfo", "/user/profile"] {
        let by_query = server.request("GET", &format!("{path}?{in_query}"));
        let plain = server.request("GET", path);
        for call in [
            by_query.clone().header("x-amz-access-token", &other),
            by_query.clone().bearer_token(&other),
            plain.clone().header("x-amz-access-token", &one).bearer_token(&other),
            plain.clone().header("x-amz-access-token", &one).header("x-amz-access-token", &other),
            plain.clone().bearer_token(&one).header("authorization", format!("bearer {other}")),
            server.request("GET", &format!("{path}?{in_query}&{also}")),
        ] {
            assert_eq!(call.status_and_text().await, (400, refused.into()), "{path}");
        }
        for call in [
            by_query.clone().header("x-amz-access-token", &one).bearer_token(&one),
            server.request("GET", &format!("{path}?{in_query}&{in_query}")),
        ] {
            assert_eq!(call.status_and_text().await.0, 200, "{path}: the same token twice");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_opens_its_fields_and_no_others() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let info = server.request("GET", "/auth/o2/tokeninfo").bearer_token(&device.access).send().await.json();
    let user = info["user_id"].as_str().unwrap();
    for (scope, body) in [
        ("profile", format!(r#"{{"user_id":"{user}","email":"{ANN}","name":"Ann Example"}}"#)),
        ("profile:user_id", format!(r#"{{"user_id":"{user}"}}"#)),
        ("postal_code", r#"{"postal_code":"97477"}"#.into()),
        (
            "profile postal_code",
            format!(r#"{{"user_id":"{user}","email":"{ANN}","name":"Ann Example","postal_code":"97477"}}"#),
        ),
    ] {
        let token = server.profile_token(scope).await;
        assert_eq!(
            server.request("GET", "/user/profile").bearer_token(&token).status_and_text().await,
            (200, body),
            "{scope}"
        );
        let call = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").bearer_token(&token);
        assert_eq!(
            call.status_and_text().await,
            (400, r#"{"message":"Invalid token"}"#.into()),
            "it speaks for no device"
        );
    }
    let ann = customer::find_id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    let (line1, country) = ("1 Nathan Road".into(), "HK".into());
    customer::set_address(server.app(), ann, Address { line1, country, ..Address::default() }).await.unwrap();
    let token = server.profile_token("postal_code").await;
    assert_eq!(
        server.request("GET", "/user/profile").bearer_token(&token).status_and_text().await,
        (200, "{}".into()),
        "there is none"
    );
    let reply = server.request("GET", "/user/profile").bearer_token(&device.access).send().await;
    let body = r#"{"error_description":"The access token lacks the scope profile","error":"insufficient_scope"}"#;
    assert_eq!(reply.status_and_text(), (401, body.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_another_to_each_maker() {
    let server = Server::start().await;
    let user = async |linking| {
        let device = server.link_device(linking).await;
        let info = server.request("GET", "/auth/o2/tokeninfo").bearer_token(&device.access).send().await.json();
        info["user_id"].as_str().unwrap().to_owned()
    };
    let aqua = user(LinkOptions::default()).await;
    assert_eq!(user(LinkOptions::default().serial("SN-2")).await, aqua);
    assert_ne!(user(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await, aqua);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_for_a_profile_alone_shows_no_slots() {
    let server = Server::start().await;
    let visit = server.sign_up(&authorize_path(&[("scope", Some("profile")), ("scope_data", None)])).await;
    let end = format!("&scope=profile&state=s-1&{}", form_body(&[("iss", &server.base_url)]));
    assert!(visit.location().ends_with(&end), "{}", visit.location());
    assert_eq!((server.row_count("device").await, server.event_names().await.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mobile_sdks_goodbye_is_answered() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let body = json!({ "token_type": "bearer", "token": device.access }).to_string();
    let reply = server.request("POST", "/auth/relyingPartyLogout").body(body).send().await;
    assert_eq!(reply.status_and_text(), (200, "{}".into()));
}
