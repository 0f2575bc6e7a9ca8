//! Receivers that are Amazon SNS topics: the requests to SNS, and the effect of its answers.

mod publisher;
mod sns;

use crate::harness::{LinkOptions, Options, ReceiverAction, Server, Store, TestReceiver, fixtures};
use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::notification::NotificationType;
use opendrs_domain::receiver::{Receiver, ReceiverState, SignatureVersion};
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_domain::version::Version;
use opendrs_service::delivery::{self, ReceiverDelivery, ReplaySelection};
use opendrs_service::publication::{self};
use opendrs_service::receiver::{self, NewReceiver, ReceiverChange};
use opendrs_service::{outbox, seed};
use sns::{PUBLISH_RESPONSE, is_signed, parameter, parameters, published_notification_type, publisher, refused};

const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:kettles";
const FIFO: &str = "arn:aws:sns:eu-west-1:123456789012:kettles.fifo";
/// Runs a test with a server and a fake Amazon SNS.
async fn with_sns(store: Store, test: impl AsyncFn(&Server, &TestReceiver)) {
    let sns = TestReceiver::start_at("", ReceiverAction::AnswerBody(200, PUBLISH_RESPONSE)).await;
    let server = Server::start_on(store, Options { publisher: Some(publisher(&sns)), ..Options::default() }).await;
    test(&server, &sns).await;
    server.remove_store().await;
}

both!(by with_sns:
    a_notification_is_published_signed_with_subject_and_version,
    a_message_of_version_1_has_no_attribute,
    a_fifo_topic_keeps_the_order_of_a_device,
    what_passes_is_tried_again_and_what_is_final_is_not,
    an_extended_topic_waits_for_what_somebody_may_mend,
    what_is_not_from_sns_is_not_delivered,
    what_was_answered_2xx_is_published_once,
    messages_of_a_device_are_published_in_their_order,
    a_lost_attempt_is_published_again_as_the_same,
    what_was_given_up_can_be_replayed,
    what_sns_decides_is_not_decided_here,
    a_receiver_may_become_a_topic_and_a_topic_a_receiver,
    a_test_says_what_sns_said,
);

impl Server {
    /// A new receiver of the first maker that is an SNS topic.
    async fn new_sns_topic(&self, arn: &str, more: impl FnOnce(&mut NewReceiver)) -> NewReceiver {
        let mut new = NewReceiver {
            profile: self.first_profile().await,
            name: "kettles".into(),
            endpoint: arn.into(),
            signature: SignatureVersion::V1,
            raw: false,
            policy: "sns".into(),
            confirmed: false,
        };
        more(&mut new);
        new
    }

    /// Adds such a receiver.
    async fn add_sns_topic(&self, arn: &str) -> Receiver {
        let new = self.new_sns_topic(arn, |_| {}).await;
        receiver::add(self.app(), new).await.unwrap()
    }
}

async fn a_notification_is_published_signed_with_subject_and_version(server: &Server, sns: &TestReceiver) {
    let topic = server.add_sns_topic(ARN).await;
    assert_eq!(
        (topic.arn.as_str(), topic.state),
        ("arn:aws:sns:drs-local-1:000000000000:kettles", ReceiverState::Confirmed)
    );
    server.advance("1h").await;
    assert_eq!(sns.take_received().await.len(), 0, "nobody is asked, nothing is looked up");
    server.link_default_device().await;
    server.advance("0s").await;
    let got = sns.take_received().await;
    assert_eq!(
        got.iter().map(published_notification_type).collect::<Vec<_>>(),
        ["DeviceRegisteredNotification", "SubscriptionChangedNotification"]
    );
    for got in &got {
        assert!(got.head.starts_with("POST / HTTP/1.1\r\n"), "{}", got.head);
        assert!(got.header("content-type").unwrap().starts_with("application/x-www-form-urlencoded"), "{}", got.head);
        assert!(is_signed(got, "eu-west-1"), "{}", got.head);
        let wanted = [
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("TopicArn", ARN),
            ("Message", &parameter(got, "Message").unwrap()),
            ("Subject", "DRS Notification"),
            ("MessageAttributes.entry.1.Name", "version"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", "2.0"),
        ];
        assert_eq!(parameters(got), wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    let event = outbox::list_newest(server.app(), 100).await.unwrap().remove(0);
    let story = delivery::load_event_history(server.app(), event.id).await.unwrap();
    let ReceiverDelivery { delivery, attempts, .. } = &story.deliveries[0];
    assert_eq!(
        (delivery.state, attempts[0].status, attempts[0].response.as_str()),
        (DeliveryState::Delivered, Some(200), PUBLISH_RESPONSE)
    );
    assert_eq!(server.row_count("signing_key").await, 0, "SNS signs");
}

async fn a_message_of_version_1_has_no_attribute(server: &Server, sns: &TestReceiver) {
    let mut seed = fixtures::seed();
    seed.makers[0].models[0].messages = vec![(NotificationType::DeviceRegistered, Version::V1)];
    seed::apply(server.app(), seed).await.unwrap();
    server.add_sns_topic(ARN).await;
    server.link_default_device().await;
    server.advance("0s").await;
    let versions: Vec<_> = sns
        .take_received()
        .await
        .iter()
        .map(|got| parameter(got, "MessageAttributes.entry.1.Value.StringValue"))
        .collect();
    assert_eq!(versions, [None, Some("2.0".into())]);
}

async fn a_fifo_topic_keeps_the_order_of_a_device(server: &Server, sns: &TestReceiver) {
    server.add_sns_topic(FIFO).await;
    sns.queue_actions(&[ReceiverAction::AnswerBody(503, "")]);
    server.link_default_device().await;
    server.advance("1m").await;
    server.link_device(LinkOptions::default().serial("SN-2")).await;
    server.advance("0s").await;
    let got = sns.take_received().await;
    let groups: Vec<_> = got.iter().map(|got| parameter(got, "MessageGroupId").unwrap()).collect();
    let ids: Vec<_> = got.iter().map(|got| parameter(got, "MessageDeduplicationId").unwrap()).collect();
    assert_eq!(got.len(), 5);
    assert!(groups[..3].iter().all(|group| *group == groups[0]) && groups[0] != groups[3] && groups[3] == groups[4]);
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "a retry is the same message: {ids:?}");
    let events = outbox::list_newest(server.app(), 100).await.unwrap();
    assert!(ids.iter().all(|id| events.iter().any(|event| event.id.to_string() == *id)), "{ids:?}");
    assert_eq!(parameter(&got[0], "TopicArn").as_deref(), Some(FIFO));
}

async fn what_passes_is_tried_again_and_what_is_final_is_not(server: &Server, sns: &TestReceiver) {
    server.add_sns_topic(ARN).await;
    for (n, (does, status, problem)) in [
        (ReceiverAction::AnswerBody(400, refused!("Throttling")), Some(400), Some("SNS answered 400 Throttling")),
        (ReceiverAction::AnswerBody(429, refused!("Throttled")), Some(429), Some("SNS answered 429 Throttled")),
        (ReceiverAction::AnswerBody(500, refused!("InternalError")), Some(500), Some("SNS answered 500 InternalError")),
        (ReceiverAction::AnswerBody(503, "<html>"), Some(503), Some("SNS answered 503")),
        (ReceiverAction::Close, None, Some("the connection was closed before the answer was complete")),
    ]
    .into_iter()
    .enumerate()
    {
        sns.queue_actions(&[does]);
        server.link_device(LinkOptions::default().serial(&format!("SN-{n}"))).await;
        server.advance("0s").await;
        let first = sns.take_only_received().await;
        let event = outbox::list_newest(server.app(), 100).await.unwrap();
        let event = event.iter().find(|event| event.serial == format!("SN-{n}")).unwrap().id;
        server.advance("25s").await;
        let again = sns.take_received().await;
        assert_eq!(again[0].body, first.body, "{problem:?}");
        let ReceiverDelivery { delivery, attempts, .. } =
            delivery::load_event_history(server.app(), event).await.unwrap().deliveries.remove(0);
        assert_eq!((delivery.state, attempts.len()), (DeliveryState::Delivered, 2), "{problem:?}");
        assert_eq!((attempts[1].status, attempts[1].error.as_deref()), (status, problem));
    }
    for (n, (does, reason)) in [
        (ReceiverAction::AnswerBody(404, refused!("NotFound")), "SNS answered 404 NotFound, which is final"),
        (
            ReceiverAction::AnswerBody(403, refused!("AuthorizationError")),
            "SNS answered 403 AuthorizationError, which is final",
        ),
        (
            ReceiverAction::AnswerBody(400, refused!("InvalidParameter")),
            "SNS answered 400 InvalidParameter, which is final",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        sns.queue_actions(&[does]);
        server.link_device(LinkOptions::default().serial(&format!("FIN-{n}"))).await;
        server.advance("2h").await;
        assert_eq!(sns.take_received().await.len(), 2, "one each: {reason}");
        let event = outbox::list_newest(server.app(), 100).await.unwrap();
        let event = event.iter().find(|event| event.serial == format!("FIN-{n}")).unwrap().id;
        let ReceiverDelivery { delivery, attempts, .. } =
            delivery::load_event_history(server.app(), event).await.unwrap().deliveries.remove(0);
        assert_eq!(
            (delivery.state, attempts.len(), delivery.reason.as_deref()),
            (DeliveryState::Dead, 1, Some(reason))
        );
        assert!(attempts[0].response.contains("<Message>why it was refused</Message>"), "{attempts:?}");
    }
}

async fn an_extended_topic_waits_for_what_somebody_may_mend(server: &Server, sns: &TestReceiver) {
    let new = server.new_sns_topic(ARN, |new| new.policy = "extended".into()).await;
    receiver::add(server.app(), new).await.unwrap();
    sns.queue_actions(&[
        ReceiverAction::AnswerBody(403, refused!("AuthorizationError")),
        ReceiverAction::AnswerBody(404, refused!("NotFound")),
    ]);
    server.link_default_device().await;
    server.advance("1h").await;
    let kinds: Vec<_> = sns.take_received().await.iter().map(published_notification_type).collect();
    let [registered, changed] = ["DeviceRegisteredNotification", "SubscriptionChangedNotification"];
    assert_eq!(kinds, [registered, registered, registered, changed]);
}

async fn what_is_not_from_sns_is_not_delivered(server: &Server, sns: &TestReceiver) {
    server.add_sns_topic(ARN).await;
    let strange = "<PublishResponse><PublishResult></PublishResult></PublishResponse>";
    sns.queue_actions(&[
        ReceiverAction::AnswerBody(200, "<html>Welcome to nginx</html>"),
        ReceiverAction::AnswerBody(200, ""),
        ReceiverAction::AnswerBody(200, strange),
    ]);
    server.link_default_device().await;
    server.advance("67s").await;
    let event = outbox::list_newest(server.app(), 100).await.unwrap().remove(0).id;
    let ReceiverDelivery { delivery, attempts, .. } =
        delivery::load_event_history(server.app(), event).await.unwrap().deliveries.remove(0);
    for attempt in &attempts[1..] {
        assert!(
            attempt.error.as_ref().unwrap().starts_with("the answer is no readable HTTP: it is not SNS's"),
            "{attempt:?}"
        );
    }
    assert_eq!((delivery.state, attempts.len()), (DeliveryState::Delivered, 4));
}

async fn what_was_answered_2xx_is_published_once(server: &Server, sns: &TestReceiver) {
    let topic = server.add_sns_topic(ARN).await;
    sns.queue_actions(&[ReceiverAction::CutBody(200, "", true), ReceiverAction::CutBody(503, "", true)]);
    server.link_default_device().await;
    server.advance("0s").await;
    let events = outbox::list_newest(server.app(), 100).await.unwrap();
    for (event, state, status) in
        [(&events[0], DeliveryState::Delivered, 200), (&events[1], DeliveryState::Waiting, 503)]
    {
        let ReceiverDelivery { delivery, attempts, .. } =
            delivery::load_event_history(server.app(), event.id).await.unwrap().deliveries.remove(0);
        assert_eq!((delivery.state, attempts.len(), attempts[0].status), (state, 1, Some(status)), "{attempts:?}");
    }
    sns.queue_actions(&[ReceiverAction::CutBody(200, "", false)]);
    let why = publication::publish_test(server.app(), &topic).await.unwrap_err().to_string();
    assert!(why.contains("it was published") && why.contains("broke off before its MessageId"), "{why}");
}

async fn messages_of_a_device_are_published_in_their_order(server: &Server, sns: &TestReceiver) {
    server.add_sns_topic(ARN).await;
    sns.queue_actions(&[ReceiverAction::AnswerBody(500, ""), ReceiverAction::AnswerBody(400, refused!("Throttling"))]);
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{}", fixtures::FILTER)).send().await;
    server.advance("0s").await;
    assert_eq!(published_notification_type(&sns.take_only_received().await), "DeviceRegisteredNotification");
    server.link_device(LinkOptions::default().serial("SN-2")).await;
    server.advance("0s").await;
    let other = sns.take_only_received().await;
    assert!(other.body.contains("SN-2"), "another device does not wait: {}", other.body);
    server.advance("1m").await;
    let ours = sns.take_received().await;
    let ours: Vec<_> = ours.iter().filter(|got| got.body.contains("SN-1")).map(published_notification_type).collect();
    assert_eq!(ours, ["DeviceRegisteredNotification", "SubscriptionChangedNotification", "OrderPlacedNotification"]);
}

async fn a_lost_attempt_is_published_again_as_the_same(server: &Server, sns: &TestReceiver) {
    let topic = server.add_sns_topic(FIFO).await;
    sns.queue_actions(&[ReceiverAction::Hang]);
    server.link_default_device().await;
    // The node stops between publishing and recording.
    let before = tokio::select! {
        sent = delivery::drain_receiver(server.app(), topic.id) => panic!("{sent:?}"),
        got = sns.wait_for_next() => got,
    };
    server.advance("59s").await;
    assert_eq!(sns.take_received().await.len(), 0, "its lease is not over");
    server.advance("2s").await;
    let after = sns.take_received().await;
    assert_eq!(after[0].body, before.body, "with the same deduplication id");
    let event = outbox::list_newest(server.app(), 100).await.unwrap().remove(0).id;
    let ReceiverDelivery { delivery, .. } =
        delivery::load_event_history(server.app(), event).await.unwrap().deliveries.remove(0);
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Delivered, 2));
}

async fn what_was_given_up_can_be_replayed(server: &Server, sns: &TestReceiver) {
    server.add_sns_topic(ARN).await;
    sns.queue_actions(&[ReceiverAction::AnswerBody(404, refused!("NotFound"))]);
    server.link_default_device().await;
    server.advance("2h").await;
    let before = sns.take_received().await.remove(0);
    let event = outbox::list_newest(server.app(), 100).await.unwrap().remove(0).id;
    assert_eq!(delivery::replay(server.app(), ReplaySelection::Event(event), None, true).await.unwrap(), 1);
    server.advance("0s").await;
    assert_eq!(sns.take_only_received().await.body, before.body);
    let ReceiverDelivery { delivery, .. } =
        delivery::load_event_history(server.app(), event).await.unwrap().deliveries.remove(0);
    assert_eq!(delivery.state, DeliveryState::Delivered);
}

async fn what_sns_decides_is_not_decided_here(server: &Server, sns: &TestReceiver) {
    let app = server.app();
    for (change, says) in [
        (
            Box::new(|new: &mut NewReceiver| new.raw = true) as Box<dyn FnOnce(&mut NewReceiver)>,
            "set RawMessageDelivery of the",
        ),
        (Box::new(|new: &mut NewReceiver| new.signature = SignatureVersion::V2), "or SignatureVersion of"),
        (Box::new(|new: &mut NewReceiver| new.endpoint.push_str(":x")), "it is a subscription's"),
        (
            Box::new(|new: &mut NewReceiver| new.endpoint = "arn:aws:sqs:eu-west-1:1:q".into()),
            "`sqs` is another service",
        ),
    ] {
        let new = server.new_sns_topic(ARN, change).await;
        let error = receiver::add(app, new).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let topic = server.add_sns_topic(ARN).await;
    for change in [ReceiverChange::RequestConfirmation, ReceiverChange::RotateSecret, ReceiverChange::RetireSecret] {
        let error = receiver::apply_change(app, topic.id, change).await.unwrap_err().to_string();
        assert!(error.contains("is an Amazon SNS topic: SNS asks its subscribers"), "{error}");
    }
    assert!(receiver::list_webhook_secrets(app, &topic).is_err());
    let query = format!("/?Action=Unsubscribe&SubscriptionArn={}", topic.subscription_arn());
    assert_eq!(server.request("GET", &query).status_and_text().await.0, 404);
    // A disabled topic stays disabled when it is added again, and gets nothing.
    receiver::apply_change(app, topic.id, ReceiverChange::Disable).await.unwrap();
    assert_eq!(server.add_sns_topic(ARN).await.state, ReceiverState::Disabled);
    server.link_default_device().await;
    server.advance("0s").await;
    assert_eq!(sns.take_received().await.len(), 0);
    receiver::apply_change(app, topic.id, ReceiverChange::Enable).await.unwrap();
    server.link_device(LinkOptions::default().serial("SN-2")).await;
    server.advance("0s").await;
    assert_eq!(sns.take_received().await.len(), 2);
}

async fn a_receiver_may_become_a_topic_and_a_topic_a_receiver(server: &Server, sns: &TestReceiver) {
    let receiver = TestReceiver::start().await;
    let asked = server.add_receiver("kettles", &receiver, |_| {}).await;
    let topic = server.add_sns_topic(ARN).await;
    assert_eq!((topic.id, topic.state), (asked.id, ReceiverState::Confirmed));
    server.link_default_device().await;
    server.advance("0s").await;
    assert_eq!(
        (receiver.take_received().await.len(), sns.take_received().await.len()),
        (0, 2),
        "the question is dropped"
    );
    let asked = server.add_receiver("kettles", &receiver, |_| {}).await;
    assert_eq!((asked.id, asked.state), (topic.id, ReceiverState::Pending));
    server.advance("0s").await;
    assert_eq!(receiver.take_only_received().await.json()["Type"], "SubscriptionConfirmation");
}

async fn a_test_says_what_sns_said(server: &Server, sns: &TestReceiver) {
    let app = server.app();
    let topic = server.add_sns_topic(FIFO).await;
    assert_eq!(publication::publish_test(app, &topic).await.unwrap(), "567910cd-659e-55d4-8ccb-5aaf14679dc0");
    let got = sns.take_only_received().await;
    let said = |name| parameter(&got, name).unwrap();
    assert_eq!((said("Subject"), said("MessageGroupId")), ("OpenDRS test".into(), "test".into()));
    assert_eq!(said("Message"), format!(r#"{{"test":"{} is published here by OpenDRS"}}"#, topic.arn));
    for (does, says) in [
        (
            ReceiverAction::AnswerBody(403, refused!("AuthorizationError")),
            "403 AuthorizationError. Allow these credentials `sns:Publish`",
        ),
        (
            ReceiverAction::AnswerBody(404, refused!("NotFound")),
            "404 NotFound. Create the topic, or correct region, account and name",
        ),
        (ReceiverAction::Close, "the connection was closed"),
    ] {
        sns.queue_actions(&[does]);
        let error = publication::publish_test(app, &topic).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("nothing was published to {FIFO}: ")) && error.contains(says), "{error}");
    }
    assert_eq!(sns.take_received().await.len(), 3, "one request each: who tries again is another's to decide");
}
