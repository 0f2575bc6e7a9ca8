//! A unit that changes hands, and one that does not (decisions 27). On either engine.

use crate::harness::world::{ANN, BOB, FILTER, REDIRECT, SECRET, WEB};
use crate::harness::{Linking, Server, Visit, query};
use opendrs_domain::version::Endpoint::{OrderInfo, Replenish, SubscriptionInfo};
use opendrs_service::outbox;

both!(a_second_customer_takes_the_unit_over, the_same_customer_keeps_everything);

async fn a_second_customer_takes_the_unit_over(server: &Server) {
    let anns = server.device().await;
    let unused = server.code(Linking::default(), REDIRECT, None).await;
    let placed = server.call(&anns, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let mut visit = Visit::open(server, &query(&[])).await;
    visit.sign_in(BOB).await;
    server.complete(&mut visit).await;
    let fields =
        |grant, name, value| [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET), (name, value)];
    let code = visit.answer("code").unwrap();
    let bobs = server.token(&fields("authorization_code", "code", code)).send().await.json();

    let dead = server.call(&anns, SubscriptionInfo, "/subscriptionInfo").said().await;
    assert_eq!(dead, (400, r#"{"message":"Invalid token"}"#.into()));
    for (grant, name, value) in
        [("refresh_token", "refresh_token", anns.refresh.as_str()), ("authorization_code", "code", &unused)]
    {
        assert_eq!(server.token(&fields(grant, name, value)).send().await.json()["error"], "invalid_grant", "{name}");
    }
    let order = format!("/getOrderInfo/{}", placed["eventInstanceId"].as_str().unwrap());
    let bobs_token = bobs["access_token"].as_str().unwrap();
    assert_eq!(
        server.call(&anns, OrderInfo, &order).token(bobs_token).send().await.status,
        400,
        "Ann's order is not Bob's"
    );
    assert_eq!(server.call(&anns, SubscriptionInfo, "/subscriptionInfo").token(bobs_token).send().await.status, 200);

    let events = outbox::newest(server.app(), 100).await.unwrap();
    let ann = &events[0].customer;
    let told: Vec<_> =
        events.iter().map(|e| (e.kind().wire_name().replace("Notification", ""), &e.customer == ann)).collect();
    let told: Vec<_> = told.iter().map(|(kind, anns)| (kind.as_str(), *anns)).collect();
    let wanted = [
        ("DeviceRegistered", true),
        ("SubscriptionChanged", true),
        ("OrderPlaced", true),
        ("DeviceDeregistered", true),
        ("DeviceRegistered", false),
        ("SubscriptionChanged", false),
    ];
    assert_eq!(told, wanted);
    server.advance("25h").await;
    assert_eq!(server.events().await[6..], ["ItemShipped"], "her order goes on");
}

async fn the_same_customer_keeps_everything(server: &Server) {
    let first = server.device().await;
    let mut visit = Visit::open(server, &query(&[])).await;
    visit.sign_in(ANN).await;
    server.complete(&mut visit).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", WEB),
        ("client_secret", SECRET),
        ("code", visit.answer("code").unwrap()),
    ];
    let second = server.token(&fields).send().await.json();
    for refresh in [&first.refresh, second["refresh_token"].as_str().unwrap()] {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", WEB),
            ("client_secret", SECRET),
            ("refresh_token", refresh),
        ];
        assert_eq!(server.token(&fields).send().await.status, 200);
    }
    assert_eq!(server.call(&first, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
    assert_eq!(server.events().await, ["DeviceRegistered", "SubscriptionChanged"], "nothing is new");
    assert_eq!(server.count("device").await, 1);
}
