//! What is done to the server while it is tortured: devices that report, reorder and cancel, codes that are redeemed by
//! several at once, a clock that jumps.
//!
//! Invariant: what was answered is in the ledger before the same hand calls again.

use crate::device::{self, Answer, Device, SLOTS};
use crate::ledger::{Entry, Ledger};
use opendrs_domain::version::Endpoint;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// How many calls of one device are under way at once.
const HANDS: usize = 2;
/// How often the clock is moved.
const JUMP: Duration = Duration::from_millis(50);
/// How far the clock jumps: over a test order's way, a token's life, a cancel window. Not further: whatever falls due on
/// the way happens, and devices that reorder as they are delivered make a year long.
const JUMPS: [&str; 5] = ["7s", "11m", "61m", "13h", "25h"];

/// Calls answered before a fault begins, and again after it ended.
const CALLS: u64 = 150;
/// Calls refused before a fault ends.
const REFUSALS: u64 = 40;

/// What the hands share.
struct Shared {
    /// Where the server listens.
    base: String,
    /// The log of what was answered.
    ledger: Arc<Ledger>,
    /// Numbers that no reading has had.
    next: Arc<AtomicU64>,
    /// Whether to end.
    stop: AtomicBool,
    /// How often a call was answered 503.
    refused: AtomicU64,
    /// How often a call was answered 200.
    done: AtomicU64,
    /// How many orders moved on in answered moves of the clock.
    moved: AtomicU64,
}

/// Hands at work.
pub struct Load {
    shared: Arc<Shared>,
    hands: JoinSet<Result<(), String>>,
}

impl Load {
    /// Sets devices to work, and the clock where it may be moved.
    pub fn start(
        base: &str,
        devices: &[Arc<Device>],
        ledger: &Arc<Ledger>,
        next: &Arc<AtomicU64>,
        rng: &mut fastrand::Rng,
        clock: bool,
    ) -> Self {
        let shared = Arc::new(Shared {
            base: base.into(),
            ledger: ledger.clone(),
            next: next.clone(),
            stop: AtomicBool::new(false),
            refused: AtomicU64::new(0),
            done: AtomicU64::new(0),
            moved: AtomicU64::new(0),
        });
        let mut hands = JoinSet::new();
        for device in devices.iter().flat_map(|device| std::iter::repeat_n(device, HANDS)) {
            let hand = Hand { shared: shared.clone(), device: device.clone(), rng: rng.fork(), known: HashMap::new() };
            hands.spawn(hand.work());
        }
        if clock {
            hands.spawn(jump(shared.clone(), rng.fork()));
        }
        Self { shared, hands }
    }

    /// Lets several redeem a code, each once; the device then ends its registration, if it is to.
    pub fn redeem(&mut self, code: &str, by: usize, then_end: bool) {
        for _ in 0..by {
            self.hands.spawn(redeem(self.shared.clone(), code.into(), then_end));
        }
    }

    /// Waits until what is counted has grown by so much; a finding of a hand ends the wait.
    async fn grown(&mut self, count: fn(&Shared) -> &AtomicU64, by: u64, or: &str) -> Result<(), String> {
        let wanted = count(&self.shared).load(Ordering::Relaxed) + by;
        let mut ticks = tokio::time::interval(Duration::from_millis(2));
        for _ in 0..15_000 {
            ticks.tick().await;
            if count(&self.shared).load(Ordering::Relaxed) >= wanted {
                return Ok(());
            }
            while let Some(ended) = self.hands.try_join_next() {
                ended.map_err(|e| e.to_string())??;
            }
        }
        Err(or.into())
    }

    /// Waits until calls are answered 200, as many as prove that it is for good.
    pub async fn answered(&mut self) -> Result<(), String> {
        self.grown(|shared| &shared.done, CALLS, "calls get no answer: the server did not recover").await
    }

    /// Waits until the clock took an order with it, and said so.
    pub async fn moved(&mut self) -> Result<(), String> {
        self.grown(|shared| &shared.moved, 1, "no move of the clock that moved an order was answered").await
    }

    /// Waits until calls are refused with 503.
    pub async fn refused(&mut self) -> Result<(), String> {
        self.grown(|shared| &shared.refused, REFUSALS, "the fault shows in no answer: nothing was proved").await
    }

    /// Ends the work; the first finding of a hand, if any.
    pub async fn end(mut self) -> Result<(), String> {
        self.shared.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.hands.join_next().await {
            ended.map_err(|e| e.to_string())??;
        }
        Ok(())
    }
}

impl Shared {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Counts an answer; its content, if it is 200.
    fn count(&self, answer: Answer) -> Option<Value> {
        match answer {
            Answer::Done(value) => {
                self.done.fetch_add(1, Ordering::Relaxed);
                Some(value)
            }
            Answer::Unavailable => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                None
            }
            Answer::Refused(_) | Answer::Lost => None,
        }
    }
}

struct Hand {
    shared: Arc<Shared>,
    device: Arc<Device>,
    rng: fastrand::Rng,
    /// The order it last heard of, by slot.
    known: HashMap<&'static str, String>,
}

impl Hand {
    async fn work(mut self) -> Result<(), String> {
        while !self.shared.stopped() {
            let slot = SLOTS[self.rng.usize(..SLOTS.len())];
            match self.rng.u8(..100) {
                0..40 => self.report(slot).await?,
                40..66 => self.replenish(slot).await?,
                66..85 => self.cancel(slot).await?,
                85..93 => self.follow(slot).await?,
                93..97 => drop(self.call(Endpoint::SubscriptionInfo, "/subscriptionInfo", "").await?),
                _ => drop(self.shared.count(self.device.refresh(&self.shared.base).await?)),
            }
            // Where the server is gone, calls come back at once: the others want to run as well.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn call(&self, endpoint: Endpoint, path: &str, body: &str) -> Result<Option<Value>, String> {
        Ok(self.shared.count(self.device.call(&self.shared.base, endpoint, path, body).await?))
    }

    async fn report(&self, slot: &str) -> Result<(), String> {
        let n = self.shared.next.fetch_add(1, Ordering::SeqCst);
        let body = json!({ "remainingQuantityInUnit": n, "originalQuantityInUnit": n }).to_string();
        match self.call(Endpoint::SlotStatus, &format!("/slotStatus/{slot}"), &body).await? {
            Some(_) => self.shared.ledger.write(&[Entry::Reading { serial: self.device.serial.clone(), n }]),
            None => Ok(()),
        }
    }

    async fn replenish(&mut self, slot: &'static str) -> Result<(), String> {
        let answer = self.call(Endpoint::Replenish, &format!("/replenish/{slot}"), "").await?;
        let (serial, slot_id) = (self.device.serial.clone(), slot.to_owned());
        let Some(answer) = answer else {
            return self.shared.ledger.write(&[Entry::Unknown { serial, slot: slot_id }]);
        };
        let instance = answer["eventInstanceId"].as_str().ok_or_else(|| format!("no order in {answer}"))?.to_owned();
        self.known.insert(slot, instance.clone());
        self.shared.ledger.write(&[match answer["detailCode"].as_str() {
            Some("ORDER_INPROGRESS") => Entry::Locked { instance },
            _ => Entry::Placed { serial, slot: slot_id, instance },
        }])
    }

    async fn cancel(&mut self, slot: &'static str) -> Result<(), String> {
        let (true, Some(instance)) = (self.device.test, self.known.get(slot).cloned()) else { return Ok(()) };
        let path = format!("/testOrders/slots/{slot}");
        let Some(answer) = self.call(Endpoint::CancelTestOrders, &path, "").await? else { return Ok(()) };
        match answer["slotOrderStatuses"][0]["orderStatus"].as_str() {
            Some("NO_ORDER_IN_PROGRESS") => self.shared.ledger.write(&[Entry::Freed { instance }]),
            _ => Err(format!("a cancelled slot is not free: {answer}")),
        }
    }

    /// GetOrderInfo of an order that was named: it must be known.
    async fn follow(&mut self, slot: &'static str) -> Result<(), String> {
        let Some(instance) = self.known.get(slot) else { return Ok(()) };
        self.call(Endpoint::OrderInfo, &format!("/getOrderInfo/{instance}"), "").await.map(drop)
    }
}

/// Stands still, jumps, runs on.
async fn jump(shared: Arc<Shared>, mut rng: fastrand::Rng) -> Result<(), String> {
    let mut ticks = tokio::time::interval(JUMP);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !shared.stopped() {
        ticks.tick().await;
        let change = match rng.u8(..4) {
            0 => json!({ "freeze": true }),
            1 => json!({ "freeze": false }),
            _ => json!({ "advance": JUMPS[rng.usize(..JUMPS.len())] }),
        };
        let answer = match device::control(&shared.base, "/-/clock", Some(change)).await? {
            Answer::Refused(why) => return Err(format!("the clock refuses: {why}")),
            answer => shared.count(answer),
        };
        let Some(answer) = answer else { continue };
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("odd: {answer}"));
        let mut entries = vec![Entry::Clock { now: text(&answer["now"])? }];
        // Messages and mails that were sent stand in the list as well.
        let orders = answer["fired"].as_array().into_iter().flatten().filter(|fired| fired["to"].is_string());
        for fired in orders {
            entries.push(Entry::Moved { instance: text(&fired["eventInstanceId"])?, state: text(&fired["to"])? });
        }
        shared.ledger.write(&entries)?;
        shared.moved.fetch_add(entries.len() as u64 - 1, Ordering::Relaxed);
    }
    Ok(())
}

async fn redeem(shared: Arc<Shared>, code: String, then_end: bool) -> Result<(), String> {
    let answer = device::token(&shared.base, "authorization_code", "code", &code).await?;
    let Some(tokens) = shared.count(answer) else { return Ok(()) };
    let text = |name: &str| tokens[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name} in {tokens}"));
    let (access, refresh) = (text("access_token")?, text("refresh_token")?);
    shared.ledger.write(&[Entry::Redeemed { code, refresh: refresh.clone() }])?;
    if then_end {
        // Its token may have ended meanwhile: time jumps, and others present the code.
        let answer = device::deregister(&shared.base, &access).await?;
        if shared.count(answer).is_some() {
            shared.ledger.write(&[Entry::Ended { refresh }])?;
        }
    }
    Ok(())
}
