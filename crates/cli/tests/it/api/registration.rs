//! The end of a registration, and the registration after it. On both engines.

use super::badinput::refused;
use crate::harness::fixtures::{ANN, BOB, FILTER, MODEL, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, ReplyExt, Server};
use opendrs_domain::version::ApiEndpoint::{Deregister, OrderInfo, Replenish, SubscriptionInfo};
use opendrs_domain::version::{INPUT_VERSION_HEADER, Version, versioned_type_name};

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
    let reply = server.token_request(&fields).send().await;
    (reply.status.as_u16(), reply.json()["error"].as_str().unwrap_or_default().to_owned())
}

async fn either_path_takes_either_version(server: &Server) {
    let long = format!("/deviceModels/{MODEL}/devices/SN-1/registration");
    for path in ["/registration", &long] {
        for version in [Version::V1, Version::V2] {
            let device = server.link_default_device().await;
            let name = versioned_type_name("DrsDeregisterInput", version);
            let reply = server
                .device_call(&device, Deregister, path)
                .replace_header(INPUT_VERSION_HEADER, Some(&name))
                .send()
                .await;
            assert_eq!(reply.status_and_text(), (200, "{}".into()), "{path} {version}");
            assert_eq!(reply.header("x-amzn-type-version"), "com.amazon.dash.replenishment.DrsDeregisterResult@1.0");
            assert_eq!(server.event_names().await.last().unwrap(), "DeviceDeregistered");
        }
    }
}

async fn tokens_and_codes_die_with_the_registration(server: &Server) {
    let device = server.link_default_device().await;
    let second = server.link_default_device().await;
    let code = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    assert_eq!(refresh(server, &second.refresh).await.0, 200);
    assert_eq!(server.device_call(&device, Deregister, "/registration").status_and_text().await, (200, "{}".into()));

    for token in [&device, &second] {
        let call = server.device_call(token, SubscriptionInfo, "/subscriptionInfo");
        refused(call, 400, "InvalidTokenException", "Invalid token").await;
        refused(server.device_call(token, Deregister, "/registration"), 400, "InvalidTokenException", "Invalid token")
            .await;
        assert_eq!(refresh(server, &token.refresh).await, (400, "invalid_grant".into()));
    }
    let fields = [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET), ("code", &code)];
    assert_eq!(server.token_request(&fields).send().await.json()["error"], "invalid_grant");
    assert_eq!(server.event_names().await, ["DeviceRegistered", "SubscriptionChanged", "DeviceDeregistered"]);
}

async fn the_long_path_must_name_the_caller(server: &Server) {
    let device = server.link_default_device().await;
    server.link_device(LinkOptions::default().serial("SN-2")).await;
    let before = server.all_rows().await;
    for (model, serial) in [(MODEL, "SN-2"), ("Aqua+Proto", "SN-1"), (MODEL, "sn-1"), ("x", "y"), (MODEL, "SN-1%20")] {
        let path = format!("/deviceModels/{model}/devices/{serial}/registration");
        let (serial, of) = (serial.replace("%20", " "), "which are not those of the token's device.");
        let message = format!("The path names model {model} and serial {serial}, {of}");
        refused(server.device_call(&device, Deregister, &path), 400, "ValidationException", &message).await;
    }
    assert_eq!(server.all_rows().await, before);
    assert_eq!(server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
}

async fn an_order_in_flight_goes_on(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.device_call(&device, Deregister, "/registration").send().await;
    server.advance("25h").await;
    assert_eq!(server.event_names().await[2..], ["OrderPlaced", "DeviceDeregistered", "ItemShipped"]);
}

async fn the_same_customer_registers_again(server: &Server) {
    let first = server.link_default_device().await;
    let order = server.device_call(&first, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let again = server.link_default_device().await;
    assert_eq!(server.row_count("device").await, 1);
    assert_eq!(
        server.event_names().await,
        ["DeviceRegistered", "SubscriptionChanged", "OrderPlaced"],
        "nothing changed"
    );
    for token in [&first, &again] {
        let path = format!("/getOrderInfo/{}", order["eventInstanceId"].as_str().unwrap());
        assert_eq!(server.device_call(token, OrderInfo, &path).send().await.status, 200);
        assert_eq!(refresh(server, &token.refresh).await.0, 200);
    }
}

async fn a_registration_after_the_end_is_a_new_one(server: &Server) {
    for customer in [ANN, BOB] {
        let first = server.link_device(LinkOptions::default().customer(customer)).await;
        server.device_call(&first, Deregister, "/registration").send().await;
        let again = server.link_default_device().await;
        let old = server.device_call(&first, SubscriptionInfo, "/subscriptionInfo");
        refused(old, 400, "InvalidTokenException", "Invalid token").await;
        server.device_call(&again, Deregister, "/registration").send().await;
    }
    let registrations = server.event_names().await.iter().filter(|event| *event == "DeviceRegistered").count();
    assert_eq!(registrations, 4);
}

/// A unit is reset, removed and linked again while an order is open. There is one order, under the id that the maker
/// has.
async fn a_unit_linked_again_keeps_the_lock_of_its_open_order(server: &Server) {
    let path = format!("/replenish/{FILTER}");
    let first = server.link_default_device().await;
    let placed = server.device_call(&first, Replenish, &path).send().await.json();
    let id = placed["eventInstanceId"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let last = server.link_default_device().await;
        assert_eq!(server.device_call(&last, Deregister, "/registration").status_and_text().await.0, 200);
        let again = server.link_default_device().await;
        let answer = server.device_call(&again, Replenish, &path).send().await.json();
        assert_eq!(answer["eventInstanceId"], id.as_str(), "{answer}");
        assert_eq!(answer["detailCode"], "ORDER_INPROGRESS", "{answer}");
        let info = server.device_call(&again, OrderInfo, &format!("/getOrderInfo/{id}")).send().await;
        assert_eq!(info.status, 200, "{}", info.text());
    }
    let placed = |events: &[String]| events.iter().filter(|kind| *kind == "OrderPlaced").count();
    assert_eq!((server.row_count("orders").await, placed(&server.event_names().await)), (1, 1));

    // The order goes on, and frees the slot of the present registration.
    server.advance("10d").await;
    let again = server.link_default_device().await;
    let next = server.device_call(&again, Replenish, &path).send().await.json();
    assert_ne!(next["eventInstanceId"], id.as_str(), "{next}");
    assert_eq!(server.row_count("orders").await, 2);
}

async fn the_order_of_an_earlier_owner_locks_no_slot_of_the_next(server: &Server) {
    let path = format!("/replenish/{FILTER}");
    let anns = server.link_default_device().await;
    let placed = server.device_call(&anns, Replenish, &path).send().await.json();
    let id = placed["eventInstanceId"].as_str().unwrap();
    server.device_call(&anns, Deregister, "/registration").send().await;
    let bobs = server.link_device(LinkOptions::default().customer(BOB)).await;
    let own = server.device_call(&bobs, Replenish, &path).send().await.json();
    assert_eq!(own["detailCode"], "STANDARD_ORDER_PLACED", "{own}");
    assert_eq!(server.device_call(&bobs, OrderInfo, &format!("/getOrderInfo/{id}")).status_and_text().await.0, 400);
}
