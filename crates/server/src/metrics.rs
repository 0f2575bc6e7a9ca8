//! What a node tells of itself: `GET /-/metrics`, in the text format that Prometheus reads.
//!
//! What it is: counters of requests, and a page that adds those of the store and of what is due. What it is not: open to
//! whoever reaches the service; it has an address of its own (`metrics.listen`), and without one nothing is counted.
//! Invariant: counting a request takes two looks at the clock and three additions to numbers that the serving thread
//! shares with no other; there is no lock and no allocation. No label says anything of a device, a customer or a token.

use crate::http::route::{Route, get};
use crate::site::Site;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use opendrs_domain::version::ENDPOINTS;
use opendrs_service::backlog::{self, Backlog, COUNTED, Waiting};
use opendrs_service::meter::Attempts;
use opendrs_store::Engine;
use opendrs_store::meter::{Counted, Histogram};
use std::cell::Cell;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Routes of the metrics' own address.
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/-/metrics", page)]
}

/// Statuses that are told apart.
const STATUSES: [u16; 16] = [200, 204, 302, 303, 304, 400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 503];
/// Bounds of the histogram of durations, in microseconds.
const MICROS: [u64; 11] = [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000];
/// Threads count in so many places; where there are more threads, some share one.
const SHARDS: usize = 16;

/// What is counted of one endpoint by one thread.
struct Counts {
    statuses: [AtomicU64; STATUSES.len() + 1],
    micros: Histogram<11>,
}

/// The counters of a node.
pub struct Meters {
    /// Endpoints: the device API's in the order of the version table, then paths; the last is every other path.
    names: Vec<&'static str>,
    shards: Vec<Vec<Counts>>,
    connections: AtomicI64,
}

/// The current thread's shard.
fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! { static MINE: Cell<usize> = const { Cell::new(usize::MAX) }; }
    MINE.with(|mine| {
        if mine.get() == usize::MAX {
            mine.set(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
        }
        mine.get()
    })
}

impl Meters {
    /// Counters for these paths beside the device API.
    pub(crate) fn new(paths: impl IntoIterator<Item = &'static str>) -> Self {
        let mut names: Vec<_> = ENDPOINTS.iter().map(|spec| spec.title).collect();
        for path in paths {
            if !names.contains(&path) {
                names.push(path);
            }
        }
        names.push("other");
        let counts =
            || Counts { statuses: std::array::from_fn(|_| AtomicU64::new(0)), micros: Histogram::new(&MICROS) };
        let shards = (0..SHARDS).map(|_| names.iter().map(|_| counts()).collect()).collect();
        Self { names, shards, connections: AtomicI64::new(0) }
    }

    /// The place of a path beside the device API.
    pub(crate) fn place(&self, path: &str) -> usize {
        let paths = &self.names[ENDPOINTS.len()..];
        ENDPOINTS.len() + paths.iter().position(|name| *name == path).unwrap_or(paths.len() - 1)
    }

    /// Counts a request.
    pub(crate) fn answered(&self, place: usize, status: u16, took: Duration) {
        let counts = &self.shards[shard()][place];
        let at = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len());
        counts.statuses[at].fetch_add(1, Ordering::Relaxed);
        counts.micros.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts an open connection, until what is returned is dropped.
    pub(crate) fn connected(site: &Arc<Site>) -> Option<Connected> {
        site.meters.as_ref()?.connections.fetch_add(1, Ordering::Relaxed);
        Some(Connected(site.clone()))
    }

    fn requests(&self, page: &mut Page) {
        page.head("opendrs_requests_total", "counter", "Requests answered, by endpoint and status.");
        for (at, name) in self.names.iter().enumerate() {
            for (n, status) in STATUSES.iter().map(|s| s.to_string()).chain(["other".into()]).enumerate() {
                let count = self.shards.iter().map(|shard| shard[at].statuses[n].load(Ordering::Relaxed)).sum::<u64>();
                if count > 0 {
                    page.line(&format!("opendrs_requests_total{{endpoint=\"{name}\",status=\"{status}\"}}"), count);
                }
            }
        }
        let name = "opendrs_request_seconds";
        page.head(name, "histogram", "From a request's head to its answer, without the sending of either.");
        for (at, endpoint) in self.names.iter().enumerate() {
            let counted = Histogram::with(self.shards.iter().map(|shard| &shard[at].micros));
            if counted.count > 0 {
                page.histogram(name, &format!("endpoint=\"{endpoint}\","), &counted, 1e-6);
            }
        }
        let open = self.connections.load(Ordering::Relaxed);
        page.gauge("opendrs_connections", "Open connections.", open);
    }
}

/// An open connection that is counted.
pub(crate) struct Connected(Arc<Site>);

impl Drop for Connected {
    fn drop(&mut self) {
        if let Some(meters) = &self.0.meters {
            meters.connections.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The page as it is written.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, "gauge", help);
        self.line(name, value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.line(name, value);
    }

    /// A histogram's lines; values are counted in `unit`s of what the name says.
    fn histogram(&mut self, name: &str, labels: &str, counted: &Counted, unit: f64) {
        for (bound, count) in &counted.up_to {
            self.line(&format!("{name}_bucket{{{labels}le=\"{}\"}}", *bound as f64 * unit), count);
        }
        self.line(&format!("{name}_bucket{{{labels}le=\"+Inf\"}}"), counted.count);
        let labels = match labels.trim_end_matches(',') {
            "" => String::new(),
            labels => format!("{{{labels}}}"),
        };
        self.line(&format!("{name}_sum{labels}"), counted.sum as f64 * unit);
        self.line(&format!("{name}_count{labels}"), counted.count);
    }
}

fn store(site: &Site, page: &mut Page) {
    let numbers = site.app.db.numbers();
    let name = "opendrs_store_batch_commands";
    page.head(name, "histogram", "Commands in each transaction of the store's writers.");
    page.histogram(name, "", &numbers.batches, 1.0);
    let name = "opendrs_store_batch_seconds";
    page.head(name, "histogram", "How long each took, its commit included.");
    page.histogram(name, "", &numbers.batch_micros, 1e-6);
    let help = "Transactions that failed and were run again command by command.";
    page.counter("opendrs_store_batches_redone_total", help, numbers.batches_redone);
    let help = "Messages that wait for a writer; each holds the commands of a turn of one serving thread.";
    page.gauge("opendrs_store_queue", help, numbers.queued);
    let help = "Reads that waited for a connection (SQLite).";
    page.counter("opendrs_store_reader_waits_total", help, numbers.reader_waits);
    let help = "Connections made to the database (PostgreSQL); a rise after the start means that some were lost.";
    page.counter("opendrs_store_connects_total", help, numbers.connects);
}

/// What this node sent: attempts by outcome, and how long they took.
fn sent(site: &Site, page: &mut Page) {
    let meter = &site.app.meter;
    let told = [
        ("delivery", "Attempts to deliver a message to a receiver", "protocol", &meter.deliveries),
        ("mail", "Attempts to send a mail to a customer", "", &meter.mails),
        ("fulfilment", "Calls to back ends that fulfil orders", "call", &meter.calls),
    ];
    for (noun, help, label, all) in told {
        let of = |attempts: &Attempts| match label {
            "" => String::new(),
            label => format!("{label}=\"{}\",", attempts.kind),
        };
        let name = format!("opendrs_{noun}_attempts_total");
        page.head(&name, "counter", &format!("{help}, by outcome."));
        for attempts in all {
            for (outcome, count) in attempts.outcomes() {
                page.line(&format!("{name}{{{}outcome=\"{outcome}\"}}", of(attempts)), count);
            }
        }
        let name = format!("opendrs_{noun}_attempt_seconds");
        page.head(&name, "histogram", &format!("{help}: how long each took."));
        for attempts in all {
            page.histogram(&name, &of(attempts), &attempts.micros(), 1e-6);
        }
    }
}

async fn due(site: &Site, page: &mut Page) -> Result<(), opendrs_service::Error> {
    let Backlog { orders, held, deliveries, mails, calls } = backlog::read(&site.app).await?;
    let lists = [
        ("orders_due", "Orders that are due and wait for a worker", orders),
        ("deliveries_waiting", "Messages on their way to receivers, those to be tried again among them", deliveries),
        ("mails_waiting", "Mails on their way to customers, those to be tried again among them", mails),
        ("fulfilment_calls_waiting", "Calls to back ends that were not answered yet", calls),
    ];
    for (name, help, Waiting { count, oldest }) in lists {
        page.gauge(&format!("opendrs_{name}"), &format!("{help}, of all nodes; counted up to {COUNTED}."), count);
        let help = "For how long the first of them has been due; 0 where none is.";
        page.gauge(&format!("opendrs_{name}_oldest_seconds"), help, oldest.secs());
    }
    let help = format!("Orders that are held, by what holds them, of all nodes; counted up to {COUNTED} each.");
    page.head("opendrs_orders_held", "gauge", &help);
    for (problem, count) in held {
        page.line(&format!("opendrs_orders_held{{problem=\"{}\"}}", problem.as_str()), count);
    }
    Ok(())
}

/// Memory and files, where the system tells.
fn process(page: &mut Page) {
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

/// Without its store a node still tells what it knows of itself, and that the store is away.
async fn page(State(site): State<Arc<Site>>) -> Response {
    let mut page = Page::default();
    let engine = match site.app.db.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    page.head("opendrs_build_info", "gauge", "Version of the program and engine of its store.");
    page.line(&format!("opendrs_build_info{{version=\"{}\",store=\"{engine}\"}}", env!("CARGO_PKG_VERSION")), 1);
    if let Some(meters) = &site.meters {
        meters.requests(&mut page);
    }
    store(&site, &mut page);
    sent(&site, &mut page);
    let up = due(&site, &mut page).await.is_ok();
    page.gauge("opendrs_store_up", "Whether the store answered just now.", u8::from(up));
    process(&mut page);
    let mut response = page.0.into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
