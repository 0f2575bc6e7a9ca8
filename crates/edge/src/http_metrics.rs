//! Counters of requests and connections.
//!
//! Invariant: counting a request reads the clock twice and adds to three counters of the serving thread. It needs no
//! lock and no allocation. No label contains anything about a device, a customer or a token.

use crate::exposition::MetricsText;
use opendrs_domain::version::ENDPOINTS;
use opendrs_store::metrics::Histogram;
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The statuses that are counted separately.
const COUNTED_STATUSES: [u16; 16] = [200, 204, 302, 303, 304, 400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 503];
/// The bounds of the histogram of durations, in microseconds.
const DURATION_BOUNDS_MICROS: [u64; 11] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000];
/// The number of sets of counters. If there are more threads, some of them share one.
const COUNTER_SHARDS: usize = 16;

/// The counters of one endpoint on one thread.
struct EndpointCounts {
    statuses: [AtomicU64; COUNTED_STATUSES.len() + 1],
    durations: Histogram<11>,
}

/// The counters of a node.
pub struct HttpMetrics {
    /// The names of the endpoints: those of the device API in the order of the version table, then paths. The last one
    /// is for all other paths.
    endpoints: Vec<&'static str>,
    shards: Vec<Vec<EndpointCounts>>,
    connections: AtomicI64,
}

/// Returns the index of the current thread's counters.
fn thread_shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! { static MINE: Cell<usize> = const { Cell::new(usize::MAX) }; }
    MINE.with(|mine| {
        if mine.get() == usize::MAX {
            mine.set(NEXT.fetch_add(1, Ordering::Relaxed) % COUNTER_SHARDS);
        }
        mine.get()
    })
}

impl HttpMetrics {
    /// Makes counters for the device API and these paths.
    pub fn new(paths: impl IntoIterator<Item = &'static str>) -> Self {
        let mut names: Vec<_> = ENDPOINTS.iter().map(|spec| spec.title).collect();
        for path in paths {
            if !names.contains(&path) {
                names.push(path);
            }
        }
        names.push("other");
        let counts = || EndpointCounts {
            statuses: std::array::from_fn(|_| AtomicU64::new(0)),
            durations: Histogram::new(&DURATION_BOUNDS_MICROS),
        };
        let shards = (0..COUNTER_SHARDS).map(|_| names.iter().map(|_| counts()).collect()).collect();
        Self { endpoints: names, shards, connections: AtomicI64::new(0) }
    }

    /// Returns the index of a path outside of the device API.
    pub fn endpoint_index(&self, path: &str) -> usize {
        let paths = &self.endpoints[ENDPOINTS.len()..];
        ENDPOINTS.len() + paths.iter().position(|name| *name == path).unwrap_or(paths.len() - 1)
    }

    /// Counts a request.
    pub fn record_request(&self, place: usize, status: u16, took: Duration) {
        let counts = &self.shards[thread_shard()][place];
        let at = COUNTED_STATUSES.iter().position(|known| *known == status).unwrap_or(COUNTED_STATUSES.len());
        counts.statuses[at].fetch_add(1, Ordering::Relaxed);
        counts.durations.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts a connection that was opened.
    pub fn connection_opened(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was closed.
    pub fn connection_closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Writes the metrics of requests and connections.
    pub fn write(&self, page: &mut MetricsText) {
        page.head("opendrs_requests_total", "counter", "Requests answered, by endpoint and status.");
        for (at, name) in self.endpoints.iter().enumerate() {
            for (n, status) in COUNTED_STATUSES.iter().map(|s| s.to_string()).chain(["other".into()]).enumerate() {
                let count = self.shards.iter().map(|shard| shard[at].statuses[n].load(Ordering::Relaxed)).sum::<u64>();
                if count > 0 {
                    page.line(&format!("opendrs_requests_total{{endpoint=\"{name}\",status=\"{status}\"}}"), count);
                }
            }
        }
        let name = "opendrs_request_seconds";
        page.head(name, "histogram", "Time from a request's head to its answer, without the sending of either.");
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            let counted = Histogram::merged(self.shards.iter().map(|shard| &shard[at].durations));
            if counted.count > 0 {
                page.histogram(name, &format!("endpoint=\"{endpoint}\","), &counted, 1e6);
            }
        }
        let open = self.connections.load(Ordering::Relaxed);
        page.gauge("opendrs_connections", "Open connections.", open);
    }
}
