//! Linearizability: the answers to concurrent calls about one slot, or one code, could also be the answers to the same
//! calls one by one. That order must fit everything that the callers observed.
//!
//! Each caller's call and answer are recorded as they happen; `stateright` searches for such an order. Histories are
//! short, because the search is exponential; there are many of them.

use crate::harness::fixtures::{FILTER, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, test_seed};
use futures_util::future::join_all;
use opendrs_domain::version::ApiEndpoint::{CancelTestOrders, Replenish};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Mutex;

both!(a_slots_lock_has_one_history, a_code_is_redeemed_in_one_history);

/// The number of histories of each kind.
const HISTORIES: usize = 25;
/// The number of concurrent callers.
const CLIENTS: usize = 4;
/// The number of calls of each caller.
const CALLS_PER_CLIENT: usize = 3;

/// A history that is being recorded: calls and answers in the order in which they happened.
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

    /// One call of a caller, from before it is sent until after it is answered.
    async fn record_call(&self, hand: usize, op: S::Op, answer: impl Future<Output = S::Ret>) -> S::Ret {
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

/// A slot of a test device in sequential use.
#[derive(Clone, Debug, Default)]
struct SlotModel {
    open_order: Option<String>,
    past_orders: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug)]
enum SlotOperation {
    Replenish,
    Cancel,
}

#[derive(Clone, Debug, PartialEq)]
enum SlotAnswer {
    Placed(String),
    InProgress(String),
    Free,
}

impl SequentialSpec for SlotModel {
    type Op = SlotOperation;
    type Ret = SlotAnswer;

    /// The answer to a call that has none yet; every call here has one.
    fn invoke(&mut self, call: &SlotOperation) -> SlotAnswer {
        match (call, &self.open_order) {
            (SlotOperation::Replenish, Some(order)) => SlotAnswer::InProgress(order.clone()),
            (SlotOperation::Replenish, None) => SlotAnswer::Placed(self.open_order.insert(String::new()).clone()),
            (SlotOperation::Cancel, _) => {
                self.open_order = None;
                SlotAnswer::Free
            }
        }
    }

    /// The server chooses the id of a new order, but never that of an earlier order.
    fn is_valid_step(&mut self, call: &SlotOperation, told: &SlotAnswer) -> bool {
        match (call, told) {
            (SlotOperation::Replenish, SlotAnswer::Placed(order)) => {
                self.open_order.replace(order.clone()).is_none() && self.past_orders.insert(order.clone())
            }
            (SlotOperation::Replenish, SlotAnswer::InProgress(order)) => self.open_order.as_ref() == Some(order),
            (SlotOperation::Cancel, SlotAnswer::Free) => {
                self.open_order = None;
                true
            }
            _ => false,
        }
    }
}

impl SlotOperation {
    async fn send(self, server: &Server, device: &LinkedDevice) -> SlotAnswer {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();
        match self {
            SlotOperation::Replenish => {
                let answer = server.device_call(device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
                let order = text(&answer["eventInstanceId"]);
                match answer["detailCode"].as_str() {
                    Some("TEST_ORDER_PLACED") => SlotAnswer::Placed(order),
                    Some("ORDER_INPROGRESS") => SlotAnswer::InProgress(order),
                    other => panic!("{other:?}"),
                }
            }
            SlotOperation::Cancel => {
                let path = format!("/testOrders/slots/{FILTER}");
                let answer = server.device_call(device, CancelTestOrders, &path).send().await.json();
                assert_eq!(text(&answer["slotOrderStatuses"][0]["orderStatus"]), "NO_ORDER_IN_PROGRESS");
                SlotAnswer::Free
            }
        }
    }
}

async fn a_slots_lock_has_one_history(server: &Server) {
    let mut rng = fastrand::Rng::with_seed(test_seed());
    for n in 0..HISTORIES {
        let device = server.link_device(LinkOptions::default().serial(&format!("H-{n}")).test_device()).await;
        let history = History::new(SlotModel::default());
        let hands = (0..CLIENTS).map(|hand| {
            let calls: Vec<_> = (0..CALLS_PER_CLIENT)
                .map(|_| if rng.u8(..5) < 3 { SlotOperation::Replenish } else { SlotOperation::Cancel })
                .collect();
            let (history, device) = (&history, &device);
            async move {
                for call in calls {
                    history.record_call(hand, call, call.send(server, device)).await;
                }
            }
        });
        join_all(hands).await;
        history.assert_consistent();
    }
}

/// An authorization code and its tokens in sequential use.
#[derive(Clone, Debug)]
enum CodeModel {
    Fresh,
    Redeemed,
    Replayed,
}

#[derive(Clone, Copy, Debug)]
enum CodeOperation {
    /// Exchanges the code.
    Redeem,
    /// Uses the refresh token from the exchange.
    Refresh,
}

impl SequentialSpec for CodeModel {
    type Op = CodeOperation;
    /// Whether the answer had tokens.
    type Ret = bool;

    fn invoke(&mut self, call: &CodeOperation) -> bool {
        match (call, &self) {
            (CodeOperation::Redeem, CodeModel::Fresh) => {
                *self = CodeModel::Redeemed;
                true
            }
            (CodeOperation::Redeem, _) => {
                *self = CodeModel::Replayed;
                false
            }
            (CodeOperation::Refresh, state) => matches!(state, CodeModel::Redeemed),
        }
    }
}

async fn a_code_is_redeemed_in_one_history(server: &Server) {
    for n in 0..HISTORIES {
        let code = server.link_for_code(LinkOptions::default().serial(&format!("C-{n}")), REDIRECT, None).await;
        let history = History::new(CodeModel::Fresh);
        let send = async |grant: &str, name: &str, value: &str| {
            let fields = [("grant_type", grant), ("client_id", WEB), ("client_secret", SECRET), (name, value)];
            let answer = server.token_request(&fields).send().await.json();
            match answer["refresh_token"].as_str() {
                Some(refresh) => Some(refresh.to_owned()),
                None => {
                    assert_eq!(answer["error"], "invalid_grant");
                    None
                }
            }
        };
        // Some histories have one redeemer, whose tokens must then be valid.
        let redeemers = 1 + n % CLIENTS;
        let hands = (0..redeemers).map(|hand| {
            let (history, send, code) = (&history, &send, &code);
            async move {
                let refresh = Mutex::new(None);
                let redeem = async {
                    *refresh.lock().unwrap() = send("authorization_code", "code", code).await;
                    refresh.lock().unwrap().is_some()
                };
                if history.record_call(hand, CodeOperation::Redeem, redeem).await {
                    let refresh = refresh.lock().unwrap().clone().unwrap();
                    for _ in 1..CALLS_PER_CLIENT {
                        let call = async { send("refresh_token", "refresh_token", &refresh).await.is_some() };
                        history.record_call(hand, CodeOperation::Refresh, call).await;
                    }
                }
            }
        });
        join_all(hands).await;
        history.assert_consistent();
    }
}

/// Histories without a valid order: a checker that accepts them would prove nothing.
#[tokio::test]
async fn wrong_histories_are_seen() {
    let told = |what: &SlotAnswer| std::future::ready(what.clone());
    let placed = |id: &str| SlotAnswer::Placed(id.into());
    // Two orders for one slot lock, one after the other and concurrently.
    let twice = History::new(SlotModel::default());
    twice.record_call(0, SlotOperation::Replenish, told(&placed("a"))).await;
    assert!(twice.is_consistent());
    twice.record_call(1, SlotOperation::Replenish, told(&placed("b"))).await;
    assert!(!twice.is_consistent());
    let at_once = History::new(SlotModel::default());
    let inner = at_once.record_call(1, SlotOperation::Replenish, told(&placed("b")));
    at_once
        .record_call(0, SlotOperation::Replenish, async {
            inner.await;
            placed("a")
        })
        .await;
    assert!(!at_once.is_consistent());
    // An order in progress after the slot lock was released.
    let stale = History::new(SlotModel::default());
    stale.record_call(0, SlotOperation::Replenish, told(&placed("a"))).await;
    stale.record_call(0, SlotOperation::Cancel, told(&SlotAnswer::Free)).await;
    stale.record_call(1, SlotOperation::Replenish, told(&SlotAnswer::InProgress("a".into()))).await;
    assert!(!stale.is_consistent());
    // Tokens from two exchanges; tokens that are valid after a replay.
    let ready = std::future::ready::<bool>;
    let twice = History::new(CodeModel::Fresh);
    twice.record_call(0, CodeOperation::Redeem, ready(true)).await;
    twice.record_call(1, CodeOperation::Redeem, ready(true)).await;
    assert!(!twice.is_consistent());
    let survives = History::new(CodeModel::Fresh);
    survives.record_call(0, CodeOperation::Redeem, ready(true)).await;
    survives.record_call(1, CodeOperation::Redeem, ready(false)).await;
    survives.record_call(0, CodeOperation::Refresh, ready(true)).await;
    assert!(!survives.is_consistent());
}
