//! The load on the tortured server: devices that report, reorder and cancel, codes that several callers redeem
//! concurrently, a clock that jumps.
//!
//! Invariant: an answer is in the ledger before the same worker calls again.

use crate::device::{self, CallOutcome, SLOTS, TortureDevice};
use crate::ledger::{Ledger, LedgerEntry};
use opendrs_domain::version::ApiEndpoint;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// The number of concurrent calls of one device.
const WORKERS_PER_DEVICE: usize = 2;
/// The interval between moves of the clock.
const CLOCK_INTERVAL: Duration = Duration::from_millis(50);
/// The steps of the clock: past a test order's delivery, a token's lifetime, a cancel window. Longer steps take too
/// long, because everything due happens, and devices that reorder after each delivery fill a year with events.
const CLOCK_ADVANCES: [&str; 5] = ["7s", "11m", "61m", "13h", "25h"];

/// The number of answered calls before a fault begins, and again after its end.
const RECOVERY_CALLS: u64 = 150;
/// The number of refused calls before a fault ends.
const FAULT_REFUSALS: u64 = 40;

/// The state that the workers share.
struct LoadState {
    /// The server's URL.
    base_url: String,
    /// The ledger of answers.
    ledger: Arc<Ledger>,
    /// The next number that no reading has had.
    next_reading: Arc<AtomicU64>,
    /// Whether the workers must end.
    stop: AtomicBool,
    /// The number of calls that were answered with 503.
    refused_calls: AtomicU64,
    /// The number of calls that were answered with 200.
    succeeded_calls: AtomicU64,
    /// The number of orders that changed state in answered moves of the clock.
    moved_orders: AtomicU64,
}

/// The running workers.
pub struct DeviceLoad {
    state: Arc<LoadState>,
    workers: JoinSet<Result<(), String>>,
}

impl DeviceLoad {
    /// Starts the workers of the devices, and one for the clock if `clock` is set.
    pub fn start(
        base: &str,
        devices: &[Arc<TortureDevice>],
        ledger: &Arc<Ledger>,
        next: &Arc<AtomicU64>,
        rng: &mut fastrand::Rng,
        clock: bool,
    ) -> Self {
        let shared = Arc::new(LoadState {
            base_url: base.into(),
            ledger: ledger.clone(),
            next_reading: next.clone(),
            stop: AtomicBool::new(false),
            refused_calls: AtomicU64::new(0),
            succeeded_calls: AtomicU64::new(0),
            moved_orders: AtomicU64::new(0),
        });
        let mut workers = JoinSet::new();
        for device in devices.iter().flat_map(|device| std::iter::repeat_n(device, WORKERS_PER_DEVICE)) {
            let worker = DeviceWorker {
                state: shared.clone(),
                device: device.clone(),
                rng: rng.fork(),
                last_orders: HashMap::new(),
            };
            workers.spawn(worker.run());
        }
        if clock {
            workers.spawn(move_clock(shared.clone(), rng.fork()));
        }
        Self { state: shared, workers }
    }

    /// Starts several workers that each redeem the code once. With `then_end`, the device then ends its registration.
    pub fn spawn_redeemers(&mut self, code: &str, by: usize, then_end: bool) {
        for _ in 0..by {
            self.workers.spawn(redeem_code(self.state.clone(), code.into(), then_end));
        }
    }

    /// Waits until a counter has grown by `by`. Fails with the first finding of a worker, or with `or` after a timeout.
    async fn wait_for_growth(&mut self, count: fn(&LoadState) -> &AtomicU64, by: u64, or: &str) -> Result<(), String> {
        let wanted = count(&self.state).load(Ordering::Relaxed) + by;
        let mut ticks = tokio::time::interval(Duration::from_millis(2));
        for _ in 0..15_000 {
            ticks.tick().await;
            if count(&self.state).load(Ordering::Relaxed) >= wanted {
                return Ok(());
            }
            while let Some(ended) = self.workers.try_join_next() {
                ended.map_err(|e| e.to_string())??;
            }
        }
        Err(or.into())
    }

    /// Waits for enough answers with 200 to show that the server has recovered.
    pub async fn wait_for_successes(&mut self) -> Result<(), String> {
        self.wait_for_growth(
            |shared| &shared.succeeded_calls,
            RECOVERY_CALLS,
            "calls get no answer: the server did not recover",
        )
        .await
    }

    /// Waits until an answered advance of the clock has changed the state of an order.
    pub async fn wait_for_order_transition(&mut self) -> Result<(), String> {
        self.wait_for_growth(|shared| &shared.moved_orders, 1, "no move of the clock that moved an order was answered")
            .await
    }

    /// Waits until enough calls are refused with 503.
    pub async fn wait_for_refusals(&mut self) -> Result<(), String> {
        self.wait_for_growth(
            |shared| &shared.refused_calls,
            FAULT_REFUSALS,
            "the fault shows in no answer: nothing was proved",
        )
        .await
    }

    /// Ends the load. Fails with the first finding of a worker.
    pub async fn finish(mut self) -> Result<(), String> {
        self.state.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.workers.join_next().await {
            ended.map_err(|e| e.to_string())??;
        }
        Ok(())
    }
}

impl LoadState {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Counts an answer. Returns its body if the status is 200.
    fn count_answer(&self, answer: CallOutcome) -> Option<Value> {
        match answer {
            CallOutcome::Succeeded(value) => {
                self.succeeded_calls.fetch_add(1, Ordering::Relaxed);
                Some(value)
            }
            CallOutcome::Unavailable => {
                self.refused_calls.fetch_add(1, Ordering::Relaxed);
                None
            }
            CallOutcome::Refused(_) | CallOutcome::NoAnswer => None,
        }
    }
}

struct DeviceWorker {
    state: Arc<LoadState>,
    device: Arc<TortureDevice>,
    rng: fastrand::Rng,
    /// The last order that an answer named, by slot.
    last_orders: HashMap<&'static str, String>,
}

impl DeviceWorker {
    async fn run(mut self) -> Result<(), String> {
        while !self.state.is_stopped() {
            let slot = SLOTS[self.rng.usize(..SLOTS.len())];
            match self.rng.u8(..100) {
                0..40 => self.report(slot).await?,
                40..66 => self.replenish(slot).await?,
                66..85 => self.cancel(slot).await?,
                85..93 => self.get_order_info(slot).await?,
                93..97 => drop(self.call(ApiEndpoint::SubscriptionInfo, "/subscriptionInfo", "").await?),
                _ => drop(self.state.count_answer(self.device.refresh_token(&self.state.base_url).await?)),
            }
            // Without a server, calls return immediately; other tasks must run, too.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn call(&self, endpoint: ApiEndpoint, path: &str, body: &str) -> Result<Option<Value>, String> {
        Ok(self.state.count_answer(self.device.call(&self.state.base_url, endpoint, path, body).await?))
    }

    async fn report(&self, slot: &str) -> Result<(), String> {
        let n = self.state.next_reading.fetch_add(1, Ordering::SeqCst);
        let body = json!({ "remainingQuantityInUnit": n, "originalQuantityInUnit": n }).to_string();
        match self.call(ApiEndpoint::SlotStatus, &format!("/slotStatus/{slot}"), &body).await? {
            Some(_) => self.state.ledger.append(&[LedgerEntry::Reading { serial: self.device.serial.clone(), n }]),
            None => Ok(()),
        }
    }

    async fn replenish(&mut self, slot: &'static str) -> Result<(), String> {
        let answer = self.call(ApiEndpoint::Replenish, &format!("/replenish/{slot}"), "").await?;
        let (serial, slot_id) = (self.device.serial.clone(), slot.to_owned());
        let Some(answer) = answer else {
            return self.state.ledger.append(&[LedgerEntry::Unknown { serial, slot: slot_id }]);
        };
        let instance = answer["eventInstanceId"].as_str().ok_or_else(|| format!("no order in {answer}"))?.to_owned();
        self.last_orders.insert(slot, instance.clone());
        self.state.ledger.append(&[match answer["detailCode"].as_str() {
            Some("ORDER_INPROGRESS") => LedgerEntry::Locked { instance },
            _ => LedgerEntry::Placed { serial, slot: slot_id, instance },
        }])
    }

    async fn cancel(&mut self, slot: &'static str) -> Result<(), String> {
        let (true, Some(instance)) = (self.device.test, self.last_orders.get(slot).cloned()) else { return Ok(()) };
        let path = format!("/testOrders/slots/{slot}");
        let Some(answer) = self.call(ApiEndpoint::CancelTestOrders, &path, "").await? else { return Ok(()) };
        match answer["slotOrderStatuses"][0]["orderStatus"].as_str() {
            Some("NO_ORDER_IN_PROGRESS") => self.state.ledger.append(&[LedgerEntry::Freed { instance }]),
            _ => Err(format!("a cancelled slot is not free: {answer}")),
        }
    }

    /// Calls GetOrderInfo for an order that an answer named, so it must exist.
    async fn get_order_info(&mut self, slot: &'static str) -> Result<(), String> {
        let Some(instance) = self.last_orders.get(slot) else { return Ok(()) };
        self.call(ApiEndpoint::OrderInfo, &format!("/getOrderInfo/{instance}"), "").await.map(drop)
    }
}

/// Freezes, advances and releases the clock.
async fn move_clock(shared: Arc<LoadState>, mut rng: fastrand::Rng) -> Result<(), String> {
    let mut ticks = tokio::time::interval(CLOCK_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !shared.is_stopped() {
        ticks.tick().await;
        let change = match rng.u8(..4) {
            0 => json!({ "freeze": true }),
            1 => json!({ "freeze": false }),
            _ => json!({ "advance": CLOCK_ADVANCES[rng.usize(..CLOCK_ADVANCES.len())] }),
        };
        let answer = match device::call_control(&shared.base_url, "/-/clock", Some(change)).await? {
            CallOutcome::Refused(why) => return Err(format!("the clock refuses: {why}")),
            answer => shared.count_answer(answer),
        };
        let Some(answer) = answer else { continue };
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("odd: {answer}"));
        let mut entries = vec![LedgerEntry::Clock { now: text(&answer["now"])? }];
        // The list also contains messages and mails that were sent.
        let orders = answer["fired"].as_array().into_iter().flatten().filter(|fired| fired["to"].is_string());
        for fired in orders {
            entries.push(LedgerEntry::Moved { instance: text(&fired["eventInstanceId"])?, state: text(&fired["to"])? });
        }
        shared.ledger.append(&entries)?;
        shared.moved_orders.fetch_add(entries.len() as u64 - 1, Ordering::Relaxed);
    }
    Ok(())
}

async fn redeem_code(shared: Arc<LoadState>, code: String, then_end: bool) -> Result<(), String> {
    let answer = device::call_token_endpoint(&shared.base_url, "authorization_code", "code", &code).await?;
    let Some(tokens) = shared.count_answer(answer) else { return Ok(()) };
    let text = |name: &str| tokens[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name} in {tokens}"));
    let (access, refresh) = (text("access_token")?, text("refresh_token")?);
    shared.ledger.append(&[LedgerEntry::Redeemed { code, refresh: refresh.clone() }])?;
    if then_end {
        // The token may have ended meanwhile, because time jumps and others use the code.
        let answer = device::deregister(&shared.base_url, &access).await?;
        if shared.count_answer(answer).is_some() {
            shared.ledger.append(&[LedgerEntry::Ended { refresh }])?;
        }
    }
    Ok(())
}
