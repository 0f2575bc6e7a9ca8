//! A fake shop that replays the answers of a real one. It accepts only the next request of its script.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use std::collections::VecDeque;
use std::ops::RangeBounds;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// The API key of the server.
pub(super) const KEY: &str = "0123456789ab:cdef";

/// One recorded answer.
struct RecordedReply {
    /// The operation that it answers; `None` for any operation.
    operation: Option<String>,
    status: u16,
    text: String,
    /// Whether the connection ends before the answer is complete.
    cut_off: bool,
}

#[derive(Default)]
struct ShopScript {
    replies: VecDeque<RecordedReply>,
    requests: Vec<(String, Value)>,
    /// The id of the present order, which replaces the recorded order's id in the answers.
    instance: String,
    /// Whether a lost answer is never sent, instead of cut off.
    hangs_at_cut_off: bool,
}

#[derive(Clone, Default)]
pub(super) struct FakeVendureShop {
    script: Arc<Mutex<ShopScript>>,
    hung: Arc<Notify>,
}

impl FakeVendureShop {
    /// Starts its Admin API. Returns the URL.
    pub(super) async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/admin-api", listener.local_addr().unwrap());
        let routes = Router::new().route("/admin-api", post(handle_request)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    /// Queues the answers to these calls of a recorded scene.
    pub(super) fn queue_scene(&self, scene: &str, calls: impl RangeBounds<usize>) {
        self.queue_scene_with(scene, calls, |text| text);
    }

    /// Does the same, with changed texts.
    pub(super) fn queue_scene_with(
        &self,
        scene: &str,
        calls: impl RangeBounds<usize>,
        change: impl Fn(String) -> String,
    ) {
        let all = scenes();
        let calls = all[scene].as_array().unwrap().iter().enumerate().filter(|(at, _)| calls.contains(at));
        self.script.lock().unwrap().replies.extend(calls.map(|(_, call)| RecordedReply {
            operation: Some(call["operation"].as_str().unwrap().to_owned()),
            status: 200,
            text: change(call["answer"].to_string()),
            cut_off: call["lost"] == true,
        }));
    }

    /// Changes the queued answers to one operation.
    pub(super) fn change_queued(&self, operation: &str, change: impl Fn(String) -> String) {
        let mut script = self.script.lock().unwrap();
        for play in script.replies.iter_mut().filter(|play| play.operation.as_deref() == Some(operation)) {
            play.text = change(std::mem::take(&mut play.text));
        }
    }

    /// Queues an answer to an operation.
    pub(super) fn queue_reply(&self, operation: &str, answer: &Value) {
        let play =
            RecordedReply { operation: Some(operation.into()), status: 200, text: answer.to_string(), cut_off: false };
        self.script.lock().unwrap().replies.push_back(play);
    }

    /// Queues an answer to any operation.
    pub(super) fn queue_any_reply(&self, status: u16, text: &str) {
        let play = RecordedReply { operation: None, status, text: text.into(), cut_off: false };
        self.script.lock().unwrap().replies.push_back(play);
    }

    /// One recorded answer of a scene.
    pub(super) fn recorded_reply(&self, scene: &str, call: usize) -> Value {
        scenes()[scene][call]["answer"].clone()
    }

    /// The shop's code of the order that a scene made last.
    pub(super) fn order_code(&self, scene: &str) -> String {
        let all = scenes();
        let begun = all[scene].as_array().unwrap().iter().rfind(|call| call["operation"] == "Begin").unwrap();
        begun["answer"]["data"]["draft"]["code"].as_str().unwrap().to_owned()
    }

    /// From now on the shop does not answer at all where an answer was lost.
    pub(super) fn hang_at_cut_off_replies(&self) {
        self.script.lock().unwrap().hangs_at_cut_off = true;
    }

    /// Waits until that has happened.
    pub(super) async fn wait_until_hung(&self) {
        self.hung.notified().await;
    }

    /// The requests since the last call: operation and body.
    pub(super) fn take_requests(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.script.lock().unwrap().requests)
    }

    /// The operations since the last call.
    pub(super) fn take_operations(&self) -> Vec<String> {
        self.take_requests().into_iter().map(|(name, _)| name).collect()
    }

    /// The number of queued answers that were not requested yet.
    pub(super) fn remaining_replies(&self) -> usize {
        self.script.lock().unwrap().replies.len()
    }
}

fn scenes() -> Value {
    serde_json::from_str(include_str!("recorded.json")).unwrap()
}

async fn handle_request(State(shop): State<FakeVendureShop>, headers: HeaderMap, body: Bytes) -> Response {
    assert!(headers["vendure-api-key"] == KEY && headers["vendure-token"] == "drs", "{headers:?}");
    let body: Value = serde_json::from_slice(&body).unwrap();
    let operation = body["operationName"].as_str().unwrap().to_owned();
    let (play, instance, stops) = {
        let mut script = shop.script.lock().unwrap();
        if operation == "Look" || operation == "Seek" {
            script.instance = body["variables"]["id"].as_str().unwrap().to_owned();
        }
        script.requests.push((operation.clone(), body["variables"].clone()));
        (script.replies.pop_front(), script.instance.clone(), script.hangs_at_cut_off)
    };
    let expected = play.as_ref().map(|play| play.operation.as_deref().unwrap_or(&operation));
    let Some(play) = play.as_ref().filter(|_| expected == Some(&operation)) else {
        return (StatusCode::IM_A_TEAPOT, format!("{operation} was asked, {expected:?} was expected")).into_response();
    };
    if play.cut_off && stops {
        shop.hung.notify_one();
        return std::future::pending().await;
    }
    if play.cut_off {
        let cut = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("lost")) });
        return Body::from_stream(cut).into_response();
    }
    let text = play.text.replace("{instance}", &instance);
    (StatusCode::from_u16(play.status).unwrap(), text).into_response()
}
