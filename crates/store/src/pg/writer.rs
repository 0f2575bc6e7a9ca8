//! The writer: batches of commands, a transaction each, on a connection of its own.
//!
//! It and its connection live on one thread, so that between them nothing is woken. Invariant: a batch is committed
//! whole or run again command by command; nobody is told that a command is done before its commit was answered.

use super::{PAUSE, PgConn, Target, connect, silence};
use crate::failpoint::{self, Point};
use crate::meter::Meter;
use crate::reach::Side;
use crate::turn::{self, Parcel, Parcels, unavailable};
use crate::tx::On;
use crate::write::Job;
use crate::{Error, Result, Tx};
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// How often a command that met another transaction is run again.
const CONFLICTS: usize = 10;

/// Opens the writer's first connection and starts its thread; it ends when the last [`crate::Db`] is gone.
pub(crate) async fn start_writer(target: &Target, waiting: Parcels, meter: Arc<Meter>) -> Result<()> {
    let (target, (opened, open)) = (target.clone(), oneshot::channel());
    let failed = |e: std::io::Error| Error::Open(format!("cannot start the writer's thread: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let work = move || {
        runtime.block_on(async {
            match connect(&target, Side::Write, &meter).await {
                Ok(conn) => {
                    let _ = opened.send(Ok(()));
                    run(conn, waiting, &target, &meter).await;
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        });
    };
    std::thread::Builder::new().name("store-writer".into()).spawn(work).map_err(failed)?;
    open.await.unwrap_or_else(|_| Err(silence()))
}

async fn run(mut conn: PgConn, mut waiting: Parcels, target: &Target, meter: &Arc<Meter>) {
    let (mut batch, mut failed): (Vec<Parcel>, Option<(Instant, Error)>) = (Vec::new(), None);
    while let Some(first) = waiting.recv().await {
        batch.push(first);
        turn::fill(&mut batch, &mut waiting);
        if conn.is_lost() {
            if let Some((at, error)) = &failed
                && at.elapsed() < PAUSE
            {
                unavailable(&mut batch, error);
                continue;
            }
            match connect(target, Side::Write, meter).await {
                Ok(new) => (conn, failed) = (new, None),
                Err(error) => {
                    unavailable(&mut batch, &error);
                    #[expect(clippy::disallowed_methods, reason = "a bound on attempts, not a delay")]
                    let now = Instant::now();
                    failed = Some((now, error));
                    continue;
                }
            }
        }
        let counted = meter.batch(batch.iter().map(|parcel| parcel.jobs.len()).sum());
        let done = conn.bounded(attempt(&conn, &mut batch)).await;
        counted.ended(done.is_ok());
        if done.is_ok() {
            turn::done(&mut batch);
        } else if conn.is_lost() {
            // Whether it was committed is not known; on this connection nothing more can be tried.
            unavailable(&mut batch, &done.err().unwrap_or_else(silence));
        } else {
            for parcel in batch.drain(..).flat_map(Parcel::split) {
                match conn.is_lost() {
                    // A command that waits for a silent connection would keep all that follow.
                    true => unavailable(&mut vec![parcel], &silence()),
                    false => one_by_one(&conn, parcel).await,
                }
            }
        }
    }
}

async fn one_by_one(conn: &PgConn, parcel: Parcel) {
    let mut one = [parcel];
    let mut result = conn.bounded(attempt(conn, &mut one)).await;
    let mut looked_again = false;
    for _ in 0..CONFLICTS {
        match &result {
            Err(error) if error.is_conflict() => {}
            // A key that was free when the command looked: another node was quicker. One more look will find it taken.
            Err(error) if error.is_taken() && !looked_again => looked_again = true,
            _ => break,
        }
        result = conn.bounded(attempt(conn, &mut one)).await;
    }
    if let Err(error) = &result
        && error.is_conflict()
    {
        tracing::warn!(%error, "a command met others until it was given up");
    }
    let [parcel] = one;
    parcel.answer_one(result);
}

async fn attempt(conn: &PgConn, batch: &mut [Parcel]) -> Result<()> {
    let mut jobs: Vec<_> = batch.iter_mut().flat_map(|parcel| &mut parcel.jobs).collect();
    // One order of locks on every node: fewer deadlocks.
    jobs.sort_by_key(|job| job.key());
    let mut groups: Vec<Vec<&mut Box<dyn Job>>> = Vec::with_capacity(jobs.len());
    let mut place: HashMap<u64, usize> = HashMap::with_capacity(jobs.len());
    for job in jobs {
        let at = *place.entry(job.key()).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(job);
    }
    let count = groups.len();
    // Commands of one key in their order, on one `Tx`; different keys share the connection's pipeline.
    let work = try_join_all(groups.into_iter().map(|group| async move {
        let mut tx = Tx::new(On::Pg(conn));
        for job in group {
            job.run(&mut tx).await?;
        }
        Ok::<_, Error>(())
    }));
    let done = conn.gather.transaction(&conn.client, count, work).await;
    conn.known.ended(done.is_ok());
    failpoint::reached(Point::BatchCommitted);
    done
}
