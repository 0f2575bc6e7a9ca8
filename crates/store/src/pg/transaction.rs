//! A batch of commands as one transaction.
//!
//! What it is: when `BEGIN`, the coalesced statements ([`super::coalescer`]) and `COMMIT` are sent. Invariant: the
//! commands' statements are sent in one transaction. The exception is a statement that is a transaction by itself.

use super::coalescer::StatementCoalescer;
use crate::failpoint::{self, Point};
use crate::job::BoxFuture;
use crate::{Error, Result};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::Poll;
use tokio_postgres::Client;

/// The stage of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TransactionStage {
    /// Nothing was sent, except statements that are transactions by themselves.
    NotBegun,
    Begun,
    Committing,
}

impl StatementCoalescer {
    /// Runs `count` commands concurrently in a transaction. Their statements are sent as soon as none of them can
    /// continue; the commit goes with the last ones. If all commands wait for one statement and it is the last one of
    /// each, it is a transaction by itself. Then `BEGIN` and `COMMIT` would cost the database more than the statement.
    ///
    /// # Errors
    /// The first error of a command, a statement or the commit. Then nothing was committed, unless the connection was
    /// lost.
    pub(crate) async fn run_transaction<T>(
        &self,
        client: &Client,
        count: usize,
        commands: impl Future<Output = Result<T>>,
    ) -> Result<()> {
        let (mut commands, mut done, mut stage) = (pin!(commands), false, TransactionStage::NotBegun);
        let mut sent: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
        let ended = std::future::poll_fn(|cx| {
            loop {
                // The first one polled is the first one sent. An answer lets commands continue, which may send more.
                let (before, mut failed) = (sent.len(), None);
                sent.retain_mut(|answer| match answer.as_mut().poll(cx) {
                    Poll::Ready(Err(error)) => {
                        failed.get_or_insert(error);
                        false
                    }
                    Poll::Ready(Ok(())) => false,
                    Poll::Pending => true,
                });
                if let Some(error) = failed {
                    return Poll::Ready(Err(error));
                }
                if !done && let Poll::Ready(result) = commands.as_mut().poll(cx) {
                    result?;
                    done = true;
                }
                let mut moved = sent.len() < before;
                let (sets, beginning) = (self.take_pending(), self.take_begin_waiters());
                let alone = matches!(&*sets, [only] if done || only.is_final_for_all(count));
                if stage == TransactionStage::NotBegun && alone {
                    failpoint::reached(Point::BatchApplied);
                } else if stage == TransactionStage::NotBegun && !(sets.is_empty() && beginning.is_empty()) {
                    sent.push(Box::pin(run_control(client, "BEGIN")));
                    (stage, moved) = (TransactionStage::Begun, true);
                    self.begin_sent.store(true, Ordering::Relaxed);
                }
                // These commands continue when they are polled next. Before that the pending statements are sent.
                for begun in beginning {
                    let _ = begun.send(());
                }
                for set in sets {
                    sent.push(Box::pin(self.send(client, set)));
                    moved = true;
                }
                if done && stage == TransactionStage::Begun {
                    failpoint::reached(Point::BatchApplied);
                    sent.push(Box::pin(run_control(client, "COMMIT")));
                    (stage, moved) = (TransactionStage::Committing, true);
                }
                match (done && sent.is_empty(), moved) {
                    (true, _) => return Poll::Ready(Ok(())),
                    (false, true) => {}
                    (false, false) => return Poll::Pending,
                }
            }
        });
        let ended: Result<()> = ended.await;
        self.begin_sent.store(false, Ordering::Relaxed);
        if ended.is_err() {
            drop(sent);
            // Other commands may have queued statements meanwhile; nothing waits for them any more.
            drop((self.take_pending(), self.take_begin_waiters()));
            if stage == TransactionStage::Begun {
                let _ = run_control(client, "ROLLBACK").await;
            }
        }
        ended
    }
}

async fn run_control(client: &Client, sql: &'static str) -> Result<()> {
    client.batch_execute(sql).await.map_err(|e| Error::from_postgres(sql, e))
}
