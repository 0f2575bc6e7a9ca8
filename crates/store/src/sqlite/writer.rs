//! The writer: a thread with the only connection that writes.
//!
//! Invariant: after a failed sync it stops for good. Only a restart, which reads the log again, can find out what is on
//! disk.

use super::connection::run_control;
use super::readers::ReadMarkPin;
use crate::access_version::AccessVersionCache;
use crate::availability::StoreSide;
use crate::batch_channel::{self, CommandBatch, CommandBatchReceiver, reply_unavailable};
use crate::failpoint::{self, Point};
use crate::metrics::StoreCounters;
use crate::tx::TxConnection;
use crate::{Error, Result, Tx};
use rusqlite::Connection;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Starts the writer's thread. It ends when the last [`crate::Db`] is dropped, or when the disk failed to sync.
pub(crate) fn start_writer(
    mut conn: Connection,
    hold: Arc<ReadMarkPin>,
    mut waiting: CommandBatchReceiver,
    meter: Arc<StoreCounters>,
) -> Result<()> {
    let work = move || {
        let mut batch: Vec<CommandBatch> = Vec::new();
        loop {
            if waiting.is_empty() {
                hold.pin();
            }
            let Some(first) = waiting.blocking_recv() else { return };
            batch.push(first);
            batch_channel::fill_transaction(&mut batch, &mut waiting);
            hold.unpin();
            let counted = meter.start_batch(batch.iter().map(|part| part.commands.len()).sum());
            let attempted = attempt_batch(&mut conn, &mut batch);
            counted.finish(attempted.is_ok());
            let (at_commit, ended) = match attempted {
                Ok(()) => (false, Ok(())),
                Err(BatchFailure::BeforeCommit(error)) => (false, Err(error)),
                Err(BatchFailure::AtCommit(error)) => (true, Err(error)),
            };
            meter.availability.record(StoreSide::Write, &ended);
            let unsynced = match ended {
                Ok(()) => {
                    batch_channel::reply_done(&mut batch);
                    None
                }
                Err(error) if error.is_sync_failure() => Some(error),
                // The engine cannot always determine whether the commit succeeded, so no caller gets another answer.
                Err(error) if at_commit => {
                    reply_unavailable(&mut batch, &error);
                    None
                }
                Err(_) => run_one_by_one(&mut conn, &mut batch),
            };
            if let Some(error) = unsynced {
                tracing::error!(%error, "nothing more is written");
                reply_unavailable(&mut batch, &error);
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("store-writer".into()).spawn(work);
    thread.map(drop).map_err(|e| Error::CannotOpen(format!("cannot start the writer's thread: {e}")))
}

/// Runs the commands of a failed batch one by one. A failed sync stops this, with the rest still in the batch.
fn run_one_by_one(conn: &mut Connection, batch: &mut Vec<CommandBatch>) -> Option<Error> {
    let mut rest = std::mem::take(batch).into_iter().flat_map(CommandBatch::split);
    while let Some(mut part) = rest.next() {
        match attempt_batch(conn, std::slice::from_mut(&mut part)).map_err(BatchFailure::into_error) {
            Err(error) if error.is_sync_failure() => {
                batch.push(part);
                batch.extend(rest);
                return Some(error);
            }
            result => {
                if let Err(error) = &result
                    && error.is_conflict()
                {
                    tracing::warn!(%error, "the database file was locked by another program for too long");
                }
                part.reply_single(result);
            }
        }
    }
    None
}

enum BatchFailure {
    BeforeCommit(Error),
    AtCommit(Error),
}

impl BatchFailure {
    fn into_error(self) -> Error {
        match self {
            BatchFailure::BeforeCommit(error) | BatchFailure::AtCommit(error) => error,
        }
    }
}

fn attempt_batch(conn: &mut Connection, batch: &mut [CommandBatch]) -> Result<(), BatchFailure> {
    run_control(conn, "BEGIN IMMEDIATE").map_err(BatchFailure::BeforeCommit)?;
    let mut jobs = batch.iter_mut().flat_map(|part| &mut part.commands);
    let access = AccessVersionCache::default();
    let done = jobs.try_for_each(|job| poll_ready(job.run(&mut Tx::new_in_batch(TxConnection::Sqlite(conn), &access))));
    let failed = match done {
        Ok(()) => {
            failpoint::reached(Point::BatchApplied);
            match run_control(conn, "COMMIT") {
                Ok(()) => {
                    failpoint::reached(Point::BatchCommitted);
                    return Ok(());
                }
                Err(error) => BatchFailure::AtCommit(error),
            }
        }
        Err(error) => BatchFailure::BeforeCommit(error),
    };
    if !conn.is_autocommit() {
        let _ = run_control(conn, "ROLLBACK");
    }
    Err(failed)
}

/// Polls a SQLite future, which is ready at the first poll.
fn poll_ready<F: Future<Output = Result<()>>>(future: F) -> Result<()> {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::CannotOpen("a command waited for something other than its Tx".into())),
    }
}
