//! `opendrs bench`: a measure of speed that is honest by comparison. `cargo xtask bench` runs its parts side by side.
//!
//! Loopback only, bounded in time and connections; a run with any answer other than 200 is no measurement.

use super::out;
use axum::http::Request;
use clap::{Args, Subcommand};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

#[derive(Debug, Subcommand)]
pub(super) enum Bench {
    /// Serve a constant answer from a bare endpoint: the ceiling that others are measured against.
    Anchor(Anchor),
    /// Send SlotStatus calls on many connections and print rate and latencies as JSON.
    SlotStatus(SlotStatus),
}

#[derive(Debug, Args)]
pub(super) struct Anchor {
    /// Loopback address to listen on; port 0 takes a free one, which is printed.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

#[derive(Debug, Args)]
pub(super) struct SlotStatus {
    /// Loopback address of the server.
    #[arg(long)]
    server: SocketAddr,
    /// Slot to report on.
    #[arg(long)]
    slot: String,
    /// A file with one access token a line; connections take them in turn.
    #[arg(long, value_name = "FILE")]
    tokens: std::path::PathBuf,
    /// Connections, each with one call at a time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// How long.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
}

pub(super) async fn run(args: Bench) -> Result<(), String> {
    match args {
        Bench::Anchor(args) => anchor(args.listen).await,
        Bench::SlotStatus(args) => slot_status(args).await,
    }
}

fn loopback(address: SocketAddr) -> Result<(), String> {
    if address.ip().is_loopback() { Ok(()) } else { Err(format!("{address} is not on this machine's loopback")) }
}

async fn anchor(listen: SocketAddr) -> Result<(), String> {
    loopback(listen)?;
    let listener = TcpListener::bind(listen).await.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    out::say(format!("http://{address}"));
    let constant = || async { ([("content-type", "application/json")], "{}") };
    let router = axum::Router::new().route("/slotStatus/{slot}", axum::routing::post(constant));
    axum::serve(listener, router).with_graceful_shutdown(super::serve::stopped()).await.map_err(|e| e.to_string())
}

async fn slot_status(args: SlotStatus) -> Result<(), String> {
    loopback(args.server)?;
    let text = std::fs::read_to_string(&args.tokens)
        .map_err(|e| format!("cannot read the tokens in {}: {e}", args.tokens.display()))?;
    let tokens: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
    if tokens.is_empty() {
        return Err(format!("{} holds no token", args.tokens.display()));
    }
    let requests = tokens.iter().map(|token| request(&args, token)).collect::<Result<Vec<_>, _>>()?;
    #[expect(clippy::disallowed_methods, reason = "this command measures")]
    let started = Instant::now();
    let end = started + Duration::from_secs(args.seconds);
    // A thread a core, each with a loop of its own: a generator that spends less leaves more to what it measures.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = |core: usize| {
        let mine = (0..usize::from(args.connections)).filter(move |n| n % cores == core);
        let calls: Vec<_> = mine.map(|n| requests[n % requests.len()].clone()).collect();
        let server = args.server;
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
            runtime.block_on(async {
                let mut tasks: JoinSet<_> = calls.into_iter().map(|call| connection(server, call, end)).collect();
                let mut latencies = Vec::new();
                while let Some(done) = tasks.join_next().await {
                    latencies.extend(done.map_err(|e| e.to_string())??);
                }
                Ok::<Vec<u64>, String>(latencies)
            })
        })
    };
    let threads: Vec<_> = (0..cores).map(share).collect();
    let mut latencies: Vec<u64> = Vec::new();
    for thread in threads {
        latencies.extend(thread.join().map_err(|_| "a generator thread panicked")??);
    }
    let took = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let index = (latencies.len() as f64 * share) as usize;
        latencies.get(index.min(latencies.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = latencies.len() as f64 / took;
    let line = json!({
        "calls": latencies.len(), "seconds": took, "rate": rate,
        "p50_us": at(0.50), "p99_us": at(0.99), "max_us": at(1.0), "connections": args.connections,
    });
    out::say(line.to_string());
    Ok(())
}

type Call = Request<Full<axum::body::Bytes>>;

fn request(args: &SlotStatus, token: &str) -> Result<Call, String> {
    let body = r#"{"expectedReplenishmentDate":"2018-03-02T07:00:00Z","remainingQuantityInUnit":12.25,"originalQuantityInUnit":40,"totalQuantityOnHand":80,"lastUseDate":"2018-02-14T18:21:00Z"}"#;
    Request::post(format!("/slotStatus/{}", args.slot))
        .header("host", args.server.to_string())
        .header("authorization", format!("Bearer {token}"))
        .header("x-amzn-type-version", "com.amazon.dash.replenishment.DrsSlotStatusInput@1.0")
        .header("x-amzn-accept-type", "com.amazon.dash.replenishment.DrsSlotStatusResult@1.0")
        .header("content-type", "application/json")
        .body(Full::from(body))
        .map_err(|e| e.to_string())
}

/// One connection: a call, its answer, the next call. Returns the latencies in microseconds.
#[expect(clippy::disallowed_methods, reason = "this command measures")]
async fn connection(server: SocketAddr, request: Call, end: Instant) -> Result<Vec<u64>, String> {
    let stream = TcpStream::connect(server).await.map_err(|e| format!("no answer from {server}: {e}"))?;
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    let (mut sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    tokio::spawn(driver);
    let mut latencies = Vec::with_capacity(1 << 16);
    loop {
        let begun = Instant::now();
        if begun >= end {
            return Ok(latencies);
        }
        sender.ready().await.map_err(|e| e.to_string())?;
        let reply = sender.send_request(request.clone()).await.map_err(|e| e.to_string())?;
        let status = reply.status();
        let body = reply.into_body().collect().await.map_err(|e| e.to_string())?.to_bytes();
        if status.as_u16() != 200 {
            return Err(format!("an answer was {status}: {}", String::from_utf8_lossy(&body)));
        }
        latencies.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
}
