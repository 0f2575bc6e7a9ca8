//! Reading connections, used on the caller's thread.
//!
//! Invariant: whoever has one on loan reads one state of the store, and gives it back soon: there are few.

use super::{control, open};
use crate::meter::{Meter, count};
use crate::{Error, Result};
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{ThreadId, current};
use tokio::sync::Semaphore;

/// The readers: at most as many connections as calls that may read at the same moment. Each knows the schema and its
/// statements for itself, so one more is opened only when all others are on loan; where none can be, they are waited for.
pub(crate) struct Readers {
    path: Box<Path>,
    /// Each with the thread that used it last, whose core has what it read.
    free: Mutex<Vec<(ThreadId, Connection)>>,
    /// As many permits as there are free ones.
    gate: Semaphore,
    /// How many more may be opened.
    room: AtomicUsize,
    meter: Arc<Meter>,
}

impl Readers {
    pub(crate) fn open(path: &Path, count: usize, meter: Arc<Meter>) -> Result<Self> {
        let free = Mutex::new(vec![(current().id(), open(path, false)?)]);
        let room = AtomicUsize::new(count.saturating_sub(1));
        Ok(Self { path: path.into(), free, gate: Semaphore::new(1), room, meter })
    }

    pub(crate) async fn take(&self) -> Result<Reading<'_>> {
        let stopped = || Error::Unavailable("the store is shutting down".into());
        let permit = match self.gate.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                if let Some(conn) = self.another() {
                    return Ok(Reading { conn: Some(conn), begun: false, home: self });
                }
                count(&self.meter.waits);
                self.gate.acquire().await.map_err(|_| stopped())?
            }
        };
        // It comes back with the connection.
        permit.forget();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = current().id();
        let at = free.iter().rposition(|(last, _)| *last == thread).or(free.len().checked_sub(1));
        let conn = at.map(|at| free.swap_remove(at).1);
        drop(free);
        Ok(Reading { conn: Some(conn.ok_or_else(stopped)?), begun: false, home: self })
    }

    /// One more, if there may be one and the system has room for it.
    fn another(&self) -> Option<Connection> {
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(1)).ok()?;
        match open(&self.path, false) {
            Ok(conn) => Some(conn),
            Err(error) => {
                self.room.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(%error, "no further reader; the others are waited for");
                None
            }
        }
    }
}

/// A reading connection on loan. What is read on it is read in one transaction, unless it is one statement: the file is
/// locked once, since each lock is waited for by all other readers, and statements that belong together see one state.
pub(crate) struct Reading<'d> {
    conn: Option<Connection>,
    begun: bool,
    home: &'d Readers,
}

impl Reading<'_> {
    pub(crate) fn conn(&mut self) -> Result<&mut Connection> {
        if !self.begun {
            control(self.bare()?, "BEGIN")?;
            self.begun = true;
        }
        self.bare()
    }

    /// Without a transaction, as long as none was begun.
    pub(crate) fn bare(&mut self) -> Result<&mut Connection> {
        self.conn.as_mut().ok_or_else(|| Error::Unavailable("a reader was used after its return".into()))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if self.begun && !conn.is_autocommit() {
            // It wrote nothing, so there is nothing that could fail.
            let _ = control(&conn, "COMMIT");
        }
        self.home.free.lock().unwrap_or_else(PoisonError::into_inner).push((current().id(), conn));
        self.home.gate.add_permits(1);
    }
}

/// A reader that reads nothing: it keeps the state that others read marked in the file. The first connection of a process
/// that reads a state marks it by a system call, which all others wait for, and the last unmarks it; in between they only
/// count. Let go while anything is written, or the log of writes could never begin anew.
pub(crate) struct Hold(Mutex<Option<Connection>>);

impl Hold {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self(Mutex::new(Some(open(path, false)?))))
    }

    /// Marks what is there now. A failure costs speed alone.
    pub(super) fn take(&self) {
        self.with(|conn| {
            let read = || conn.prepare_cached("SELECT 1 FROM installation")?.query_row([], |_| Ok(()));
            let _ = control(conn, "BEGIN").map(|()| read());
        });
    }

    /// Unmarks it.
    pub(super) fn let_go(&self) {
        self.with(|conn| {
            if !conn.is_autocommit() {
                let _ = control(conn, "COMMIT");
            }
        });
    }

    /// Unmarks it for good.
    pub(crate) fn end(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn with(&self, act: impl FnOnce(&Connection)) {
        if let Some(conn) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            act(conn);
        }
    }
}
