//! The writer's view of a queued command: its key, how it is run, how it is answered.
//!
//! Not here: how a command is queued ([`crate::command`]) and how it travels ([`crate::batch_channel`]). Invariant: a
//! job is answered once, with the outcome of its own run.

use crate::{Error, Result, Tx};
use std::pin::Pin;

/// The most commands in one transaction.
pub(crate) const MAX_TRANSACTION_COMMANDS: usize = 512;

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A queued command with its output type erased.
pub(crate) trait CommandJob: Send {
    /// See [`crate::Command::ordering_key`].
    fn ordering_key(&self) -> u64;
    /// Applies the command and keeps its output.
    fn run<'a, 'c: 'a>(&'a mut self, tx: &'a mut Tx<'c>) -> BoxFuture<'a, Result<()>>;
    /// Answers the caller, once the outcome of the transaction is known.
    fn reply(self: Box<Self>, result: Result<()>);
}

/// The error for a command that a stopping writer no longer takes.
pub(crate) fn shutdown_error() -> Error {
    Error::Unavailable("the store is shutting down".into())
}
