//! Reading connections, used on the caller's thread.
//!
//! Invariant: whoever has one on loan reads one state of the store, and gives it back soon: there are few.

use super::connection::{open, run_control};
use crate::metrics::{StoreCounters, increment};
use crate::{Error, Result};
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{ThreadId, current};
use tokio::sync::Semaphore;

/// The readers: at most as many connections as calls that may read at the same moment. Each knows the schema and its
/// statements for itself, so one more is opened only when all others are on loan; where none can be, they are waited for.
pub(crate) struct SqliteReaders {
    path: Box<Path>,
    /// Each with the thread that used it last, whose core has what it read.
    idle: Mutex<Vec<(ThreadId, Connection)>>,
    /// As many permits as there are free ones.
    idle_permits: Semaphore,
    /// How many more may be opened.
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
        // It comes back with the connection.
        permit.forget();
        let mut free = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = current().id();
        let at = free.iter().rposition(|(last, _)| *last == thread).or(free.len().checked_sub(1));
        let conn = at.map(|at| free.swap_remove(at).1);
        drop(free);
        Ok(SqliteReaderLoan { conn: Some(conn.ok_or_else(stopped)?), in_transaction: false, pool: self })
    }

    /// One more, if there may be one and the system has room for it.
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

/// A reading connection on loan. What is read on it is read in one transaction, unless it is one statement: the file is
/// locked once, since each lock is waited for by all other readers, and statements that belong together see one state.
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

    /// Without a transaction, as long as none was begun.
    pub(crate) fn raw_conn(&mut self) -> Result<&mut Connection> {
        self.conn.as_mut().ok_or_else(|| Error::Unavailable("a reader was used after its return".into()))
    }
}

impl Drop for SqliteReaderLoan<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if self.in_transaction && !conn.is_autocommit() {
            // It wrote nothing, so there is nothing that could fail.
            let _ = run_control(&conn, "COMMIT");
        }
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push((current().id(), conn));
        self.pool.idle_permits.add_permits(1);
    }
}

/// A reader that reads nothing: it keeps the state that others read marked in the file. The first connection of a process
/// that reads a state marks it by a system call, which all others wait for, and the last unmarks it; in between they only
/// count. Let go while anything is written, or the log of writes could never begin anew.
pub(crate) struct ReadMarkPin(Mutex<Option<Connection>>);

impl ReadMarkPin {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self(Mutex::new(Some(open(path, false)?))))
    }

    /// Marks what is there now. A failure costs speed alone.
    pub(super) fn pin(&self) {
        self.with_connection(|conn| {
            let read = || conn.prepare_cached("SELECT 1 FROM installation")?.query_row([], |_| Ok(()));
            let _ = run_control(conn, "BEGIN").map(|()| read());
        });
    }

    /// Unmarks it.
    pub(super) fn unpin(&self) {
        self.with_connection(|conn| {
            if !conn.is_autocommit() {
                let _ = run_control(conn, "COMMIT");
            }
        });
    }

    /// Unmarks it for good.
    pub(crate) fn close(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn with_connection(&self, act: impl FnOnce(&Connection)) {
        if let Some(conn) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            act(conn);
        }
    }
}
