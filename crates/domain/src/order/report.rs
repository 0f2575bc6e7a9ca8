//! What a back end reports of an order, and what follows from it.
//!
//! Not here: how a report is brought ([`crate::fulfilment`]), and what the clock does ([`super::life`]). Invariant: a report
//! that was heard before, or that a later one overtook, changes nothing.

use super::{Change, NotReported, Order, OrderMail, Problem, State, Timing, Tracking};
use crate::fulfilment::{Backend, Report};
use crate::time::{Span, Time};

/// How long after the expected delivery a parcel is asked about that was only assumed to have arrived.
const LATE: Span = Span::from_hours(14 * 24);

impl Order {
    /// Whether a back end is still asked about it: it is not over, or nobody has said that it arrived, and it is not long ago.
    #[must_use]
    pub fn may_change(&self, now: Time) -> bool {
        let unheard = self.state == State::Delivered && self.delivered_at.is_none();
        !self.state.is_over() || unheard && self.expected_at.is_some_and(|at| now < at + LATE)
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
            (Report::Accepted { expected_at, parts }, State::Held) => {
                let change = self.confirm(now, timing);
                self.expected_at = expected_at.or(self.expected_at);
                self.parts = parts.clone().of(&self.item.price);
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
                // The day that the back end named when it took the order is better than a guess from today.
                let guess = self.window_ends_at + timing.ship_after + timing.deliver_after;
                let named = self.expected_at.filter(|at| *at != guess && *at > now);
                let change = self.ship(now, timing.deliver_after, timing.free_after);
                if let Some(expected) = expected_at.or(named) {
                    self.expect(expected, now, timing);
                }
                self.tracking.clone_from(tracking);
                Ok(Some(change))
            }
            (Report::Shipped { expected_at, tracking }, State::Shipped) => {
                Ok(self.follow(*expected_at, tracking, now, timing))
            }
            (Report::Delivered, State::Shipped) => Ok(Some(self.arrive(true, now))),
            // It was only assumed to have arrived.
            (Report::Delivered, State::Delivered) if self.delivered_at.is_none() => Ok(Some(self.arrive(true, now))),
            (Report::Cancelled(cancellation), State::Held | State::Placed | State::Fulfilling) => {
                Ok(Some(self.end(cancellation.clone())))
            }
            (Report::Accepted { .. }, _)
            | (Report::Shipped { .. }, State::Delivered)
            | (Report::Delivered, State::Delivered)
            | (Report::Cancelled(_), State::Cancelled | State::Expired) => Ok(None),
            (_, state) => Err(NotReported::State(state.as_str())),
        }
    }

    /// Whether it may be shipped without a word to its customer, who was promised time to cancel it.
    ///
    /// # Errors
    /// [`NotReported::Window`] until that time is over.
    pub fn check_cancel_window(&self, now: Time) -> Result<(), NotReported> {
        if self.is_cancellable(now) { Err(NotReported::Window(self.window_ends_at)) } else { Ok(()) }
    }

    /// More is known of a parcel that is on its way; the customer is mailed once it can be followed.
    fn follow(&mut self, expected: Option<Time>, tracking: &Tracking, now: Time, timing: &Timing) -> Option<Change> {
        let first = self.tracking.is_empty();
        let mut changed = self.tracking.update(tracking);
        let mail = (first && changed).then_some(OrderMail::Shipped);
        if let Some(expected) = expected.filter(|at| Some(*at) != self.expected_at) {
            self.expect(expected, now, timing);
            changed = true;
        }
        changed.then(|| self.go(State::Shipped, None, mail))
    }

    fn expect(&mut self, expected: Time, now: Time, timing: &Timing) {
        self.expected_at = Some(expected);
        self.due_at = Some(expected.max(now) + timing.free_after);
    }
}
