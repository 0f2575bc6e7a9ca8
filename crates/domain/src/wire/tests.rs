//! The exact bytes of results and notifications.

use super::*;
use crate::id::EventId;
use crate::notification::{EventFacts, ProductInfo, SlotInfo};
use crate::order::OrderNotification;
use crate::text::SlotId;
use crate::time::Time;
use uuid::Uuid;

fn event(facts: EventFacts) -> Event {
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

fn order_event(told: OrderNotification) -> Event {
    event(EventFacts::Order {
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

/// The part between the blocks that every message has.
fn own_blocks(event: &Event, version: Version) -> String {
    let json = notification_json(event, version);
    let head = format!(
        r#"{{"notificationInfo":{{"notificationType":"{}","lwaClientId":"amzn1.application-oa2-client.00000000000000000000000000000abc","notificationTime":"2018-03-04T05:06:07.089Z","notificationId":"amzn1.dash.notification.v1.11111111-2222-4333-8444-555555555555","version":"2015-06-05"}},"deviceInfo":{{"deviceIdentifier":{{"serialNumber":"SN0000042"}},"productIdentifier":{{"modelId":"Kettle_1"}}}},"#,
        event.notification_type().wire_name()
    );
    let tail = r#""customerInfo":{"directedCustomerId":"amzn1.account.AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}"#;
    json.strip_prefix(&head).and_then(|rest| rest.strip_suffix(tail)).unwrap_or(&json).to_owned()
}

#[test]
fn order_messages_in_both_versions() {
    for told in [OrderNotification::Placed, OrderNotification::Shipped] {
        assert_eq!(
            own_blocks(&order_event(told), Version::V2),
            r#""orderInfo":{"instanceId":"amzn1.dash.v2.o.ci4xMTEx","slotId":"slot-a1","productInfo":[{"quantity":3.0,"unit":"count","asin":"B000000001","estimatedDeliveryDate":"2018-03-08T07:59:59Z"}]},"#
        );
        assert_eq!(
            own_blocks(&order_event(told), Version::V1),
            r#""orderInfo":{"instanceId":"amzn1.dash.v2.o.ci4xMTEx","slotId":"slot-a1","estimatedDeliveryDate":"2018-03-08T07:59:59Z","productInfo":[{"quantity":3.0,"unit":"count"}]},"#
        );
    }
    for version in [Version::V1, Version::V2] {
        assert_eq!(
            own_blocks(&order_event(OrderNotification::Cancelled), version),
            r#""orderInfo":{"instanceId":"amzn1.dash.v2.o.ci4xMTEx","slotId":"slot-a1"},"#
        );
    }
}

#[test]
fn subscription_messages_keep_the_models_order_of_slots() {
    let event = event(EventFacts::Subscription(subscription()));
    assert_eq!(
        own_blocks(&event, Version::V1),
        r#""subscriptionInfo":{"slotsSubscriptionStatus":{"zeta":true,"alpha":false}},"#
    );
    assert_eq!(
        own_blocks(&event, Version::V2),
        r#""subscriptionInfo":{"slotsSubscriptionStatus":{"zeta":{"subscribed":true,"productInfoList":[{"quantity":3.0,"unit":"count","asin":"B000000001"}]},"alpha":{"subscribed":false,"productInfoList":[]}}},"#
    );
}

#[test]
fn registration_messages_have_no_block_of_their_own() {
    for facts in [EventFacts::Registered, EventFacts::Deregistered] {
        for version in [Version::V1, Version::V2] {
            assert_eq!(own_blocks(&event(facts.clone()), version), "");
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
    let v1 = serde_json::to_string(&v1::SubscriptionInfoV1::from(slots.as_slice())).unwrap();
    assert_eq!(v1, r#"{"slotsSubscriptionStatus":{"zeta":true,"alpha":false}}"#);
    assert_eq!(serde_json::to_string(&WireQuantity(2.5)).unwrap(), "2.5");
}

#[test]
fn an_event_survives_the_store() {
    let event = order_event(OrderNotification::Shipped);
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
}

/// The whole message of each type and version, as receivers get it, in files that others may read too.
#[test]
fn every_message_is_its_golden_file() {
    let events = [
        event(EventFacts::Registered),
        event(EventFacts::Deregistered),
        event(EventFacts::Subscription(subscription())),
        order_event(OrderNotification::Placed),
        order_event(OrderNotification::Cancelled),
        order_event(OrderNotification::Shipped),
    ];
    let mut seen = std::collections::BTreeSet::new();
    for event in &events {
        for version in [Version::V1, Version::V2] {
            let name = format!("{}-{version}.json", event.notification_type().wire_name());
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(&name);
            let golden = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(notification_json(event, version), golden.trim_end(), "{name}");
            seen.insert(name);
        }
    }
    assert_eq!(seen.len(), 12, "{seen:?}");
}
