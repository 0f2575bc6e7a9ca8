//! The maker's cloud of the demo: a receiver of notifications that does what a careful one does.
//!
//! It confirms its subscription, fetches the signing certificate once, and believes nothing that is not signed.

use crate::client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing::post;
use opendrs_service::signing;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

#[derive(Default)]
struct Seen {
    certificates: HashMap<String, String>,
    told: Vec<String>,
    refused: usize,
}

/// The receiver.
pub(super) struct Cloud {
    /// Where it listens.
    pub(super) url: String,
    seen: Arc<Mutex<Seen>>,
}

impl Cloud {
    pub(super) async fn start() -> Result<Self, String> {
        let failed = |e: std::io::Error| format!("the demo's receiver cannot listen: {e}");
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let url = format!("http://{}/drs", listener.local_addr().map_err(failed)?);
        let seen = Arc::<Mutex<Seen>>::default();
        let routes = Router::new().route("/drs", post(receive)).with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { url, seen })
    }

    /// The notifications that came, verified, in their order; and how many messages were refused.
    pub(super) fn told(&self) -> (Vec<String>, usize) {
        let seen = lock(&self.seen);
        (seen.told.clone(), seen.refused)
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(State(seen): State<Arc<Mutex<Seen>>>, body: Bytes) -> StatusCode {
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !verified(&seen, &message).await {
        lock(&seen).refused += 1;
        return StatusCode::FORBIDDEN;
    }
    let text = |key: &str| message[key].as_str().unwrap_or_default();
    match text("Type") {
        "SubscriptionConfirmation" => match client::send(Method::GET, text("SubscribeURL"), &[], Vec::new()).await {
            Ok(reply) if reply.status == StatusCode::OK => StatusCode::OK,
            _ => StatusCode::BAD_GATEWAY,
        },
        _ => {
            let told: Value = serde_json::from_str(text("Message")).unwrap_or_default();
            let name = told["notificationInfo"]["notificationType"].as_str().unwrap_or("none");
            lock(&seen).told.push(name.to_owned());
            StatusCode::OK
        }
    }
}

async fn verified(seen: &Mutex<Seen>, message: &Value) -> bool {
    let Some(url) = message["SigningCertURL"].as_str() else { return false };
    let known = lock(seen).certificates.get(url).cloned();
    let certificate = match known {
        Some(known) => known,
        None => match client::send(Method::GET, url, &[], Vec::new()).await {
            Ok(reply) => reply.text(),
            Err(_) => return false,
        },
    };
    let good = signing::is_signed(&certificate, message);
    if good {
        lock(seen).certificates.insert(url.to_owned(), certificate);
    }
    good
}
