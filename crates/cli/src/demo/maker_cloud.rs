//! The maker's cloud of the demo: a receiver of notifications with all checks.
//!
//! It confirms its subscription, fetches the signing certificate once, and refuses every message without a valid
//! signature.

use crate::certificate_cache::CertificateCache;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

#[derive(Default)]
struct ReceivedMessages {
    certificates: CertificateCache,
    /// The types of the notifications received, and the number of messages refused.
    notifications: Mutex<(Vec<String>, usize)>,
}

impl ReceivedMessages {
    fn lock_notifications(&self) -> MutexGuard<'_, (Vec<String>, usize)> {
        self.notifications.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A receiver that listens on a free port of 127.0.0.1.
pub(super) struct MakerCloud {
    /// The URL of its endpoint.
    pub(super) url: String,
    messages: Arc<ReceivedMessages>,
}

impl MakerCloud {
    pub(super) async fn start() -> Result<Self, String> {
        let failed = |e: std::io::Error| format!("the demo's receiver cannot listen: {e}");
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let url = format!("http://{}/drs", listener.local_addr().map_err(failed)?);
        let seen = Arc::<ReceivedMessages>::default();
        let routes = Router::new().route("/drs", post(receive_message)).with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { url, messages: seen })
    }

    /// The types of the verified notifications in the order of their arrival, and the number of messages refused.
    pub(super) fn received_notifications(&self) -> (Vec<String>, usize) {
        self.messages.lock_notifications().clone()
    }
}

async fn receive_message(State(seen): State<Arc<ReceivedMessages>>, body: Bytes) -> StatusCode {
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    if seen.certificates.verify_message(&message, fetch_certificate).await.is_err() {
        seen.lock_notifications().1 += 1;
        return StatusCode::FORBIDDEN;
    }
    let text = |key: &str| message[key].as_str().unwrap_or_default();
    match text("Type") {
        "SubscriptionConfirmation" => {
            match opendrs_client::send(Method::GET, text("SubscribeURL"), &[], Vec::new()).await {
                Ok(reply) if reply.status == StatusCode::OK => StatusCode::OK,
                _ => StatusCode::BAD_GATEWAY,
            }
        }
        _ => {
            let notification: Value = serde_json::from_str(text("Message")).unwrap_or_default();
            let name = notification["notificationInfo"]["notificationType"].as_str().unwrap_or("none");
            seen.lock_notifications().0.push(name.to_owned());
            StatusCode::OK
        }
    }
}

async fn fetch_certificate(url: &str) -> Result<String, String> {
    opendrs_client::send(Method::GET, url, &[], Vec::new()).await.map(|reply| reply.text())
}
