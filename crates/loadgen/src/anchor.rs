//! The anchor: a web server of the same build that checks, reads and stores nothing.
//!
//! Invariant: its answers are constants with the shape and the size of the service's answers, so the generator treats
//! both alike.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use clap::Args;
use opendrs_cli::{output, stop_signals};
use std::net::SocketAddr;
use tokio::net::TcpListener;

#[derive(Debug, Args)]
pub(crate) struct BenchAnchorArgs {
    /// Loopback address to listen on; port 0 takes a free port, which is printed.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

const EMPTY_RESULT: &str = "{}";
/// No order has this id; GetOrderInfo answers it all the same.
const REPLENISH_RESULT: &str = r#"{"detailCode":"STANDARD_ORDER_PLACED","eventInstanceId":"amzn1.dash.v2.o.ci4wMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAy"}"#;
const SUBSCRIPTION_RESULT: &str = r#"{"slotsSubscriptionStatus":{"7c0a3f5e-0000-4000-8000-0000000000d1":true,"7c0a3f5e-0000-4000-8000-0000000000d2":true}}"#;
const ORDER_RESULT: &str = r#"{"orderInfo":{"instanceId":"amzn1.dash.v2.o.ci4wMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAy"}}"#;

pub(crate) async fn run(args: BenchAnchorArgs) -> Result<(), String> {
    let listen = args.listen;
    crate::target::loopback(listen)?;
    let listener = TcpListener::bind(listen).await.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    output::print_line(format!("http://{address}"));
    // As long as the two tokens of a real answer.
    let (access, refresh) = ("A".repeat(405), "R".repeat(405));
    let tokens =
        format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}","token_type":"bearer","expires_in":3600}}"#);
    let tokens: &'static str = tokens.leak();
    let router = axum::Router::new()
        .route("/slotStatus/{slot}", post(|| constant_json(EMPTY_RESULT)))
        .route("/replenish/{slot}", post(|| constant_json(REPLENISH_RESULT)))
        .route("/subscriptionInfo", get(|| constant_json(SUBSCRIPTION_RESULT)))
        .route("/getOrderInfo/{instance}", get(|| constant_json(ORDER_RESULT)))
        .route("/auth/o2/token", post(move || constant_json(tokens)));
    axum::serve(listener, router)
        .with_graceful_shutdown(stop_signals::wait_for_stop_signal())
        .await
        .map_err(|e| e.to_string())
}

async fn constant_json(body: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body)
}
