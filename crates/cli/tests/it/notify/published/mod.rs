//! Receivers that are Amazon SNS topics: what SNS is asked, and what becomes of what it answers.

mod sns;

use crate::harness::{Does, Linking, Options, Receiver, Server, Store, world};
use opendrs_domain::delivery::State;
use opendrs_domain::notification::Kind;
use opendrs_domain::publication::{Refusal, TopicArn};
use opendrs_domain::topic::{Signature, State as TopicState, Topic};
use opendrs_domain::version::Endpoint::Replenish;
use opendrs_domain::version::Version;
use opendrs_service::delivery::{self, Which};
use opendrs_service::outbound::Failure;
use opendrs_service::publication::{self, Publication, Unpublished};
use opendrs_service::topic::{self, Change, NewTopic};
use opendrs_service::{outbox, seed};
use sns::{TAKEN, is_signed, parameter, parameters, publisher, refused, what};
use std::time::Duration;

const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:kettles";
const FIFO: &str = "arn:aws:sns:eu-west-1:123456789012:kettles.fifo";
/// Runs a test with a server, and with what it takes for Amazon SNS.
async fn with_sns(store: Store, test: impl AsyncFn(&Server, &Receiver)) {
    let sns = Receiver::at("", Does::Say(200, TAKEN)).await;
    let server = Server::on(store, Options { publisher: Some(publisher(&sns)), ..Options::default() }).await;
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
    /// A topic of the first maker that is to be published to.
    async fn wanted(&self, arn: &str, more: impl FnOnce(&mut NewTopic)) -> NewTopic {
        let mut new = NewTopic {
            profile: self.profile().await,
            name: "kettles".into(),
            endpoint: arn.into(),
            signature: Signature::V1,
            raw: false,
            policy: "sns".into(),
            confirmed: false,
        };
        more(&mut new);
        new
    }

    /// The same, added.
    async fn published(&self, arn: &str) -> Topic {
        let new = self.wanted(arn, |_| {}).await;
        topic::add(self.app(), new).await.unwrap()
    }
}

async fn a_notification_is_published_signed_with_subject_and_version(server: &Server, sns: &Receiver) {
    let topic = server.published(ARN).await;
    assert_eq!(
        (topic.arn.as_str(), topic.state),
        ("arn:aws:sns:drs-local-1:000000000000:kettles", TopicState::Confirmed)
    );
    server.advance("1h").await;
    assert_eq!(sns.all().await.len(), 0, "nobody is asked, nothing is looked up");
    server.device().await;
    server.advance("0s").await;
    let got = sns.all().await;
    assert_eq!(
        got.iter().map(what).collect::<Vec<_>>(),
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
    let event = outbox::newest(server.app(), 100).await.unwrap().remove(0);
    let story = delivery::story(server.app(), event.id).await.unwrap();
    let (_, delivery, attempts) = &story.deliveries[0];
    assert_eq!((delivery.state, attempts[0].status, attempts[0].answer.as_str()), (State::Delivered, Some(200), TAKEN));
    assert_eq!(server.count("signing_key").await, 0, "SNS signs");
}

async fn a_message_of_version_1_has_no_attribute(server: &Server, sns: &Receiver) {
    let mut seed = world::seed();
    seed.makers[0].models[0].messages = vec![(Kind::DeviceRegistered, Version::V1)];
    seed::apply(server.app(), seed).await.unwrap();
    server.published(ARN).await;
    server.device().await;
    server.advance("0s").await;
    let versions: Vec<_> =
        sns.all().await.iter().map(|got| parameter(got, "MessageAttributes.entry.1.Value.StringValue")).collect();
    assert_eq!(versions, [None, Some("2.0".into())]);
}

async fn a_fifo_topic_keeps_the_order_of_a_device(server: &Server, sns: &Receiver) {
    server.published(FIFO).await;
    sns.will(&[Does::Say(503, "")]);
    server.device().await;
    server.advance("1m").await;
    server.link(Linking::default().serial("SN-2")).await;
    server.advance("0s").await;
    let got = sns.all().await;
    let groups: Vec<_> = got.iter().map(|got| parameter(got, "MessageGroupId").unwrap()).collect();
    let ids: Vec<_> = got.iter().map(|got| parameter(got, "MessageDeduplicationId").unwrap()).collect();
    assert_eq!(got.len(), 5);
    assert!(groups[..3].iter().all(|group| *group == groups[0]) && groups[0] != groups[3] && groups[3] == groups[4]);
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "a retry is the same message: {ids:?}");
    let events = outbox::newest(server.app(), 100).await.unwrap();
    assert!(ids.iter().all(|id| events.iter().any(|event| event.id.to_string() == *id)), "{ids:?}");
    assert_eq!(parameter(&got[0], "TopicArn").as_deref(), Some(FIFO));
}

async fn what_passes_is_tried_again_and_what_is_final_is_not(server: &Server, sns: &Receiver) {
    server.published(ARN).await;
    for (n, (does, status, problem)) in [
        (Does::Say(400, refused!("Throttling")), Some(400), Some("SNS answered 400 Throttling")),
        (Does::Say(429, refused!("Throttled")), Some(429), Some("SNS answered 429 Throttled")),
        (Does::Say(500, refused!("InternalError")), Some(500), Some("SNS answered 500 InternalError")),
        (Does::Say(503, "<html>"), Some(503), Some("SNS answered 503")),
        (Does::Close, None, Some("the connection was closed before the answer was complete")),
    ]
    .into_iter()
    .enumerate()
    {
        sns.will(&[does]);
        server.link(Linking::default().serial(&format!("SN-{n}"))).await;
        server.advance("0s").await;
        let first = sns.only().await;
        let event = outbox::newest(server.app(), 100).await.unwrap();
        let event = event.iter().find(|event| event.serial == format!("SN-{n}")).unwrap().id;
        server.advance("25s").await;
        let again = sns.all().await;
        assert_eq!(again[0].body, first.body, "{problem:?}");
        let (_, delivery, attempts) = delivery::story(server.app(), event).await.unwrap().deliveries.remove(0);
        assert_eq!((delivery.state, attempts.len()), (State::Delivered, 2), "{problem:?}");
        assert_eq!((attempts[1].status, attempts[1].problem.as_deref()), (status, problem));
    }
    for (n, (does, reason)) in [
        (Does::Say(404, refused!("NotFound")), "SNS answered 404 NotFound, which is final"),
        (Does::Say(403, refused!("AuthorizationError")), "SNS answered 403 AuthorizationError, which is final"),
        (Does::Say(400, refused!("InvalidParameter")), "SNS answered 400 InvalidParameter, which is final"),
    ]
    .into_iter()
    .enumerate()
    {
        sns.will(&[does]);
        server.link(Linking::default().serial(&format!("FIN-{n}"))).await;
        server.advance("2h").await;
        assert_eq!(sns.all().await.len(), 2, "one each: {reason}");
        let event = outbox::newest(server.app(), 100).await.unwrap();
        let event = event.iter().find(|event| event.serial == format!("FIN-{n}")).unwrap().id;
        let (_, delivery, attempts) = delivery::story(server.app(), event).await.unwrap().deliveries.remove(0);
        assert_eq!((delivery.state, attempts.len(), delivery.reason.as_deref()), (State::Dead, 1, Some(reason)));
        assert!(attempts[0].answer.contains("<Message>why it was refused</Message>"), "{attempts:?}");
    }
}

async fn an_extended_topic_waits_for_what_somebody_may_mend(server: &Server, sns: &Receiver) {
    let new = server.wanted(ARN, |new| new.policy = "extended".into()).await;
    topic::add(server.app(), new).await.unwrap();
    sns.will(&[Does::Say(403, refused!("AuthorizationError")), Does::Say(404, refused!("NotFound"))]);
    server.device().await;
    server.advance("1h").await;
    let kinds: Vec<_> = sns.all().await.iter().map(what).collect();
    let [registered, changed] = ["DeviceRegisteredNotification", "SubscriptionChangedNotification"];
    assert_eq!(kinds, [registered, registered, registered, changed]);
}

async fn what_is_not_from_sns_is_not_delivered(server: &Server, sns: &Receiver) {
    server.published(ARN).await;
    let strange = "<PublishResponse><PublishResult></PublishResult></PublishResponse>";
    sns.will(&[Does::Say(200, "<html>Welcome to nginx</html>"), Does::Say(200, ""), Does::Say(200, strange)]);
    server.device().await;
    server.advance("67s").await;
    let event = outbox::newest(server.app(), 100).await.unwrap().remove(0).id;
    let (_, delivery, attempts) = delivery::story(server.app(), event).await.unwrap().deliveries.remove(0);
    for attempt in &attempts[1..] {
        assert!(
            attempt.problem.as_ref().unwrap().starts_with("the answer is no readable HTTP: it is not SNS's"),
            "{attempt:?}"
        );
    }
    assert_eq!((delivery.state, attempts.len()), (State::Delivered, 4));
}

async fn what_was_answered_2xx_is_published_once(server: &Server, sns: &Receiver) {
    let topic = server.published(ARN).await;
    sns.will(&[Does::Break(200, "", true), Does::Break(503, "", true)]);
    server.device().await;
    server.advance("0s").await;
    let events = outbox::newest(server.app(), 100).await.unwrap();
    for (event, state, status) in [(&events[0], State::Delivered, 200), (&events[1], State::Waiting, 503)] {
        let (_, delivery, attempts) = delivery::story(server.app(), event.id).await.unwrap().deliveries.remove(0);
        assert_eq!((delivery.state, attempts.len(), attempts[0].status), (state, 1, Some(status)), "{attempts:?}");
    }
    sns.will(&[Does::Break(200, "", false)]);
    let why = publication::test(server.app(), &topic).await.unwrap_err().to_string();
    assert!(why.contains("it was published") && why.contains("broke off before its MessageId"), "{why}");
}

async fn messages_of_a_device_are_published_in_their_order(server: &Server, sns: &Receiver) {
    server.published(ARN).await;
    sns.will(&[Does::Say(500, ""), Does::Say(400, refused!("Throttling"))]);
    let device = server.device().await;
    server.call(&device, Replenish, &format!("/replenish/{}", world::FILTER)).send().await;
    server.advance("0s").await;
    assert_eq!(what(&sns.only().await), "DeviceRegisteredNotification");
    server.link(Linking::default().serial("SN-2")).await;
    server.advance("0s").await;
    let other = sns.only().await;
    assert!(other.body.contains("SN-2"), "another device does not wait: {}", other.body);
    server.advance("1m").await;
    let ours = sns.all().await;
    let ours: Vec<_> = ours.iter().filter(|got| got.body.contains("SN-1")).map(what).collect();
    assert_eq!(ours, ["DeviceRegisteredNotification", "SubscriptionChangedNotification", "OrderPlacedNotification"]);
}

async fn a_lost_attempt_is_published_again_as_the_same(server: &Server, sns: &Receiver) {
    let topic = server.published(FIFO).await;
    sns.will(&[Does::Hang]);
    server.device().await;
    // The node dies between publishing and recording.
    let before = tokio::select! {
        sent = delivery::drain(server.app(), topic.id) => panic!("{sent:?}"),
        got = sns.next() => got,
    };
    server.advance("59s").await;
    assert_eq!(sns.all().await.len(), 0, "its lease is not over");
    server.advance("2s").await;
    let after = sns.all().await;
    assert_eq!(after[0].body, before.body, "with the same deduplication id");
    let event = outbox::newest(server.app(), 100).await.unwrap().remove(0).id;
    let (_, delivery, _) = delivery::story(server.app(), event).await.unwrap().deliveries.remove(0);
    assert_eq!((delivery.state, delivery.attempts), (State::Delivered, 2));
}

async fn what_was_given_up_can_be_replayed(server: &Server, sns: &Receiver) {
    server.published(ARN).await;
    sns.will(&[Does::Say(404, refused!("NotFound"))]);
    server.device().await;
    server.advance("2h").await;
    let before = sns.all().await.remove(0);
    let event = outbox::newest(server.app(), 100).await.unwrap().remove(0).id;
    assert_eq!(delivery::replay(server.app(), Which::One(event), None, true).await.unwrap(), 1);
    server.advance("0s").await;
    assert_eq!(sns.only().await.body, before.body);
    let (_, delivery, _) = delivery::story(server.app(), event).await.unwrap().deliveries.remove(0);
    assert_eq!(delivery.state, State::Delivered);
}

async fn what_sns_decides_is_not_decided_here(server: &Server, sns: &Receiver) {
    let app = server.app();
    for (change, says) in [
        (
            Box::new(|new: &mut NewTopic| new.raw = true) as Box<dyn FnOnce(&mut NewTopic)>,
            "set RawMessageDelivery of the",
        ),
        (Box::new(|new: &mut NewTopic| new.signature = Signature::V2), "or SignatureVersion of"),
        (Box::new(|new: &mut NewTopic| new.endpoint.push_str(":x")), "it is a subscription's"),
        (Box::new(|new: &mut NewTopic| new.endpoint = "arn:aws:sqs:eu-west-1:1:q".into()), "`sqs` is another service"),
    ] {
        let new = server.wanted(ARN, change).await;
        let error = topic::add(app, new).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let topic = server.published(ARN).await;
    for change in [Change::Ask, Change::RotateSecret, Change::EndGrace] {
        let error = topic::change(app, topic.id, change).await.unwrap_err().to_string();
        assert!(error.contains("is an Amazon SNS topic: SNS asks its subscribers"), "{error}");
    }
    assert!(topic::secrets(app, &topic).is_err());
    let query = format!("/?Action=Unsubscribe&SubscriptionArn={}", topic.subscription_arn());
    assert_eq!(server.request("GET", &query).said().await.0, 404);
    // What was switched off stays so, whoever names it again; and is told nothing.
    topic::change(app, topic.id, Change::Disable).await.unwrap();
    assert_eq!(server.published(ARN).await.state, TopicState::Disabled);
    server.device().await;
    server.advance("0s").await;
    assert_eq!(sns.all().await.len(), 0);
    topic::change(app, topic.id, Change::Enable).await.unwrap();
    server.link(Linking::default().serial("SN-2")).await;
    server.advance("0s").await;
    assert_eq!(sns.all().await.len(), 2);
}

async fn a_receiver_may_become_a_topic_and_a_topic_a_receiver(server: &Server, sns: &Receiver) {
    let receiver = Receiver::start().await;
    let asked = server.topic("kettles", &receiver, |_| {}).await;
    let topic = server.published(ARN).await;
    assert_eq!((topic.id, topic.state), (asked.id, TopicState::Confirmed));
    server.device().await;
    server.advance("0s").await;
    assert_eq!((receiver.all().await.len(), sns.all().await.len()), (0, 2), "the question is dropped");
    let asked = server.topic("kettles", &receiver, |_| {}).await;
    assert_eq!((asked.id, asked.state), (topic.id, TopicState::Pending));
    server.advance("0s").await;
    assert_eq!(receiver.only().await.json()["Type"], "SubscriptionConfirmation");
}

async fn a_test_says_what_sns_said(server: &Server, sns: &Receiver) {
    let app = server.app();
    let topic = server.published(FIFO).await;
    assert_eq!(publication::test(app, &topic).await.unwrap(), "567910cd-659e-55d4-8ccb-5aaf14679dc0");
    let got = sns.only().await;
    let said = |name| parameter(&got, name).unwrap();
    assert_eq!((said("Subject"), said("MessageGroupId")), ("OpenDRS test".into(), "test".into()));
    assert_eq!(said("Message"), format!(r#"{{"test":"{} is published here by OpenDRS"}}"#, topic.arn));
    for (does, says) in [
        (
            Does::Say(403, refused!("AuthorizationError")),
            "403 AuthorizationError. Allow these credentials `sns:Publish`",
        ),
        (Does::Say(404, refused!("NotFound")), "404 NotFound. Create the topic, or correct region, account and name"),
        (Does::Close, "the connection was closed"),
    ] {
        sns.will(&[does]);
        let error = publication::test(app, &topic).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("nothing was published to {FIFO}: ")) && error.contains(says), "{error}");
    }
    assert_eq!(sns.all().await.len(), 3, "one request each: who tries again is another's to decide");
}

#[tokio::test]
async fn a_publication_ends_by_its_deadline() {
    let sns = Receiver::at("", Does::Hang).await;
    let arn: TopicArn = ARN.parse().unwrap();
    let place = || unreachable!("no FIFO topic");
    let publication = Publication::new(arn, "Subject", "{}".into(), place);
    assert_eq!(publication.deadline, Duration::from_secs(15));
    let publication = Publication { deadline: Duration::from_millis(100), ..publication };
    let ended = publisher(&sns).publish(publication).await;
    assert_eq!(ended.unwrap_err(), Unpublished::Failed(Failure::TimedOut));
}

#[tokio::test]
async fn a_refusal_is_handed_over_word_for_word() {
    let sns = Receiver::at("", Does::Say(403, refused!("KMSAccessDenied"))).await;
    let publication = Publication::new(ARN.parse().unwrap(), "Subject", "{}".into(), || unreachable!("no FIFO topic"));
    let Err(Unpublished::Refused(refusal, answer)) = publisher(&sns).publish(publication).await else {
        panic!("taken")
    };
    assert_eq!(refusal, Refusal { status: 403, code: "KMSAccessDenied".into() });
    assert_eq!(answer.body, refused!("KMSAccessDenied").as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_publish_says_what_to_do() {
    let server = Server::start().await;
    let new = server.wanted(ARN, |_| {}).await;
    let error = topic::add(server.app(), new).await.unwrap_err().to_string();
    assert!(error.contains("built without the feature `sns`: build it with `--features sns`"), "{error}");
}
