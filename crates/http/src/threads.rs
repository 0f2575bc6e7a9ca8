//! The threads that serve connections: one a core, each with a loop of its own.
//!
//! A connection stays on one thread, so nothing a call touches moves between cores, and what the thread's calls write
//! goes to the store's writer once a turn of the loop. Invariant: the threads end when this is dropped, and with them
//! whatever they still served.

use crate::application::Application;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The serving threads of a listener.
pub(super) struct Threads {
    threads: Vec<(Handle, oneshot::Sender<()>)>,
    next: AtomicUsize,
}

impl Threads {
    /// Starts as many as there are cores.
    pub(super) fn start(application: &impl Application) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism()?.get();
        let threads = (0..cores).map(|_| Self::one(application.clone())).collect::<Result<_, _>>()?;
        Ok(Self { threads, next: AtomicUsize::new(0) })
    }

    fn one(application: impl Application) -> std::io::Result<(Handle, oneshot::Sender<()>)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, ended) = oneshot::channel();
        std::thread::Builder::new().name("serve".into()).spawn(move || {
            runtime.block_on(async {
                application.prepare_thread();
                drop(application);
                let _ = ended.await;
            });
        })?;
        Ok((handle, alive))
    }

    /// Runs a connection on the next of them.
    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.threads.len();
        self.threads[next].0.spawn(connection);
    }
}
