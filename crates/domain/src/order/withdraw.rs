//! The rules of a withdrawal from an order's contract, and of what follows it: the return of the goods and the refund.
//!
//! What it is: the right of consumers in the European Union to withdraw within a period after the delivery, without a
//! reason. What it is not: a cancellation, which ends an order before it ships ([`super::lifecycle`]). Invariant: a
//! withdrawal is declared once and never taken back. It changes neither the order's state nor its slot's lock, since
//! the parcel may still be on its way.

use super::{
    Cancellation, CancelledBy, Order, OrderChange, OrderMailKind, OrderState, Refund, ReportError, WithdrawError,
    Withdrawal,
};
use crate::money::Money;
use crate::time::{Span, Time};

const DAY_MICROS: i64 = 86_400_000_000;

/// The end of the day (UTC) on which a period of days is over. A period that would end on a Saturday or a Sunday ends on
/// the following Monday (Regulation (EEC, Euratom) No 1182/71, article 3).
fn end_of_period(from: Time, period: Span) -> Time {
    let last_day = (from + period).as_micros().div_euclid(DAY_MICROS);
    // 1970-01-01 was a Thursday.
    let weekend = match last_day.rem_euclid(7) {
        2 => 2,
        3 => 1,
        _ => 0,
    };
    Time::from_micros((last_day + weekend + 1) * DAY_MICROS)
}

impl Order {
    /// Whether the customer got the whole price back.
    #[must_use]
    pub fn is_refunded_in_full(&self) -> bool {
        self.refund.as_ref().is_some_and(|refund| self.item.price.is_at_most(&refund.amount))
    }

    /// Until when its customer may withdraw: the end of the period that begins with the delivery. `None` before the
    /// delivery, when the period has not begun. A delivery that nobody reported counts as of when it was assumed.
    #[must_use]
    pub fn withdrawal_ends_at(&self, period: Span) -> Option<Time> {
        let delivered = self.delivered_at.or(self.times.ended_at).or(self.expected_at);
        delivered.filter(|_| self.state == OrderState::Delivered).map(|at| end_of_period(at, period))
    }

    /// Checks whether its customer may withdraw now, with a period of `period`; zero switches withdrawals off. Until the
    /// cancel window is over, the customer cancels instead.
    ///
    /// # Errors
    /// [`WithdrawError`] states why not.
    pub fn check_withdrawal(&self, now: Time, period: Span) -> Result<(), WithdrawError> {
        match self.state {
            _ if self.test || period <= Span::default() => Err(WithdrawError::NotOffered),
            _ if self.is_cancellable(now) => Err(WithdrawError::Cancellable),
            OrderState::Held | OrderState::Cancelled | OrderState::Expired => Err(WithdrawError::NoContract),
            OrderState::Placed | OrderState::Fulfilling | OrderState::Shipped => Ok(()),
            OrderState::Delivered if self.withdrawal_ends_at(period).is_some_and(|end| now < end) => Ok(()),
            OrderState::Delivered => Err(WithdrawError::TooLate),
        }
    }

    /// Records the customer's withdrawal. `None` if it was declared before, so that it may be sent again.
    ///
    /// # Errors
    /// [`WithdrawError`] states why not; nothing has changed then.
    pub fn withdraw(&mut self, withdrawal: Withdrawal, period: Span) -> Result<Option<OrderChange>, WithdrawError> {
        if self.withdrawal.is_some() {
            return Ok(None);
        }
        self.check_withdrawal(withdrawal.at, period)?;
        self.withdrawal = Some(withdrawal);
        Ok(Some(self.unmoved(Some(OrderMailKind::Withdrawn))))
    }

    /// Records that the goods came back. `None` if that is known.
    ///
    /// # Errors
    /// [`ReportError::InvalidState`] if nothing was shipped.
    pub(super) fn mark_returned(&mut self, now: Time) -> Result<Option<OrderChange>, ReportError> {
        if !matches!(self.state, OrderState::Shipped | OrderState::Delivered) {
            return Err(ReportError::InvalidState(self.state.as_str()));
        }
        if self.returned_at.is_some() {
            return Ok(None);
        }
        self.returned_at = Some(now);
        Ok(Some(self.unmoved(None)))
    }

    /// Records what was refunded so far. `None` if that amount is known. A withdrawn order that was not shipped ends when
    /// its customer has got everything back.
    ///
    /// # Errors
    /// [`ReportError::InvalidState`] if the order was never placed, [`ReportError::InvalidRefund`] if the amount is in
    /// another currency, zero, less than what was refunded before or more than the order cost.
    pub(super) fn mark_refunded(&mut self, amount: &Money, now: Time) -> Result<Option<OrderChange>, ReportError> {
        if self.placed_at.is_none() {
            return Err(ReportError::InvalidState(self.state.as_str()));
        }
        let known = self.refund.as_ref().map(|refund| &refund.amount);
        if known == Some(amount) {
            return Ok(None);
        }
        let grows = known.is_none_or(|known| known.is_at_most(amount)) && amount.minor > 0;
        if !grows || !amount.is_at_most(&self.item.price) {
            return Err(ReportError::InvalidRefund);
        }
        self.refund = Some(Refund { amount: amount.clone(), at: now });
        let mail = Some(OrderMailKind::Refunded);
        let is_undone = self.withdrawal.is_some() && self.is_refunded_in_full();
        if is_undone && matches!(self.state, OrderState::Placed | OrderState::Fulfilling) {
            // Nothing is shipped any more. The order ends, which frees its slot.
            let cancellation = Cancellation { by: CancelledBy::Customer, reason: None };
            return Ok(Some(OrderChange { mail, ..self.mark_cancelled(cancellation, now) }));
        }
        Ok(Some(self.unmoved(mail)))
    }

    /// A change that leaves the state as it is.
    fn unmoved(&self, mail: Option<OrderMailKind>) -> OrderChange {
        OrderChange { notification: None, mail, from: self.state, to: self.state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date;
    use crate::fulfilment::{Backend, BackendReport};
    use crate::id::{DeviceId, OrderId};
    use crate::order::{
        CancelRequester, NewOrder, OrderItem, OrderNotification, OrderProblem, OrderTiming, OrderTrigger, Tracking,
    };
    use crate::text::{Asin, SlotId};
    use uuid::Uuid;

    const TWO_WEEKS: Span = Span::from_hours(14 * 24);
    const TIMING: OrderTiming = OrderTiming {
        cancel_window: Span::from_hours(24),
        problem_hold: Span::from_hours(72),
        recheck_every: Span::from_hours(1),
        price_tolerance_percent: 10,
        remind_before: Span::from_hours(24),
        ship_after: Span::from_mins(30),
        deliver_after: Span::from_hours(48),
        carrier_reports_delivery: true,
        assume_delivered_after: Span::from_hours(24),
        withdrawal_period: TWO_WEEKS,
        test_ship_after: Span::from_mins(10),
        test_deliver_after: Span::from_mins(10),
    };

    fn usd(amount: &str) -> Money {
        Money::parse(amount, "USD").unwrap()
    }

    /// An order of Monday, the second of March 2026, at noon.
    fn order(test: bool, problem: Option<OrderProblem>) -> Order {
        let item = OrderItem {
            asin: Asin::parse("B000000001").unwrap(),
            title: "Filter".into(),
            quantity: 3.0,
            unit: "count".into(),
            price: usd("24.99"),
            shipping: None,
            tax_rate: None,
        };
        let (id, device) = (OrderId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
        let slot = SlotId::parse("s").unwrap();
        let new = NewOrder {
            id,
            device,
            slot,
            item,
            test,
            backend: Backend::Manual,
            recipient: None,
            approved_price: None,
            trigger: OrderTrigger::Device,
        };
        Order::place(new, problem, time("2026-03-02T12:00:00Z"), &TIMING).0
    }

    /// The same order after these reports, one each day.
    fn after(reports: &[BackendReport]) -> Order {
        let mut order = order(false, None);
        for (days, report) in (2..).zip(reports) {
            let now = order.opened_at + Span::from_hours(24 * days);
            order.apply_report(report, now, &TIMING).unwrap().unwrap();
        }
        order
    }

    fn shipped() -> BackendReport {
        BackendReport::Shipped { expected_at: None, tracking: crate::order::Tracking::default() }
    }

    fn withdraw(order: &Order, at: &str) -> Result<Option<OrderChange>, WithdrawError> {
        order.clone().withdraw(Withdrawal::new(time(at), ""), TWO_WEEKS)
    }

    fn time(text: &str) -> Time {
        date::parse(text).unwrap()
    }

    #[test]
    fn a_period_ends_with_its_last_day_and_never_at_a_weekend() {
        let ends = |from: &str, days: i64| end_of_period(time(from), Span::from_hours(days * 24)).to_rfc3339_millis();
        // The second of March 2026 is a Monday.
        for (from, days, end) in [
            ("2026-03-02T09:30:00Z", 14, "2026-03-17T00:00:00.000Z"),
            ("2026-03-02T00:00:00Z", 14, "2026-03-17T00:00:00.000Z"),
            ("2026-03-02T23:59:59Z", 14, "2026-03-17T00:00:00.000Z"),
            ("2026-03-06T09:30:00Z", 14, "2026-03-21T00:00:00.000Z"),
            ("2026-03-07T09:30:00Z", 14, "2026-03-24T00:00:00.000Z"),
            ("2026-03-08T09:30:00Z", 14, "2026-03-24T00:00:00.000Z"),
            ("2026-03-09T09:30:00Z", 14, "2026-03-24T00:00:00.000Z"),
            ("2026-02-26T09:30:00Z", 30, "2026-03-31T00:00:00.000Z"),
        ] {
            assert_eq!(ends(from, days), end, "{from} {days}");
        }
    }

    #[test]
    fn a_customer_withdraws_between_the_cancel_window_and_the_end_of_the_period() {
        let done = |order: &Order, at: &str| withdraw(order, at).map(|change| change.unwrap().mail);
        let placed = order(false, None);
        assert_eq!(done(&placed, "2026-03-03T11:59:59Z"), Err(WithdrawError::Cancellable));
        assert_eq!(done(&placed, "2026-03-03T12:00:00Z"), Ok(Some(OrderMailKind::Withdrawn)), "before it ships");
        assert_eq!(done(&after(&[shipped()]), "2026-03-04T13:00:00Z"), Ok(Some(OrderMailKind::Withdrawn)));
        // Delivered on Thursday, the fifth: the last day is Thursday, the nineteenth.
        let delivered = after(&[shipped(), BackendReport::Delivered]);
        assert_eq!(delivered.withdrawal_ends_at(TWO_WEEKS), Some(time("2026-03-20T00:00:00Z")));
        assert_eq!(done(&delivered, "2026-03-19T23:59:59Z"), Ok(Some(OrderMailKind::Withdrawn)));
        assert_eq!(done(&delivered, "2026-03-20T00:00:00Z"), Err(WithdrawError::TooLate));
        assert_eq!(placed.withdrawal_ends_at(TWO_WEEKS), None, "the period begins with the delivery");
    }

    #[test]
    fn a_delivery_that_nobody_reported_counts_as_of_when_it_was_assumed() {
        let mut order = after(&[shipped()]);
        let assumed_at = order.due_at.unwrap();
        order.advance(assumed_at, None, &TIMING).unwrap();
        assert_eq!((order.delivered_at, order.times.ended_at), (None, Some(assumed_at)));
        // Saturday, the seventh; two weeks later it is Saturday again.
        assert_eq!(order.withdrawal_ends_at(TWO_WEEKS), Some(time("2026-03-24T00:00:00Z")));
        order.times.ended_at = None;
        let from_expected = Some(time("2026-03-21T00:00:00Z"));
        assert_eq!(order.withdrawal_ends_at(TWO_WEEKS), from_expected, "an order of an earlier release");
    }

    #[test]
    fn nobody_withdraws_from_what_is_no_contract_or_where_it_is_not_offered() {
        let late = "2026-03-06T12:00:00Z";
        let mut held = order(false, Some(OrderProblem::OutOfStock));
        assert_eq!(withdraw(&held, late), Err(WithdrawError::Cancellable));
        held.cancel(CancelRequester::Customer, time(late)).unwrap();
        assert_eq!(withdraw(&held, late), Err(WithdrawError::NoContract));
        assert_eq!(withdraw(&order(true, None), late), Err(WithdrawError::NotOffered));
        let off = order(false, None).withdraw(Withdrawal::new(time(late), ""), Span::default());
        assert_eq!(off, Err(WithdrawError::NotOffered));
    }

    #[test]
    fn a_withdrawal_is_declared_once_and_moves_nothing() {
        let mut order = after(&[shipped()]);
        let before = order.clone();
        let change = order.withdraw(Withdrawal::new(time("2026-03-05T12:00:00Z"), "Too large"), TWO_WEEKS);
        let change = change.unwrap().unwrap();
        assert_eq!((change.from, change.to, change.notification), (OrderState::Shipped, OrderState::Shipped, None));
        let declared = order.withdrawal.clone();
        assert_eq!(order, Order { withdrawal: declared, ..before });
        let again = order.clone().withdraw(Withdrawal::new(time("2026-03-06T12:00:00Z"), "Other"), TWO_WEEKS);
        assert_eq!(again, Ok(None));
        // Later than any period, too: it was in time.
        assert_eq!(withdraw(&order, "2027-03-06T12:00:00Z"), Ok(None));
        let problem = BackendReport::Problem(OrderProblem::OutOfStock);
        assert_eq!(order.apply_report(&problem, order.opened_at, &TIMING), Ok(None), "it is not held again");
    }

    #[test]
    fn goods_come_back_after_they_left_and_money_up_to_what_was_paid() {
        let now = time("2026-03-10T12:00:00Z");
        let mut order = order(false, None);
        let say = |order: &mut Order, report: &BackendReport| {
            order.apply_report(report, now, &TIMING).map(|change| change.map(|change| change.mail))
        };
        assert_eq!(say(&mut order, &BackendReport::Returned), Err(ReportError::InvalidState("placed")));
        say(&mut order, &shipped()).unwrap();
        assert_eq!(say(&mut order, &BackendReport::Returned), Ok(Some(None)));
        assert_eq!(say(&mut order, &BackendReport::Returned), Ok(None), "again");
        let refunded = |amount| BackendReport::Refunded(usd(amount));
        for (amount, answer) in [
            ("0.00", Err(ReportError::InvalidRefund)),
            ("25.00", Err(ReportError::InvalidRefund)),
            ("10.00", Ok(Some(Some(OrderMailKind::Refunded)))),
            ("10.00", Ok(None)),
            ("9.99", Err(ReportError::InvalidRefund)),
            ("24.99", Ok(Some(Some(OrderMailKind::Refunded)))),
        ] {
            assert_eq!(say(&mut order, &refunded(amount)), answer, "{amount}");
        }
        let euros = BackendReport::Refunded(Money::parse("24.99", "EUR").unwrap());
        assert_eq!(say(&mut order, &euros), Err(ReportError::InvalidRefund));
        let mut held = super::tests::order(false, Some(OrderProblem::OutOfStock));
        assert_eq!(say(&mut held, &refunded("10.00")), Err(ReportError::InvalidState("held")));
        let mut test = super::tests::order(true, None);
        assert_eq!(say(&mut test, &refunded("10.00")), Err(ReportError::InvalidState("placed")));
    }

    #[test]
    fn a_withdrawn_order_that_was_not_shipped_ends_with_its_whole_refund() {
        let mut order = order(false, None);
        let now = order.opened_at + Span::from_hours(25);
        order.withdrawal = Some(Withdrawal::new(now, ""));
        let mut refund = |amount: &str| {
            let report = BackendReport::Refunded(usd(amount));
            order
                .apply_report(&report, now, &TIMING)
                .unwrap()
                .map(|change| (change.to, change.notification, change.mail))
        };
        assert_eq!(refund("5.00"), Some((OrderState::Placed, None, Some(OrderMailKind::Refunded))));
        let ended = (OrderState::Cancelled, Some(OrderNotification::Cancelled), Some(OrderMailKind::Refunded));
        assert_eq!(refund("24.99"), Some(ended));
        assert_eq!(order.times.ended_at, Some(now));
    }

    #[test]
    fn nobody_asks_whether_goods_that_came_back_arrived() {
        let shipped = BackendReport::Shipped { expected_at: None, tracking: Tracking::default() };
        let mut order = after(&[shipped, BackendReport::Returned]);
        let late = order.due_at.unwrap();
        let change = order.advance(late, None, &TIMING).unwrap();
        assert_eq!((change.to, change.mail), (OrderState::Delivered, None));
    }
}
