//! The end of a registration, and what comes after it. On either engine.

use super::badinput::refused;
use crate::harness::world::{ANN, BOB, FILTER, MODEL, REDIRECT, SECRET, WEB};
use crate::harness::{Linking, Said, Server};
use opendrs_domain::version::Endpoint::{Deregister, OrderInfo, Replenish, SubscriptionInfo};
use opendrs_domain::version::{INPUT_HEADER, Version, full_name};

both!(
    either_path_takes_either_version,
    tokens_and_codes_die_with_the_registration,
    the_long_path_must_name_the_caller,
    an_order_in_flight_goes_on,
    the_same_customer_registers_again,
    a_registration_after_the_end_is_a_new_one,
    a_unit_linked_again_keeps_the_lock_of_its_open_order,
    the_order_of_an_earlier_owner_locks_no_slot_of_the_next,
);

/// A refresh with a device's token.
async fn refresh(server: &Server, token: &str) -> (u16, String) {
    let fields =
        [("grant_type", "refresh_token"), ("client_id", WEB), ("client_secret", SECRET), ("refresh_token", token)];
    let reply = server.token(&fields).send().await;
    (reply.status.as_u16(), reply.json()["error"].as_str().unwrap_or_default().to_owned())
}

async fn either_path_takes_either_version(server: &Server) {
    let long = format!("/deviceModels/{MODEL}/devices/SN-1/registration");
    for path in ["/registration", &long] {
        for version in [Version::V1, Version::V2] {
            let device = server.device().await;
            let name = full_name("DrsDeregisterInput", version);
            let reply = server.call(&device, Deregister, path).instead(INPUT_HEADER, Some(&name)).send().await;
            assert_eq!(reply.said(), (200, "{}".into()), "{path} {version}");
            assert_eq!(reply.header("x-amzn-type-version"), "com.amazon.dash.replenishment.DrsDeregisterResult@1.0");
            assert_eq!(server.events().await.last().unwrap(), "DeviceDeregistered");
        }
    }
}

async fn tokens_and_codes_die_with_the_registration(server: &Server) {
    let device = server.device().await;
    let second = server.device().await;
    let code = server.code(Linking::default(), REDIRECT, None).await;
    assert_eq!(refresh(server, &second.refresh).await.0, 200);
    assert_eq!(server.call(&device, Deregister, "/registration").said().await, (200, "{}".into()));

    for token in [&device, &second] {
        let call = server.call(token, SubscriptionInfo, "/subscriptionInfo");
        refused(call, 400, "InvalidTokenException", "Invalid token").await;
        refused(server.call(token, Deregister, "/registration"), 400, "InvalidTokenException", "Invalid token").await;
        assert_eq!(refresh(server, &token.refresh).await, (400, "invalid_grant".into()));
    }
    let fields = [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET), ("code", &code)];
    assert_eq!(server.token(&fields).send().await.json()["error"], "invalid_grant");
    assert_eq!(server.events().await, ["DeviceRegistered", "SubscriptionChanged", "DeviceDeregistered"]);
}

async fn the_long_path_must_name_the_caller(server: &Server) {
    let device = server.device().await;
    server.link(Linking::default().serial("SN-2")).await;
    let before = server.rows().await;
    for (model, serial) in [(MODEL, "SN-2"), ("Aqua+Proto", "SN-1"), (MODEL, "sn-1"), ("x", "y"), (MODEL, "SN-1%20")] {
        let path = format!("/deviceModels/{model}/devices/{serial}/registration");
        let (serial, of) = (serial.replace("%20", " "), "which are not those of the token's device.");
        let message = format!("The path names model {model} and serial {serial}, {of}");
        refused(server.call(&device, Deregister, &path), 400, "ValidationException", &message).await;
    }
    assert_eq!(server.rows().await, before);
    assert_eq!(server.call(&device, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
}

async fn an_order_in_flight_goes_on(server: &Server) {
    let device = server.device().await;
    server.call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.call(&device, Deregister, "/registration").send().await;
    server.advance("25h").await;
    assert_eq!(server.events().await[2..], ["OrderPlaced", "DeviceDeregistered", "ItemShipped"]);
}

async fn the_same_customer_registers_again(server: &Server) {
    let first = server.device().await;
    let order = server.call(&first, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let again = server.device().await;
    assert_eq!(server.count("device").await, 1);
    assert_eq!(server.events().await, ["DeviceRegistered", "SubscriptionChanged", "OrderPlaced"], "nothing changed");
    for token in [&first, &again] {
        let path = format!("/getOrderInfo/{}", order["eventInstanceId"].as_str().unwrap());
        assert_eq!(server.call(token, OrderInfo, &path).send().await.status, 200);
        assert_eq!(refresh(server, &token.refresh).await.0, 200);
    }
}

async fn a_registration_after_the_end_is_a_new_one(server: &Server) {
    for customer in [ANN, BOB] {
        let first = server.link(Linking::default().customer(customer)).await;
        server.call(&first, Deregister, "/registration").send().await;
        let again = server.device().await;
        let old = server.call(&first, SubscriptionInfo, "/subscriptionInfo");
        refused(old, 400, "InvalidTokenException", "Invalid token").await;
        server.call(&again, Deregister, "/registration").send().await;
    }
    let registrations = server.events().await.iter().filter(|event| *event == "DeviceRegistered").count();
    assert_eq!(registrations, 4);
}

/// A unit that is reset, removed and linked again while an order is open: one order, under the id that the maker knows.
async fn a_unit_linked_again_keeps_the_lock_of_its_open_order(server: &Server) {
    let path = format!("/replenish/{FILTER}");
    let first = server.device().await;
    let placed = server.call(&first, Replenish, &path).send().await.json();
    let id = placed["eventInstanceId"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let last = server.device().await;
        assert_eq!(server.call(&last, Deregister, "/registration").said().await.0, 200);
        let again = server.device().await;
        let answer = server.call(&again, Replenish, &path).send().await.json();
        assert_eq!(answer["eventInstanceId"], id.as_str(), "{answer}");
        assert_eq!(answer["detailCode"], "ORDER_INPROGRESS", "{answer}");
        let info = server.call(&again, OrderInfo, &format!("/getOrderInfo/{id}")).send().await;
        assert_eq!(info.status, 200, "{}", info.text());
    }
    let placed = |events: &[String]| events.iter().filter(|kind| *kind == "OrderPlaced").count();
    assert_eq!((server.count("orders").await, placed(&server.events().await)), (1, 1));

    // The order goes its way and frees the slot of the registration that there is now.
    server.advance("10d").await;
    let again = server.device().await;
    let next = server.call(&again, Replenish, &path).send().await.json();
    assert_ne!(next["eventInstanceId"], id.as_str(), "{next}");
    assert_eq!(server.count("orders").await, 2);
}

async fn the_order_of_an_earlier_owner_locks_no_slot_of_the_next(server: &Server) {
    let path = format!("/replenish/{FILTER}");
    let anns = server.device().await;
    let placed = server.call(&anns, Replenish, &path).send().await.json();
    let id = placed["eventInstanceId"].as_str().unwrap();
    server.call(&anns, Deregister, "/registration").send().await;
    let bobs = server.link(Linking::default().customer(BOB)).await;
    let own = server.call(&bobs, Replenish, &path).send().await.json();
    assert_eq!(own["detailCode"], "STANDARD_ORDER_PLACED", "{own}");
    assert_eq!(server.call(&bobs, OrderInfo, &format!("/getOrderInfo/{id}")).said().await.0, 400);
}
