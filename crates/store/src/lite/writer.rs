//! The writer: a thread with the one connection that writes.
//!
//! Invariant: after a failed sync it stops for good: what is on disk only a new start, which reads the log anew, can tell.

use super::control;
use super::readers::Hold;
use crate::failpoint::{self, Point};
use crate::meter::Meter;
use crate::reach::Side;
use crate::turn::{self, Parcel, Parcels, unavailable};
use crate::tx::{AccessMemo, On};
use crate::{Error, Result, Tx};
use rusqlite::Connection;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Starts the writer's thread; it ends when the last [`crate::Db`] is gone, or the disk failed to sync.
pub(crate) fn start_writer(
    mut conn: Connection,
    hold: Arc<Hold>,
    mut waiting: Parcels,
    meter: Arc<Meter>,
) -> Result<()> {
    let work = move || {
        let mut batch: Vec<Parcel> = Vec::new();
        loop {
            if waiting.is_empty() {
                hold.take();
            }
            let Some(first) = waiting.blocking_recv() else { return };
            batch.push(first);
            turn::fill(&mut batch, &mut waiting);
            hold.let_go();
            let counted = meter.batch(batch.iter().map(|parcel| parcel.jobs.len()).sum());
            let attempted = attempt(&mut conn, &mut batch);
            counted.ended(attempted.is_ok());
            let (at_commit, ended) = match attempted {
                Ok(()) => (false, Ok(())),
                Err(Failed::Before(error)) => (false, Err(error)),
                Err(Failed::AtCommit(error)) => (true, Err(error)),
            };
            meter.reach.note(Side::Write, &ended);
            let unsynced = match ended {
                Ok(()) => {
                    turn::done(&mut batch);
                    None
                }
                Err(error) if error.is_unsynced() => Some(error),
                // The engine cannot always say whether it is done: nobody is told anything else.
                Err(error) if at_commit => {
                    unavailable(&mut batch, &error);
                    None
                }
                Err(_) => one_by_one(&mut conn, &mut batch),
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
            result => {
                if let Err(error) = &result
                    && error.is_conflict()
                {
                    tracing::warn!(%error, "the database file was locked by another program for too long");
                }
                parcel.answer_one(result);
            }
        }
    }
    None
}

enum Failed {
    Before(Error),
    AtCommit(Error),
}

impl Failed {
    fn into_error(self) -> Error {
        match self {
            Failed::Before(error) | Failed::AtCommit(error) => error,
        }
    }
}

fn attempt(conn: &mut Connection, batch: &mut [Parcel]) -> Result<(), Failed> {
    control(conn, "BEGIN IMMEDIATE").map_err(Failed::Before)?;
    let mut jobs = batch.iter_mut().flat_map(|parcel| &mut parcel.jobs);
    let access = AccessMemo::default();
    let done = jobs.try_for_each(|job| ready(job.run(&mut Tx::in_batch(On::Lite(conn), &access))));
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

/// SQLite's futures are ready at the first poll.
fn ready<F: Future<Output = Result<()>>>(future: F) -> Result<()> {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::Open("a command waited for something other than its Tx".into())),
    }
}
