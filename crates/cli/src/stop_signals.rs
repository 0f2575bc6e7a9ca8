//! The signals that end a program which runs until it is stopped.
//!
//! Invariant: a signal that arrives after the registration is not lost, also when nobody waits yet.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for Ctrl-C or a request to terminate.
pub async fn wait_for_stop_signal() {
    StopSignals::register().wait().await;
}

/// Ctrl-C and requests to terminate, registered when this value is made.
pub(crate) struct StopSignals([Option<Signal>; 2]);

impl StopSignals {
    /// Registers both signals.
    pub(crate) fn register() -> Self {
        // A signal that cannot be registered keeps its default action: it ends the process.
        Self([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()))
    }

    /// Waits for either signal.
    pub(crate) async fn wait(&mut self) {
        let heard = async |signal: &mut Option<Signal>| match signal {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        };
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            () = heard(interrupt) => {}
            () = heard(terminate) => {}
        }
    }
}
