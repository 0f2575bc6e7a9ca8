//! The anchor: what a web server of the same build does that checks nothing, reads nothing and stores nothing.
//!
//! Invariant: its answers are constants of the shape and size that the service's have, so the generator treats both
//! alike.

use opendrs_cli::{out, serve};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use clap::Args;
use std::net::SocketAddr;
use tokio::net::TcpListener;

#[derive(Debug, Args)]
pub(crate) struct Anchor {
    /// Loopback address to listen on; port 0 takes a free one, which is printed.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

const NOTHING: &str = "{}";
/// The id is that of no order; GetOrderInfo answers it all the same.
const PLACED: &str = r#"{"detailCode":"STANDARD_ORDER_PLACED","eventInstanceId":"amzn1.dash.v2.o.ci4wMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAy"}"#;
const SLOTS: &str = r#"{"slotsSubscriptionStatus":{"7c0a3f5e-0000-4000-8000-0000000000d1":true,"7c0a3f5e-0000-4000-8000-0000000000d2":true}}"#;
const ORDER: &str = r#"{"orderInfo":{"instanceId":"amzn1.dash.v2.o.ci4wMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAy"}}"#;

pub(crate) async fn run(args: Anchor) -> Result<(), String> {
    let listen = args.listen;
    crate::target::loopback(listen)?;
    let listener = TcpListener::bind(listen).await.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    out::say(format!("http://{address}"));
    // As long as the two tokens of a real answer.
    let (access, refresh) = ("A".repeat(405), "R".repeat(405));
    let tokens =
        format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}","token_type":"bearer","expires_in":3600}}"#);
    let tokens: &'static str = tokens.leak();
    let router = axum::Router::new()
        .route("/slotStatus/{slot}", post(|| constant(NOTHING)))
        .route("/replenish/{slot}", post(|| constant(PLACED)))
        .route("/subscriptionInfo", get(|| constant(SLOTS)))
        .route("/getOrderInfo/{instance}", get(|| constant(ORDER)))
        .route("/auth/o2/token", post(move || constant(tokens)));
    axum::serve(listener, router).with_graceful_shutdown(serve::stopped()).await.map_err(|e| e.to_string())
}

async fn constant(body: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body)
}
