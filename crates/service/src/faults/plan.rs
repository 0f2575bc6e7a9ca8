//! The fault plan of this process: the failures that tests plan for calls, messages and orders.
//!
//! Not here: who may plan. Invariant: the plan is in memory and bounded. While it is empty, a check costs the reading
//! of one flag.

use crate::error::{Error, Result};
use opendrs_domain::fault::{self, CallFault, FaultKind, MessageFault, path_covers};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// The most faults in a plan.
const MAX_FAULTS: usize = 100;
/// The most times that one fault may happen.
pub(super) const MAX_TIMES: u32 = 10_000;

/// One planned fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultPlanEntry {
    /// The failure.
    pub fault: FaultKind,
    /// For calls: the path, which includes all paths below it.
    pub path: String,
    /// How many times the fault is still to happen.
    pub remaining: u32,
}

/// The planned faults of one process.
#[derive(Debug, Default)]
pub struct FaultPlan {
    armed: AtomicBool,
    planned: Mutex<Vec<FaultPlanEntry>>,
    cleared_notify: Notify,
}

impl FaultPlan {
    /// Whether any fault is planned.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed)
    }

    /// Takes the first fault that fits, and counts it as happened once more.
    fn take_first<T>(&self, fits: impl Fn(&FaultPlanEntry) -> Option<T>) -> Option<T> {
        if !self.is_armed() {
            return None;
        }
        let mut plan = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, found) = plan.iter().enumerate().find_map(|(at, fault)| Some((at, fits(fault)?)))?;
        plan[at].remaining -= 1;
        if plan[at].remaining == 0 {
            plan.remove(at);
        }
        self.armed.store(!plan.is_empty(), Ordering::Relaxed);
        Some(found)
    }

    /// Takes the fault for a call of a path.
    #[must_use]
    pub fn take_for_call(&self, path: &str) -> Option<CallFault> {
        self.take_first(|fault| match fault.fault {
            FaultKind::Call(call) if path_covers(&fault.path, path) => Some(call),
            _ => None,
        })
    }

    /// Takes the fault for a message. `followed`: another message waits behind it.
    pub(crate) fn take_for_message(&self, followed: bool) -> Option<MessageFault> {
        self.take_first(|fault| match fault.fault {
            FaultKind::Message(MessageFault::OutOfOrder) if !followed => None,
            FaultKind::Message(message) => Some(message),
            _ => None,
        })
    }

    /// Takes the fault for an order.
    pub(crate) fn take_for_order(&self) -> Option<fault::OrderFault> {
        self.take_first(|fault| match fault.fault {
            FaultKind::Order(order) => Some(order),
            _ => None,
        })
    }

    /// Waits until the plan is cleared.
    pub async fn wait_until_cleared(&self) {
        self.cleared_notify.notified().await;
    }

    /// Adds a fault at the end of the plan.
    pub(super) fn add(&self, fault: FaultPlanEntry) -> Result<()> {
        let mut plan = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        if plan.len() >= MAX_FAULTS {
            return Err(Error::InvalidCommand(format!(
                "the plan holds {MAX_FAULTS} faults, which is all it can: clear it"
            )));
        }
        plan.push(fault);
        self.armed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Every planned fault, in order.
    #[must_use]
    pub fn list(&self) -> Vec<FaultPlanEntry> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Clears the plan. Calls that it delays continue.
    pub fn clear(&self) {
        let mut plan = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        plan.clear();
        self.armed.store(false, Ordering::Relaxed);
        self.cleared_notify.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(what: FaultKind, on: &str, left: u32) -> FaultPlanEntry {
        FaultPlanEntry { fault: what, path: on.into(), remaining: left }
    }

    #[test]
    fn each_fault_happens_as_often_as_planned_and_in_order() {
        let faults = FaultPlan::default();
        assert!(!faults.is_armed());
        faults.add(fault(FaultKind::Call(CallFault::Status(500)), "/replenish", 2)).unwrap();
        faults.add(fault(FaultKind::Call(CallFault::ExpiredToken), "/", 1)).unwrap();
        faults.add(fault(FaultKind::Message(MessageFault::OutOfOrder), "", 1)).unwrap();
        assert_eq!(faults.take_for_message(false), None);
        assert_eq!(faults.take_for_order(), None);
        let calls =
            ["/replenish/a", "/slotStatus/a", "/replenish/a", "/replenish/a"].map(|path| faults.take_for_call(path));
        let failed = Some(CallFault::Status(500));
        assert_eq!(calls, [failed, Some(CallFault::ExpiredToken), failed, None]);
        assert_eq!(faults.list().len(), 1);
        assert_eq!(faults.take_for_message(true), Some(MessageFault::OutOfOrder));
        assert!(!faults.is_armed() && faults.list().is_empty());
    }

    #[test]
    fn a_plan_is_bounded_and_can_be_cleared() {
        let faults = FaultPlan::default();
        for _ in 0..MAX_FAULTS {
            faults.add(fault(FaultKind::Message(MessageFault::Lost), "", MAX_TIMES)).unwrap();
        }
        assert!(
            faults
                .add(fault(FaultKind::Message(MessageFault::Lost), "", 1))
                .unwrap_err()
                .to_string()
                .contains("clear it")
        );
        faults.clear();
        assert!(!faults.is_armed() && faults.take_for_message(true).is_none());
    }
}
