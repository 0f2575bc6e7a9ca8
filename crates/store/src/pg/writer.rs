//! The writer: batches of commands, a transaction each, on a connection of its own.
//!
//! The writer and its connection share one thread, so that neither has to wake the other. Invariant: a batch is
//! committed whole or run again command by command. No caller is answered before the commit of its command was
//! answered.

use super::connection::{PgConn, RECONNECT_PAUSE, connect, timeout_error};
use super::url::PgTarget;
use crate::availability::StoreSide;
use crate::batch_channel::{self, CommandBatch, CommandBatchReceiver, reply_unavailable};
use crate::failpoint::{self, Point};
use crate::job::CommandJob;
use crate::metrics::StoreCounters;
use crate::tx::TxConnection;
use crate::{Error, Result, Tx};
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// How often a command that conflicted with another transaction is run again.
const MAX_CONFLICT_RETRIES: usize = 10;

/// Opens the writer's first connection and starts its thread, which ends when the last [`crate::Db`] is dropped.
pub(crate) async fn start_writer(
    target: &PgTarget,
    waiting: CommandBatchReceiver,
    meter: Arc<StoreCounters>,
) -> Result<()> {
    let (target, (opened, open)) = (target.clone(), oneshot::channel());
    let failed = |e: std::io::Error| Error::CannotOpen(format!("cannot start the writer's thread: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let work = move || {
        runtime.block_on(async {
            match connect(&target, StoreSide::Write, &meter).await {
                Ok(conn) => {
                    let _ = opened.send(Ok(()));
                    run_writer(conn, waiting, &target, &meter).await;
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        });
    };
    std::thread::Builder::new().name("store-writer".into()).spawn(work).map_err(failed)?;
    open.await.unwrap_or_else(|_| Err(timeout_error()))
}

async fn run_writer(
    mut conn: PgConn,
    mut waiting: CommandBatchReceiver,
    target: &PgTarget,
    meter: &Arc<StoreCounters>,
) {
    let (mut batch, mut failed): (Vec<CommandBatch>, Option<(Instant, Error)>) = (Vec::new(), None);
    while let Some(first) = waiting.recv().await {
        batch.push(first);
        batch_channel::fill_transaction(&mut batch, &mut waiting);
        if conn.is_lost() {
            if let Some((at, error)) = &failed
                && at.elapsed() < RECONNECT_PAUSE
            {
                reply_unavailable(&mut batch, error);
                continue;
            }
            match connect(target, StoreSide::Write, meter).await {
                Ok(new) => (conn, failed) = (new, None),
                Err(error) => {
                    reply_unavailable(&mut batch, &error);
                    #[expect(clippy::disallowed_methods, reason = "a bound on attempts, not a delay")]
                    let now = Instant::now();
                    failed = Some((now, error));
                    continue;
                }
            }
        }
        let counted = meter.start_batch(batch.iter().map(|part| part.commands.len()).sum());
        let done = conn.with_timeout(attempt_batch(&conn, &mut batch)).await;
        counted.finish(done.is_ok());
        if done.is_ok() {
            batch_channel::reply_done(&mut batch);
        } else if conn.is_lost() {
            // Whether it was committed is unknown; on this connection no retry is possible.
            reply_unavailable(&mut batch, &done.err().unwrap_or_else(timeout_error));
        } else {
            for part in batch.drain(..).flat_map(CommandBatch::split) {
                if conn.is_lost() {
                    // A command that waits for a silent connection would delay all that follow.
                    reply_unavailable(&mut vec![part], &timeout_error());
                } else {
                    run_single(&conn, part).await;
                }
            }
        }
    }
}

async fn run_single(conn: &PgConn, part: CommandBatch) {
    let mut one = [part];
    let mut result = conn.with_timeout(attempt_batch(conn, &mut one)).await;
    let mut looked_again = false;
    for _ in 0..MAX_CONFLICT_RETRIES {
        match &result {
            Err(error) if error.is_conflict() => {}
            // Another node inserted a key after the command had found it free. A second run will find it taken.
            Err(error) if error.is_unique_violation() && !looked_again => looked_again = true,
            _ => break,
        }
        result = conn.with_timeout(attempt_batch(conn, &mut one)).await;
    }
    if let Err(error) = &result
        && error.is_conflict()
    {
        tracing::warn!(%error, "a command met others until it was given up");
    }
    let [part] = one;
    part.reply_single(result);
}

async fn attempt_batch(conn: &PgConn, batch: &mut [CommandBatch]) -> Result<()> {
    let mut jobs: Vec<_> = batch.iter_mut().flat_map(|part| &mut part.commands).collect();
    // The same order of locks on every node gives fewer deadlocks.
    jobs.sort_by_key(|job| job.ordering_key());
    let mut groups: Vec<Vec<&mut Box<dyn CommandJob>>> = Vec::with_capacity(jobs.len());
    let mut place: HashMap<u64, usize> = HashMap::with_capacity(jobs.len());
    for job in jobs {
        let at = *place.entry(job.ordering_key()).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(job);
    }
    let count = groups.len();
    // Commands of one key run in their order, on one `Tx`; different keys share the connection's pipeline.
    let work = try_join_all(groups.into_iter().map(|group| async move {
        let mut tx = Tx::new(TxConnection::Pg(conn));
        for job in group {
            job.run(&mut tx).await?;
        }
        Ok::<_, Error>(())
    }));
    let done = conn.coalescer.run_transaction(&conn.client, count, work).await;
    conn.valid_devices.transaction_ended(done.is_ok());
    failpoint::reached(Point::BatchCommitted);
    done
}
