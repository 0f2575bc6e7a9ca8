//! Concurrent requests: what may happen once happens once. On both engines.

use crate::harness::fixtures::{ANN, BOB, CARL, FILTER, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, Server, TestBrowser, authorize_path};
use futures_util::future::join_all;
use opendrs_domain::version::ApiEndpoint;
use std::collections::BTreeMap;

both!(
    many_replenish_calls_place_one_order,
    many_exchanges_of_one_code_have_one_winner,
    many_deregistrations_are_one,
    one_sign_up_is_completed_once,
    many_customers_link_one_unit,
);

async fn many_replenish_calls_place_one_order(server: &Server) {
    let device = server.link_default_device().await;
    let path = format!("/replenish/{FILTER}");
    let replies = join_all((0..200).map(|_| server.device_call(&device, ApiEndpoint::Replenish, &path).send())).await;

    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    let mut orders: Vec<_> = Vec::new();
    for reply in replies {
        let answer = reply.json();
        assert_eq!(reply.status, 200, "{answer}");
        *said.entry(answer["detailCode"].to_string()).or_default() += 1;
        orders.push(answer["eventInstanceId"].to_string());
    }
    assert_eq!(said, BTreeMap::from([("\"STANDARD_ORDER_PLACED\"".into(), 1), ("\"ORDER_INPROGRESS\"".into(), 199)]));
    orders.dedup();
    assert_eq!(orders.len(), 1, "all speak of the order that was placed");
    assert_eq!(server.row_count("orders").await, 1);
    assert_eq!(server.event_names().await, ["DeviceRegistered", "SubscriptionChanged", "OrderPlaced"]);
}

async fn many_exchanges_of_one_code_have_one_winner(server: &Server) {
    let code = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    let fields = [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET), ("code", &code)];
    let replies = join_all((0..30).map(|_| server.token_request(&fields).send())).await;

    let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 29));
    let refused =
        r#"{"error_description":"The request has an invalid grant parameter : code","error":"invalid_grant"}"#;
    assert!(lost.iter().all(|reply| reply.status == 400 && reply.text() == refused));
    // Another holder of the code may have the tokens, so the second use of the code revoked them.
    let refresh = won[0].json()["refresh_token"].as_str().unwrap().to_owned();
    let fields =
        [("grant_type", "refresh_token"), ("client_id", WEB), ("client_secret", SECRET), ("refresh_token", &refresh)];
    assert_eq!(server.token_request(&fields).send().await.json()["error"], "invalid_grant");
}

async fn many_deregistrations_are_one(server: &Server) {
    let device = server.link_default_device().await;
    let replies = join_all(
        (0..30).map(|_| server.device_call(&device, ApiEndpoint::Deregister, "/registration").status_and_text()),
    )
    .await;
    assert_eq!(replies.iter().filter(|said| **said == (200, "{}".into())).count(), 1);
    assert_eq!(replies.iter().filter(|said| **said == (400, r#"{"message":"Invalid token"}"#.into())).count(), 29);
    assert_eq!(server.event_names().await, ["DeviceRegistered", "SubscriptionChanged", "DeviceDeregistered"]);
}

async fn one_sign_up_is_completed_once(server: &Server) {
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await.press("/ap/consent", "consentApproved").await;
    for _slot in 0..2 {
        let form = visit.form("/slot_action");
        visit.submit(&form).await;
    }
    let complete = visit.form("/setup_overview").press("completeSetup");
    let browsers: Vec<_> = (0..30).map(|_| visit.browser.clone()).collect();
    let replies =
        join_all(browsers.into_iter().map(async |mut browser| browser.submit(&complete).await.unwrap())).await;

    // Every answer leads the browser to the app with the code.
    let mut told: Vec<_> = replies.iter().map(|reply| (reply.status.as_u16(), reply.header("location"))).collect();
    told.dedup();
    assert!(told.len() == 1 && told[0].0 == 302 && told[0].1.contains("code=AN"), "{told:?}");
    assert_eq!((server.row_count("code").await, server.row_count("device").await), (1, 1));
    assert_eq!(server.event_names().await, ["DeviceRegistered", "SubscriptionChanged"]);
}

async fn many_customers_link_one_unit(server: &Server) {
    let owners = [ANN, BOB, CARL];
    let links = (0..30).map(|n| server.link_device(LinkOptions::default().customer(owners[n % 3])));
    let devices = join_all(links).await;

    let infos = devices
        .iter()
        .map(|device| server.device_call(device, ApiEndpoint::SubscriptionInfo, "/subscriptionInfo").send());
    let alive = join_all(infos).await.into_iter().filter(|reply| reply.status == 200).count();
    assert!((1..=10).contains(&alive), "only the last owner's tokens are good: {alive}");
    let events = server.event_names().await;
    let count = |kind: &str| events.iter().filter(|event| *event == kind).count();
    assert_eq!(count("DeviceRegistered"), count("DeviceDeregistered") + 1, "{events:?}");
    assert_eq!(server.row_count("device").await, count("DeviceRegistered"));
    assert_eq!(server.row_count("unit").await, 1);
}
