//! Many at once: what may happen once happens once, on either engine.

use crate::harness::world::{FILTER, REDIRECT, SECRET, WEB};
use crate::harness::{Linking, Server};
use futures_util::future::join_all;
use opendrs_domain::version::Endpoint;
use std::collections::BTreeMap;

both!(many_replenish_calls_place_one_order, many_exchanges_of_one_code_have_one_winner, many_deregistrations_are_one);

async fn many_replenish_calls_place_one_order(server: &Server) {
    let device = server.device().await;
    let path = format!("/replenish/{FILTER}");
    let replies = join_all((0..200).map(|_| server.call(&device, Endpoint::Replenish, &path).send())).await;

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
    assert_eq!(server.count("orders").await, 1);
    assert_eq!(server.events().await, ["DeviceRegistered", "SubscriptionChanged", "OrderPlaced"]);
}

async fn many_exchanges_of_one_code_have_one_winner(server: &Server) {
    let code = server.code(Linking::default(), REDIRECT, None).await;
    let fields = [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET), ("code", &code)];
    let replies = join_all((0..30).map(|_| server.token(&fields).send())).await;

    let (won, lost): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 29));
    let refused =
        r#"{"error_description":"The request has an invalid grant parameter : code","error":"invalid_grant"}"#;
    assert!(lost.iter().all(|reply| reply.status == 400 && reply.text() == refused));
    // Who else held the code may hold the tokens: they died with its second use.
    let refresh = won[0].json()["refresh_token"].as_str().unwrap().to_owned();
    let fields =
        [("grant_type", "refresh_token"), ("client_id", WEB), ("client_secret", SECRET), ("refresh_token", &refresh)];
    assert_eq!(server.token(&fields).send().await.json()["error"], "invalid_grant");
}

async fn many_deregistrations_are_one(server: &Server) {
    let device = server.device().await;
    let replies = join_all((0..30).map(|_| server.call(&device, Endpoint::Deregister, "/registration").said())).await;
    assert_eq!(replies.iter().filter(|said| **said == (200, "{}".into())).count(), 1);
    assert_eq!(replies.iter().filter(|said| **said == (400, r#"{"message":"Invalid token"}"#.into())).count(), 29);
    assert_eq!(server.events().await, ["DeviceRegistered", "SubscriptionChanged", "DeviceDeregistered"]);
}
