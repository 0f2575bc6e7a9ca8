//! Counters of requests and connections.
//!
//! Invariant: counting a request takes two looks at the clock and three additions to numbers that the serving thread
//! shares with no other; there is no lock and no allocation. No label says anything of a device, a customer or a token.

use super::exposition::Page;
use opendrs_domain::version::ENDPOINTS;
use opendrs_store::meter::Histogram;
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

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

    /// Counts a connection that was opened.
    pub(crate) fn connection_opened(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was closed.
    pub(crate) fn connection_closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Writes the metrics of requests and connections.
    pub(crate) fn write(&self, page: &mut Page) {
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
