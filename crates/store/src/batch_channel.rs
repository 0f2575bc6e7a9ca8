//! One message a thread and loop turn, to the writer and back.
//!
//! What it is: the commands that a serving thread's loop finds in one turn travel to the writer together, and their
//! outcomes come back together, so that waking a thread is paid once a turn and not once a command. What it is not: it
//! waits for nothing, and it decides neither order nor batch. Invariant: a command is answered once, on the thread it
//! came from; a thread without a desk sends and is answered command by command.

use crate::failpoint::{self, Point};
use crate::job::{CommandJob, MAX_TRANSACTION_COMMANDS, shutdown_error};
use crate::{Error, Result};
use std::cell::RefCell;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How many commands one parcel holds at most.
const MAX_CHANNEL_BATCH: usize = 64;

type CompletedCommands = Vec<(Box<dyn CommandJob>, Result<()>)>;

/// Commands of one turn.
pub(crate) struct CommandBatch {
    pub(crate) commands: Vec<Box<dyn CommandJob>>,
    /// The desk they came from.
    reply_to: Option<UnboundedSender<CompletedCommands>>,
}

/// Where a writer finds what is to be written.
pub(crate) type CommandBatchReceiver = Receiver<CommandBatch>;

impl CommandBatch {
    pub(crate) fn single(job: Box<dyn CommandJob>) -> Self {
        Self { commands: vec![job], reply_to: None }
    }

    /// Answers all of them alike.
    pub(crate) fn reply(self, mut result: impl FnMut() -> Result<()>) {
        match self.reply_to {
            None => self.commands.into_iter().for_each(|job| job.reply(result())),
            // A desk that is gone has nobody left to tell.
            Some(back) => drop(back.send(self.commands.into_iter().map(|job| (job, result())).collect())),
        }
    }

    /// Answers the only one.
    pub(crate) fn reply_single(self, result: Result<()>) {
        let mut result = Some(result);
        self.reply(|| result.take().unwrap_or_else(|| Err(shutdown_error())));
    }

    /// A parcel for each command.
    pub(crate) fn split(self) -> impl Iterator<Item = Self> {
        let back = self.reply_to;
        self.commands.into_iter().map(move |job| Self { commands: vec![job], reply_to: back.clone() })
    }
}

/// Adds what waits beside a batch's first parcel, up to [`MAX_BATCH`] commands and those of the last parcel.
pub(crate) fn fill_transaction(batch: &mut Vec<CommandBatch>, waiting: &mut CommandBatchReceiver) {
    let mut jobs: usize = batch.iter().map(|parcel| parcel.commands.len()).sum();
    while jobs < MAX_TRANSACTION_COMMANDS
        && let Ok(parcel) = waiting.try_recv()
    {
        jobs += parcel.commands.len();
        batch.push(parcel);
    }
}

/// All parcels of a batch are told that they are done.
pub(crate) fn reply_done(parcels: &mut Vec<CommandBatch>) {
    for parcel in parcels.drain(..) {
        parcel.reply(|| Ok(()));
        failpoint::reached(Point::BatchHalfAnswered);
    }
}

/// All parcels of a batch are told that their outcome is not known.
pub(crate) fn reply_unavailable(parcels: &mut Vec<CommandBatch>, error: &Error) {
    let words = match error {
        Error::Unavailable(words) => words.clone(),
        error => error.to_string(),
    };
    parcels.drain(..).for_each(|parcel| parcel.reply(|| Err(Error::Unavailable(words.clone()))));
}

/// A thread's desk with one store's writer.
struct ThreadChannel {
    writer: Sender<CommandBatch>,
    commands: UnboundedSender<Box<dyn CommandJob>>,
}

thread_local! {
    static THREAD_CHANNELS: RefCell<Vec<ThreadChannel>> = const { RefCell::new(Vec::new()) };
}

/// Gives the current thread a desk, for as long as it lives; its loop must be a runtime of its own.
pub(crate) fn register_thread(writer: &Sender<CommandBatch>) {
    let (out, waiting) = unbounded_channel();
    let (back, done) = unbounded_channel();
    tokio::spawn(forward_commands(waiting, writer.clone(), back));
    tokio::spawn(forward_replies(done));
    THREAD_CHANNELS.with_borrow_mut(|desks| desks.push(ThreadChannel { writer: writer.clone(), commands: out }));
}

/// Sends a command on its way: with others of its turn, where the thread has a desk.
pub(crate) async fn send_command(writer: &Sender<CommandBatch>, job: Box<dyn CommandJob>) -> Result<()> {
    let left =
        THREAD_CHANNELS.with_borrow(|desks| match desks.iter().find(|desk| desk.writer.same_channel(writer)) {
            Some(desk) => desk.commands.send(job).map(|()| None).map_err(|_| shutdown_error()),
            None => Ok(Some(job)),
        })?;
    match left {
        Some(job) => writer.send(CommandBatch::single(job)).await.map_err(|_| shutdown_error()),
        None => Ok(()),
    }
}

/// Woken by the first command of a turn, this runs after all that were ready in it.
async fn forward_commands(
    mut waiting: UnboundedReceiver<Box<dyn CommandJob>>,
    writer: Sender<CommandBatch>,
    back: UnboundedSender<CompletedCommands>,
) {
    let mut jobs = Vec::with_capacity(MAX_CHANNEL_BATCH);
    while waiting.recv_many(&mut jobs, MAX_CHANNEL_BATCH).await > 0 {
        let jobs = std::mem::replace(&mut jobs, Vec::with_capacity(MAX_CHANNEL_BATCH));
        // A writer that is gone drops the commands, which tells their callers.
        let _ = writer.send(CommandBatch { commands: jobs, reply_to: Some(back.clone()) }).await;
    }
}

async fn forward_replies(mut done: UnboundedReceiver<CompletedCommands>) {
    while let Some(turn) = done.recv().await {
        turn.into_iter().for_each(|(job, result)| job.reply(result));
    }
}
