//! The calls that devices make every day: report, ask for subscriptions, follow orders. On both engines.

use crate::harness::fixtures::{BEANS, CARTRIDGE, FILTER, LARGE, MINERALS, OTHER_MODEL, OTHER_WEB, SMALL};
use crate::harness::{LinkOptions, Server};
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::version::ApiEndpoint::{DeviceStatus, Replenish, SlotStatus, SubscriptionInfo};
use opendrs_domain::version::RESULT_VERSION_HEADER;
use opendrs_service::login::link::SlotSelection;
use opendrs_service::reading;
use serde_json::Value;

both!(
    a_slot_is_reordered_once_until_its_order_is_over,
    levels_are_stored_as_they_were_reported,
    every_form_of_a_date_means_a_moment,
    a_device_says_that_it_lives,
    subscriptions_are_told_in_the_version_asked_for,
    devices_see_only_themselves,
);

const NOTHING: (u16, &str) = (200, "{}");

async fn a_slot_is_reordered_once_until_its_order_is_over(server: &Server) {
    let device = server.link_default_device().await;
    let call = |slot: &str| server.device_call(&device, Replenish, &format!("/replenish/{slot}"));
    let reply = call(FILTER).send().await;
    let answer = reply.json();
    let id = answer["eventInstanceId"].as_str().unwrap();
    assert_eq!(reply.header("x-amzn-type-version"), "com.amazon.dash.replenishment.DrsReplenishResult@1.0");
    assert_eq!(reply.text(), format!(r#"{{"detailCode":"STANDARD_ORDER_PLACED","eventInstanceId":"{id}"}}"#));
    assert_eq!((id.len(), &id[..18]), (116, "amzn1.dash.v2.o.ci"));

    let again = format!(r#"{{"detailCode":"ORDER_INPROGRESS","eventInstanceId":"{id}"}}"#);
    assert_eq!(call(FILTER).status_and_text().await, (200, again.clone()));
    assert_eq!(call(CARTRIDGE).send().await.json()["detailCode"], "STANDARD_ORDER_PLACED", "slots are independent");
    server.advance("59m").await;
    assert_eq!(call(FILTER).status_and_text().await, (200, again));
    assert_eq!(server.event_names().await[2..], ["OrderPlaced", "OrderPlaced"]);
}

async fn levels_are_stored_as_they_were_reported(server: &Server) {
    let device = server.link_default_device().await;
    let call = server.device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}"));
    let body = r#"{"expectedReplenishmentDate":"2018-03-02T07:00:00Z","remainingQuantityInUnit":12.25,
        "originalQuantityInUnit":40,"totalQuantityOnHand":80,"lastUseDate":"2018-02-14T18:21:00Z","model":"unknown"}"#;
    let reply = call.clone().body(body).send().await;
    assert_eq!((reply.status.as_u16(), reply.text().as_str()), NOTHING);
    assert_eq!(reply.header("x-amzn-type-version"), "com.amazon.dash.replenishment.DrsSlotStatusResult@1.0");
    let more_than_full = "remainingQuantityInUnit=50&originalQuantityInUnit=40.5";
    assert_eq!(call.body(more_than_full).status_and_text().await, (200, "{}".into()));

    let readings = reading::list_newest(server.app(), 10).await.unwrap();
    let [odd, even] = readings.as_slice() else { panic!("{readings:?}") };
    let status = &even.status;
    assert_eq!((status.remaining, status.original, status.on_hand), (12.25, 40.0, Some(80.0)));
    let text = |time: Option<opendrs_domain::time::Time>| time.unwrap().to_rfc3339_secs();
    assert_eq!(
        (text(status.expected_at), text(status.last_use_at)),
        ("2018-03-02T07:00:00Z".into(), "2018-02-14T18:21:00Z".into())
    );
    assert_eq!(
        (odd.status.remaining, odd.status.original, odd.exceeds_original, even.exceeds_original),
        (50.0, 40.5, true, false)
    );
    assert_eq!((even.serial.as_str(), even.slot.as_str(), even.at), ("SN-1", FILTER, server.app().now()));
}

async fn every_form_of_a_date_means_a_moment(server: &Server) {
    let device = server.link_default_device().await;
    let call = server.device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}"));
    for (date, means) in [
        (r#""2018-02-01T00:00:00Z""#, "2018-02-01T00:00:00Z"),
        (r#""2018-02-01T01:30:00.500+0130""#, "2018-02-01T00:00:00Z"),
        (r#""2018-02-01T01:30:00+01:30""#, "2018-02-01T00:00:00Z"),
        (r#""2018-2-1""#, "2018-02-01T00:00:00Z"),
        (r#""2018-02-1""#, "2018-02-01T00:00:00Z"),
        ("1517443200", "2018-02-01T00:00:00Z"),
        ("1517443200000", "2018-02-01T00:00:00Z"),
        (r#""1517443200""#, "2018-02-01T00:00:00Z"),
    ] {
        let body = format!(r#"{{"remainingQuantityInUnit":1,"originalQuantityInUnit":1,"lastUseDate":{date}}}"#);
        assert_eq!(call.clone().body(body).status_and_text().await, (200, "{}".into()), "{date}");
        let newest = reading::list_newest(server.app(), 1).await.unwrap().remove(0);
        assert_eq!(newest.status.last_use_at.unwrap().to_rfc3339_secs(), means, "{date}");
    }
}

async fn a_device_says_that_it_lives(server: &Server) {
    let device = server.link_default_device().await;
    let body = r#"{"mostRecentlyActiveDate":"2018-03-02T06:59:00Z"}"#;
    for path in ["/deviceStatus".to_owned(), format!("/deviceStatus/{FILTER}"), format!("/deviceStatus/{CARTRIDGE}")] {
        let before = server.all_rows().await;
        let reply = server.device_call(&device, DeviceStatus, &path).body(body).send().await;
        assert_eq!((reply.status.as_u16(), reply.text().as_str()), NOTHING, "{path}");
        assert_eq!(reply.header("x-amzn-type-version"), "com.amazon.dash.replenishment.DrsDeviceStatusResult@1.0");
        assert_eq!(before == server.all_rows().await, path != "/deviceStatus", "only the first one is news");
    }
    let form = "mostRecentlyActiveDate=2018-03-02T06%3A59%3A30Z";
    assert_eq!(
        server.device_call(&device, DeviceStatus, "/deviceStatus").body(form).status_and_text().await,
        (200, "{}".into())
    );
    assert!(
        server.all_rows().await["device"][0].contains("1519973970000000"),
        "{:?}",
        server.all_rows().await["device"]
    );
}

async fn subscriptions_are_told_in_the_version_asked_for(server: &Server) {
    let device = server.link_default_device().await;
    let call = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo");
    let form = |version: &str| format!("com.amazon.dash.replenishment.DrsSubscriptionInfoResult@{version}");
    let old = call.clone().replace_header(RESULT_VERSION_HEADER, Some(&form("1.0")));
    for (call, version, body) in [
        (old, "1.0", format!(r#"{{"slotsSubscriptionStatus":{{"{FILTER}":true,"{CARTRIDGE}":true}}}}"#)),
        (
            call,
            "2.0",
            format!(
                r#"{{"slotsSubscriptionStatus":{{"{FILTER}":{{"productInfoList":[{{"asin":"{SMALL}","quantity":3,"unit":"count"}}],"subscribed":true}},"{CARTRIDGE}":{{"productInfoList":[{{"asin":"{MINERALS}","quantity":0.5,"unit":"count"}}],"subscribed":true}}}}}}"#
            ),
        ),
    ] {
        let reply = call.send().await;
        assert_eq!(reply.text(), body);
        assert_eq!(reply.header("x-amzn-type-version"), form(version));
    }

    let only_second = SlotSelection::Listed(vec![(SlotId::parse(CARTRIDGE).unwrap(), Asin::parse(MINERALS).unwrap())]);
    let device = server.link_device(LinkOptions::default().serial("SN-2").subscribe(only_second)).await;
    let call = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo");
    let body = format!(
        r#"{{"slotsSubscriptionStatus":{{"{FILTER}":{{"productInfoList":[],"subscribed":false}},"{CARTRIDGE}":{{"productInfoList":[{{"asin":"{MINERALS}","quantity":0.5,"unit":"count"}}],"subscribed":true}}}}}}"#
    );
    assert_eq!(call.clone().status_and_text().await, (200, body));
    let body = format!(r#"{{"slotsSubscriptionStatus":{{"{FILTER}":false,"{CARTRIDGE}":true}}}}"#);
    assert_eq!(
        call.replace_header(RESULT_VERSION_HEADER, Some(&form("1.0"))).status_and_text().await,
        (200, body),
        "the slots' order is the model's"
    );
}

async fn devices_see_only_themselves(server: &Server) {
    let large = SlotSelection::Listed(vec![(SlotId::parse(FILTER).unwrap(), Asin::parse(LARGE).unwrap())]);
    let one = server.link_device(LinkOptions::default().subscribe(large)).await;
    let other = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    let slots = async |device| {
        let answer = server.device_call(device, SubscriptionInfo, "/subscriptionInfo").send().await.json();
        let Value::Object(slots) = answer["slotsSubscriptionStatus"].clone() else { panic!("{answer}") };
        slots.into_iter().map(|(slot, sub)| (slot, sub["productInfoList"][0]["asin"].to_string())).collect::<Vec<_>>()
    };
    // This JSON reader sorts maps; the order on the wire is checked above.
    assert_eq!(slots(&one).await, [(FILTER.into(), format!("\"{LARGE}\"")), (CARTRIDGE.into(), "null".into())]);
    assert_eq!(slots(&other).await, [(BEANS.to_owned(), format!("\"{SMALL}\""))]);
}
