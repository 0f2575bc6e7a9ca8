//! SQLite: one writing connection on a thread of its own, a few reading ones used on the caller's thread.
//!
//! Invariant: `synchronous=FULL` in WAL mode, so an answered command survives a power cut; group commit pays for it.
//! After a failed sync the writer stops for good: what is on disk only a new start, which reads the log anew, can tell.

use crate::failpoint::{self, Point};
use crate::meter::{Meter, count};
use crate::queries::Q;
use crate::turn::{self, Lane, PARCELS, Parcel, unavailable};
use crate::tx::On;
use crate::{Error, Result, Tx, migrate};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a writer waits for another process (a command line beside the server) to finish.
const BUSY_MS: u64 = 5_000;
/// How often a process that meets another one at a new file looks again.
const SWITCHES: usize = 100;

pub(crate) fn open(path: &Path, write: bool) -> Result<Connection> {
    let open = || {
        let conn = Connection::open(path)?;
        conn.set_prepared_statement_cache_capacity(Q::ALL.len() + 8);
        conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
        // Without this guarantee SQLite plans a statement anew whenever a parameter changes: a third of a call's time.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        write_ahead(&conn)?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        // Rows are appended, so a page is written many times before it is full: a rarer checkpoint copies it once.
        conn.pragma_update(None, "wal_autocheckpoint", 4000)?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update(None, "query_only", !write)?;
        Ok(conn)
    };
    open().map_err(|e: rusqlite::Error| {
        let at = path.display();
        Error::Open(format!("cannot open the database {at}: {e}. Check that the folder exists and is writable"))
    })
}

/// Switches to the write-ahead log. SQLite does not wait here when another process does the same to a new file, so this
/// waits for that process's lock and looks again.
fn write_ahead(conn: &Connection) -> rusqlite::Result<()> {
    for _ in 0..SWITCHES {
        match conn.pragma_update(None, "journal_mode", "WAL") {
            Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                conn.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
            }
            done => return done,
        }
    }
    conn.pragma_update(None, "journal_mode", "WAL")
}

pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    let mut conn = open(path, true)?;
    migrate::lite(&mut conn)?;
    for sql in Q::ALL {
        conn.prepare_cached(sql.lite).map_err(|e| Error::lite(sql.name, e))?;
    }
    Ok(conn)
}

/// Empties the write-ahead log into the file.
pub(crate) fn fold(path: &Path) -> Result<()> {
    let folded = open(path, true)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    folded.map_err(|e| Error::lite("wal_checkpoint", e))
}

/// The readers: as many connections as calls that may read at the same moment.
pub(crate) struct Readers {
    free: Mutex<Vec<Connection>>,
    gate: Semaphore,
    meter: Arc<Meter>,
}

impl Readers {
    pub(crate) fn open(path: &Path, count: usize, meter: Arc<Meter>) -> Result<Self> {
        let free = (0..count).map(|_| open(path, false)).collect::<Result<Vec<_>>>()?;
        Ok(Self { free: Mutex::new(free), gate: Semaphore::new(count), meter })
    }

    pub(crate) async fn take(&self) -> Result<Reading<'_>> {
        let stopped = || Error::Unavailable("the store is shutting down".into());
        let permit = match self.gate.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                count(&self.meter.waits);
                self.gate.acquire().await.map_err(|_| stopped())?
            }
        };
        let conn = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Reading { conn: Some(conn.ok_or_else(stopped)?), home: self, _permit: permit })
    }
}

/// A reading connection on loan.
pub(crate) struct Reading<'d> {
    conn: Option<Connection>,
    home: &'d Readers,
    _permit: SemaphorePermit<'d>,
}

impl Reading<'_> {
    pub(crate) fn conn(&mut self) -> Result<&mut Connection> {
        self.conn.as_mut().ok_or_else(|| Error::Unavailable("a reader was used after its return".into()))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.home.free.lock().unwrap_or_else(PoisonError::into_inner).extend(self.conn.take());
    }
}

/// Starts the writer's thread; it ends when the last [`crate::Db`] is gone, or the disk failed to sync.
pub(crate) fn start_writer(mut conn: Connection, mut lane: Lane, meter: Arc<Meter>) -> Result<()> {
    let work = move || {
        let mut batch: Vec<Parcel> = Vec::with_capacity(PARCELS);
        while lane.blocking_recv_many(&mut batch, PARCELS) > 0 {
            let counted = meter.batch(batch.iter().map(|parcel| parcel.jobs.len()).sum());
            let attempted = attempt(&mut conn, &mut batch);
            counted.ended(attempted.is_ok());
            let unsynced = match attempted {
                Ok(()) => {
                    turn::done(&mut batch);
                    None
                }
                Err(failed) if failed.error().is_unsynced() => Some(failed.into_error()),
                // The engine cannot always say whether it is done: nobody is told anything else.
                Err(Failed::AtCommit(error)) => {
                    unavailable(&mut batch, &error);
                    None
                }
                Err(Failed::Before(_)) => one_by_one(&mut conn, &mut batch),
            };
            if let Some(error) = unsynced {
                tracing::error!(%error, "nothing more is written");
                unavailable(&mut batch, &error);
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("store-writer".into()).spawn(work);
    thread.map(drop).map_err(|e| Error::Open(format!("cannot start the writer's thread: {e}")))
}

/// Runs the commands of a failed batch each for itself; a failed sync ends that, with the rest still in the batch.
fn one_by_one(conn: &mut Connection, batch: &mut Vec<Parcel>) -> Option<Error> {
    let mut rest = std::mem::take(batch).into_iter().flat_map(Parcel::split);
    while let Some(mut parcel) = rest.next() {
        match attempt(conn, std::slice::from_mut(&mut parcel)).map_err(Failed::into_error) {
            Err(error) if error.is_unsynced() => {
                batch.push(parcel);
                batch.extend(rest);
                return Some(error);
            }
            result => parcel.answer_one(result),
        }
    }
    None
}

enum Failed {
    Before(Error),
    AtCommit(Error),
}

impl Failed {
    fn error(&self) -> &Error {
        match self {
            Failed::Before(error) | Failed::AtCommit(error) => error,
        }
    }

    fn into_error(self) -> Error {
        match self {
            Failed::Before(error) | Failed::AtCommit(error) => error,
        }
    }
}

fn attempt(conn: &mut Connection, batch: &mut [Parcel]) -> Result<(), Failed> {
    control(conn, "BEGIN IMMEDIATE").map_err(Failed::Before)?;
    let mut jobs = batch.iter_mut().flat_map(|parcel| &mut parcel.jobs);
    let done = jobs.try_for_each(|job| ready(job.run(&mut Tx::new(On::Lite(conn)))));
    let failed = match done {
        Ok(()) => {
            failpoint::reached(Point::BatchApplied);
            match control(conn, "COMMIT") {
                Ok(()) => {
                    failpoint::reached(Point::BatchCommitted);
                    return Ok(());
                }
                Err(error) => Failed::AtCommit(error),
            }
        }
        Err(error) => Failed::Before(error),
    };
    if !conn.is_autocommit() {
        let _ = control(conn, "ROLLBACK");
    }
    Err(failed)
}

fn control(conn: &Connection, sql: &'static str) -> Result<()> {
    conn.prepare_cached(sql).and_then(|mut s| s.raw_execute()).map(drop).map_err(|e| Error::lite(sql, e))
}

/// SQLite's futures are ready at the first poll.
fn ready<F: Future<Output = Result<()>>>(future: F) -> Result<()> {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::Open("a command waited for something other than its Tx".into())),
    }
}
