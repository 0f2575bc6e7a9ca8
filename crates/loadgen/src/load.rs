//! The generator: connections that send calls, and the measurement of their latencies.
//!
//! Each core has a thread with its own event loop, because a cheaper generator leaves more to the measured server.
//! Invariant: the time starts when every connection is open. The first wrong answer ends the run as a failure.

use crate::calls::{CallRange, CallSequence, LoadKind, NextCall};
use crate::pacer::{self, Pacer};
use crate::report::{self, LoadReport};
use crate::target::loopback;
use crate::{fleet, plot};
use clap::Args;
use http_body_util::BodyExt;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

#[derive(Debug, Args)]
pub(crate) struct BenchLoadArgs {
    /// Loopback address of the server.
    #[arg(long, value_name = "ADDR")]
    server: SocketAddr,
    /// The fleet file that `opendrs-loadgen fill` wrote.
    #[arg(long, value_name = "FILE")]
    fleet: PathBuf,
    /// Number of connections, each with one call at a time.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// Send this many calls per second regardless of answers, and measure each from the time at which it was due.
    /// Without it each connection sends its next call after the last answer.
    #[arg(long, value_name = "CALLS", value_parser = clap::value_parser!(u32).range(1..=200_000))]
    rate: Option<u32>,
    /// Duration in seconds.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// End after this many calls.
    #[arg(long, value_name = "N", default_value_t = 100_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    calls: u64,
    /// Begin with this device of the fleet, or with this slot for Replenish: the `next` of the last run.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,
    /// Send Replenish to each slot repeatedly: for the anchor, which stores no orders.
    #[arg(long)]
    again: bool,
    /// Determines the order of calls in a mixed fleet.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Draw the latencies by percentile into this SVG file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

/// With a rate: the lateness of a call after which the run fails because the server does not keep up.
const MAX_LATENESS: Duration = Duration::from_secs(10);

pub(crate) async fn run(kind: LoadKind, args: BenchLoadArgs) -> Result<(), String> {
    loopback(args.server)?;
    let range = CallRange { from: args.from, limit: args.calls, seed: args.seed, again: args.again };
    let mut calls = CallSequence::new(kind, args.server, fleet::read_fleet(&args.fleet)?, range)?;
    if kind.needs_orders() {
        place_orders(&mut calls, args.server).await?;
    }
    let calls = Arc::new(calls);
    let bar = report::time_progress_bar(kind.name(), args.seconds);
    let measured = {
        let (calls, shape) = (calls.clone(), LoadParameters::from_args(&args));
        tokio::task::spawn_blocking(move || measure(shape, &calls))
    };
    let measured = report::await_with_progress_bar(&bar, measured).await;
    bar.finish_and_clear();
    let (latencies, seconds) = measured.map_err(|e| e.to_string())??;
    let report = LoadReport::new(kind.name(), &latencies, seconds)?;
    report.print(args.connections, args.rate, calls.next_start(), args.json);
    match &args.plot {
        Some(path) => std::fs::write(path, plot::latency_plot_svg(&report))
            .map_err(|e| format!("cannot write the plot {}: {e}", path.display())),
        None => Ok(()),
    }
}

/// The parameters of a run.
#[derive(Clone, Copy)]
struct LoadParameters {
    server: SocketAddr,
    connections: usize,
    seconds: u64,
    rate: Option<u32>,
}

impl LoadParameters {
    fn from_args(args: &BenchLoadArgs) -> Self {
        let BenchLoadArgs { server, connections, seconds, rate, .. } = *args;
        Self { server, connections: usize::from(connections), seconds, rate }
    }
}

/// The latencies of all calls in microseconds, and the duration of the run in seconds.
fn measure(shape: LoadParameters, calls: &Arc<CallSequence>) -> Result<(Vec<u32>, f64), String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(shape.connections);
    let ready = Arc::new(Barrier::new(cores + 1));
    let failed = Arc::new(AtomicBool::new(false));
    let (mut lanes, mut threads) = (Vec::new(), Vec::new());
    for core in 0..cores {
        let connections = (0..shape.connections).filter(|n| n % cores == core).count();
        let (lane, times) = mpsc::unbounded_channel();
        lanes.push(lane);
        let (calls, ready, failed) = (calls.clone(), ready.clone(), failed.clone());
        threads.push(std::thread::spawn(move || {
            let done = run_thread(shape, connections, &calls, times, &ready, &failed);
            failed.fetch_or(done.is_err(), Ordering::Relaxed);
            done
        }));
    }
    ready.wait();
    #[expect(clippy::disallowed_methods, reason = "this command measures")]
    let started = Instant::now();
    if let Some(rate) = shape.rate {
        pacer::run_schedule(rate, u64::from(rate) * shape.seconds, lanes);
    }
    let (mut latencies, mut failures) = (Vec::new(), Vec::new());
    for thread in threads {
        match thread.join().map_err(|_| "a generator thread panicked".to_owned()).flatten() {
            Ok(more) => latencies.extend(more),
            Err(why) => failures.push(why),
        }
    }
    // A failure of one thread ends the others; the first failure is reported.
    failures.into_iter().next().map_or(Ok((latencies, started.elapsed().as_secs_f64())), Err)
}

/// Runs one thread's connections to their end.
fn run_thread(
    shape: LoadParameters,
    connections: usize,
    calls: &Arc<CallSequence>,
    times: mpsc::UnboundedReceiver<Instant>,
    ready: &Barrier,
    failed: &Arc<AtomicBool>,
) -> Result<Vec<u32>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string());
    let connected = runtime.and_then(|runtime| {
        let senders = runtime.block_on(async {
            let mut senders = Vec::with_capacity(connections);
            for _ in 0..connections {
                senders.push(connect(shape.server).await?);
            }
            Ok::<_, String>(senders)
        });
        senders.map(|senders| (runtime, senders))
    });
    // Also after a failure, because the other threads wait for this one.
    ready.wait();
    let (runtime, senders) = connected?;
    #[expect(clippy::disallowed_methods, reason = "this command measures")]
    let pace = Arc::new(match shape.rate {
        Some(_) => Pacer::Open(times.into()),
        None => Pacer::Closed(Instant::now() + Duration::from_secs(shape.seconds)),
    });
    runtime.block_on(async {
        let connection = |sender| run_connection(sender, calls.clone(), pace.clone(), failed.clone());
        let mut tasks: JoinSet<_> = senders.into_iter().map(connection).collect();
        let mut latencies = Vec::new();
        while let Some(done) = tasks.join_next().await {
            latencies.extend(done.map_err(|e| e.to_string())??);
        }
        Ok(latencies)
    })
}

type HttpSender = SendRequest<http_body_util::Full<axum::body::Bytes>>;

async fn connect(server: SocketAddr) -> Result<HttpSender, String> {
    let stream = TcpStream::connect(server).await.map_err(|e| format!("no answer from {server}: {e}"))?;
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    tokio::spawn(driver);
    Ok(sender)
}

/// Runs one connection: a call, its answer, the next call. Returns the latencies in microseconds.
async fn run_connection(
    mut sender: HttpSender,
    calls: Arc<CallSequence>,
    pace: Arc<Pacer>,
    failed: Arc<AtomicBool>,
) -> Result<Vec<u32>, String> {
    let mut latencies = Vec::with_capacity(1 << 12);
    while let Some(due) = pace.next_due().await {
        if failed.load(Ordering::Relaxed) {
            break;
        }
        if due.elapsed() > MAX_LATENESS {
            return Err("the server does not keep up: calls wait longer than 10 s to be sent. Lower --rate".into());
        }
        let Some(NextCall { request, must_place_order: must_place }) = calls.next_call() else { break };
        let answer = send_call(&mut sender, request).await?;
        latencies.push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
        if must_place && !answer.windows(13).any(|word| word == b"_ORDER_PLACED") {
            return Err(format!(
                "no order was placed, but {}: each slot can be used once. Go on with --from, or fill again",
                String::from_utf8_lossy(&answer)
            ));
        }
    }
    Ok(latencies)
}

async fn send_call(sender: &mut HttpSender, request: super::calls::LoadRequest) -> Result<axum::body::Bytes, String> {
    sender.ready().await.map_err(|e| format!("a connection was closed: {e}"))?;
    let reply = sender.send_request(request).await.map_err(|e| format!("a call was not answered: {e}"))?;
    let status = reply.status();
    let body = reply.into_body().collect().await.map_err(|e| e.to_string())?.to_bytes();
    if status.as_u16() == 200 {
        return Ok(body);
    }
    let said = String::from_utf8_lossy(&body);
    let hint = match status.as_u16() {
        429 => ". Start the server with --no-limits",
        _ if said.contains("InvalidToken") => ". Access tokens live an hour: fill again",
        _ => "",
    };
    Err(format!("an answer was {status}: {said}{hint}"))
}

async fn place_orders(calls: &mut CallSequence, server: SocketAddr) -> Result<(), String> {
    let mut sender = connect(server).await?;
    let wanted: Vec<_> = calls.replenish_requests().collect();
    for (bearer, request) in wanted {
        let answer = send_call(&mut sender, request).await?;
        calls.record_order(bearer, &answer)?;
    }
    Ok(())
}
