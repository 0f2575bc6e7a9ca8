//! Group commit: the writes of many requests in one transaction, each answered after the commit.
//!
//! A writer takes what is queued, runs it all, commits, then answers. While one batch is being synced to disk the next
//! one gathers: an idle system adds no delay, a busy one makes big batches, and there is no timer. Invariant: a command
//! is answered `Ok` only after the commit that holds it; a command that fails does not take its neighbours with it.

use crate::meter::Meter;
use crate::turn::{self, Parcel, Parcels};
use crate::{Error, Result, Tx};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// One command: load, decide, save. A refusal is a value of `Out`, not an error.
///
/// `apply` may run more than once (a failed batch is run again one by one), so it touches nothing but its `Tx`.
pub trait Write: Send + Sync + 'static {
    /// What the caller is told.
    type Out: Send + 'static;
    /// Commands of one key run one after the other, in the order they came; others may interleave.
    fn key(&self) -> u64;
    /// Does it.
    fn apply(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// The most commands one transaction takes.
pub(crate) const MAX_BATCH: usize = 512;
/// How many messages may wait; beyond that a sender waits before it may queue.
const QUEUE: usize = 8192;

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A queued command whose outcome type is forgotten.
pub(crate) trait Job: Send {
    fn key(&self) -> u64;
    fn run<'a, 'c: 'a>(&'a mut self, tx: &'a mut Tx<'c>) -> Boxed<'a, Result<()>>;
    fn answer(self: Box<Self>, result: Result<()>);
}

struct Queued<W: Write> {
    command: W,
    out: Option<W::Out>,
    back: oneshot::Sender<Result<W::Out>>,
}

impl<W: Write> Job for Queued<W> {
    fn key(&self) -> u64 {
        self.command.key()
    }

    fn run<'a, 'c: 'a>(&'a mut self, tx: &'a mut Tx<'c>) -> Boxed<'a, Result<()>> {
        Box::pin(async move {
            // A panic must not take the writer along, and with it every command to come.
            let applied = AssertUnwindSafe(self.command.apply(tx)).catch_unwind().await;
            self.out = Some(applied.unwrap_or_else(|_| Err(panicked::<W>()))?);
            tx.committable()
        })
    }

    fn answer(self: Box<Self>, result: Result<()>) {
        let Queued { out, back, .. } = *self;
        let out = result.and_then(|()| out.ok_or_else(stopped));
        // A caller that went away does not undo its command: it is done and will be found done.
        let _ = back.send(out);
    }
}

fn panicked<W>() -> Error {
    Error::Statement { query: std::any::type_name::<W>(), source: "the command panicked".into() }
}

pub(crate) fn stopped() -> Error {
    Error::Unavailable("the store is shutting down".into())
}

/// The sending side of a store's writer.
#[derive(Clone)]
pub(crate) struct Writer {
    parcels: mpsc::Sender<Parcel>,
    pub(crate) meter: Arc<Meter>,
}

impl Writer {
    /// It, and the end at which what it sends comes out.
    pub(crate) fn new() -> (Self, Parcels) {
        let (parcels, waiting) = mpsc::channel(QUEUE);
        (Self { parcels, meter: Arc::default() }, waiting)
    }

    pub(crate) async fn write<W: Write>(&self, command: W) -> Result<W::Out> {
        let (back, answer) = oneshot::channel();
        turn::send(&self.parcels, Box::new(Queued { command, out: None, back })).await?;
        answer.await.map_err(|_| stopped())?
    }

    /// How many messages wait for it.
    pub(crate) fn queued(&self) -> usize {
        self.parcels.max_capacity() - self.parcels.capacity()
    }

    /// Waits until it has stopped for good.
    pub(crate) async fn stopped(&self) {
        self.parcels.closed().await;
    }

    /// Lets the current thread's commands travel together; see [`turn`].
    pub(crate) fn settle(&self) {
        turn::settle(&self.parcels);
    }
}
