//! Why an order is held.
//!
//! Not here: what is done about it ([`super::lifecycle`]). Invariant: each problem says who can resolve it.

/// What keeps an order from being placed: what nobody here can change, or a rule of the customer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderProblem {
    /// The customer has no address to ship to.
    MissingAddress,
    /// The product is not available.
    OutOfStock,
    /// It cannot be paid for.
    PaymentFailed,
    /// The back end has not said yet that it takes the order.
    AwaitingBackend,
    /// It is dearer than the customer allows.
    PriceTooHigh,
    /// The customer wants to be asked.
    ApprovalRequired,
    /// There were as many orders as the customer allows.
    OrderLimitReached,
    /// The customer wants no orders at this time.
    Paused,
}

impl OrderProblem {
    /// Every problem.
    pub const ALL: [OrderProblem; 8] = [
        OrderProblem::MissingAddress,
        OrderProblem::OutOfStock,
        OrderProblem::PaymentFailed,
        OrderProblem::AwaitingBackend,
        OrderProblem::PriceTooHigh,
        OrderProblem::ApprovalRequired,
        OrderProblem::OrderLimitReached,
        OrderProblem::Paused,
    ];

    /// The store's word.
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
        }
    }

    /// Reads the store's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }

    /// Whether the customer's word alone resolves it.
    #[must_use]
    pub fn is_customer_decision(self) -> bool {
        matches!(
            self,
            OrderProblem::PriceTooHigh
                | OrderProblem::ApprovalRequired
                | OrderProblem::OrderLimitReached
                | OrderProblem::Paused
        )
    }

    /// Whether nothing is ordered unless the customer does something: they are reminded of it once.
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
