//! The threads that serve connections: one for each core, each with its own event loop.
//!
//! A connection stays on one thread, so the data of a call does not move between cores. The writes of a thread's calls
//! go to the store's writer once for each turn of the event loop. Invariant: the threads end when this value is
//! dropped, and so do the connections that they still serve.

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
    /// Starts one thread for each core.
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

    /// Runs a connection on the next thread, in rotation.
    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.threads.len();
        self.threads[next].0.spawn(connection);
    }
}
