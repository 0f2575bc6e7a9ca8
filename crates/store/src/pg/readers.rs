//! Reading connections, shared by all calls: each pipelines, so no call borrows one exclusively.
//!
//! They live on a thread of their own. Statements that calls queue while a connection waits for an answer are sent
//! together, grouped by query ([`super::coalescer`]). Invariant: the next call that needs a lost connection replaces
//! it. While that fails, other calls get the error immediately.

use super::connection::{PgConn, RECONNECT_PAUSE, connect};
use super::url::PgTarget;
use crate::availability::StoreSide;
use crate::metrics::StoreCounters;
use crate::{Error, Result};
use futures_util::future::try_join_all;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{RwLock, oneshot};

/// How many calls use a connection before others take the next one.
const MAX_CALLS_PER_CONNECTION: usize = 32;

/// A reading connection, and the error of the last attempt to replace it.
struct ReaderSlot {
    conn: Arc<PgConn>,
    last_failure: Option<(Instant, Error)>,
}

/// The readers of a store.
pub(crate) struct PgReaders {
    target: PgTarget,
    conns: Vec<RwLock<ReaderSlot>>,
    counters: Arc<StoreCounters>,
    thread: ReaderThread,
}

/// The thread on which the connections live; it ends when this is dropped.
struct ReaderThread {
    runtime: Handle,
    _alive: oneshot::Sender<()>,
}

impl ReaderThread {
    fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let thread = runtime.handle().clone();
        let (alive, ended) = oneshot::channel();
        let work = move || runtime.block_on(ended).unwrap_or_default();
        std::thread::Builder::new().name("store-reader".into()).spawn(work)?;
        Ok(Self { runtime: thread, _alive: alive })
    }

    async fn connect(&self, target: &PgTarget, meter: &Arc<StoreCounters>) -> Result<Arc<PgConn>> {
        let (target, meter) = (target.clone(), meter.clone());
        let connected = self.runtime.spawn(async move {
            let conn = Arc::new(connect(&target, StoreSide::Read, &meter).await?);
            tokio::spawn(PgConn::flush_until_unused(Arc::downgrade(&conn)));
            Ok(conn)
        });
        connected.await.unwrap_or_else(|e| Err(Error::Unavailable(e.to_string())))
    }
}

impl PgReaders {
    pub(crate) async fn open(target: &PgTarget, count: usize, meter: Arc<StoreCounters>) -> Result<Self> {
        let home =
            ReaderThread::start().map_err(|e| Error::CannotOpen(format!("cannot start the readers' thread: {e}")))?;
        let conns = try_join_all((0..count).map(|_| home.connect(target, &meter))).await?;
        let conns = conns.into_iter().map(|conn| RwLock::new(ReaderSlot { conn, last_failure: None })).collect();
        Ok(Self { target: target.clone(), conns, counters: meter, thread: home })
    }

    /// The location of the database.
    pub(crate) fn target(&self) -> &PgTarget {
        &self.target
    }

    /// The first connection that is usable, is below its limit of calls, and runs no individual statement. A few large
    /// sets cost a database less than many small ones. A lost connection is replaced only if all usable ones are busy.
    pub(crate) async fn acquire(&self) -> Result<Arc<PgConn>> {
        let (mut lost, mut busy): (_, Option<Arc<PgConn>>) = (None, None);
        for place in &self.conns {
            // A call that is replacing a connection is not waited for.
            let Ok(held) = place.try_read() else { continue };
            let conn = held.conn.clone();
            if conn.is_lost() {
                lost.get_or_insert(place);
            } else if Arc::strong_count(&conn) <= MAX_CALLS_PER_CONNECTION && !conn.has_single_statements() {
                return Ok(conn);
            } else if busy.as_ref().is_none_or(|other| Arc::strong_count(&conn) < Arc::strong_count(other)) {
                busy = Some(conn);
            }
        }
        match (lost, busy) {
            (None, Some(conn)) => Ok(conn),
            (Some(place), Some(conn)) => Ok(self.reconnect(place).await.unwrap_or(conn)),
            (Some(place), None) => self.reconnect(place).await,
            (None, None) => self.reconnect(&self.conns[0]).await,
        }
    }

    /// Replaces a lost connection, unless another call has done so.
    async fn reconnect(&self, place: &RwLock<ReaderSlot>) -> Result<Arc<PgConn>> {
        let mut place = place.write().await;
        if place.conn.is_lost() {
            if let Some((at, error)) = &place.last_failure
                && at.elapsed() < RECONNECT_PAUSE
            {
                return Err(error.duplicate());
            }
            match self.thread.connect(&self.target, &self.counters).await {
                Ok(conn) => *place = ReaderSlot { conn, last_failure: None },
                Err(error) => {
                    #[expect(clippy::disallowed_methods, reason = "a bound on waiting for a peer, not a delay")]
                    let now = Instant::now();
                    place.last_failure = Some((now, error.duplicate()));
                    return Err(error);
                }
            }
        }
        Ok(place.conn.clone())
    }
}
