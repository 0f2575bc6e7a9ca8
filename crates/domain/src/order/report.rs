//! Reports of a back end about an order, and their effects.
//!
//! Not here: how a report arrives ([`crate::fulfilment`]), and transitions by the clock ([`super::lifecycle`]).
//! Invariant: a report that is repeated, or older than one applied later, changes nothing.

use super::{Order, OrderChange, OrderMailKind, OrderProblem, OrderState, OrderTiming, ReportError, Tracking};
use crate::fulfilment::{Backend, BackendReport};
use crate::time::{Span, Time};

/// How long after the expected delivery the back end is still asked about a parcel whose delivery was only assumed.
const LATE_REPORT_WINDOW: Span = Span::from_hours(14 * 24);

impl Order {
    /// Whether the back end is still asked about it: it is not final, or its delivery was assumed recently.
    #[must_use]
    pub fn accepts_backend_reports(&self, now: Time) -> bool {
        let unheard = self.state == OrderState::Delivered && self.delivered_at.is_none();
        !self.state.is_final() || unheard && self.expected_at.is_some_and(|at| now < at + LATE_REPORT_WINDOW)
    }

    /// Applies a back end's report. A report that is repeated, or older than one applied later, changes nothing and is
    /// no error, so that it may be sent again.
    ///
    /// # Errors
    /// [`ReportError`] states why the report cannot be true; nothing has changed then.
    pub fn apply_report(
        &mut self,
        report: &BackendReport,
        now: Time,
        timing: &OrderTiming,
    ) -> Result<Option<OrderChange>, ReportError> {
        match (report, self.state) {
            // Money and goods come back to people, whoever fulfils.
            (BackendReport::Returned | BackendReport::Refunded(_), state) if self.test => {
                Err(ReportError::InvalidState(state.as_str()))
            }
            (BackendReport::Returned, _) => self.mark_returned(now),
            (BackendReport::Refunded(amount), _) => self.mark_refunded(amount, now),
            _ if self.backend == Backend::Simulated => Err(ReportError::Simulated),
            // Its customer no longer wants it: it is neither placed nor held again.
            (BackendReport::Accepted { .. } | BackendReport::Problem(_), _) if self.withdrawal.is_some() => Ok(None),
            // A back end cannot replace the customer's decision or missing data.
            (BackendReport::Accepted { .. } | BackendReport::Problem(_), OrderState::Held)
                if !self.problem_from_backend && self.problem != Some(OrderProblem::AwaitingBackend) =>
            {
                Err(ReportError::AwaitingCustomer)
            }
            (BackendReport::Accepted { expected_at, price_parts: parts }, OrderState::Held) => {
                let change = self.mark_placed(now, timing);
                self.expected_at = expected_at.or(self.expected_at);
                self.price_parts = parts.clone().limited_to(&self.item.price);
                Ok(Some(change))
            }
            (BackendReport::Problem(problem), OrderState::Held | OrderState::Placed | OrderState::Fulfilling) => {
                if self.state != OrderState::Held {
                    self.window_ends_at = now + timing.problem_hold;
                }
                (self.problem_from_backend, self.expected_at) = (true, None);
                Ok(Some(self.hold(Some(*problem), now, timing)))
            }
            (BackendReport::Shipped { expected_at, tracking }, OrderState::Placed | OrderState::Fulfilling) => {
                // The day that the back end named when it took the order is better than an estimate from today.
                let guess = self.window_ends_at + timing.ship_after + timing.deliver_after;
                let named = self.expected_at.filter(|at| *at != guess && *at > now);
                let change = self.mark_shipped(now, timing.deliver_after, timing.assume_delivered_after);
                if let Some(expected) = expected_at.or(named) {
                    self.set_expected_delivery(expected, now, timing);
                }
                self.tracking.clone_from(tracking);
                Ok(Some(change))
            }
            (BackendReport::Shipped { expected_at, tracking }, OrderState::Shipped) => {
                Ok(self.update_tracking(*expected_at, tracking, now, timing))
            }
            (BackendReport::Delivered, OrderState::Shipped) => Ok(Some(self.mark_delivered(true, now))),
            // Its delivery was only assumed.
            (BackendReport::Delivered, OrderState::Delivered) if self.delivered_at.is_none() => {
                Ok(Some(self.mark_delivered(true, now)))
            }
            (
                BackendReport::Cancelled(cancellation),
                OrderState::Held | OrderState::Placed | OrderState::Fulfilling,
            ) => Ok(Some(self.mark_cancelled(cancellation.clone(), now))),
            (BackendReport::Accepted { .. }, _)
            | (BackendReport::Shipped { .. }, OrderState::Delivered)
            | (BackendReport::Delivered, OrderState::Delivered)
            | (BackendReport::Cancelled(_), OrderState::Cancelled | OrderState::Expired) => Ok(None),
            (_, state) => Err(ReportError::InvalidState(state.as_str())),
        }
    }

    /// Whether it may be shipped now, since its customer was promised a cancel window.
    ///
    /// # Errors
    /// [`ReportError::CancelWindowOpen`] until the window is over.
    pub fn check_cancel_window(&self, now: Time) -> Result<(), ReportError> {
        if self.is_cancellable(now) { Err(ReportError::CancelWindowOpen(self.window_ends_at)) } else { Ok(()) }
    }

    /// Updates the tracking of a shipped parcel. The customer is mailed once the parcel can be tracked.
    fn update_tracking(
        &mut self,
        expected: Option<Time>,
        tracking: &Tracking,
        now: Time,
        timing: &OrderTiming,
    ) -> Option<OrderChange> {
        let first = self.tracking.is_empty();
        let mut changed = self.tracking.update(tracking);
        let mail = (first && changed).then_some(OrderMailKind::Shipped);
        if let Some(expected) = expected.filter(|at| Some(*at) != self.expected_at) {
            self.set_expected_delivery(expected, now, timing);
            changed = true;
        }
        changed.then(|| self.transition(OrderState::Shipped, None, mail))
    }

    fn set_expected_delivery(&mut self, expected: Time, now: Time, timing: &OrderTiming) {
        self.expected_at = Some(expected);
        self.due_at = Some(expected.max(now) + timing.assume_delivered_after);
    }
}
