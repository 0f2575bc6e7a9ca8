//! Refusals of order changes.
//!
//! Not here: authorization. Invariant: each text is written for the person who requested the change.

use crate::money::Money;
use crate::time::Time;

/// Why an order cannot be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// The cancel window is over.
    #[error("The order can no longer be cancelled: the time for that is over.")]
    TooLate,
    /// The order is final already.
    #[error("The order is already finished or cancelled.")]
    AlreadyFinal,
    /// Only CancelTestOrder cancels test orders (docs/spec/orders.md#test-orders).
    #[error("A test order is cancelled by its device, with CancelTestOrder.")]
    IsTestOrder,
    /// CancelTestOrder never touches a standard order.
    #[error("This is no test order: the customer cancels it, on the settings page.")]
    IsStandardOrder,
}

/// Why a back end's report is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The order is simulated: only the clock fulfils it.
    #[error("This order is fulfilled by the clock: no back end has it. See [fulfilment] in the settings.")]
    Simulated,
    /// It waits for its customer.
    #[error("The order waits for its customer, or for stock: it reaches its back end when nothing is in its way.")]
    AwaitingCustomer,
    /// Its state does not allow the report.
    #[error("The order is {0}: this change is not possible in that state.")]
    InvalidState(&'static str),
    /// Its customer may cancel it until this time.
    #[error("The customer may cancel this order until {0}: ship it after that, or ship it now with --force.")]
    CancelWindowOpen(Time),
    /// The amount of a refund cannot be right.
    #[error(
        "A refund is in the order's currency, above zero, and at most what the order cost. It states the sum of all \
         refunds so far, so it never gets smaller."
    )]
    InvalidRefund,
}

/// Why a customer cannot withdraw from an order's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawError {
    /// Withdrawals are switched off, or it is a test order.
    #[error("Withdrawals are not offered for this order.")]
    NotOffered,
    /// It can still be cancelled.
    #[error("The order can still be cancelled.")]
    Cancellable,
    /// It was never placed, or it was cancelled: there is nothing to withdraw from.
    #[error("The order is not in force: there is nothing to withdraw from.")]
    NoContract,
    /// The period is over.
    #[error("The period for a withdrawal is over.")]
    TooLate,
}

/// Why an approval has no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApproveError {
    /// The order is placed or final.
    #[error("This order no longer waits for you.")]
    NotHeld,
    /// Its price is not the one that the customer saw.
    #[error("The price has changed meanwhile: it is {0} now. Look at the order again.")]
    PriceChanged(Money),
}
