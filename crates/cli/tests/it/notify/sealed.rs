//! The addresses of receivers at rest: every writer seals them, and the store alone does not reveal them.

use crate::harness::{ReceiverAction, Server, TestReceiver};
use opendrs_domain::receiver::Receiver;
use opendrs_service::receiver::{self, ReceiverChange};
use opendrs_store::Engine;

both!(an_address_is_in_no_row_and_messages_go_there, what_is_sealed_opens_in_no_other_row,);

/// Texts that no row may contain.
const SECRETS: [&str; 2] = ["of-receiver-Q1", "of-key-R2"];

fn secret(receiver: &TestReceiver) -> String {
    format!("{}&key=of-key-R2", receiver.url.replace("http://", "http://maker:of-receiver-Q1@"))
}

async fn with_secrets(server: &Server, name: &str, receiver: &TestReceiver) -> Receiver {
    let endpoint = secret(receiver);
    let more = |new: &mut receiver::NewReceiver| (new.endpoint, new.policy) = (endpoint, "extended".into());
    server.add_confirmed_receiver(name, receiver, more).await
}

/// The rows that contain a secret, in plain text or in hexadecimal digits.
async fn leaks(server: &Server) -> Vec<String> {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let wanted: Vec<_> = SECRETS.iter().flat_map(|secret| [(*secret).to_owned(), hex(secret)]).collect();
    let rows = server.all_rows().await.into_values().flatten();
    rows.filter(|row| wanted.iter().any(|secret| row.contains(secret.as_str()))).collect()
}

fn is(server: &Server, topic: &Receiver) -> String {
    match server.app().db.engine() {
        Engine::Sqlite => format!("id = X'{}'", topic.id.0.simple()),
        Engine::Postgres => format!("id = '{}'", topic.id.0),
    }
}

async fn an_address_is_in_no_row_and_messages_go_there(server: &Server) {
    let receiver = TestReceiver::start().await;
    let topic = with_secrets(server, "kettles", &receiver).await;
    assert_eq!(leaks(server).await, [""; 0]);
    server.link_default_device().await;
    server.advance("1s").await;
    let got = receiver.take_received().await.remove(0);
    assert!(got.head.starts_with("POST /drs?maker=aqua&key=of-key-R2 HTTP/1.1\r\n"), "{}", got.head);
    assert_eq!(got.header("authorization"), Some("Basic bWFrZXI6b2YtcmVjZWl2ZXItUTE="));
    // An answer that changes the topic's state leaves its address unchanged.
    receiver.queue_actions(&[ReceiverAction::Answer(410, "")]);
    server.link_device(crate::harness::LinkOptions::default().serial("SN-2")).await;
    server.advance("1h").await;
    let found = receiver::find(server.app(), "kettles").await.unwrap();
    assert_eq!((found.state.as_str(), found.target), ("disabled", topic.target));
    receiver::apply_change(server.app(), topic.id, ReceiverChange::Enable).await.unwrap();
    assert_eq!(receiver::list(server.app(), 9).await.unwrap()[0].target.endpoint(), secret(&receiver));
    assert_eq!(leaks(server).await, [""; 0]);
}

async fn what_is_sealed_opens_in_no_other_row(server: &Server) {
    let (one, other) = (TestReceiver::start().await, TestReceiver::start().await);
    let theirs = with_secrets(server, "theirs", &one).await;
    let mine = server.add_confirmed_receiver("mine", &other, |_| {}).await;
    let moved = format!(
        "UPDATE topic SET sealed = (SELECT sealed FROM topic WHERE {}) WHERE {}",
        is(server, &theirs),
        is(server, &mine)
    );
    server.execute_sql(&moved).await;
    let refused = receiver::find(server.app(), "mine").await.unwrap_err().message_with_cause();
    let words = format!("an endpoint of {} that cannot be opened with this master key", mine.arn);
    assert!(refused.contains(&words) && !SECRETS.iter().any(|secret| refused.contains(secret)), "{refused}");
    assert_eq!(receiver::find(server.app(), "theirs").await.unwrap().target.endpoint(), secret(&one));
}
