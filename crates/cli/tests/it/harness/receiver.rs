//! A receiver of notifications: a socket that records requests, and reacts with queued actions.

use super::Server;
use axum::http::Method;
use opendrs_client::send;
use opendrs_domain::id::ProfileId;
use opendrs_domain::receiver::{Receiver, ReceiverState, SignatureVersion};
use opendrs_service::receiver::{self, NewReceiver};
use opendrs_service::{seed, signing};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A receiver's reaction to a request.
#[derive(Clone, Debug)]
pub enum ReceiverAction {
    /// Answers with a status and further header lines.
    Answer(u16, &'static str),
    /// Answers with a status and a body.
    AnswerBody(u16, &'static str),
    /// Answers with a status and further header lines, and closes within the body, with a reset or without.
    CutBody(u16, &'static str, bool),
    /// Answers with a status and the beginning of a body that never continues.
    StallBody(u16),
    /// Closes without an answer.
    Close,
    /// Neither answers nor closes.
    Hang,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub head: String,
    pub body: String,
}

impl ReceivedRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The notification within the envelope.
    pub fn message(&self) -> Value {
        serde_json::from_str(self.json()["Message"].as_str().unwrap()).unwrap()
    }

    pub fn notification_type(&self) -> String {
        let message = self.message();
        message["notificationInfo"]["notificationType"].as_str().unwrap().to_owned()
    }
}

/// A receiver on a port of its own.
pub struct TestReceiver {
    pub url: String,
    script: Arc<Mutex<VecDeque<ReceiverAction>>>,
    received: tokio::sync::Mutex<UnboundedReceiver<ReceivedRequest>>,
}

impl TestReceiver {
    pub async fn start() -> Self {
        Self::start_at("/drs?maker=aqua", ReceiverAction::Answer(200, "")).await
    }

    /// A receiver at a path, with the action that it takes if none is queued.
    pub async fn start_at(path: &str, usually: ReceiverAction) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let (tell, got) = unbounded_channel();
        let script = Arc::new(Mutex::new(VecDeque::new()));
        tokio::spawn(serve_requests(listener, script.clone(), usually, tell));
        Self { url, script, received: tokio::sync::Mutex::new(got) }
    }

    /// Queues its actions for the next requests; after them it takes its usual action.
    pub fn queue_actions(&self, does: &[ReceiverAction]) {
        self.script.lock().unwrap().extend(does.iter().cloned());
    }

    /// The requests since the last call.
    pub async fn take_received(&self) -> Vec<ReceivedRequest> {
        let mut got = self.received.lock().await;
        std::iter::from_fn(|| got.try_recv().ok()).collect()
    }

    /// The only request that arrived.
    pub async fn take_only_received(&self) -> ReceivedRequest {
        let mut all = self.take_received().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// Waits for the next request.
    pub async fn wait_for_next(&self) -> ReceivedRequest {
        self.received.lock().await.recv().await.unwrap()
    }
}

async fn serve_requests(
    listener: TcpListener,
    script: Arc<Mutex<VecDeque<ReceiverAction>>>,
    usually: ReceiverAction,
    tell: UnboundedSender<ReceivedRequest>,
) {
    let mut hanging = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        let got = loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = ReceivedRequest { head: head.into(), body: String::new() };
                let length: usize = length.header("content-length").map_or(0, |n| n.parse().unwrap());
                if body.len() >= length {
                    break ReceivedRequest { head: head.into(), body: body.into() };
                }
            }
            let mut part = [0; 8192];
            match stream.read(&mut part).await.unwrap() {
                0 => panic!("a request that ends early: {text}"),
                read => bytes.extend_from_slice(&part[..read]),
            }
        };
        let does = script.lock().unwrap().pop_front().unwrap_or_else(|| usually.clone());
        let _ = tell.send(got);
        match does {
            ReceiverAction::Answer(status, headers) => {
                let answer =
                    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 4\r\nConnection: close\r\n\r\nwell");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
            ReceiverAction::AnswerBody(status, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
            ReceiverAction::CutBody(status, headers, reset) => {
                let answer = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 400\r\n\r\nwe");
                let _ = stream.write_all(answer.as_bytes()).await;
                if reset {
                    stream.set_zero_linger().unwrap();
                }
            }
            ReceiverAction::StallBody(status) => {
                let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 400\r\n\r\nwe");
                let _ = stream.write_all(answer.as_bytes()).await;
                hanging.push(stream);
            }
            ReceiverAction::Close => {}
            ReceiverAction::Hang => hanging.push(stream),
        }
    }
}

impl Server {
    /// The id of the first maker's security profile.
    pub async fn first_profile(&self) -> ProfileId {
        let items = seed::apply(self.app(), super::fixtures::seed()).await.unwrap();
        ProfileId::parse(&items.iter().find(|item| item.kind == "profile").unwrap().id).unwrap()
    }

    /// Adds a receiver of that profile, which gets a confirmation request.
    pub async fn add_receiver(
        &self,
        name: &str,
        receiver: &TestReceiver,
        more: impl FnOnce(&mut NewReceiver),
    ) -> Receiver {
        let mut new = NewReceiver {
            profile: self.first_profile().await,
            name: name.into(),
            endpoint: receiver.url.clone(),
            signature: SignatureVersion::V1,
            raw: false,
            policy: "sns".into(),
            confirmed: false,
        };
        more(&mut new);
        receiver::add(self.app(), new).await.unwrap()
    }

    /// Adds a receiver, and confirms it.
    pub async fn add_confirmed_receiver(
        &self,
        name: &str,
        receiver: &TestReceiver,
        more: impl FnOnce(&mut NewReceiver),
    ) -> Receiver {
        let topic = self.add_receiver(name, receiver, |new| {
            new.confirmed = true;
            more(new);
        });
        let topic = topic.await;
        assert_eq!(topic.state, ReceiverState::Confirmed);
        topic
    }

    /// Whether this server signed a message with the certificate that the message names.
    pub async fn is_signed(&self, message: &Value) -> bool {
        let url = message["SigningCertURL"].as_str().unwrap();
        let pem = send(Method::GET, url, &[], Vec::new()).await.unwrap();
        assert_eq!(pem.status, 200, "{url}");
        signing::is_signature_valid(&pem.text(), message)
    }

    /// Opens a URL of a message. Returns status and body.
    pub async fn get_xml(&self, url: &Value) -> (u16, String) {
        let reply = send(Method::GET, url.as_str().unwrap(), &[], Vec::new()).await.unwrap();
        assert_eq!(reply.header("content-type"), "text/xml");
        (reply.status.as_u16(), reply.text())
    }
}
