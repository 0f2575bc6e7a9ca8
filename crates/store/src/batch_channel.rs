//! The channel between serving threads and the writer: one message for each thread and loop turn, and one back.
//!
//! What it is: the commands that a serving thread issues in one turn of its loop travel to the writer together. Their
//! outcomes return together, so that a thread is woken once a turn and not once a command. What it is not: it delays
//! nothing, and it decides neither order nor transaction. Invariant: a command is answered once, on the thread that
//! sent it. Commands of an unregistered thread are sent and answered one by one.

use crate::failpoint::{self, Point};
use crate::job::{CommandJob, MAX_TRANSACTION_COMMANDS, shutdown_error};
use crate::{Error, Result};
use std::cell::RefCell;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The most commands that one message holds.
const MAX_CHANNEL_BATCH: usize = 64;

type CompletedCommands = Vec<(Box<dyn CommandJob>, Result<()>)>;

/// The commands of one turn.
pub(crate) struct CommandBatch {
    pub(crate) commands: Vec<Box<dyn CommandJob>>,
    /// The channel of the thread that sent them.
    reply_to: Option<UnboundedSender<CompletedCommands>>,
}

/// The end at which a writer receives commands.
pub(crate) type CommandBatchReceiver = Receiver<CommandBatch>;

impl CommandBatch {
    pub(crate) fn single(job: Box<dyn CommandJob>) -> Self {
        Self { commands: vec![job], reply_to: None }
    }

    /// Answers all commands, each with a result of its own.
    pub(crate) fn reply(self, mut result: impl FnMut() -> Result<()>) {
        match self.reply_to {
            None => self.commands.into_iter().for_each(|job| job.reply(result())),
            // A thread that has ended receives no answers.
            Some(back) => drop(back.send(self.commands.into_iter().map(|job| (job, result())).collect())),
        }
    }

    /// Answers a batch of one command.
    pub(crate) fn reply_single(self, result: Result<()>) {
        let mut result = Some(result);
        self.reply(|| result.take().unwrap_or_else(|| Err(shutdown_error())));
    }

    /// A batch for each command.
    pub(crate) fn split(self) -> impl Iterator<Item = Self> {
        let back = self.reply_to;
        self.commands.into_iter().map(move |job| Self { commands: vec![job], reply_to: back.clone() })
    }
}

/// Adds waiting batches to a transaction until it has [`MAX_TRANSACTION_COMMANDS`] commands. The last batch may exceed
/// that limit.
pub(crate) fn fill_transaction(batch: &mut Vec<CommandBatch>, waiting: &mut CommandBatchReceiver) {
    let mut jobs: usize = batch.iter().map(|part| part.commands.len()).sum();
    while jobs < MAX_TRANSACTION_COMMANDS
        && let Ok(part) = waiting.try_recv()
    {
        jobs += part.commands.len();
        batch.push(part);
    }
}

/// Answers all batches of a transaction with success.
pub(crate) fn reply_done(parts: &mut Vec<CommandBatch>) {
    for part in parts.drain(..) {
        part.reply(|| Ok(()));
        failpoint::reached(Point::BatchHalfAnswered);
    }
}

/// Answers all batches of a transaction with an unknown outcome.
pub(crate) fn reply_unavailable(parts: &mut Vec<CommandBatch>, error: &Error) {
    let words = match error {
        Error::Unavailable(words) => words.clone(),
        error => error.to_string(),
    };
    parts.drain(..).for_each(|part| part.reply(|| Err(Error::Unavailable(words.clone()))));
}

/// A thread's channel to the writer of one store.
struct ThreadChannel {
    writer: Sender<CommandBatch>,
    commands: UnboundedSender<Box<dyn CommandJob>>,
}

thread_local! {
    static THREAD_CHANNELS: RefCell<Vec<ThreadChannel>> = const { RefCell::new(Vec::new()) };
}

/// Registers the current thread for as long as it lives. Its loop must be a runtime of its own.
pub(crate) fn register_thread(writer: &Sender<CommandBatch>) {
    let (out, waiting) = unbounded_channel();
    let (back, done) = unbounded_channel();
    tokio::spawn(forward_commands(waiting, writer.clone(), back));
    tokio::spawn(forward_replies(done));
    THREAD_CHANNELS.with_borrow_mut(|desks| desks.push(ThreadChannel { writer: writer.clone(), commands: out }));
}

/// Sends a command to the writer, on a registered thread together with others of the same turn.
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

/// Forwards the commands of a turn. The first command wakes this task, which runs after all tasks that were ready in
/// the turn.
async fn forward_commands(
    mut waiting: UnboundedReceiver<Box<dyn CommandJob>>,
    writer: Sender<CommandBatch>,
    back: UnboundedSender<CompletedCommands>,
) {
    let mut jobs = Vec::with_capacity(MAX_CHANNEL_BATCH);
    while waiting.recv_many(&mut jobs, MAX_CHANNEL_BATCH).await > 0 {
        let jobs = std::mem::replace(&mut jobs, Vec::with_capacity(MAX_CHANNEL_BATCH));
        // A writer that has ended drops the commands, and their callers receive an error.
        let _ = writer.send(CommandBatch { commands: jobs, reply_to: Some(back.clone()) }).await;
    }
}

async fn forward_replies(mut done: UnboundedReceiver<CompletedCommands>) {
    while let Some(turn) = done.recv().await {
        turn.into_iter().for_each(|(job, result)| job.reply(result));
    }
}
