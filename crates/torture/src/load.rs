//! What is done to the server while it is tortured: devices that report, reorder and cancel, codes that are redeemed by
//! several at once, a clock that jumps.
//!
//! Invariant: what was answered is in the ledger before the same hand calls again.

use crate::device::{self, CallOutcome, SLOTS, TortureDevice};
use crate::ledger::{Ledger, LedgerEntry};
use opendrs_domain::version::ApiEndpoint;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// How many calls of one device are under way at once.
const WORKERS_PER_DEVICE: usize = 2;
/// How often the clock is moved.
const CLOCK_INTERVAL: Duration = Duration::from_millis(50);
/// How far the clock jumps: over a test order's way, a token's life, a cancel window. Not further: whatever falls due on
/// the way happens, and devices that reorder as they are delivered make a year long.
const CLOCK_ADVANCES: [&str; 5] = ["7s", "11m", "61m", "13h", "25h"];

/// Calls answered before a fault begins, and again after it ended.
const RECOVERY_CALLS: u64 = 150;
/// Calls refused before a fault ends.
const FAULT_REFUSALS: u64 = 40;

/// What the hands share.
struct LoadState {
    /// Where the server listens.
    base_url: String,
    /// The log of what was answered.
    ledger: Arc<Ledger>,
    /// Numbers that no reading has had.
    next_reading: Arc<AtomicU64>,
    /// Whether to end.
    stop: AtomicBool,
    /// How often a call was answered 503.
    refused_calls: AtomicU64,
    /// How often a call was answered 200.
    succeeded_calls: AtomicU64,
    /// How many orders moved on in answered moves of the clock.
    moved_orders: AtomicU64,
}

/// Hands at work.
pub struct DeviceLoad {
    state: Arc<LoadState>,
    workers: JoinSet<Result<(), String>>,
}

impl DeviceLoad {
    /// Sets devices to work, and the clock where it may be moved.
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
        let mut hands = JoinSet::new();
        for device in devices.iter().flat_map(|device| std::iter::repeat_n(device, WORKERS_PER_DEVICE)) {
            let hand = DeviceWorker {
                state: shared.clone(),
                device: device.clone(),
                rng: rng.fork(),
                last_orders: HashMap::new(),
            };
            hands.spawn(hand.run());
        }
        if clock {
            hands.spawn(move_clock(shared.clone(), rng.fork()));
        }
        Self { state: shared, workers: hands }
    }

    /// Lets several redeem a code, each once; the device then ends its registration, if it is to.
    pub fn spawn_redeemers(&mut self, code: &str, by: usize, then_end: bool) {
        for _ in 0..by {
            self.workers.spawn(redeem_code(self.state.clone(), code.into(), then_end));
        }
    }

    /// Waits until what is counted has grown by so much; a finding of a hand ends the wait.
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

    /// Waits until calls are answered 200, as many as prove that it is for good.
    pub async fn wait_for_successes(&mut self) -> Result<(), String> {
        self.wait_for_growth(
            |shared| &shared.succeeded_calls,
            RECOVERY_CALLS,
            "calls get no answer: the server did not recover",
        )
        .await
    }

    /// Waits until the clock took an order with it, and said so.
    pub async fn wait_for_order_transition(&mut self) -> Result<(), String> {
        self.wait_for_growth(|shared| &shared.moved_orders, 1, "no move of the clock that moved an order was answered")
            .await
    }

    /// Waits until calls are refused with 503.
    pub async fn wait_for_refusals(&mut self) -> Result<(), String> {
        self.wait_for_growth(
            |shared| &shared.refused_calls,
            FAULT_REFUSALS,
            "the fault shows in no answer: nothing was proved",
        )
        .await
    }

    /// Ends the work; the first finding of a hand, if any.
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

    /// Counts an answer; its content, if it is 200.
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
    /// The order it last heard of, by slot.
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
            // Where the server is gone, calls come back at once: the others want to run as well.
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

    /// GetOrderInfo of an order that was named: it must be known.
    async fn get_order_info(&mut self, slot: &'static str) -> Result<(), String> {
        let Some(instance) = self.last_orders.get(slot) else { return Ok(()) };
        self.call(ApiEndpoint::OrderInfo, &format!("/getOrderInfo/{instance}"), "").await.map(drop)
    }
}

/// Stands still, jumps, runs on.
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
        // Messages and mails that were sent stand in the list as well.
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
        // Its token may have ended meanwhile: time jumps, and others present the code.
        let answer = device::deregister(&shared.base_url, &access).await?;
        if shared.count_answer(answer).is_some() {
            shared.ledger.append(&[LedgerEntry::Ended { refresh }])?;
        }
    }
    Ok(())
}
