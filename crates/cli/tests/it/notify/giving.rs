//! The fan-out of an event: to the confirmed receivers at that time, in the transaction that writes the event.

use crate::harness::fixtures::FILTER;
use crate::harness::{LinkOptions, LinkedDevice, ReceivedRequest, Server, TestReceiver};
use futures_util::future::join_all;
use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::version::ApiEndpoint::{CancelTestOrders, Replenish};
use opendrs_service::delivery;
use std::sync::atomic::{AtomicBool, Ordering};

both!(
    what_nobody_hears_costs_its_row_alone,
    an_event_is_given_with_the_change_it_tells_of,
    orders_and_ends_of_messages_at_once_leave_nothing_behind,
);

/// The number of deliveries in a state.
async fn count_deliveries_in_state(server: &Server, state: DeliveryState) -> usize {
    let rows = server.all_rows().await.remove("delivery").unwrap();
    rows.iter().filter(|row| row.contains(state.as_str())).count()
}

async fn order(server: &Server, device: &LinkedDevice) {
    let answer = server.device_call(device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn what_nobody_hears_costs_its_row_alone(server: &Server) {
    order(server, &server.link_default_device().await).await;
    assert_eq!((server.row_count("outbox").await, server.row_count("delivery").await), (3, 0));
    // A receiver that is added later gets later events.
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    server.advance("25h").await;
    assert_eq!(receiver.take_only_received().await.notification_type(), "ItemShippedNotification");
}

async fn an_event_is_given_with_the_change_it_tells_of(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let device = server.link_default_device().await;
    assert_eq!(
        (
            count_deliveries_in_state(server, DeliveryState::Waiting).await,
            count_deliveries_in_state(server, DeliveryState::Queued).await
        ),
        (1, 1)
    );
    order(server, &device).await;
    assert_eq!(
        count_deliveries_in_state(server, DeliveryState::Queued).await,
        2,
        "behind the message that the device was registered"
    );
    while !delivery::drain_receiver(server.app(), topic.id).await.unwrap().is_empty() {}
    let got = receiver.take_received().await;
    assert_eq!(
        got.iter().map(ReceivedRequest::notification_type).collect::<Vec<_>>(),
        ["DeviceRegisteredNotification", "SubscriptionChangedNotification", "OrderPlacedNotification"]
    );
    assert_eq!(count_deliveries_in_state(server, DeliveryState::Delivered).await, 3);
}

/// The ends of deliveries are recorded while other commands add deliveries. A message that is written while the one
/// before it ends must be due, or be released by that end.
async fn orders_and_ends_of_messages_at_once_leave_nothing_behind(server: &Server) {
    const DEVICES: usize = 8;
    const ORDERS: usize = 6;
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let mut devices = Vec::new();
    for n in 0..DEVICES {
        devices.push(server.link_device(LinkOptions::default().serial(&format!("SN-{n}")).test_device()).await);
    }
    let done = AtomicBool::new(false);
    let sending = async {
        while !done.load(Ordering::Relaxed) {
            delivery::drain_receiver(server.app(), topic.id).await.unwrap();
        }
        while !delivery::drain_receiver(server.app(), topic.id).await.unwrap().is_empty() {}
    };
    let ordering = async {
        let hands = devices.iter().map(async |device| {
            for _ in 0..ORDERS {
                order(server, device).await;
                let path = format!("/testOrders/slots/{FILTER}");
                let answer = server.device_call(device, CancelTestOrders, &path).send().await;
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        });
        join_all(hands).await;
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(sending, ordering);
    let mut got = receiver.take_received().await;
    assert_eq!(got.len(), DEVICES * (2 + 2 * ORDERS));
    assert_eq!(count_deliveries_in_state(server, DeliveryState::Delivered).await, got.len(), "nothing waits");
    for n in 0..DEVICES {
        let serial = format!("\"SN-{n}\"");
        let (of_it, rest) = got.into_iter().partition(|got| got.message().to_string().contains(&serial));
        got = rest;
        let of_it: Vec<ReceivedRequest> = of_it;
        let orders = ["OrderPlacedNotification", "OrderCancelledNotification"].into_iter().cycle().take(2 * ORDERS);
        let wanted: Vec<_> =
            ["DeviceRegisteredNotification", "SubscriptionChangedNotification"].into_iter().chain(orders).collect();
        assert_eq!(of_it.iter().map(ReceivedRequest::notification_type).collect::<Vec<_>>(), wanted, "{n}");
    }
}
