//! The background tasks: the worker's rounds of due work, deliveries to receivers, purges, and the watch of every node.
//!
//! Invariant: only this module waits for time to pass. The work of a round is a use case, which is bounded and safe to
//! run on several nodes concurrently. Each receiver has its own task, so a receiver that does not respond delays no
//! other.

use crate::tls::ListenerTls;
use opendrs_domain::id::ReceiverId;
use opendrs_edge::error::log;
use opendrs_edge::state::AppState;
use opendrs_http::listener::wait_for_stop;
use opendrs_service::clock::{Clock, SystemClock};
use opendrs_service::fulfilment::backend_call;
use opendrs_service::{
    Error, account, consent, delivery, export, health, keys, level, mail, order, price, reading, schedule, signing,
};
use opendrs_store::Engine;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, JoinSet};

/// How often the worker checks for due work.
const ROUND_INTERVAL: Duration = Duration::from_millis(250);
/// The number of rounds between two purges of ended records.
const ROUNDS_PER_PURGE: u64 = 240;

/// The maximum number of batches of old readings that a round summarizes: 40,000 readings a second.
const MAX_SUMMARY_BATCHES: usize = 20;

/// Summarizes readings whose retention has ended.
async fn summarize_readings(state: &AppState) -> Result<(), Error> {
    for _ in 0..MAX_SUMMARY_BATCHES {
        if !reading::sum_up_days(&state.app).await? {
            break;
        }
    }
    Ok(())
}

/// Checks periodically whether the listeners have a new certificate to serve.
pub(crate) async fn watch_certificate(tls: Arc<ListenerTls>, every: Duration, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut reported = None;
    loop {
        tokio::select! {
            () = wait_for_stop(&mut stop) => break,
            _ = ticks.tick() => {}
        }
        let looking = tls.clone();
        let looked = tokio::task::spawn_blocking(move || looking.reload_if_changed(SystemClock.now())).await;
        match looked.unwrap_or_else(|e| Err(e.to_string())) {
            Ok(other) => {
                reported = None;
                if other {
                    tracing::info!("a new certificate is served from now on");
                }
            }
            // Each reason is logged once, since an operator may need some time to fix it.
            Err(why) if reported.as_ref() != Some(&why) => {
                tracing::warn!(why, "the certificate cannot be used, so the previous one is still served");
                reported = Some(why);
            }
            Err(_) => {}
        }
    }
}

/// Creates the signing key that an installation has from its first start on. No other task waits for it.
async fn create_signing_key(state: Arc<AppState>) {
    match signing::ensure_first_key(&state.app).await {
        Ok(Some(certificate)) => tracing::info!(certificate, "the signing key of notifications was created"),
        Ok(None) => {}
        Err(error) => log(&error),
    }
}

/// Runs until `stop` is true. Messages that are being sent are finished first.
pub(crate) async fn run_worker(state: Arc<AppState>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(ROUND_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut count, mut busy, mut senders): (u64, HashSet<ReceiverId>, JoinSet<ReceiverId>) = Default::default();
    let mut mailing: Option<JoinHandle<()>> = None;
    tokio::spawn(create_signing_key(state.clone()));
    loop {
        tokio::select! {
            () = wait_for_stop(&mut stop) => break,
            Some(done) = senders.join_next() => {
                release_receiver(&mut busy, &done);
                continue;
            }
            _ = ticks.tick() => {}
        }
        match schedule::advance_due_orders(&state.app).await {
            Ok(fired) if !fired.is_empty() => tracing::debug!(count = fired.len(), "orders advanced"),
            Ok(_) => {}
            Err(error) => log(&error),
        }
        while let Some(done) = senders.try_join_next() {
            release_receiver(&mut busy, &done);
        }
        match delivery::list_due_receivers(&state.app).await {
            Ok(due) => {
                for receiver in due.into_iter().filter(|receiver| busy.insert(*receiver)) {
                    senders.spawn(send_deliveries(state.clone(), receiver, stop.clone()));
                }
            }
            Err(error) => log(&error),
        }
        if let Err(error) = price::write_notices(&state.app).await {
            log(&error);
        }
        if mailing.as_ref().is_none_or(JoinHandle::is_finished) {
            mailing = Some(tokio::spawn(send_due_mails(state.clone(), stop.clone())));
        }
        if count.is_multiple_of(ROUNDS_PER_PURGE) {
            for purged in [
                schedule::purge(&state.app).await,
                reading::purge_days(&state.app).await,
                level::purge(&state.app).await,
                order::purge(&state.app).await,
            ] {
                purged.map_or_else(|error| log(&error), drop);
            }
            account::delete_due(&state.app).await.map_or_else(|error| log(&error), drop);
            match consent::finish_withdrawals(&state.app).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "interrupted withdrawals of consent were finished"),
                Err(error) => log(&error),
            }
        }
        summarize_readings(&state).await.unwrap_or_else(|error| log(&error));
        count += 1;
    }
    while senders.join_next().await.is_some() {}
    if let Some(mailing) = mailing {
        let _ = mailing.await;
    }
}

/// Marks a receiver as idle. The receiver of a task that panicked is unknown, so all of them are checked again.
fn release_receiver(busy: &mut HashSet<ReceiverId>, done: &Result<ReceiverId, JoinError>) {
    match done {
        Ok(receiver) => {
            busy.remove(receiver);
        }
        Err(_) => busy.clear(),
    }
}

/// Sends one receiver's messages until none is due or `stop` is true.
async fn send_deliveries(state: Arc<AppState>, receiver: ReceiverId, stop: watch::Receiver<bool>) -> ReceiverId {
    while !*stop.borrow() {
        match delivery::drain_receiver(&state.app, receiver).await {
            Ok(sent) if sent.is_empty() => break,
            Ok(sent) => tracing::debug!(count = sent.len(), %receiver, "messages sent"),
            Err(error) => {
                log(&error);
                break;
            }
        }
    }
    receiver
}

/// How often a node checks for changes by other nodes.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the watch of every node, whatever its roles, until `stop` is true. It loads keys that other nodes added, and
/// logs refusals. It also checks that the database accepts writes, so that a node without calls leaves a former primary
/// too.
pub(crate) async fn watch_node(state: Arc<AppState>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(WATCH_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = wait_for_stop(&mut stop) => break,
            _ = ticks.tick() => {}
        }
        state.refusal_log.flush(state.app.system_time(), false);
        // If the store is unavailable, callers get an error and the worker logs it.
        let _ = keys::refresh(&state.app).await;
        if state.app.db.engine() == Engine::Postgres {
            let _ = health::check(&state.app).await;
        }
    }
    state.refusal_log.flush(state.app.system_time(), true);
}

/// Calls back ends until `stop` is true. It runs beside [`run_worker`], so that a slow back end delays nothing else.
pub(crate) async fn run_backend_calls(state: Arc<AppState>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(ROUND_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = wait_for_stop(&mut stop) => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = backend_call::call_due_backends(&state.app).await {
            log(&error);
        }
    }
}

/// How often the worker folds new readings into levels.
const FOLD_INTERVAL: Duration = Duration::from_secs(1);

/// Folds readings into levels until `stop` is true. It runs beside [`run_worker`], so that many readings delay nothing
/// else.
pub(crate) async fn run_level_folding(state: Arc<AppState>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(FOLD_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = wait_for_stop(&mut stop) => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = level::fold_new(&state.app).await {
            log(&error);
        }
    }
}

/// How often the worker looks for exports to go on with.
const EXPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Goes on with exports until `stop` is true. It runs beside [`run_worker`], so that a large export delays nothing else.
pub(crate) async fn run_exports(state: Arc<AppState>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(EXPORT_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = wait_for_stop(&mut stop) => return,
            _ = ticks.tick() => {}
        }
        advance_exports(&state, &stop).await.unwrap_or_else(|error| log(&error));
    }
}

/// Goes on with exports until none is under way or `stop` is true.
async fn advance_exports(state: &AppState, stop: &watch::Receiver<bool>) -> Result<(), Error> {
    while !*stop.borrow() && export::advance_due(&state.app).await? > 0 {}
    Ok(())
}

/// Sends the due mails until none is left.
async fn send_due_mails(state: Arc<AppState>, stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match mail::send_due(&state.app).await {
            Ok(sent) if sent.is_empty() => return,
            Ok(sent) => tracing::debug!(count = sent.len(), "mails processed"),
            Err(error) => return log(&error),
        }
    }
}
