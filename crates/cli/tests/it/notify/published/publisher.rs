//! The publisher by itself: its deadline, what it passes on, and a program that has none.

use super::ARN;
use super::sns::{publisher, refused};
use crate::harness::{ReceiverAction, Server, TestReceiver};
use opendrs_domain::publication::{PublishRejection, TopicArn};
use opendrs_service::outbound::OutboundError;
use opendrs_service::publication::{Publication, PublishError};
use opendrs_service::receiver;
use std::time::Duration;

#[tokio::test]
async fn a_publication_ends_by_its_deadline() {
    let sns = TestReceiver::start_at("", ReceiverAction::Hang).await;
    let arn: TopicArn = ARN.parse().unwrap();
    let place = || unreachable!("no FIFO topic");
    let publication = Publication::new(arn, "Subject", "{}".into(), place);
    assert_eq!(publication.timeout, Duration::from_secs(15));
    let publication = Publication { timeout: Duration::from_millis(100), ..publication };
    let ended = publisher(&sns).publish(publication).await;
    assert_eq!(ended.unwrap_err(), PublishError::Failed(OutboundError::TimedOut));
}

#[tokio::test]
async fn a_refusal_is_handed_over_word_for_word() {
    let sns = TestReceiver::start_at("", ReceiverAction::AnswerBody(403, refused!("KMSAccessDenied"))).await;
    let publication = Publication::new(ARN.parse().unwrap(), "Subject", "{}".into(), || unreachable!("no FIFO topic"));
    let Err(PublishError::Rejected(refusal, answer)) = publisher(&sns).publish(publication).await else {
        panic!("taken")
    };
    assert_eq!(refusal, PublishRejection { status: 403, code: "KMSAccessDenied".into() });
    assert_eq!(answer.body, refused!("KMSAccessDenied").as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_publish_says_what_to_do() {
    let server = Server::start().await;
    let new = server.new_sns_topic(ARN, |_| {}).await;
    let error = receiver::add(server.app(), new).await.unwrap_err().to_string();
    assert!(error.contains("built without the feature `sns`: build it with `--features sns`"), "{error}");
}
