//! A shop that plays back what a real one answered. It takes nothing but what comes next in its script.

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

/// What a server has to show.
pub(super) const KEY: &str = "0123456789ab:cdef";

/// One answer.
struct RecordedReply {
    /// To what; to anything, if that is not said.
    operation: Option<String>,
    status: u16,
    text: String,
    /// The connection ends before the answer does.
    cut_off: bool,
}

#[derive(Default)]
struct ShopScript {
    replies: VecDeque<RecordedReply>,
    requests: Vec<(String, Value)>,
    /// The order's id, which stands in the answers where the recorded one's was.
    instance: String,
    /// What is lost is not answered at all.
    hangs_at_cut_off: bool,
}

#[derive(Clone, Default)]
pub(super) struct FakeVendureShop {
    script: Arc<Mutex<ShopScript>>,
    hung: Arc<Notify>,
}

impl FakeVendureShop {
    /// Its Admin API.
    pub(super) async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/admin-api", listener.local_addr().unwrap());
        let routes = Router::new().route("/admin-api", post(handle_request)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    /// What it will answer next: these calls of a recorded scene.
    pub(super) fn queue_scene(&self, scene: &str, calls: impl RangeBounds<usize>) {
        self.queue_scene_with(scene, calls, |text| text);
    }

    /// The same, with something changed in the texts.
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

    /// Changes what is to come of one operation.
    pub(super) fn change_queued(&self, operation: &str, change: impl Fn(String) -> String) {
        let mut script = self.script.lock().unwrap();
        for play in script.replies.iter_mut().filter(|play| play.operation.as_deref() == Some(operation)) {
            play.text = change(std::mem::take(&mut play.text));
        }
    }

    /// It will answer this to an operation.
    pub(super) fn queue_reply(&self, operation: &str, answer: &Value) {
        let play =
            RecordedReply { operation: Some(operation.into()), status: 200, text: answer.to_string(), cut_off: false };
        self.script.lock().unwrap().replies.push_back(play);
    }

    /// It will answer this to whatever comes.
    pub(super) fn queue_any_reply(&self, status: u16, text: &str) {
        let play = RecordedReply { operation: None, status, text: text.into(), cut_off: false };
        self.script.lock().unwrap().replies.push_back(play);
    }

    /// One answer of a scene.
    pub(super) fn recorded_reply(&self, scene: &str, call: usize) -> Value {
        scenes()[scene][call]["answer"].clone()
    }

    /// What it calls the order that a scene made last.
    pub(super) fn order_code(&self, scene: &str) -> String {
        let all = scenes();
        let begun = all[scene].as_array().unwrap().iter().rfind(|call| call["operation"] == "Begin").unwrap();
        begun["answer"]["data"]["draft"]["code"].as_str().unwrap().to_owned()
    }

    /// From here on it falls silent where an answer was lost.
    pub(super) fn hang_at_cut_off_replies(&self) {
        self.script.lock().unwrap().hangs_at_cut_off = true;
    }

    /// Waits until it has.
    pub(super) async fn wait_until_hung(&self) {
        self.hung.notified().await;
    }

    /// What it heard since the last look.
    pub(super) fn take_requests(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.script.lock().unwrap().requests)
    }

    /// The same, by name alone.
    pub(super) fn take_operations(&self) -> Vec<String> {
        self.take_requests().into_iter().map(|(name, _)| name).collect()
    }

    /// How many answers nobody has asked for yet.
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
