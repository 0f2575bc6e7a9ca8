//! An order's life: the state machine of decisions 16 to 18.
//!
//! Not here: who may ask for a change, where an order is kept, what time it is. Invariant: an order changes only
//! through [`Order::place`], [`Order::due`], [`Order::report`], [`Order::approve`] and [`Order::cancel`]; each says what
//! to tell the maker and whether the slot's lock is given back, so that all three land in one transaction. The 72 hours
//! of a held order are counted from the end of its owner's pause, if they paused ([`Order::wait_for_owner`]).
//!
//! ```text
//!  place ── problem ──> Held ── 72 h ──────────────> Expired      (OrderCancelled, slot freed)
//!    │                   │ resolved
//!    │ no problem        v
//!    └──────────────> Placed ── cancel ────────────> Cancelled    (OrderCancelled, slot freed)
//!     (OrderPlaced)      │ 24 h; test orders do not wait
//!                        v
//!                   Fulfilling ──> Shipped ────────> Delivered    (slot freed)
//!                                  (ItemShipped)
//! ```

use super::{Canceller, Change, Item, NotApproved, NotCancelled, NotReported, Order, Problem, State, Timing, Told};
use crate::fulfilment::{Backend, Report};
use crate::id::{DeviceId, InstanceId, OrderId};
use crate::money::Money;
use crate::text::SlotId;
use crate::time::{Span, Time};

impl Order {
    /// What the wire calls it. It stays the same when the order moves to the next registration of its unit.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        InstanceId { device: self.named_device.unwrap_or(self.device), order: self.id }
    }

    /// Whether an id names this order. The device in the id must be the order's own, now or when it was placed.
    #[must_use]
    pub fn is_named_by(&self, id: InstanceId) -> bool {
        id.order == self.id && (id.device == self.device || Some(id.device) == self.named_device)
    }

    /// What it may cost: what the customer agreed to for this very order, or else its price as it stands.
    #[must_use]
    pub fn limit(&self) -> &Money {
        self.approved.as_ref().unwrap_or(&self.item.price)
    }

    /// Makes an order. The slot is locked from here on.
    #[must_use]
    pub fn place(
        (id, device, slot): (OrderId, DeviceId, SlotId),
        item: Item,
        (test, backend): (bool, Backend),
        problem: Option<Problem>,
        now: Time,
        timing: &Timing,
    ) -> (Self, Change) {
        let mut order = Self {
            id,
            device,
            slot,
            item,
            test,
            state: State::Held,
            problem,
            opened_at: now,
            window_ends_at: now + timing.problem_hold,
            expected_at: None,
            due_at: None,
            approved: None,
            backend: if test { Backend::Simulated } else { backend },
            reported: false,
            placed_at: None,
            tracking: None,
            held_for: None,
            named_device: None,
        };
        let change = match problem {
            None => order.confirm(now, timing),
            Some(_) => order.hold(problem, now, timing),
        };
        (order, change)
    }

    /// Nothing stands in the way: placed, and the cancel window begins.
    fn confirm(&mut self, now: Time, timing: &Timing) -> Change {
        let window = if self.test { timing.test_ship_after } else { timing.cancel_window };
        (self.problem, self.held_for) = (None, None);
        self.reported = false;
        self.window_ends_at = now + window;
        self.expected_at = Some(match self.test {
            true => now + timing.test_ship_after + timing.test_deliver_after,
            false => now + timing.cancel_window + timing.ship_after + timing.deliver_after,
        });
        self.due_at = Some(self.window_ends_at);
        let told = self.placed_at.is_none().then_some(Told::Placed);
        self.placed_at.get_or_insert(now);
        self.go(State::Placed, told)
    }

    fn go(&mut self, to: State, told: Option<Told>) -> Change {
        let from = std::mem::replace(&mut self.state, to);
        if to.is_over() {
            self.due_at = None;
        }
        Change { told, from, to, new_reason: false }
    }

    /// Held for a reason, be it the one there was or another.
    fn hold(&mut self, problem: Option<Problem>, now: Time, timing: &Timing) -> Change {
        // That a back end has not said its word yet is no reason of its own, and does not undo the one before it.
        let reason = problem.filter(|problem| *problem != Problem::Unconfirmed);
        let new_reason = reason.is_some() && reason != self.held_for;
        self.held_for = reason.or(self.held_for);
        self.problem = problem;
        self.due_at = Some((now + timing.recheck).min(self.window_ends_at));
        Change { new_reason, ..self.go(State::Held, None) }
    }

    /// Does what is due at `now`, if anything; `problem` is what stands in the way at this moment. One step a call:
    /// what falls due at once as a consequence is another call.
    pub fn due(&mut self, now: Time, problem: Option<Problem>, timing: &Timing) -> Option<Change> {
        if self.due_at.is_none_or(|due| due > now) {
            return None;
        }
        Some(match self.state {
            State::Held if problem.is_none() => self.confirm(now, timing),
            State::Held if now >= self.window_ends_at => self.go(State::Expired, Some(Told::Cancelled)),
            State::Held => self.hold(problem, now, timing),
            State::Placed if self.test => self.ship(now, timing.test_deliver_after, Span::default()),
            State::Placed => {
                // A real back end ships when it ships.
                self.due_at = (self.backend == Backend::Simulated).then(|| now + timing.ship_after);
                self.go(State::Fulfilling, None)
            }
            State::Fulfilling => {
                let wait = if timing.delivery_known { Span::default() } else { timing.free_after };
                self.ship(now, timing.deliver_after, wait)
            }
            State::Shipped => self.go(State::Delivered, None),
            State::Delivered | State::Cancelled | State::Expired => return None,
        })
    }

    /// Takes a back end's word. A word that was heard before, or that a later one overtook, changes nothing and is no
    /// error, so that it may be said again.
    ///
    /// # Errors
    /// [`NotReported`] says why the word cannot be true; nothing has changed then.
    pub fn report(&mut self, report: &Report, now: Time, timing: &Timing) -> Result<Option<Change>, NotReported> {
        match (report, self.state) {
            _ if self.backend == Backend::Simulated => Err(NotReported::Simulated),
            // What the customer has to decide, or has to provide first, nobody decides for them.
            (Report::Accepted { .. } | Report::Problem(_), State::Held)
                if !self.reported && self.problem != Some(Problem::Unconfirmed) =>
            {
                Err(NotReported::Customers)
            }
            (Report::Accepted { expected_at }, State::Held) => {
                let change = self.confirm(now, timing);
                self.expected_at = expected_at.or(self.expected_at);
                Ok(Some(change))
            }
            (Report::Problem(problem), State::Held | State::Placed | State::Fulfilling) => {
                if self.state != State::Held {
                    self.window_ends_at = now + timing.problem_hold;
                }
                (self.reported, self.expected_at) = (true, None);
                Ok(Some(self.hold(Some(*problem), now, timing)))
            }
            (Report::Shipped { expected_at, tracking }, State::Placed | State::Fulfilling) => {
                let change = self.ship(now, timing.deliver_after, timing.free_after);
                if let Some(expected) = *expected_at {
                    self.expected_at = Some(expected);
                    self.due_at = Some(expected.max(now) + timing.free_after);
                }
                self.tracking.clone_from(tracking);
                Ok(Some(change))
            }
            (Report::Delivered, State::Shipped) => Ok(Some(self.go(State::Delivered, None))),
            (Report::Cancelled, State::Held | State::Placed | State::Fulfilling) => {
                Ok(Some(self.go(State::Cancelled, Some(Told::Cancelled))))
            }
            (Report::Accepted { .. }, _)
            | (Report::Shipped { .. }, State::Shipped | State::Delivered)
            | (Report::Delivered, State::Delivered)
            | (Report::Cancelled, State::Cancelled | State::Expired) => Ok(None),
            (_, state) => Err(NotReported::State(state.as_str())),
        }
    }

    fn ship(&mut self, now: Time, deliver_after: Span, wait: Span) -> Change {
        let expected = now + deliver_after;
        self.expected_at = Some(expected);
        self.due_at = Some(expected + wait);
        self.go(State::Shipped, Some(Told::Shipped))
    }

    /// The customer, who was asked, agrees to what it costs; what it is for does not change from here on. Whether
    /// anything else stands in the way is seen at once.
    ///
    /// # Errors
    /// [`NotApproved`] says why not; nothing has changed then.
    pub fn approve(&mut self, seen: &Money, now: Time) -> Result<(), NotApproved> {
        match () {
            () if self.state != State::Held || self.test => Err(NotApproved::NotHeld),
            () if self.item.price != *seen => Err(NotApproved::OtherPrice(self.item.price.clone())),
            () => {
                self.approved = Some(seen.clone());
                self.due_at = Some(now);
                Ok(())
            }
        }
    }

    /// Has the hold of a held order begin when its owner wants orders again, if that is later than now: what came while
    /// they were away waits for them. Once they do, or said so early, it lasts no longer than any other. To be called
    /// before [`Order::due`], which may end it.
    pub fn wait_for_owner(&mut self, paused_until: Option<Time>, now: Time, timing: &Timing) {
        if self.state == State::Held {
            self.window_ends_at = match paused_until {
                Some(until) => until.max(now) + timing.problem_hold,
                None => self.window_ends_at.min(now + timing.problem_hold),
            };
        }
    }

    /// Lets a held order be looked at now instead of at its next turn; any other is left as it is.
    pub fn look_again(&mut self, now: Time) {
        if self.state == State::Held {
            self.due_at = Some(now);
        }
    }

    /// The owner says that they did what the back end asked for; it is asked again, or taken at their word.
    pub fn retry(&mut self, now: Time) {
        if self.state == State::Held {
            self.reported = false;
            self.due_at = Some(now);
        }
    }

    /// Cancels the order.
    ///
    /// A test order that has shipped is not un-shipped: the call counts it as delivered and tells nobody, since all
    /// the caller wants is the slot's lock.
    ///
    /// # Errors
    /// [`NotCancelled`] says why not; nothing has changed then.
    pub fn cancel(&mut self, by: Canceller, now: Time) -> Result<Change, NotCancelled> {
        match (by, self.state) {
            (_, state) if state.is_over() => Err(NotCancelled::Over),
            (Canceller::TestCall, _) if !self.test => Err(NotCancelled::Standard),
            (Canceller::TestCall, State::Shipped) => Ok(self.go(State::Delivered, None)),
            (Canceller::TestCall, _) => Ok(self.go(State::Cancelled, Some(Told::Cancelled))),
            (Canceller::Customer, _) if self.test => Err(NotCancelled::Test),
            (Canceller::Customer, State::Held) => Ok(self.go(State::Cancelled, Some(Told::Cancelled))),
            (Canceller::Customer, State::Placed) if now < self.window_ends_at => {
                Ok(self.go(State::Cancelled, Some(Told::Cancelled)))
            }
            (Canceller::Customer, _) => Err(NotCancelled::TooLate),
        }
    }

    /// Whether the customer could cancel it now; the settings page shows the button by it.
    #[must_use]
    pub fn is_cancellable(&self, now: Time) -> bool {
        self.clone().cancel(Canceller::Customer, now).is_ok()
    }

    /// `status` of GetOrderInfo (decisions 13).
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.state {
            State::Held | State::Placed | State::Fulfilling => "Processing",
            State::Shipped | State::Delivered => "Shipped",
            State::Cancelled | State::Expired => "Cancelled",
        }
    }
}
