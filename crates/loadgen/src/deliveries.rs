//! `opendrs-loadgen deliveries`: the rate of signed notifications, compared with the rate at which the same cores only
//! sign.
//!
//! It uses a new store, a whole server in this process, and a receiver on this machine that answers 200 and counts.
//! Invariant: each event is of another device, and the time ends when every event was answered. The signing rate is
//! measured before and after.

use crate::fill as filling;
use axum::http::StatusCode;
use axum::routing::post;
use clap::Args;
use opendrs_cli::{output, seed, store_args};
use opendrs_domain::receiver::SignatureVersion;
use opendrs_server::node::NodeListeners;
use opendrs_server::open_app::{self, ClockMode};
use opendrs_service::random::SystemRandom;
use opendrs_service::{App, fill, signing};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

#[derive(Debug, Args)]
pub(crate) struct BenchDeliveriesArgs {
    /// Number of notifications.
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    events: u64,
    /// Signature version: 1 or 2.
    #[arg(long, value_name = "VERSION", default_value = "1", value_parser = ["1", "2"])]
    signature: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// The number of devices, and of events, per command.
const BATCH_SIZE: u64 = 128;
/// The number of signatures per thread in the measurement of the signing rate.
const SIGNATURES_PER_THREAD: usize = 500;
/// The approximate length of the signed text of a notification.
const SIGNED_TEXT_BYTES: usize = 900;
/// The time limit of all deliveries.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) async fn run(file: Option<&Path>, args: BenchDeliveriesArgs) -> Result<(), String> {
    let folder = tempfile::Builder::new().prefix("opendrs-bench-").tempdir();
    let folder = folder.map_err(|e| format!("cannot make a fresh data folder: {e}"))?;
    let config = store_args::local_config(file, folder.path(), "127.0.0.1:0")?;
    let listeners = NodeListeners::bind(&config).await?;
    let random = Arc::new(SystemRandom);
    let app = open_app::open_app_for_node(&config, &listeners, ClockMode::System, random).await?;
    let (url, mut heard) = start_counting_receiver(args.events).await?;
    let topic = format!(
        "[[maker.profile.topic]]\nname = \"bench\"\nendpoint = \"{url}\"\nsignature_version = \"{}\"\nconfirmed = true\n\n[[maker.model]]",
        args.signature
    );
    seed::apply_text(&app, &filling::BENCH_SEED.replacen("[[maker.model]]", &topic, 1), "bench").await?;
    let version = SignatureVersion::parse(&args.signature).ok_or("there is no such signature")?;
    let before = signing_rate(&app, version).await?;
    let plan = filling::load_plan(&app).await?;
    let mut events = Vec::new();
    for first in (0..args.events).step_by(usize::try_from(BATCH_SIZE).unwrap_or(1)) {
        let (devices, _) = fill::build_devices(&app, &plan, first..(first + BATCH_SIZE).min(args.events))
            .map_err(|e| e.to_string())?;
        events.push(fill::build_events(&app, &devices));
        app.db.write(devices).await.map_err(|e| e.to_string())?;
    }
    let started = now();
    // The time includes the fan-out to the receiver.
    for events in events {
        app.db.write(events).await.map_err(|e| e.to_string())?;
    }
    let running = listeners.serve(&config, app)?;
    let site = running.state.clone();
    let all = tokio::time::timeout(DELIVERY_TIMEOUT, heard.wait_for(|heard| *heard >= args.events)).await;
    let seconds = started.elapsed().as_secs_f64();
    let all = all.map(|_| ()).map_err(|_| format!("not all were delivered within {} s", DELIVERY_TIMEOUT.as_secs()));
    running.stop().await;
    all?;
    let raw = f64::midpoint(before, signing_rate(&site.app, version).await?);
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = args.events as f64 / seconds;
    if args.json {
        output::print_line(
            json!({ "kind": "deliveries", "signature": args.signature, "events": args.events,
            "seconds": seconds, "rate": rate, "raw": raw, "ratio": rate / raw })
            .to_string(),
        );
    } else {
        output::print_line(format!(
            "{rate:.0} notifications a second, signature version {}; the same cores sign {raw:.0} a second: {:.2}",
            args.signature,
            rate / raw
        ));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this command measures")]
fn now() -> Instant {
    Instant::now()
}

/// Signatures per second on all cores.
async fn signing_rate(app: &App, version: SignatureVersion) -> Result<f64, String> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let text = "x".repeat(SIGNED_TEXT_BYTES);
    // Loads the key.
    signing::run_benchmark(app, version, 1, 1, &text).await.map_err(|e| e.to_string())?;
    let started = now();
    signing::run_benchmark(app, version, threads, SIGNATURES_PER_THREAD, &text).await.map_err(|e| e.to_string())?;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let made = (threads * SIGNATURES_PER_THREAD) as f64;
    Ok(made / started.elapsed().as_secs_f64())
}

/// Starts a receiver that answers every POST with 200. The channel changes when `enough` messages have arrived.
async fn start_counting_receiver(enough: u64) -> Result<(String, watch::Receiver<u64>), String> {
    let failed = |e: std::io::Error| format!("the receiver cannot listen: {e}");
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    let url = format!("http://{}/", listener.local_addr().map_err(failed)?);
    let (count, heard) = watch::channel(0);
    let answer = move || {
        count.send_if_modified(|heard| {
            *heard += 1;
            *heard >= enough
        });
        async { StatusCode::OK }
    };
    let routes = axum::Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok((url, heard))
}
