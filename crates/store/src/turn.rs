//! One message a thread and loop turn, to the writer and back.
//!
//! What it is: the commands that a serving thread's loop finds in one turn travel to the writer together, and their
//! outcomes come back together, so that waking a thread is paid once a turn and not once a command. What it is not: it
//! waits for nothing, and it decides neither order nor batch. Invariant: a command is answered once, on the thread it
//! came from; a thread without a desk sends and is answered command by command.

use crate::failpoint::{self, Point};
use crate::write::{Job, MAX_BATCH, stopped};
use crate::{Error, Result};
use std::cell::RefCell;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How many commands one parcel holds at most.
const PARCEL: usize = 64;

type Done = Vec<(Box<dyn Job>, Result<()>)>;

/// Commands of one turn.
pub(crate) struct Parcel {
    pub(crate) jobs: Vec<Box<dyn Job>>,
    /// The desk they came from.
    back: Option<UnboundedSender<Done>>,
}

/// Where a writer finds what is to be written.
pub(crate) type Parcels = Receiver<Parcel>;

impl Parcel {
    pub(crate) fn single(job: Box<dyn Job>) -> Self {
        Self { jobs: vec![job], back: None }
    }

    /// Answers all of them alike.
    pub(crate) fn answer(self, mut result: impl FnMut() -> Result<()>) {
        match self.back {
            None => self.jobs.into_iter().for_each(|job| job.answer(result())),
            // A desk that is gone has nobody left to tell.
            Some(back) => drop(back.send(self.jobs.into_iter().map(|job| (job, result())).collect())),
        }
    }

    /// Answers the only one.
    pub(crate) fn answer_one(self, result: Result<()>) {
        let mut result = Some(result);
        self.answer(|| result.take().unwrap_or_else(|| Err(stopped())));
    }

    /// A parcel for each command.
    pub(crate) fn split(self) -> impl Iterator<Item = Self> {
        let back = self.back;
        self.jobs.into_iter().map(move |job| Self { jobs: vec![job], back: back.clone() })
    }
}

/// Adds what waits beside a batch's first parcel, up to [`MAX_BATCH`] commands and those of the last parcel.
pub(crate) fn fill(batch: &mut Vec<Parcel>, waiting: &mut Parcels) {
    let mut jobs: usize = batch.iter().map(|parcel| parcel.jobs.len()).sum();
    while jobs < MAX_BATCH
        && let Ok(parcel) = waiting.try_recv()
    {
        jobs += parcel.jobs.len();
        batch.push(parcel);
    }
}

/// All parcels of a batch are told that they are done.
pub(crate) fn done(parcels: &mut Vec<Parcel>) {
    for parcel in parcels.drain(..) {
        parcel.answer(|| Ok(()));
        failpoint::reached(Point::BatchHalfAnswered);
    }
}

/// All parcels of a batch are told that their outcome is not known.
pub(crate) fn unavailable(parcels: &mut Vec<Parcel>, error: &Error) {
    let words = match error {
        Error::Unavailable(words) => words.clone(),
        error => error.to_string(),
    };
    parcels.drain(..).for_each(|parcel| parcel.answer(|| Err(Error::Unavailable(words.clone()))));
}

/// A thread's desk with one store's writer.
struct Desk {
    writer: Sender<Parcel>,
    out: UnboundedSender<Box<dyn Job>>,
}

thread_local! {
    static DESKS: RefCell<Vec<Desk>> = const { RefCell::new(Vec::new()) };
}

/// Gives the current thread a desk, for as long as it lives; its loop must be a runtime of its own.
pub(crate) fn settle(writer: &Sender<Parcel>) {
    let (out, waiting) = unbounded_channel();
    let (back, done) = unbounded_channel();
    tokio::spawn(outgoing(waiting, writer.clone(), back));
    tokio::spawn(incoming(done));
    DESKS.with_borrow_mut(|desks| desks.push(Desk { writer: writer.clone(), out }));
}

/// Sends a command on its way: with others of its turn, where the thread has a desk.
pub(crate) async fn send(writer: &Sender<Parcel>, job: Box<dyn Job>) -> Result<()> {
    let left = DESKS.with_borrow(|desks| match desks.iter().find(|desk| desk.writer.same_channel(writer)) {
        Some(desk) => desk.out.send(job).map(|()| None).map_err(|_| stopped()),
        None => Ok(Some(job)),
    })?;
    match left {
        Some(job) => writer.send(Parcel::single(job)).await.map_err(|_| stopped()),
        None => Ok(()),
    }
}

/// Woken by the first command of a turn, this runs after all that were ready in it.
async fn outgoing(mut waiting: UnboundedReceiver<Box<dyn Job>>, writer: Sender<Parcel>, back: UnboundedSender<Done>) {
    let mut jobs = Vec::with_capacity(PARCEL);
    while waiting.recv_many(&mut jobs, PARCEL).await > 0 {
        let jobs = std::mem::replace(&mut jobs, Vec::with_capacity(PARCEL));
        // A writer that is gone drops the commands, which tells their callers.
        let _ = writer.send(Parcel { jobs, back: Some(back.clone()) }).await;
    }
}

async fn incoming(mut done: UnboundedReceiver<Done>) {
    while let Some(turn) = done.recv().await {
        turn.into_iter().for_each(|(job, result)| job.answer(result));
    }
}
