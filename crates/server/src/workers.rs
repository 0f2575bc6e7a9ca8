//! The worker's rhythm: rounds of what is due, and a purge now and then.
//!
//! Invariant: this is the one place that waits for time to pass; what a round does is a use case of its own, bounded and
//! safe on every node at once.

use crate::api::problem::log;
use crate::http::stopped;
use crate::site::Site;
use opendrs_service::fulfilment::call;
use opendrs_service::schedule;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked at what is due.
const ROUND: Duration = Duration::from_millis(250);
/// Every how many rounds ended sessions, sign-ups and codes are removed.
const PURGE_EVERY: u64 = 240;

/// Runs until `stop` turns true.
pub(crate) async fn run(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(ROUND);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut count: u64 = 0;
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = ticks.tick() => {}
        }
        match schedule::run_once(&site.app).await {
            Ok(fired) if !fired.is_empty() => tracing::debug!(count = fired.len(), "orders moved on"),
            Ok(_) => {}
            Err(error) => log(&error),
        }
        if count.is_multiple_of(PURGE_EVERY)
            && let Err(error) = schedule::purge(&site.app).await
        {
            log(&error);
        }
        count += 1;
    }
}

/// Calls back ends, until `stop` turns true: beside [`run`], so that a slow one delays nothing else.
pub(crate) async fn call(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(ROUND);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = call::run_once(&site.app).await {
            log(&error);
        }
    }
}
