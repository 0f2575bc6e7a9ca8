//! The life of an order: its state machine (docs/spec/orders.md#order-states, docs/spec/orders.md#durations).
//!
//! Not here: authorization, storage, the current time. Invariant: an order changes only through [`Order::place`],
//! [`Order::advance`], [`Order::apply_report`], [`Order::approve`], [`Order::change_recipient`], [`Order::cancel`] and
//! [`Order::withdraw`].
//! Each transition states the maker's notification, the customer's mail and whether the slot lock is released, so that
//! one transaction writes all of them. The 72 hours of a hold are counted from the end of the owner's pause, if there
//! is one ([`Order::extend_hold`]).
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
    ApproveError, CancelError, CancelRequester, Cancellation, Order, OrderChange, OrderItem, OrderMailKind,
    OrderNotification, OrderNumber, OrderProblem, OrderState, OrderTimes, OrderTiming, OrderTrigger, PriceParts,
    Recipient, Tracking,
};
use crate::fulfilment::Backend;
use crate::id::{DeviceId, InstanceId, OrderId};
use crate::money::Money;
use crate::money::tax::TaxRate;
use crate::text::SlotId;
use crate::time::{Span, Time};

/// The values of a new order.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Its id.
    pub id: OrderId,
    /// The device.
    pub device: DeviceId,
    /// The slot.
    pub slot: SlotId,
    /// The item.
    pub item: OrderItem,
    /// A test order: no payment, no parcel.
    pub test: bool,
    /// The back end that fulfils it, unless it is a test order.
    pub backend: Backend,
    /// The recipient.
    pub recipient: Option<Recipient>,
    /// The price that the customer approved, if they ordered it themselves.
    pub approved_price: Option<Money>,
    /// What makes it.
    pub trigger: OrderTrigger,
}

impl Order {
    /// The id on the wire. It stays the same when the order moves to the next registration of its unit.
    #[must_use]
    pub fn instance_id(&self) -> InstanceId {
        InstanceId { device: self.original_device.unwrap_or(self.device), order: self.id }
    }

    /// Whether an id names this order. The device in the id must be the order's own, now or when it was placed.
    #[must_use]
    pub fn matches_instance_id(&self, id: InstanceId) -> bool {
        id.order == self.id && (id.device == self.device || Some(id.device) == self.original_device)
    }

    /// The most that it may cost: the price that the customer approved for this order, or else its current price.
    #[must_use]
    pub fn price_limit(&self) -> &Money {
        self.approved_price.as_ref().unwrap_or(&self.item.price)
    }

    /// The rate of the tax that the price includes. `None` if the back end reported an amount of its own.
    #[must_use]
    pub fn stated_tax_rate(&self) -> Option<TaxRate> {
        self.item.tax_rate.filter(|_| self.price_parts.tax.is_none())
    }

    /// The order number for people.
    #[must_use]
    pub fn number(&self) -> OrderNumber {
        OrderNumber::from_order_id(self.id)
    }

    /// The shipping address, if it is known.
    #[must_use]
    pub fn shipping_address(&self) -> Option<&crate::customer::Address> {
        self.recipient.as_ref().and_then(|recipient| recipient.address.as_ref())
    }

    /// Creates an order. The slot is locked from here on.
    #[must_use]
    pub fn place(new: NewOrder, problem: Option<OrderProblem>, now: Time, timing: &OrderTiming) -> (Self, OrderChange) {
        let NewOrder { id, device, slot, item, test, backend, recipient, approved_price, trigger } = new;
        let mut order = Self {
            id,
            device,
            slot,
            item,
            price_parts: PriceParts::default(),
            recipient,
            test,
            state: OrderState::Held,
            problem,
            opened_at: now,
            window_ends_at: now + timing.problem_hold,
            expected_at: None,
            due_at: None,
            approved_price,
            backend: if test { Backend::Simulated } else { backend },
            problem_from_backend: false,
            placed_at: None,
            tracking: Tracking::default(),
            last_hold_problem: None,
            original_device: None,
            resumes_at: None,
            reminder_sent: false,
            delivered_at: None,
            cancellation: None,
            trigger,
            times: OrderTimes::default(),
            withdrawal: None,
            returned_at: None,
            refund: None,
        };
        let change = match problem {
            None => order.mark_placed(now, timing),
            Some(_) => order.hold(problem, now, timing),
        };
        (order, change)
    }

    /// Marks it as placed, since no problem remains. The cancel window begins.
    pub(super) fn mark_placed(&mut self, now: Time, timing: &OrderTiming) -> OrderChange {
        let window = if self.test { timing.test_ship_after } else { timing.cancel_window };
        (self.problem, self.last_hold_problem, self.resumes_at) = (None, None, None);
        (self.problem_from_backend, self.reminder_sent) = (false, false);
        self.window_ends_at = now + window;
        self.expected_at = Some(if self.test {
            now + timing.test_ship_after + timing.test_deliver_after
        } else {
            now + timing.cancel_window + timing.ship_after + timing.deliver_after
        });
        self.due_at = Some(self.window_ends_at);
        let notification = self.placed_at.is_none().then_some(OrderNotification::Placed);
        self.placed_at.get_or_insert(now);
        self.transition(OrderState::Placed, notification, Some(OrderMailKind::Placed))
    }

    pub(super) fn transition(
        &mut self,
        to: OrderState,
        notification: Option<OrderNotification>,
        mail: Option<OrderMailKind>,
    ) -> OrderChange {
        let from = std::mem::replace(&mut self.state, to);
        if to.is_final() {
            self.due_at = None;
        }
        OrderChange { notification, mail, from, to }
    }

    pub(super) fn mark_cancelled(&mut self, cancellation: Cancellation, now: Time) -> OrderChange {
        self.cancellation = Some(cancellation);
        self.times.ended_at = Some(now);
        self.transition(OrderState::Cancelled, Some(OrderNotification::Cancelled), Some(OrderMailKind::Cancelled))
    }

    /// Marks it as delivered. `known` is whether the delivery was reported, not only assumed.
    pub(super) fn mark_delivered(&mut self, known: bool, now: Time) -> OrderChange {
        self.delivered_at = known.then_some(now);
        self.times.ended_at = Some(now);
        let mail = if known { OrderMailKind::Delivered } else { OrderMailKind::AssumedDelivered };
        // Goods that came back need no question whether they arrived.
        self.transition(OrderState::Delivered, None, self.returned_at.is_none().then_some(mail))
    }

    /// Holds the order for a problem, the same as before or another.
    pub(super) fn hold(&mut self, problem: Option<OrderProblem>, now: Time, timing: &OrderTiming) -> OrderChange {
        // A missing answer of a back end is no reason of its own, and does not replace the one before it.
        let reason = problem.filter(|problem| *problem != OrderProblem::AwaitingBackend);
        let new_reason = reason.is_some() && reason != self.last_hold_problem;
        self.last_hold_problem = reason.or(self.last_hold_problem);
        if new_reason {
            self.times.held_at = Some(now);
        }
        self.problem = problem;
        self.price_parts = PriceParts::default();
        let remind_at = self.reminder_due_at(timing);
        let remind = remind_at.is_some_and(|at| at <= now);
        // A mail about a new reason replaces the reminder that would follow it immediately.
        self.reminder_sent |= remind;
        let mail = match (new_reason, remind) {
            (true, _) => Some(OrderMailKind::Held),
            (false, true) => Some(OrderMailKind::Reminder),
            (false, false) => None,
        };
        let next = remind_at.filter(|at| *at > now).unwrap_or(self.window_ends_at).min(self.window_ends_at);
        self.due_at = Some((now + timing.recheck_every).min(next));
        self.transition(OrderState::Held, None, mail)
    }

    /// When its customer is to be reminded of the hold, unless that was done.
    fn reminder_due_at(&self, timing: &OrderTiming) -> Option<Time> {
        let wanted = !self.reminder_sent && timing.remind_before > Span::default();
        let half = Span::from_micros(timing.problem_hold.as_micros() / 2);
        let before = timing.remind_before.min(half);
        (wanted && self.problem.is_some_and(OrderProblem::requires_customer_action))
            .then(|| self.window_ends_at - before)
    }

    /// Makes the transition that is due at `now`, if any; `problem` is the current problem. A call makes one
    /// transition. One that becomes due immediately as a consequence is another call.
    pub fn advance(&mut self, now: Time, problem: Option<OrderProblem>, timing: &OrderTiming) -> Option<OrderChange> {
        if self.due_at.is_none_or(|due| due > now) {
            return None;
        }
        Some(match self.state {
            OrderState::Held if problem.is_none() => self.mark_placed(now, timing),
            OrderState::Held if now >= self.window_ends_at => {
                self.times.ended_at = Some(now);
                self.transition(OrderState::Expired, Some(OrderNotification::Cancelled), Some(OrderMailKind::Expired))
            }
            OrderState::Held => self.hold(problem, now, timing),
            OrderState::Placed if self.test => self.mark_shipped(now, timing.test_deliver_after, Span::default()),
            OrderState::Placed => {
                // A real back end decides when it ships.
                self.due_at = (self.backend == Backend::Simulated).then(|| now + timing.ship_after);
                self.transition(OrderState::Fulfilling, None, None)
            }
            OrderState::Fulfilling => {
                let wait =
                    if timing.carrier_reports_delivery { Span::default() } else { timing.assume_delivered_after };
                self.mark_shipped(now, timing.deliver_after, wait)
            }
            // If the clock acts as the carrier, it reports delivery only if `carrier_reports_delivery` is set.
            OrderState::Shipped => self.mark_delivered(
                self.test || self.backend == Backend::Simulated && timing.carrier_reports_delivery,
                now,
            ),
            OrderState::Delivered | OrderState::Cancelled | OrderState::Expired => return None,
        })
    }

    pub(super) fn mark_shipped(&mut self, now: Time, deliver_after: Span, wait: Span) -> OrderChange {
        let expected = now + deliver_after;
        self.times.shipped_at = Some(now);
        self.expected_at = Some(expected);
        self.due_at = Some(expected + wait);
        self.transition(OrderState::Shipped, Some(OrderNotification::Shipped), Some(OrderMailKind::Shipped))
    }

    /// Records that the customer approves the price. The item does not change from here on. Other problems are checked
    /// immediately afterwards.
    ///
    /// # Errors
    /// [`ApproveError`] states why not; nothing has changed then.
    pub fn approve(&mut self, seen: &Money, now: Time) -> Result<(), ApproveError> {
        if self.state != OrderState::Held || self.test {
            return Err(ApproveError::NotHeld);
        }
        if self.item.price != *seen {
            return Err(ApproveError::PriceChanged(self.item.price.clone()));
        }
        self.approved_price = Some(seen.clone());
        self.times.approved_at = Some(now);
        self.due_at = Some(now);
        Ok(())
    }

    /// Makes the hold of a held order begin at the end of its owner's pause, if that is later than now. So orders of
    /// the pause wait for the owner. Once the pause is over, or was ended early, the hold lasts no longer than any
    /// other. To be called before [`Order::advance`], which may end the hold.
    pub fn extend_hold(&mut self, paused_until: Option<Time>, now: Time, timing: &OrderTiming) {
        if self.state == OrderState::Held {
            self.window_ends_at = match paused_until {
                Some(until) => until.max(now) + timing.problem_hold,
                None => self.window_ends_at.min(now + timing.problem_hold),
            };
            self.resumes_at = paused_until;
        }
    }

    /// Whether the customer may change the recipient: during a hold, while no back end is asked to take the order.
    #[must_use]
    pub fn can_change_recipient(&self) -> bool {
        self.state == OrderState::Held && !self.test && self.problem != Some(OrderProblem::AwaitingBackend)
    }

    /// Changes the recipient, as the customer requested, and makes the order due for a check.
    ///
    /// # Errors
    /// [`ApproveError::NotHeld`] unless [`Order::can_change_recipient`]; nothing has changed then.
    pub fn change_recipient(&mut self, recipient: Recipient, now: Time) -> Result<(), ApproveError> {
        if !self.can_change_recipient() {
            return Err(ApproveError::NotHeld);
        }
        self.recipient = Some(recipient);
        self.retry_after_problem(now);
        Ok(())
    }

    /// Makes a held order due for a check now; any other is unchanged.
    pub fn recheck_now(&mut self, now: Time) {
        if self.state == OrderState::Held {
            self.due_at = Some(now);
        }
    }

    /// Records that the owner has done what the back end required. The back end is asked again, or the problem counts
    /// as resolved.
    pub fn retry_after_problem(&mut self, now: Time) {
        if self.state == OrderState::Held {
            self.problem_from_backend = false;
            self.due_at = Some(now);
        }
    }

    /// Cancels the order.
    ///
    /// A shipped test order cannot be recalled. The call marks it as delivered and notifies nobody, since the caller
    /// only needs the slot's lock.
    ///
    /// # Errors
    /// [`CancelError`] states why not; nothing has changed then.
    pub fn cancel(&mut self, by: CancelRequester, now: Time) -> Result<OrderChange, CancelError> {
        let done = Cancellation { by: by.into(), reason: None };
        match (by, self.state) {
            (_, state) if state.is_final() => Err(CancelError::AlreadyFinal),
            (CancelRequester::CancelTestOrder, _) if !self.test => Err(CancelError::IsStandardOrder),
            (CancelRequester::CancelTestOrder, OrderState::Shipped) => {
                self.times.ended_at = Some(now);
                Ok(self.transition(OrderState::Delivered, None, None))
            }
            (CancelRequester::CancelTestOrder, _) => Ok(self.mark_cancelled(done, now)),
            (CancelRequester::Customer | CancelRequester::MailLink, _) if self.test => Err(CancelError::IsTestOrder),
            (CancelRequester::Customer | CancelRequester::MailLink, OrderState::Held) => {
                Ok(self.mark_cancelled(done, now))
            }
            (CancelRequester::Customer | CancelRequester::MailLink, OrderState::Placed)
                if now < self.window_ends_at =>
            {
                Ok(self.mark_cancelled(done, now))
            }
            (CancelRequester::Customer | CancelRequester::MailLink, _) => Err(CancelError::TooLate),
        }
    }

    /// Whether the customer could cancel it now; the settings page displays the button accordingly.
    #[must_use]
    pub fn is_cancellable(&self, now: Time) -> bool {
        self.clone().cancel(CancelRequester::Customer, now).is_ok()
    }

    /// `status` of GetOrderInfo (docs/spec/orders.md#get-order-info).
    #[must_use]
    pub fn wire_status(&self) -> &'static str {
        match self.state {
            OrderState::Held | OrderState::Placed | OrderState::Fulfilling => "Processing",
            OrderState::Shipped | OrderState::Delivered => "Shipped",
            OrderState::Cancelled | OrderState::Expired => "Cancelled",
        }
    }
}
