//! The exact bytes of answers and notifications.

use super::*;
use crate::id::EventId;
use crate::notification::{Facts, ProductInfo, SlotInfo};
use crate::order::Told;
use crate::text::SlotId;
use crate::time::Time;
use uuid::Uuid;

fn event(facts: Facts) -> Event {
    Event {
        id: EventId(Uuid::from_u128(0x1111_1111_2222_4333_8444_5555_5555_5555)),
        at: Time::from_micros(1_520_139_967_089_000),
        client: "amzn1.application-oa2-client.00000000000000000000000000000abc".into(),
        model: "Kettle_1".into(),
        serial: "SN0000042".into(),
        customer: "amzn1.account.AAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        facts,
    }
}

fn product() -> ProductInfo {
    ProductInfo { asin: "B000000001".into(), quantity: 3.0, unit: "count".into() }
}

fn order(told: Told) -> Event {
    event(Facts::Order {
        told,
        instance: "amzn1.dash.v2.o.ci4xMTEx".into(),
        slot: SlotId::parse("slot-a1").unwrap(),
        product: product(),
        expected_at: Some(Time::from_secs(1_520_495_999)),
    })
}

fn subscription() -> Vec<SlotInfo> {
    let slot = |id: &str, subscribed, product| SlotInfo { slot: SlotId::parse(id).unwrap(), subscribed, product };
    vec![slot("zeta", true, Some(product())), slot("alpha", false, None)]
}

/// What is between the blocks that every message shares.
fn middle(event: &Event, version: Version) -> String {
    let json = notification(event, version);
    let head = format!(
        r#"{{"notificationInfo":{{"notificationType":"{}","lwaClientId":"amzn1.application-oa2-client.00000000000000000000000000000abc","notificationTime":"2018-03-04T05:06:07.089Z","notificationId":"amzn1.dash.notification.v1.11111111-2222-4333-8444-555555555555","version":"2015-06-05"}},"deviceInfo":{{"deviceIdentifier":{{"serialNumber":"SN0000042"}},"productIdentifier":{{"modelId":"Kettle_1"}}}},"#,
        event.kind().wire_name()
    );
    let tail = r#""customerInfo":{"directedCustomerId":"amzn1.account.AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}"#;
    json.strip_prefix(&head).and_then(|rest| rest.strip_suffix(tail)).unwrap_or(&json).to_owned()
}

#[test]
fn order_messages_in_both_versions() {
    for told in [Told::Placed, Told::Shipped] {
        assert_eq!(
            middle(&order(told), Version::V2),
            r#""orderInfo":{"instanceId":"amzn1.dash.v2.o.ci4xMTEx","slotId":"slot-a1","productInfo":[{"quantity":3.0,"unit":"count","asin":"B000000001","estimatedDeliveryDate":"2018-03-08T07:59:59Z"}]},"#
        );
        assert_eq!(
            middle(&order(told), Version::V1),
            r#""orderInfo":{"instanceId":"amzn1.dash.v2.o.ci4xMTEx","slotId":"slot-a1","estimatedDeliveryDate":"2018-03-08T07:59:59Z","productInfo":[{"quantity":3.0,"unit":"count"}]},"#
        );
    }
    for version in [Version::V1, Version::V2] {
        assert_eq!(
            middle(&order(Told::Cancelled), version),
            r#""orderInfo":{"instanceId":"amzn1.dash.v2.o.ci4xMTEx","slotId":"slot-a1"},"#
        );
    }
}

#[test]
fn subscription_messages_keep_the_models_order_of_slots() {
    let event = event(Facts::Subscription(subscription()));
    assert_eq!(
        middle(&event, Version::V1),
        r#""subscriptionInfo":{"slotsSubscriptionStatus":{"zeta":true,"alpha":false}},"#
    );
    assert_eq!(
        middle(&event, Version::V2),
        r#""subscriptionInfo":{"slotsSubscriptionStatus":{"zeta":{"subscribed":true,"productInfoList":[{"quantity":3.0,"unit":"count","asin":"B000000001"}]},"alpha":{"subscribed":false,"productInfoList":[]}}},"#
    );
}

#[test]
fn registration_messages_have_no_block_of_their_own() {
    for facts in [Facts::Registered, Facts::Deregistered] {
        for version in [Version::V1, Version::V2] {
            assert_eq!(middle(&event(facts.clone()), version), "");
        }
    }
}

#[test]
fn answers_print_whole_quantities_without_decimals() {
    let slots = subscription();
    let latest = serde_json::to_string(&latest::SubscriptionInfo::from(slots.as_slice())).unwrap();
    assert_eq!(
        latest,
        r#"{"slotsSubscriptionStatus":{"zeta":{"productInfoList":[{"asin":"B000000001","quantity":3,"unit":"count"}],"subscribed":true},"alpha":{"productInfoList":[],"subscribed":false}}}"#
    );
    let v1 = serde_json::to_string(&v1::SubscriptionInfo::from(slots.as_slice())).unwrap();
    assert_eq!(v1, r#"{"slotsSubscriptionStatus":{"zeta":true,"alpha":false}}"#);
    assert_eq!(serde_json::to_string(&Plain(2.5)).unwrap(), "2.5");
}

#[test]
fn an_event_survives_the_store() {
    let event = order(Told::Shipped);
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
}

/// The whole message of each type and version, as receivers get it, in files that others may read too.
#[test]
fn every_message_is_its_golden_file() {
    let events = [
        event(Facts::Registered),
        event(Facts::Deregistered),
        event(Facts::Subscription(subscription())),
        order(Told::Placed),
        order(Told::Cancelled),
        order(Told::Shipped),
    ];
    let mut seen = std::collections::BTreeSet::new();
    for event in &events {
        for version in [Version::V1, Version::V2] {
            let name = format!("{}-{version}.json", event.kind().wire_name());
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(&name);
            let golden = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(notification(event, version), golden.trim_end(), "{name}");
            seen.insert(name);
        }
    }
    assert_eq!(seen.len(), 12, "{seen:?}");
}
