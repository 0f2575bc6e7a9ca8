//! Linearizability: what many hands are told at once about one slot, or one code, could have been told one by one, in an
//! order that no hand could tell from what it saw.
//!
//! Each hand's call and answer are recorded as they happen; `stateright` looks for such an order. Histories are short,
//! since the search is exponential; there are many of them.

use crate::harness::world::{FILTER, REDIRECT, SECRET, WEB};
use crate::harness::{Device, Linking, Server, test_seed};
use futures_util::future::join_all;
use opendrs_domain::version::Endpoint::{CancelTestOrders, Replenish};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Mutex;

both!(a_slots_lock_has_one_history, a_code_is_redeemed_in_one_history);

/// Histories of each kind.
const HISTORIES: usize = 25;
/// Hands that call at once.
const HANDS: usize = 4;
/// Calls of each hand.
const CALLS: usize = 3;

/// A history under way: calls and answers in the order in which they happened.
struct History<S: SequentialSpec>(Mutex<LinearizabilityTester<usize, S>>);

impl<S> History<S>
where
    S: SequentialSpec + Clone + Debug,
    S::Op: Clone + Debug,
    S::Ret: Clone + Debug,
{
    fn new(beginning: S) -> Self {
        Self(Mutex::new(LinearizabilityTester::new(beginning)))
    }

    /// One call of a hand, from before it is sent until after it is answered.
    async fn call(&self, hand: usize, op: S::Op, answer: impl Future<Output = S::Ret>) -> S::Ret {
        self.0.lock().unwrap().on_invoke(hand, op).unwrap();
        let told = answer.await;
        self.0.lock().unwrap().on_return(hand, told.clone()).unwrap();
        told
    }

    fn is_consistent(&self) -> bool {
        self.0.lock().unwrap().is_consistent()
    }

    #[track_caller]
    fn assert_consistent(&self) {
        let seed = test_seed();
        assert!(
            self.is_consistent(),
            "no order explains this (OPENDRS_TEST_SEED={seed}): {:#?}",
            self.0.lock().unwrap()
        );
    }
}

/// A slot of a test device, one call at a time.
#[derive(Clone, Debug, Default)]
struct Slot {
    open: Option<String>,
    past: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug)]
enum SlotCall {
    Replenish,
    Cancel,
}

#[derive(Clone, Debug, PartialEq)]
enum SlotTold {
    Placed(String),
    InProgress(String),
    Free,
}

impl SequentialSpec for Slot {
    type Op = SlotCall;
    type Ret = SlotTold;

    /// What a call without an answer would have been told; every call here has one.
    fn invoke(&mut self, call: &SlotCall) -> SlotTold {
        match (call, &self.open) {
            (SlotCall::Replenish, Some(order)) => SlotTold::InProgress(order.clone()),
            (SlotCall::Replenish, None) => SlotTold::Placed(self.open.insert(String::new()).clone()),
            (SlotCall::Cancel, _) => {
                self.open = None;
                SlotTold::Free
            }
        }
    }

    /// Which order is placed is the server's to say, but never one that was placed before.
    fn is_valid_step(&mut self, call: &SlotCall, told: &SlotTold) -> bool {
        match (call, told) {
            (SlotCall::Replenish, SlotTold::Placed(order)) => {
                self.open.replace(order.clone()).is_none() && self.past.insert(order.clone())
            }
            (SlotCall::Replenish, SlotTold::InProgress(order)) => self.open.as_ref() == Some(order),
            (SlotCall::Cancel, SlotTold::Free) => {
                self.open = None;
                true
            }
            _ => false,
        }
    }
}

impl SlotCall {
    async fn send(self, server: &Server, device: &Device) -> SlotTold {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();
        match self {
            SlotCall::Replenish => {
                let answer = server.call(device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
                let order = text(&answer["eventInstanceId"]);
                match answer["detailCode"].as_str() {
                    Some("TEST_ORDER_PLACED") => SlotTold::Placed(order),
                    Some("ORDER_INPROGRESS") => SlotTold::InProgress(order),
                    other => panic!("{other:?}"),
                }
            }
            SlotCall::Cancel => {
                let path = format!("/testOrders/slots/{FILTER}");
                let answer = server.call(device, CancelTestOrders, &path).send().await.json();
                assert_eq!(text(&answer["slotOrderStatuses"][0]["orderStatus"]), "NO_ORDER_IN_PROGRESS");
                SlotTold::Free
            }
        }
    }
}

async fn a_slots_lock_has_one_history(server: &Server) {
    let mut rng = fastrand::Rng::with_seed(test_seed());
    for n in 0..HISTORIES {
        let device = server.link(Linking::default().serial(&format!("H-{n}")).test_device()).await;
        let history = History::new(Slot::default());
        let hands = (0..HANDS).map(|hand| {
            let calls: Vec<_> =
                (0..CALLS).map(|_| if rng.u8(..5) < 3 { SlotCall::Replenish } else { SlotCall::Cancel }).collect();
            let (history, device) = (&history, &device);
            async move {
                for call in calls {
                    history.call(hand, call, call.send(server, device)).await;
                }
            }
        });
        join_all(hands).await;
        history.assert_consistent();
    }
}

/// An authorization code and what came of it, one call at a time.
#[derive(Clone, Debug)]
enum Code {
    Fresh,
    Redeemed,
    Replayed,
}

#[derive(Clone, Copy, Debug)]
enum CodeCall {
    /// Presents the code.
    Redeem,
    /// Presents the refresh token that came of it.
    Refresh,
}

impl SequentialSpec for Code {
    type Op = CodeCall;
    /// Whether tokens came.
    type Ret = bool;

    fn invoke(&mut self, call: &CodeCall) -> bool {
        match (call, &self) {
            (CodeCall::Redeem, Code::Fresh) => {
                *self = Code::Redeemed;
                true
            }
            (CodeCall::Redeem, _) => {
                *self = Code::Replayed;
                false
            }
            (CodeCall::Refresh, state) => matches!(state, Code::Redeemed),
        }
    }
}

async fn a_code_is_redeemed_in_one_history(server: &Server) {
    for n in 0..HISTORIES {
        let code = server.code(Linking::default().serial(&format!("C-{n}")), REDIRECT, None).await;
        let history = History::new(Code::Fresh);
        let send = async |grant: &str, name: &str, value: &str| {
            let fields = [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET), (name, value)];
            let answer = server.token(&fields).send().await.json();
            match answer["refresh_token"].as_str() {
                Some(refresh) => Some(refresh.to_owned()),
                None => {
                    assert_eq!(answer["error"], "invalid_grant");
                    None
                }
            }
        };
        // Some histories have one redeemer, whose tokens must then live.
        let redeemers = 1 + n % HANDS;
        let hands = (0..redeemers).map(|hand| {
            let (history, send, code) = (&history, &send, &code);
            async move {
                let refresh = Mutex::new(None);
                let redeem = async {
                    *refresh.lock().unwrap() = send("authorization_code", "code", code).await;
                    refresh.lock().unwrap().is_some()
                };
                if history.call(hand, CodeCall::Redeem, redeem).await {
                    let refresh = refresh.lock().unwrap().clone().unwrap();
                    for _ in 1..CALLS {
                        let call = async { send("refresh_token", "refresh_token", &refresh).await.is_some() };
                        history.call(hand, CodeCall::Refresh, call).await;
                    }
                }
            }
        });
        join_all(hands).await;
        history.assert_consistent();
    }
}

/// Histories that cannot be explained: a checker that took them would prove nothing.
#[tokio::test]
async fn wrong_histories_are_seen() {
    let told = |what: &SlotTold| std::future::ready(what.clone());
    let placed = |id: &str| SlotTold::Placed(id.into());
    // Two orders for one lock, one after the other and at once.
    let twice = History::new(Slot::default());
    twice.call(0, SlotCall::Replenish, told(&placed("a"))).await;
    assert!(twice.is_consistent());
    twice.call(1, SlotCall::Replenish, told(&placed("b"))).await;
    assert!(!twice.is_consistent());
    let at_once = History::new(Slot::default());
    let inner = at_once.call(1, SlotCall::Replenish, told(&placed("b")));
    at_once
        .call(0, SlotCall::Replenish, async {
            inner.await;
            placed("a")
        })
        .await;
    assert!(!at_once.is_consistent());
    // A lock that is still told of after it was given back.
    let stale = History::new(Slot::default());
    stale.call(0, SlotCall::Replenish, told(&placed("a"))).await;
    stale.call(0, SlotCall::Cancel, told(&SlotTold::Free)).await;
    stale.call(1, SlotCall::Replenish, told(&SlotTold::InProgress("a".into()))).await;
    assert!(!stale.is_consistent());
    // Tokens twice; tokens that outlive a replay.
    let ready = std::future::ready::<bool>;
    let twice = History::new(Code::Fresh);
    twice.call(0, CodeCall::Redeem, ready(true)).await;
    twice.call(1, CodeCall::Redeem, ready(true)).await;
    assert!(!twice.is_consistent());
    let survives = History::new(Code::Fresh);
    survives.call(0, CodeCall::Redeem, ready(true)).await;
    survives.call(1, CodeCall::Redeem, ready(false)).await;
    survives.call(0, CodeCall::Refresh, ready(true)).await;
    assert!(!survives.is_consistent());
}
