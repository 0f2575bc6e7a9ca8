//! Problems: why an order is held.
//!
//! Not here: how a problem is handled ([`super::lifecycle`]). Invariant: each problem states who can resolve it.

/// The problem that prevents an order from being placed: an outside condition, or a rule of the customer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderProblem {
    /// The customer has no address to ship to.
    MissingAddress,
    /// The product is not available.
    OutOfStock,
    /// The payment failed.
    PaymentFailed,
    /// The back end has not accepted the order yet.
    AwaitingBackend,
    /// The price is higher than the customer allows.
    PriceTooHigh,
    /// The customer wants to approve each order.
    ApprovalRequired,
    /// The customer's order limit is reached.
    OrderLimitReached,
    /// The customer's pause has begun.
    Paused,
    /// The customer wanted to skip this order.
    Skipped,
}

impl OrderProblem {
    /// Every problem.
    pub const ALL: [OrderProblem; 9] = [
        OrderProblem::MissingAddress,
        OrderProblem::OutOfStock,
        OrderProblem::PaymentFailed,
        OrderProblem::AwaitingBackend,
        OrderProblem::PriceTooHigh,
        OrderProblem::ApprovalRequired,
        OrderProblem::OrderLimitReached,
        OrderProblem::Paused,
        OrderProblem::Skipped,
    ];

    /// The name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OrderProblem::MissingAddress => "address",
            OrderProblem::OutOfStock => "out_of_stock",
            OrderProblem::PaymentFailed => "payment",
            OrderProblem::AwaitingBackend => "unconfirmed",
            OrderProblem::PriceTooHigh => "price",
            OrderProblem::ApprovalRequired => "ask",
            OrderProblem::OrderLimitReached => "limit",
            OrderProblem::Paused => "paused",
            OrderProblem::Skipped => "skipped",
        }
    }

    /// Reads the name in the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }

    /// Whether the customer's decision alone resolves it.
    #[must_use]
    pub fn is_customer_decision(self) -> bool {
        matches!(
            self,
            OrderProblem::PriceTooHigh
                | OrderProblem::ApprovalRequired
                | OrderProblem::OrderLimitReached
                | OrderProblem::Paused
                | OrderProblem::Skipped
        )
    }

    /// Whether it stays until the customer acts; then the customer is reminded once.
    #[must_use]
    pub fn requires_customer_action(self) -> bool {
        matches!(
            self,
            OrderProblem::MissingAddress
                | OrderProblem::PaymentFailed
                | OrderProblem::PriceTooHigh
                | OrderProblem::ApprovalRequired
                | OrderProblem::OrderLimitReached
        )
    }
}
