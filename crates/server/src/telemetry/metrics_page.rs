//! The metrics of a node: `GET /-/metrics`, in the text format of Prometheus.
//!
//! What it is: counters of requests, with those of the store and of due work. What it is not: open to all clients of
//! the service. It has its own address (`metrics.listen`); without that address nothing is counted.
//!
//! Invariant: the page consists of counters and of bounded reads of the store, whatever the number of devices.

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use opendrs_edge::exposition::MetricsText;
use opendrs_edge::state::{AppState, Route};
use opendrs_service::backlog::{self, Backlog, BacklogCount, MAX_COUNT};
use opendrs_service::metrics::{AttemptMetrics, AttemptSet, MetricLabel};
use opendrs_store::Engine;
use std::sync::Arc;

/// The routes of the metrics address.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/-/metrics", page)]
}

fn store(state: &AppState, page: &mut MetricsText) {
    let numbers = state.app.db.metrics();
    let name = "opendrs_store_batch_commands";
    page.head(name, "histogram", "Commands in each transaction of the store's writers.");
    page.histogram(name, "", &numbers.batches, 1.0);
    let name = "opendrs_store_batch_seconds";
    page.head(name, "histogram", "Duration of each transaction, with its commit.");
    page.histogram(name, "", &numbers.batch_micros, 1e6);
    let help = "Transactions that failed and were run again command by command.";
    page.counter("opendrs_store_batches_redone_total", help, numbers.batches_redone);
    let help = "Messages that wait for a writer; each contains one or more commands of one serving thread.";
    page.gauge("opendrs_store_queue", help, numbers.queued);
    let help = "Reads that waited for a connection (SQLite).";
    page.counter("opendrs_store_reader_waits_total", help, numbers.reader_waits);
    let help = "Connections made to the database (PostgreSQL); a rise after the start means that some were lost.";
    page.counter("opendrs_store_connects_total", help, numbers.connects);
}

/// Writes the attempts of this node by outcome, and their durations.
fn sent(state: &AppState, page: &mut MetricsText) {
    let metrics = &state.app.metrics;
    let about =
        AttemptTexts { noun: "delivery", help: "Attempts to deliver a message to a receiver", label: "protocol" };
    write_attempts(page, &about, &metrics.deliveries);
    let about = AttemptTexts { noun: "mail", help: "Attempts to send a mail to a customer", label: "" };
    write_attempts(page, &about, &metrics.mails);
    let about = AttemptTexts { noun: "fulfilment", help: "Calls to back ends that fulfil orders", label: "call" };
    write_attempts(page, &about, &metrics.calls);
}

/// The texts of the metrics of attempts.
struct AttemptTexts {
    /// The part of the name that tells what is attempted.
    noun: &'static str,
    help: &'static str,
    /// The name of the label of the kind; empty if there is only one kind.
    label: &'static str,
}

fn write_attempts<Kind: MetricLabel, End: MetricLabel>(
    page: &mut MetricsText,
    about: &AttemptTexts,
    all: &AttemptMetrics<Kind, End>,
) {
    let AttemptTexts { noun, help, label } = about;
    let kind = |set: &AttemptSet<Kind, End>| match *label {
        "" => String::new(),
        label => format!("{label}=\"{}\",", set.kind.text()),
    };
    let name = format!("opendrs_{noun}_attempts_total");
    page.head(&name, "counter", &format!("{help}, by outcome."));
    for set in all.sets() {
        for (end, count) in set.ends() {
            page.line(&format!("{name}{{{}outcome=\"{}\"}}", kind(set), end.text()), count);
        }
    }
    let name = format!("opendrs_{noun}_attempt_seconds");
    page.head(&name, "histogram", &format!("{help}: duration of each."));
    for set in all.sets() {
        page.histogram(&name, &kind(set), &set.durations(), 1e6);
    }
}

async fn due(state: &AppState, page: &mut MetricsText) -> Result<(), opendrs_service::Error> {
    let Backlog { orders, held_orders: held, deliveries, mails, backend_calls: calls } =
        backlog::load(&state.app).await?;
    let lists = [
        ("orders_due", "Orders that are due and wait for a worker", orders),
        ("deliveries_waiting", "Messages on their way to receivers, including those to be tried again", deliveries),
        ("mails_waiting", "Mails on their way to customers, including those to be tried again", mails),
        ("fulfilment_calls_waiting", "Calls to back ends that were not answered yet", calls),
    ];
    for (name, help, BacklogCount { count, oldest_age: oldest }) in lists {
        page.gauge(&format!("opendrs_{name}"), &format!("{help}, of all nodes; counted up to {MAX_COUNT}."), count);
        let help = "Seconds for which the first of them has been due; 0 if none is due.";
        page.gauge(&format!("opendrs_{name}_oldest_seconds"), help, oldest.as_secs());
    }
    let help = format!("Orders that are held, by problem, of all nodes; counted up to {MAX_COUNT} each.");
    page.head("opendrs_orders_held", "gauge", &help);
    for (problem, count) in held {
        page.line(&format!("opendrs_orders_held{{problem=\"{}\"}}", problem.as_str()), count);
    }
    Ok(())
}

/// Writes memory and open files, if the system reports them.
fn process(page: &mut MetricsText) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let rss =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    if let Some(kilobytes) = rss {
        page.gauge("process_resident_memory_bytes", "Memory in use.", kilobytes * 1024);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        page.gauge("process_open_fds", "Open files and sockets.", files.count());
    }
}

/// Renders the page. Without its store, a node reports its own counters and that the store is unavailable.
async fn page(State(state): State<Arc<AppState>>) -> Response {
    let mut page = MetricsText::default();
    let engine = match state.app.db.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    page.head("opendrs_build_info", "gauge", "Version of the program and engine of its store.");
    page.line(&format!("opendrs_build_info{{version=\"{}\",store=\"{engine}\"}}", env!("CARGO_PKG_VERSION")), 1);
    if let Some(meters) = &state.metrics {
        meters.write(&mut page);
    }
    store(&state, &mut page);
    sent(&state, &mut page);
    let up = due(&state, &mut page).await.is_ok();
    page.gauge("opendrs_store_up", "Whether the store answered this scrape.", u8::from(up));
    process(&mut page);
    let mut response = page.0.into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
