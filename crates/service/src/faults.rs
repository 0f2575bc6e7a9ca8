//! The plan of faults of this process: what is to go wrong next, for tests of those who must stand it.
//!
//! Invariant: it is kept in memory, bounded, and empty unless a server whose clock can be moved was told otherwise; while
//! it is empty, asking it costs the reading of one flag.

use crate::{App, Error, Result};
use opendrs_domain::fault::{self, Call, Message, What, covers};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// How many faults a plan holds.
const CAPACITY: usize = 100;
/// How often one fault may happen.
const MOST_TIMES: u32 = 10_000;

/// A line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub what: What,
    /// For calls: at which path and below.
    pub on: String,
    /// How often still.
    pub left: u32,
}

/// A plan.
#[derive(Debug, Default)]
pub struct Faults {
    armed: AtomicBool,
    plan: Mutex<Vec<Fault>>,
    cleared: Notify,
}

impl Faults {
    /// Whether anything is planned.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed)
    }

    /// The first fault that fits, which has happened once more then.
    fn take<T>(&self, fits: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        if !self.is_armed() {
            return None;
        }
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, found) = plan.iter().enumerate().find_map(|(at, fault)| Some((at, fits(fault)?)))?;
        plan[at].left -= 1;
        if plan[at].left == 0 {
            plan.remove(at);
        }
        self.armed.store(!plan.is_empty(), Ordering::Relaxed);
        Some(found)
    }

    /// What goes wrong with a call of a path.
    #[must_use]
    pub fn of_call(&self, path: &str) -> Option<Call> {
        self.take(|fault| match fault.what {
            What::Call(call) if covers(&fault.on, path) => Some(call),
            _ => None,
        })
    }

    /// What goes wrong with a message; `followed` says whether another waits behind it.
    pub(crate) fn of_message(&self, followed: bool) -> Option<Message> {
        self.take(|fault| match fault.what {
            What::Message(Message::OutOfOrder) if !followed => None,
            What::Message(message) => Some(message),
            _ => None,
        })
    }

    /// What goes wrong with an order.
    pub(crate) fn of_order(&self) -> Option<fault::Order> {
        self.take(|fault| match fault.what {
            What::Order(order) => Some(order),
            _ => None,
        })
    }

    /// Waits until the plan is cleared.
    pub async fn cleared(&self) {
        self.cleared.notified().await;
    }

    fn add(&self, fault: Fault) -> Result<()> {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if plan.len() >= CAPACITY {
            return Err(Error::BadCommand(format!("the plan holds {CAPACITY} faults, which is all it can: clear it")));
        }
        plan.push(fault);
        self.armed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Everything planned, in its order.
    #[must_use]
    pub fn list(&self) -> Vec<Fault> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the plan; calls that it keeps waiting go on.
    pub fn clear(&self) {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.clear();
        self.armed.store(false, Ordering::Relaxed);
        self.cleared.notify_waiters();
    }
}

/// Plans a fault behind those that are planned.
///
/// # Errors
/// [`Error::BadCommand`] where the plan is full, or this is no server for tests.
pub fn plan(app: &App, what: What, on: String, times: u32) -> Result<()> {
    if app.test_clock().is_none() {
        return Err(Error::BadCommand("nothing goes wrong on request here: start the server with --test-clock".into()));
    }
    if !(1..=MOST_TIMES).contains(&times) {
        return Err(Error::BadCommand(format!("a fault happens 1 to {MOST_TIMES} times, not {times}")));
    }
    app.faults.add(Fault { what, on, left: times })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(what: What, on: &str, left: u32) -> Fault {
        Fault { what, on: on.into(), left }
    }

    #[test]
    fn each_fault_happens_as_often_as_planned_and_in_order() {
        let faults = Faults::default();
        assert!(!faults.is_armed());
        faults.add(fault(What::Call(Call::Status(500)), "/replenish", 2)).unwrap();
        faults.add(fault(What::Call(Call::ExpiredToken), "/", 1)).unwrap();
        faults.add(fault(What::Message(Message::OutOfOrder), "", 1)).unwrap();
        assert_eq!(faults.of_message(false), None);
        assert_eq!(faults.of_order(), None);
        let calls = ["/replenish/a", "/slotStatus/a", "/replenish/a", "/replenish/a"].map(|path| faults.of_call(path));
        let failed = Some(Call::Status(500));
        assert_eq!(calls, [failed, Some(Call::ExpiredToken), failed, None]);
        assert_eq!(faults.list().len(), 1);
        assert_eq!(faults.of_message(true), Some(Message::OutOfOrder));
        assert!(!faults.is_armed() && faults.list().is_empty());
    }

    #[test]
    fn a_plan_is_bounded_and_can_be_cleared() {
        let faults = Faults::default();
        for _ in 0..CAPACITY {
            faults.add(fault(What::Message(Message::Lost), "", MOST_TIMES)).unwrap();
        }
        assert!(faults.add(fault(What::Message(Message::Lost), "", 1)).unwrap_err().to_string().contains("clear it"));
        faults.clear();
        assert!(!faults.is_armed() && faults.of_message(true).is_none());
    }
}
