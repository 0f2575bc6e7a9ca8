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
struct Play {
    /// To what; to anything, if that is not said.
    operation: Option<String>,
    status: u16,
    text: String,
    /// The connection ends before the answer does.
    lost: bool,
}

#[derive(Default)]
struct Script {
    plays: VecDeque<Play>,
    heard: Vec<(String, Value)>,
    /// The order's id, which stands in the answers where the recorded one's was.
    instance: String,
    /// What is lost is not answered at all.
    stops: bool,
}

#[derive(Clone, Default)]
pub(super) struct Shop {
    script: Arc<Mutex<Script>>,
    stopped: Arc<Notify>,
}

impl Shop {
    /// Its Admin API.
    pub(super) async fn open(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/admin-api", listener.local_addr().unwrap());
        let routes = Router::new().route("/admin-api", post(hear)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    /// What it will answer next: these calls of a recorded scene.
    pub(super) fn plays(&self, scene: &str, calls: impl RangeBounds<usize>) {
        self.plays_as(scene, calls, |text| text);
    }

    /// The same, with something changed in the texts.
    pub(super) fn plays_as(&self, scene: &str, calls: impl RangeBounds<usize>, change: impl Fn(String) -> String) {
        let all = scenes();
        let calls = all[scene].as_array().unwrap().iter().enumerate().filter(|(at, _)| calls.contains(at));
        self.script.lock().unwrap().plays.extend(calls.map(|(_, call)| Play {
            operation: Some(call["operation"].as_str().unwrap().to_owned()),
            status: 200,
            text: change(call["answer"].to_string()),
            lost: call["lost"] == true,
        }));
    }

    /// Changes what is to come of one operation.
    pub(super) fn plays_over(&self, operation: &str, change: impl Fn(String) -> String) {
        let mut script = self.script.lock().unwrap();
        for play in script.plays.iter_mut().filter(|play| play.operation.as_deref() == Some(operation)) {
            play.text = change(std::mem::take(&mut play.text));
        }
    }

    /// It will answer this to an operation.
    pub(super) fn will(&self, operation: &str, answer: &Value) {
        let play = Play { operation: Some(operation.into()), status: 200, text: answer.to_string(), lost: false };
        self.script.lock().unwrap().plays.push_back(play);
    }

    /// It will answer this to whatever comes.
    pub(super) fn answers(&self, status: u16, text: &str) {
        let play = Play { operation: None, status, text: text.into(), lost: false };
        self.script.lock().unwrap().plays.push_back(play);
    }

    /// One answer of a scene.
    pub(super) fn recorded(&self, scene: &str, call: usize) -> Value {
        scenes()[scene][call]["answer"].clone()
    }

    /// What it calls the order that a scene made last.
    pub(super) fn code(&self, scene: &str) -> String {
        let all = scenes();
        let begun = all[scene].as_array().unwrap().iter().rfind(|call| call["operation"] == "Begin").unwrap();
        begun["answer"]["data"]["draft"]["code"].as_str().unwrap().to_owned()
    }

    /// From here on it falls silent where an answer was lost.
    pub(super) fn stops_at_what_is_lost(&self) {
        self.script.lock().unwrap().stops = true;
    }

    /// Waits until it has.
    pub(super) async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// What it heard since the last look.
    pub(super) fn heard(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.script.lock().unwrap().heard)
    }

    /// The same, by name alone.
    pub(super) fn names(&self) -> Vec<String> {
        self.heard().into_iter().map(|(name, _)| name).collect()
    }

    /// How many answers nobody has asked for yet.
    pub(super) fn left(&self) -> usize {
        self.script.lock().unwrap().plays.len()
    }
}

fn scenes() -> Value {
    serde_json::from_str(include_str!("recorded.json")).unwrap()
}

async fn hear(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Response {
    assert!(headers["vendure-api-key"] == KEY && headers["vendure-token"] == "drs", "{headers:?}");
    let body: Value = serde_json::from_slice(&body).unwrap();
    let operation = body["operationName"].as_str().unwrap().to_owned();
    let (play, instance, stops) = {
        let mut script = shop.script.lock().unwrap();
        if operation == "Look" || operation == "Seek" {
            script.instance = body["variables"]["id"].as_str().unwrap().to_owned();
        }
        script.heard.push((operation.clone(), body["variables"].clone()));
        (script.plays.pop_front(), script.instance.clone(), script.stops)
    };
    let expected = play.as_ref().map(|play| play.operation.as_deref().unwrap_or(&operation));
    let Some(play) = play.as_ref().filter(|_| expected == Some(&operation)) else {
        return (StatusCode::IM_A_TEAPOT, format!("{operation} was asked, {expected:?} was expected")).into_response();
    };
    if play.lost && stops {
        shop.stopped.notify_one();
        return std::future::pending().await;
    }
    if play.lost {
        let cut = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("lost")) });
        return Body::from_stream(cut).into_response();
    }
    let text = play.text.replace("{instance}", &instance);
    (StatusCode::from_u16(play.status).unwrap(), text).into_response()
}
