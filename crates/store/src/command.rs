//! Group commit: the writes of many requests in one transaction, each answered after the commit.
//!
//! A writer takes all queued commands, runs them, commits, then answers. While one batch is synced to disk the next one
//! fills. So an idle system adds no delay, a busy one makes large batches, and there is no timer. Invariant: a command
//! is answered `Ok` only after the commit that contains it. A command that fails does not fail others of its batch.

use crate::batch_channel::{self, CommandBatch, CommandBatchReceiver};
use crate::job::{BoxFuture, CommandJob, shutdown_error};
use crate::metrics::StoreCounters;
use crate::{Error, Result, Tx};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// One command: load, decide, save. A refusal is a value of `Output`, not an error.
///
/// `apply` may run more than once, since the commands of a failed batch are run again one by one. So it has no effect
/// other than on its `Tx`.
pub trait Command: Send + Sync + 'static {
    /// What the caller receives.
    type Output: Send + 'static;
    /// The key that orders commands: those of one key run in the order in which they arrived; others may interleave.
    fn ordering_key(&self) -> u64;
    /// Runs the command.
    fn apply(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// The most messages that may wait. Beyond that a sender waits before it can queue one.
const QUEUE_CAPACITY: usize = 8192;

struct QueuedCommand<W: Command> {
    command: W,
    output: Option<W::Output>,
    reply: oneshot::Sender<Result<W::Output>>,
}

impl<W: Command> CommandJob for QueuedCommand<W> {
    fn ordering_key(&self) -> u64 {
        self.command.ordering_key()
    }

    fn run<'a, 'c: 'a>(&'a mut self, tx: &'a mut Tx<'c>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // A panic must not end the writer, and with it every later command.
            let applied = AssertUnwindSafe(self.command.apply(tx)).catch_unwind().await;
            self.output = Some(applied.unwrap_or_else(|_| Err(panic_error::<W>()))?);
            tx.check_committable()
        })
    }

    fn reply(self: Box<Self>, result: Result<()>) {
        let QueuedCommand { output: out, reply: back, .. } = *self;
        let out = result.and_then(|()| out.ok_or_else(shutdown_error));
        // A caller that has gone does not undo its command: it is committed.
        let _ = back.send(out);
    }
}

fn panic_error<W>() -> Error {
    Error::Statement { query: std::any::type_name::<W>(), source: "the command panicked".into() }
}

/// The sending side of a store's writer.
#[derive(Clone)]
pub(crate) struct WriterHandle {
    batches: mpsc::Sender<CommandBatch>,
    pub(crate) counters: Arc<StoreCounters>,
}

impl WriterHandle {
    /// A handle, and the receiver of what it sends.
    pub(crate) fn new() -> (Self, CommandBatchReceiver) {
        let (parcels, waiting) = mpsc::channel(QUEUE_CAPACITY);
        (Self { batches: parcels, counters: Arc::default() }, waiting)
    }

    pub(crate) async fn write<W: Command>(&self, command: W) -> Result<W::Output> {
        let (back, answer) = oneshot::channel();
        batch_channel::send_command(&self.batches, Box::new(QueuedCommand { command, output: None, reply: back }))
            .await?;
        answer.await.map_err(|_| shutdown_error())?
    }

    /// How many messages wait for the writer.
    pub(crate) fn queue_length(&self) -> usize {
        self.batches.max_capacity() - self.batches.capacity()
    }

    /// Waits until the writer has stopped for good.
    pub(crate) async fn wait_stopped(&self) {
        self.batches.closed().await;
    }

    /// Batches the current thread's commands; see [`batch_channel`].
    pub(crate) fn register_thread(&self) {
        batch_channel::register_thread(&self.batches);
    }
}
