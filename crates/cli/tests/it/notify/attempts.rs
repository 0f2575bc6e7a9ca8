//! Messages whose receiver does not simply accept them: retries, dead deliveries and replays.

use crate::harness::{ReceivedRequest, ReceiverAction, Server, TestReceiver};
use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::id::EventId;
use opendrs_domain::time::Span;
use opendrs_service::delivery::{self, EventHistory, ReceiverDelivery, ReplaySelection};
use opendrs_service::outbox;
use opendrs_service::receiver::{self, ReceiverChange};
use std::collections::HashSet;

both!(
    final_answers_are_not_tried_again,
    the_status_decides_whatever_becomes_of_the_body,
    passing_failures_are_tried_again_and_then_given_up,
    an_extended_receiver_is_tried_for_days_and_gone_is_gone,
    a_lost_attempt_goes_out_again_under_the_same_id,
    a_dead_receiver_delays_no_other,
    messages_without_an_answer_leave_room_for_others,
    what_was_given_up_can_be_replayed,
);

/// The id of the first event.
async fn first(server: &Server) -> EventId {
    outbox::list_newest(server.app(), 100).await.unwrap().first().unwrap().id
}

async fn first_event_history(server: &Server) -> EventHistory {
    delivery::load_event_history(server.app(), first(server).await).await.unwrap()
}

async fn final_answers_are_not_tried_again(server: &Server) {
    for (n, status) in [301, 400, 404, 410].into_iter().enumerate() {
        let receiver = TestReceiver::start().await;
        receiver.queue_actions(&[ReceiverAction::Answer(status, "Location: /elsewhere\r\n")]);
        let topic = server.add_confirmed_receiver(&format!("t{n}"), &receiver, |_| {}).await;
        server.link_device(crate::harness::LinkOptions::default().serial(&format!("SN-{status}"))).await;
        server.advance("2h").await;
        let got = receiver.take_received().await;
        let kinds: Vec<_> = got.iter().map(ReceivedRequest::notification_type).collect();
        assert_eq!(kinds, ["DeviceRegisteredNotification", "SubscriptionChangedNotification"], "{status}");
        let id: EventId = EventId::parse(got[0].header("x-amz-sns-message-id").unwrap()).unwrap();
        let story = delivery::load_event_history(server.app(), id).await.unwrap();
        let ReceiverDelivery { delivery, attempts, .. } =
            story.deliveries.iter().find(|to| to.receiver.id == topic.id).unwrap();
        assert_eq!((delivery.state, attempts.len()), (DeliveryState::Dead, 1));
        assert_eq!(
            delivery.reason.as_deref(),
            Some(format!("the receiver answered {status}, which is final").as_str())
        );
        assert_eq!((attempts[0].status, attempts[0].response.as_str()), (Some(status.into()), "well"));
    }
}

/// A body that is longer than the part that is stored.
const BIG: &str = match std::str::from_utf8(&[b'x'; 20_000]) {
    Ok(text) => text,
    Err(_) => panic!(),
};

async fn the_status_decides_whatever_becomes_of_the_body(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    // One device each, so that each message is the first in its queue.
    let first_attempts = async |serial: &str, does: ReceiverAction| {
        receiver.queue_actions(&[does]);
        server.link_device(crate::harness::LinkOptions::default().serial(serial)).await;
        server.advance("0s").await;
        let id = EventId::parse(receiver.take_received().await[0].header("x-amz-sns-message-id").unwrap()).unwrap();
        let story = delivery::load_event_history(server.app(), id).await.unwrap();
        let ReceiverDelivery { delivery, attempts, .. } = story.deliveries.into_iter().next().unwrap();
        (delivery, attempts)
    };
    for (n, does) in [
        ReceiverAction::CutBody(200, "", false),
        ReceiverAction::CutBody(200, "", true),
        ReceiverAction::CutBody(201, "", false),
        ReceiverAction::CutBody(202, "X-More: 1\r\n", true),
        ReceiverAction::StallBody(200),
        ReceiverAction::AnswerBody(200, BIG),
    ]
    .into_iter()
    .enumerate()
    {
        let (delivery, attempts) = first_attempts(&format!("OK-{n}"), does.clone()).await;
        assert_eq!((delivery.state, attempts.len()), (DeliveryState::Delivered, 1), "{does:?}: {attempts:?}");
        assert!(attempts[0].status.is_some() && attempts[0].error.is_none(), "{attempts:?}");
        assert!(attempts[0].response.len() <= 4096);
    }
    for (n, (does, due)) in [
        (ReceiverAction::CutBody(500, "", true), 20),
        (ReceiverAction::CutBody(429, "Retry-After: 90\r\n", true), 90),
        (ReceiverAction::CutBody(503, "Retry-After: 60\r\n", false), 60),
        (ReceiverAction::StallBody(500), 20),
    ]
    .into_iter()
    .enumerate()
    {
        let (delivery, attempts) = first_attempts(&format!("WAIT-{n}"), does.clone()).await;
        assert_eq!((delivery.state, attempts.len()), (DeliveryState::Waiting, 1), "{does:?}");
        let wait = delivery.due_at.unwrap().since(attempts[0].at).as_secs();
        assert!((due..due + 5).contains(&wait), "{does:?}: {wait} seconds");
        server.advance("2m").await;
        receiver.take_received().await;
    }
    let (delivery, _) = first_attempts("GONE", ReceiverAction::CutBody(410, "", true)).await;
    assert_eq!(delivery.reason.as_deref(), Some("the receiver answered 410, which is final"));
}

async fn passing_failures_are_tried_again_and_then_given_up(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    receiver.queue_actions(&[
        ReceiverAction::Answer(500, ""),
        ReceiverAction::Close,
        ReceiverAction::Answer(429, "Retry-After: 90\r\n"),
    ]);
    server.link_default_device().await;
    server.advance("0s").await;
    let one = receiver.take_only_received().await;
    server.advance("25s").await;
    let two = receiver.take_only_received().await;
    server.advance("25s").await;
    let three = receiver.take_only_received().await;
    server.advance("79s").await;
    assert_eq!(receiver.take_received().await.len(), 0, "it asked for 90 seconds");
    server.advance("6s").await;
    let four = receiver.take_received().await;
    assert_eq!(four.len(), 2, "and the next message at once");
    for again in [&two, &three, &four[0]] {
        assert_eq!(again.body, one.body, "the same bytes, time and signature included");
    }
    assert_eq!(first_event_history(server).await.deliveries[0].delivery.state, DeliveryState::Delivered);
    // After four failed attempts the delivery is dead.
    receiver.queue_actions(&[const { ReceiverAction::Answer(503, "") }; 4]);
    server.link_device(crate::harness::LinkOptions::default().serial("SN-2")).await;
    server.advance("1h").await;
    let got = receiver.take_received().await;
    assert_eq!(
        got.iter().map(ReceivedRequest::notification_type).filter(|what| what.contains("Registered")).count(),
        4
    );
    assert_eq!(
        got.last().unwrap().notification_type(),
        "SubscriptionChangedNotification",
        "its turn came after the end of the first"
    );
    let _ = topic;
}

async fn an_extended_receiver_is_tried_for_days_and_gone_is_gone(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |new| new.policy = "extended".into()).await;
    receiver.queue_actions(&[const { ReceiverAction::Answer(404, "") }; 9]);
    receiver.queue_actions(&[ReceiverAction::Answer(410, "")]);
    server.link_default_device().await;
    server.advance("90h").await;
    assert_eq!(receiver.take_received().await.len(), 10);
    let found = opendrs_service::receiver::find(server.app(), &topic.arn).await.unwrap();
    assert_eq!(found.state, opendrs_domain::receiver::ReceiverState::Disabled);
    let EventHistory { deliveries, .. } = first_event_history(server).await;
    assert_eq!(deliveries[0].delivery.reason.as_deref(), Some("the receiver answered 410: it is gone"));
}

async fn a_lost_attempt_goes_out_again_under_the_same_id(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    receiver.queue_actions(&[ReceiverAction::Hang]);
    server.link_default_device().await;
    // The node stops between sending and recording.
    let before = tokio::select! {
        sent = delivery::drain_receiver(server.app(), topic.id) => panic!("{sent:?}"),
        got = receiver.wait_for_next() => got,
    };
    server.advance("59s").await;
    assert_eq!(receiver.take_received().await.len(), 0, "its lease is not over");
    server.advance("2s").await;
    let after = receiver.take_received().await;
    assert_eq!(after[0].header("x-amz-sns-message-id"), before.header("x-amz-sns-message-id"));
    assert_eq!(after[0].body, before.body);
    let EventHistory { deliveries, .. } = first_event_history(server).await;
    assert_eq!((deliveries[0].delivery.state, deliveries[0].delivery.attempts), (DeliveryState::Delivered, 2));
}

async fn a_dead_receiver_delays_no_other(server: &Server) {
    let (dead, alive) = (TestReceiver::start().await, TestReceiver::start().await);
    let dead_topic = server.add_confirmed_receiver("dead", &dead, |_| {}).await;
    let alive_topic = server.add_confirmed_receiver("alive", &alive, |_| {}).await;
    dead.queue_actions(&[ReceiverAction::Hang]);
    server.link_default_device().await;
    tokio::select! {
        sent = delivery::drain_receiver(server.app(), dead_topic.id) => panic!("{sent:?}"),
        sent = async {
            dead.wait_for_next().await;
            delivery::drain_receiver(server.app(), alive_topic.id).await.unwrap()
        } => assert_eq!(sent.len(), 2),
    }
    assert_eq!(alive.take_received().await.len(), 2);
}

async fn messages_without_an_answer_leave_room_for_others(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    receiver.queue_actions(&[const { ReceiverAction::Hang }; 20]);
    server.register_devices(100).await;
    let got = async {
        let mut got = HashSet::new();
        for _ in 0..100 {
            let message = receiver.wait_for_next().await;
            assert!(server.is_signed(&message.json()).await);
            got.insert(message.header("x-amz-sns-message-id").unwrap().to_owned());
        }
        got
    };
    tokio::select! {
        sent = delivery::drain_receiver(server.app(), topic.id) => panic!("{sent:?}"),
        got = got => assert_eq!(got.len(), 100, "each once"),
    }
}

async fn what_was_given_up_can_be_replayed(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    receiver.queue_actions(&[ReceiverAction::Answer(400, "")]);
    server.link_default_device().await;
    server.advance("0s").await;
    let before = receiver.take_received().await.remove(0).json();
    server.advance("2h").await;
    let now = server.app().now();
    let replayed = delivery::replay(server.app(), ReplaySelection::Range(now - Span::from_hours(3), now), None, true)
        .await
        .unwrap();
    assert_eq!(replayed, 1, "the other one was delivered");
    server.advance("0s").await;
    let after = receiver.take_only_received().await.json();
    assert_eq!((&before["MessageId"], &before["Message"]), (&after["MessageId"], &after["Message"]));
    assert_eq!(after["Timestamp"], "2018-03-02T09:00:00.001Z");
    assert!(before["Signature"] != after["Signature"] && server.is_signed(&after).await);
    assert_eq!(first_event_history(server).await.deliveries[0].delivery.state, DeliveryState::Delivered);
    let one = delivery::replay(server.app(), ReplaySelection::Event(first(server).await), None, false).await.unwrap();
    assert_eq!(one, 1);
    server.advance("0s").await;
    assert_eq!(receiver.take_only_received().await.json()["MessageId"], before["MessageId"]);

    // A disabled topic gets only what is replayed to it by name, and each of that once.
    receiver::apply_change(server.app(), topic.id, ReceiverChange::Disable).await.unwrap();
    let again = async |to| {
        delivery::replay(server.app(), ReplaySelection::Event(first(server).await), to, false).await.unwrap()
    };
    assert_eq!(again(None).await, 0);
    assert_eq!(again(Some(topic.id)).await, 1);
    server.advance("0s").await;
    assert_eq!(receiver.take_only_received().await.json()["MessageId"], before["MessageId"]);
    let sent = first_event_history(server).await.deliveries.remove(0).delivery;
    assert_eq!((sent.state, sent.reason), (DeliveryState::Delivered, None));
    receiver.queue_actions(&[ReceiverAction::Answer(500, "")]);
    assert_eq!(again(Some(topic.id)).await, 1);
    server.advance("1h").await;
    assert_eq!(receiver.take_only_received().await.json()["MessageId"], before["MessageId"]);
    let sent = first_event_history(server).await.deliveries.remove(0).delivery;
    assert_eq!((sent.state, sent.reason.as_deref()), (DeliveryState::Dead, Some("the receiver is disabled")));
}
