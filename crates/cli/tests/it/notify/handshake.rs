//! The behaviour that SNS receivers expect of a topic: a confirmation request first, signed envelopes, and a link to
//! unsubscribe.

use crate::harness::{ReceiverAction, Server, TestReceiver};
use opendrs_domain::receiver::{Receiver, SignatureVersion};
use opendrs_service::receiver::{self, ReceiverChange};

both!(
    a_receiver_is_asked_before_it_is_told_anything,
    a_receiver_that_unsubscribed_is_told_how_to_come_back,
    what_keeps_a_topic_from_being_confirmed_is_said,
    what_a_receiver_asks_wrongly_is_refused_in_xml,
    every_message_is_signed_in_the_version_of_its_topic,
    raw_delivery_is_the_bare_message,
    a_new_key_signs_and_the_old_certificate_is_still_there,
);

async fn a_receiver_is_asked_before_it_is_told_anything(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_receiver("kettles", &receiver, |_| {}).await;
    assert_eq!(topic.arn, "arn:aws:sns:drs-local-1:000000000000:kettles");
    server.link_default_device().await;
    server.advance("0s").await;
    let asked = receiver.take_only_received().await;
    assert!(asked.head.starts_with("POST /drs?maker=aqua HTTP/1.1\r\n"), "{}", asked.head);
    let message = asked.json();
    for (header, wanted) in [
        ("x-amz-sns-message-type", "SubscriptionConfirmation"),
        ("x-amz-sns-message-id", message["MessageId"].as_str().unwrap()),
        ("x-amz-sns-topic-arn", &topic.arn),
        ("content-type", "text/plain; charset=UTF-8"),
        ("user-agent", "Amazon Simple Notification Service Agent"),
        ("connection", "Keep-Alive"),
    ] {
        assert_eq!(asked.header(header), Some(wanted), "{header}");
    }
    assert_eq!(asked.header("x-amz-sns-subscription-arn"), None);
    assert_eq!(asked.header("transfer-encoding"), None);
    assert!(server.is_signed(&message).await, "{message}");
    let (status, xml) = server.get_xml(&message["SubscribeURL"]).await;
    let arn = topic.subscription_arn();
    assert_eq!(status, 200, "{xml}");
    let wanted = format!(
        "<ConfirmSubscriptionResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><ConfirmSubscriptionResult>\
         <SubscriptionArn>{arn}</SubscriptionArn></ConfirmSubscriptionResult><ResponseMetadata><RequestId>"
    );
    assert!(xml.starts_with(&wanted), "{xml}");
    assert_eq!(server.get_xml(&message["SubscribeURL"]).await.0, 200, "twice is once");
    // Events before the confirmation are not sent.
    server.advance("1h").await;
    assert_eq!(receiver.take_received().await.len(), 0);
    let device = server.link_default_device().await;
    let path = format!("/replenish/{}", crate::harness::fixtures::FILTER);
    server.device_call(&device, opendrs_domain::version::ApiEndpoint::Replenish, &path).send().await;
    server.advance("1s").await;
    let got = receiver.take_received().await;
    assert_eq!(got.last().unwrap().notification_type(), "OrderPlacedNotification");
    assert_eq!(got.last().unwrap().header("x-amz-sns-subscription-arn"), Some(arn.as_str()));
    assert_eq!(got.last().unwrap().json()["Subject"], "DRS Notification");
    assert_eq!(got.last().unwrap().json()["MessageAttributes"]["version"]["Value"], "2.0");
}

async fn a_receiver_that_unsubscribed_is_told_how_to_come_back(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    server.link_default_device().await;
    server.advance("0s").await;
    let message = receiver.take_received().await.remove(0).json();
    let (status, xml) = server.get_xml(&message["UnsubscribeURL"]).await;
    assert!(status == 200 && xml.starts_with("<UnsubscribeResponse xmlns="), "{xml}");
    server.advance("0s").await;
    let gone = receiver.take_only_received().await.json();
    assert_eq!(gone["Type"], "UnsubscribeConfirmation");
    assert!(server.is_signed(&gone).await);
    server.link_device(crate::harness::LinkOptions::default().serial("SN-2")).await;
    server.advance("1h").await;
    assert_eq!(receiver.take_received().await.len(), 0, "it wanted no more");
    server.get_xml(&gone["SubscribeURL"]).await;
    server.link_device(crate::harness::LinkOptions::default().serial("SN-3")).await;
    server.advance("0s").await;
    let got = receiver.take_received().await;
    assert!(got.iter().all(|got| got.message().to_string().contains("SN-3")) && got.len() == 2, "{got:#?}");
}

async fn what_keeps_a_topic_from_being_confirmed_is_said(server: &Server) {
    let receiver = TestReceiver::start().await;
    let why = async |topic: &Receiver| receiver::pending_reason(server.app(), topic).await.unwrap().unwrap_or_default();
    let topic = server.add_receiver("kettles", &receiver, |_| {}).await;
    assert_eq!(why(&topic).await, "it was not asked yet: the running server asks");
    server.advance("0s").await;
    assert_eq!(why(&topic).await, "it answered 200, and did not open the SubscribeURL it was sent");
    let private = server.add_receiver("mugs", &receiver, |new| new.endpoint = "http://10.0.0.1/drs".into()).await;
    receiver.queue_actions(&[ReceiverAction::AnswerBody(404, "")]);
    let lost = server.add_receiver("jugs", &receiver, |_| {}).await;
    server.advance("0s").await;
    let kept = "10.0.0.1 is a private or reserved address; list it in outbound.allow if it is meant";
    assert_eq!((why(&private).await.as_str(), why(&lost).await.as_str()), (kept, "it answered 404"));
    server.advance("49h").await;
    assert_eq!(why(&lost).await, "the question is more than two days old: `opendrs topic test` asks again");
    let confirmed = receiver::apply_change(server.app(), topic.id, ReceiverChange::Enable).await.unwrap();
    assert_eq!(why(&confirmed).await, "");
}

async fn what_a_receiver_asks_wrongly_is_refused_in_xml(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_receiver("kettles", &receiver, |_| {}).await;
    let arn = topic.subscription_arn();
    for (query, status, code) in [
        ("Action=Publish".to_owned(), 400, "InvalidAction"),
        ("TopicArn=x".into(), 400, "MissingAction"),
        (format!("Action=ConfirmSubscription&TopicArn={}&Token=00", topic.arn), 400, "InvalidParameter"),
        (format!("Action=ConfirmSubscription&TopicArn={}", topic.arn), 400, "InvalidParameter"),
        (
            format!("Action=ConfirmSubscription&TopicArn={}&Token=00&AuthenticateOnUnsubscribe=true", topic.arn),
            403,
            "AuthorizationError",
        ),
        ("Action=ConfirmSubscription&TopicArn=arn:aws:sns:a:1:b&Token=00".into(), 404, "NotFound"),
        ("Action=ConfirmSubscription&TopicArn=%00&Token=00".into(), 404, "NotFound"),
        ("Action=Unsubscribe&SubscriptionArn=%00".into(), 400, "InvalidParameter"),
        ("Action=Unsubscribe&SubscriptionArn=x".into(), 400, "InvalidParameter"),
        (format!("Action=Unsubscribe&SubscriptionArn={}", arn.replace("kettles", "mugs")), 404, "NotFound"),
    ] {
        for (method, path, body) in [
            ("GET", format!("/?{query}"), String::new()),
            ("POST", "/".into(), query.clone()),
            ("POST", format!("/?{query}"), String::new()),
            ("POST", "/?Version=2010-03-31".into(), query.clone()),
        ] {
            let (got, xml) = server.request(method, &path).body(body).status_and_text().await;
            assert!(got == status && xml.contains(&format!("<Code>{code}</Code>")), "{method} {query}: {got} {xml}");
        }
    }
    // Two days later the token is no longer valid.
    server.advance("0s").await;
    let asked = receiver.take_only_received().await.json();
    server.advance("48h").await;
    assert_eq!(server.get_xml(&asked["SubscribeURL"]).await.0, 400);
}

async fn every_message_is_signed_in_the_version_of_its_topic(server: &Server) {
    let (one, two) = (TestReceiver::start().await, TestReceiver::start().await);
    server.add_confirmed_receiver("one", &one, |_| {}).await;
    server.add_confirmed_receiver("two", &two, |new| new.signature = SignatureVersion::V2).await;
    server.link_default_device().await;
    server.advance("0s").await;
    for (receiver, version) in [(one, "1"), (two, "2")] {
        let got = receiver.take_received().await;
        assert_eq!(
            got.iter().map(crate::harness::ReceivedRequest::notification_type).collect::<Vec<_>>(),
            ["DeviceRegisteredNotification", "SubscriptionChangedNotification"]
        );
        for got in got {
            let mut message = got.json();
            assert_eq!(message["SignatureVersion"], version);
            assert!(!message["Timestamp"].as_str().unwrap().ends_with(".000Z"), "{message}");
            assert!(server.is_signed(&message).await, "{message}");
            message["Message"] = "{}".into();
            assert!(!server.is_signed(&message).await);
        }
    }
}

async fn raw_delivery_is_the_bare_message(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = server.add_confirmed_receiver("kettles", &receiver, |new| new.raw = true).await;
    server.link_default_device().await;
    server.advance("0s").await;
    let got = receiver.take_received().await.remove(0);
    assert_eq!(got.header("x-amz-sns-rawdelivery"), Some("true"));
    assert_eq!(got.json()["notificationInfo"]["notificationType"], "DeviceRegisteredNotification");
    let ours = receiver::list_webhook_secrets(server.app(), &topic).unwrap().remove(0);
    assert!(ours.secret.starts_with("whsec_") && ours.public_key.starts_with("whpk_"));
    let signature = got.header("webhook-signature").unwrap();
    assert!(signature.starts_with("v1,") && signature.contains(" v1a,"), "{signature}");
    assert_eq!(got.header("webhook-id"), got.header("x-amz-sns-message-id"));
    assert_eq!(got.header("webhook-timestamp"), Some("1519974000"));
}

async fn a_new_key_signs_and_the_old_certificate_is_still_there(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    server.link_default_device().await;
    server.advance("0s").await;
    let before = receiver.take_received().await.remove(0).json();
    let file = opendrs_service::signing::rotate_key(server.app()).await.unwrap();
    server.link_device(crate::harness::LinkOptions::default().serial("SN-2")).await;
    server.advance("0s").await;
    let after = receiver.take_received().await.remove(0).json();
    assert!(
        after["SigningCertURL"].as_str().unwrap().ends_with(&file)
            && before["SigningCertURL"] != after["SigningCertURL"]
    );
    assert!(server.is_signed(&before).await && server.is_signed(&after).await);
    let unknown = server
        .request("GET", "/SimpleNotificationService-00000000000000000000000000000000.pem")
        .status_and_text()
        .await;
    assert_eq!(unknown.0, 404);
}
