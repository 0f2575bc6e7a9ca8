//! An order's life: the state machine (docs/spec/orders.md#order-states, docs/spec/orders.md#durations).
//!
//! Not here: who may ask for a change, where an order is kept, what time it is. Invariant: an order changes only through
//! [`Order::place`], [`Order::due`], [`Order::report`], [`Order::approve`], [`Order::send_to`] and [`Order::cancel`]; each
//! says what to tell the maker and the customer, and whether the slot's lock is given back, so that all of it lands in one
//! transaction. The 72 hours of a held order are counted from the end of its owner's pause, if they paused
//! ([`Order::wait_for_owner`]).
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

use super::{
    Cancellation, Canceller, Change, Item, NotApproved, NotCancelled, Order, OrderMail, OrderNumber, PriceParts,
    Problem, Recipient, State, Timing, Told, Tracking,
};
use crate::fulfilment::Backend;
use crate::id::{DeviceId, InstanceId, OrderId};
use crate::money::Money;
use crate::text::SlotId;
use crate::time::{Span, Time};

/// What an order is made of.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Its id.
    pub id: OrderId,
    /// Whose order.
    pub device: DeviceId,
    /// For which slot.
    pub slot: SlotId,
    /// What.
    pub item: Item,
    /// A test order: no payment, no parcel.
    pub test: bool,
    /// Who fulfils it, unless it is a test order.
    pub backend: Backend,
    /// Who it is for and where it goes.
    pub recipient: Option<Recipient>,
}

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

    /// What people call it.
    #[must_use]
    pub fn number(&self) -> OrderNumber {
        OrderNumber::of(self.id)
    }

    /// Where its parcel goes, if that is known.
    #[must_use]
    pub fn address(&self) -> Option<&crate::customer::Address> {
        self.recipient.as_ref().and_then(|recipient| recipient.address.as_ref())
    }

    /// Makes an order. The slot is locked from here on.
    #[must_use]
    pub fn place(new: NewOrder, problem: Option<Problem>, now: Time, timing: &Timing) -> (Self, Change) {
        let NewOrder { id, device, slot, item, test, backend, recipient } = new;
        let mut order = Self {
            id,
            device,
            slot,
            item,
            parts: PriceParts::default(),
            recipient,
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
            tracking: Tracking::default(),
            held_for: None,
            named_device: None,
            resumes_at: None,
            reminded: false,
            delivered_at: None,
            cancellation: None,
        };
        let change = match problem {
            None => order.confirm(now, timing),
            Some(_) => order.hold(problem, now, timing),
        };
        (order, change)
    }

    /// Nothing stands in the way: placed, and the cancel window begins.
    pub(super) fn confirm(&mut self, now: Time, timing: &Timing) -> Change {
        let window = if self.test { timing.test_ship_after } else { timing.cancel_window };
        (self.problem, self.held_for, self.resumes_at) = (None, None, None);
        (self.reported, self.reminded) = (false, false);
        self.window_ends_at = now + window;
        self.expected_at = Some(match self.test {
            true => now + timing.test_ship_after + timing.test_deliver_after,
            false => now + timing.cancel_window + timing.ship_after + timing.deliver_after,
        });
        self.due_at = Some(self.window_ends_at);
        let told = self.placed_at.is_none().then_some(Told::Placed);
        self.placed_at.get_or_insert(now);
        self.go(State::Placed, told, Some(OrderMail::Placed))
    }

    pub(super) fn go(&mut self, to: State, told: Option<Told>, mail: Option<OrderMail>) -> Change {
        let from = std::mem::replace(&mut self.state, to);
        if to.is_over() {
            self.due_at = None;
        }
        Change { told, mail, from, to }
    }

    pub(super) fn end(&mut self, cancellation: Cancellation) -> Change {
        self.cancellation = Some(cancellation);
        self.go(State::Cancelled, Some(Told::Cancelled), Some(OrderMail::Cancelled))
    }

    /// It arrived, as whoever delivers it says; or it is only assumed to have.
    pub(super) fn arrive(&mut self, known: bool, now: Time) -> Change {
        self.delivered_at = known.then_some(now);
        self.go(State::Delivered, None, Some(if known { OrderMail::Delivered } else { OrderMail::Assumed }))
    }

    /// Held for a reason, be it the one there was or another.
    pub(super) fn hold(&mut self, problem: Option<Problem>, now: Time, timing: &Timing) -> Change {
        // That a back end has not said its word yet is no reason of its own, and does not undo the one before it.
        let reason = problem.filter(|problem| *problem != Problem::Unconfirmed);
        let new_reason = reason.is_some() && reason != self.held_for;
        self.held_for = reason.or(self.held_for);
        self.problem = problem;
        self.parts = PriceParts::default();
        let remind_at = self.remind_at(timing);
        let remind = remind_at.is_some_and(|at| at <= now);
        // A mail of a new reason is as good as the reminder that would follow it at once.
        self.reminded |= remind;
        let mail = match (new_reason, remind) {
            (true, _) => Some(OrderMail::Held),
            (false, true) => Some(OrderMail::Reminder),
            (false, false) => None,
        };
        let next = remind_at.filter(|at| *at > now).unwrap_or(self.window_ends_at).min(self.window_ends_at);
        self.due_at = Some((now + timing.recheck).min(next));
        self.go(State::Held, None, mail)
    }

    /// When its customer is reminded of the hold, if they still have to be.
    fn remind_at(&self, timing: &Timing) -> Option<Time> {
        let wanted = !self.reminded && timing.remind_before > Span::default();
        let half = Span::from_micros(timing.problem_hold.micros() / 2);
        let before = timing.remind_before.min(half);
        (wanted && self.problem.is_some_and(Problem::needs_customer)).then(|| self.window_ends_at - before)
    }

    /// Does what is due at `now`, if anything; `problem` is what stands in the way at this moment. One step a call:
    /// what falls due at once as a consequence is another call.
    pub fn due(&mut self, now: Time, problem: Option<Problem>, timing: &Timing) -> Option<Change> {
        if self.due_at.is_none_or(|due| due > now) {
            return None;
        }
        Some(match self.state {
            State::Held if problem.is_none() => self.confirm(now, timing),
            State::Held if now >= self.window_ends_at => {
                self.go(State::Expired, Some(Told::Cancelled), Some(OrderMail::Expired))
            }
            State::Held => self.hold(problem, now, timing),
            State::Placed if self.test => self.ship(now, timing.test_deliver_after, Span::default()),
            State::Placed => {
                // A real back end ships when it ships.
                self.due_at = (self.backend == Backend::Simulated).then(|| now + timing.ship_after);
                self.go(State::Fulfilling, None, None)
            }
            State::Fulfilling => {
                let wait = if timing.delivery_known { Span::default() } else { timing.free_after };
                self.ship(now, timing.deliver_after, wait)
            }
            // Where the clock is the carrier it tells of delivery, if the settings say that the carrier does.
            State::Shipped => {
                self.arrive(self.test || self.backend == Backend::Simulated && timing.delivery_known, now)
            }
            State::Delivered | State::Cancelled | State::Expired => return None,
        })
    }

    pub(super) fn ship(&mut self, now: Time, deliver_after: Span, wait: Span) -> Change {
        let expected = now + deliver_after;
        self.expected_at = Some(expected);
        self.due_at = Some(expected + wait);
        self.go(State::Shipped, Some(Told::Shipped), Some(OrderMail::Shipped))
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
            self.resumes_at = paused_until;
        }
    }

    /// Whether its customer may have it sent elsewhere: while it is held, and no back end is being asked to take it.
    #[must_use]
    pub fn is_addressable(&self) -> bool {
        self.state == State::Held && !self.test && self.problem != Some(Problem::Unconfirmed)
    }

    /// Its customer has it sent to this recipient, and wants it looked at again.
    ///
    /// # Errors
    /// [`NotApproved::NotHeld`] unless it [`Order::is_addressable`]; nothing has changed then.
    pub fn send_to(&mut self, recipient: Recipient, now: Time) -> Result<(), NotApproved> {
        if !self.is_addressable() {
            return Err(NotApproved::NotHeld);
        }
        self.recipient = Some(recipient);
        self.retry(now);
        Ok(())
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
        let done = Cancellation { by: by.into(), reason: None };
        match (by, self.state) {
            (_, state) if state.is_over() => Err(NotCancelled::Over),
            (Canceller::TestCall, _) if !self.test => Err(NotCancelled::Standard),
            (Canceller::TestCall, State::Shipped) => Ok(self.go(State::Delivered, None, None)),
            (Canceller::TestCall, _) => Ok(self.end(done)),
            (Canceller::Customer | Canceller::MailLink, _) if self.test => Err(NotCancelled::Test),
            (Canceller::Customer | Canceller::MailLink, State::Held) => Ok(self.end(done)),
            (Canceller::Customer | Canceller::MailLink, State::Placed) if now < self.window_ends_at => {
                Ok(self.end(done))
            }
            (Canceller::Customer | Canceller::MailLink, _) => Err(NotCancelled::TooLate),
        }
    }

    /// Whether the customer could cancel it now; the settings page shows the button by it.
    #[must_use]
    pub fn is_cancellable(&self, now: Time) -> bool {
        self.clone().cancel(Canceller::Customer, now).is_ok()
    }

    /// `status` of GetOrderInfo (docs/spec/orders.md#get-order-info).
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.state {
            State::Held | State::Placed | State::Fulfilling => "Processing",
            State::Shipped | State::Delivered => "Shipped",
            State::Cancelled | State::Expired => "Cancelled",
        }
    }
}
