//! Group commit: the writes of many requests in one transaction, each answered after the commit.
//!
//! A writer takes what is queued, runs it all, commits, then answers. While one batch is being synced to disk the next
//! one gathers: an idle system adds no delay, a busy one makes big batches, and there is no timer. Invariant: a command
//! is answered `Ok` only after the commit that holds it; a command that fails does not take its neighbours with it.

use crate::batch_channel::{self, CommandBatch, CommandBatchReceiver};
use crate::job::{BoxFuture, CommandJob, shutdown_error};
use crate::metrics::StoreCounters;
use crate::{Error, Result, Tx};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// One command: load, decide, save. A refusal is a value of `Out`, not an error.
///
/// `apply` may run more than once (a failed batch is run again one by one), so it touches nothing but its `Tx`.
pub trait Command: Send + Sync + 'static {
    /// What the caller is told.
    type Output: Send + 'static;
    /// Commands of one key run one after the other, in the order they came; others may interleave.
    fn ordering_key(&self) -> u64;
    /// Does it.
    fn apply(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// How many messages may wait; beyond that a sender waits before it may queue.
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
            // A panic must not take the writer along, and with it every command to come.
            let applied = AssertUnwindSafe(self.command.apply(tx)).catch_unwind().await;
            self.output = Some(applied.unwrap_or_else(|_| Err(panic_error::<W>()))?);
            tx.check_committable()
        })
    }

    fn reply(self: Box<Self>, result: Result<()>) {
        let QueuedCommand { output: out, reply: back, .. } = *self;
        let out = result.and_then(|()| out.ok_or_else(shutdown_error));
        // A caller that went away does not undo its command: it is done and will be found done.
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
    /// It, and the end at which what it sends comes out.
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

    /// How many messages wait for it.
    pub(crate) fn queue_length(&self) -> usize {
        self.batches.max_capacity() - self.batches.capacity()
    }

    /// Waits until it has stopped for good.
    pub(crate) async fn wait_stopped(&self) {
        self.batches.closed().await;
    }

    /// Lets the current thread's commands travel together; see [`batch_channel`].
    pub(crate) fn register_thread(&self) {
        batch_channel::register_thread(&self.batches);
    }
}
