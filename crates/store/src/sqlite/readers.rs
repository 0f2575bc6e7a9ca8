//! Reading connections, used on the caller's thread.
//!
//! Invariant: a borrower of a connection reads one state of the store, and returns the connection soon, because there
//! are few.

use super::connection::{open, run_control};
use crate::metrics::{StoreCounters, increment};
use crate::{Error, Result};
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{ThreadId, current};
use tokio::sync::Semaphore;

/// The readers: at most as many connections as calls that may read at the same moment. Each keeps its own copy of the
/// schema and statements, so another one is opened only when all are borrowed. If none can be opened, the call waits.
pub(crate) struct SqliteReaders {
    path: Box<Path>,
    /// Each with the thread that used it last, whose core has its data cached.
    idle: Mutex<Vec<(ThreadId, Connection)>>,
    /// One permit for each idle connection.
    idle_permits: Semaphore,
    /// How many more connections may be opened.
    remaining_capacity: AtomicUsize,
    counters: Arc<StoreCounters>,
}

impl SqliteReaders {
    pub(crate) fn open(path: &Path, count: usize, meter: Arc<StoreCounters>) -> Result<Self> {
        let free = Mutex::new(vec![(current().id(), open(path, false)?)]);
        let room = AtomicUsize::new(count.saturating_sub(1));
        Ok(Self {
            path: path.into(),
            idle: free,
            idle_permits: Semaphore::new(1),
            remaining_capacity: room,
            counters: meter,
        })
    }

    pub(crate) async fn acquire(&self) -> Result<SqliteReaderLoan<'_>> {
        let stopped = || Error::Unavailable("the store is shutting down".into());
        let permit = match self.idle_permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                if let Some(conn) = self.open_another() {
                    return Ok(SqliteReaderLoan { conn: Some(conn), in_transaction: false, pool: self });
                }
                increment(&self.counters.reader_waits);
                self.idle_permits.acquire().await.map_err(|_| stopped())?
            }
        };
        // The permit returns with the connection.
        permit.forget();
        let mut free = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = current().id();
        let at = free.iter().rposition(|(last, _)| *last == thread).or(free.len().checked_sub(1));
        let conn = at.map(|at| free.swap_remove(at).1);
        drop(free);
        Ok(SqliteReaderLoan { conn: Some(conn.ok_or_else(stopped)?), in_transaction: false, pool: self })
    }

    /// Opens another connection, if the limit and the system allow it.
    fn open_another(&self) -> Option<Connection> {
        self.remaining_capacity.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(1)).ok()?;
        match open(&self.path, false) {
            Ok(conn) => Some(conn),
            Err(error) => {
                self.remaining_capacity.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(%error, "no further reader; the others are waited for");
                None
            }
        }
    }
}

/// A borrowed reading connection. Its reads run in one transaction, unless there is one statement only. The file is
/// locked once, since all other readers wait for each lock, and related statements see one state.
pub(crate) struct SqliteReaderLoan<'d> {
    conn: Option<Connection>,
    in_transaction: bool,
    pool: &'d SqliteReaders,
}

impl SqliteReaderLoan<'_> {
    pub(crate) fn transaction_conn(&mut self) -> Result<&mut Connection> {
        if !self.in_transaction {
            run_control(self.raw_conn()?, "BEGIN")?;
            self.in_transaction = true;
        }
        self.raw_conn()
    }

    /// The connection without a transaction, unless one was begun.
    pub(crate) fn raw_conn(&mut self) -> Result<&mut Connection> {
        self.conn.as_mut().ok_or_else(|| Error::Unavailable("a reader was used after its return".into()))
    }
}

impl Drop for SqliteReaderLoan<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if self.in_transaction && !conn.is_autocommit() {
            // The transaction wrote nothing, so the commit cannot fail in a way that matters.
            let _ = run_control(&conn, "COMMIT");
        }
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push((current().id(), conn));
        self.pool.idle_permits.add_permits(1);
    }
}

/// A reader that reads nothing: it keeps the read mark of the current state in the file. The first connection of a
/// process that reads a state marks it by a system call, for which all others wait; the last one unmarks it. In between
/// they only count. The pin is released while anything is written, or the write-ahead log could never restart.
pub(crate) struct ReadMarkPin(Mutex<Option<Connection>>);

impl ReadMarkPin {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self(Mutex::new(Some(open(path, false)?))))
    }

    /// Marks the current state. A failure only costs speed.
    pub(super) fn pin(&self) {
        self.with_connection(|conn| {
            let read = || conn.prepare_cached("SELECT 1 FROM installation")?.query_row([], |_| Ok(()));
            let _ = run_control(conn, "BEGIN").map(|()| read());
        });
    }

    /// Releases the mark.
    pub(super) fn unpin(&self) {
        self.with_connection(|conn| {
            if !conn.is_autocommit() {
                let _ = run_control(conn, "COMMIT");
            }
        });
    }

    /// Releases the mark for good.
    pub(crate) fn close(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn with_connection(&self, act: impl FnOnce(&Connection)) {
        if let Some(conn) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            act(conn);
        }
    }
}
