//! Why an order is held.
//!
//! Not here: what is done about it ([`super::life`]). Invariant: each problem says who can resolve it.

/// What keeps an order from being placed: what nobody here can change, or a rule of the customer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The customer has no address to ship to.
    Address,
    /// The product is not available.
    OutOfStock,
    /// It cannot be paid for.
    Payment,
    /// The back end has not said yet that it takes the order.
    Unconfirmed,
    /// It is dearer than the customer allows.
    Price,
    /// The customer wants to be asked.
    Ask,
    /// There were as many orders as the customer allows.
    Limit,
    /// The customer wants no orders at this time.
    Paused,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Problem; 8] = [
        Problem::Address,
        Problem::OutOfStock,
        Problem::Payment,
        Problem::Unconfirmed,
        Problem::Price,
        Problem::Ask,
        Problem::Limit,
        Problem::Paused,
    ];

    /// The store's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Problem::Address => "address",
            Problem::OutOfStock => "out_of_stock",
            Problem::Payment => "payment",
            Problem::Unconfirmed => "unconfirmed",
            Problem::Price => "price",
            Problem::Ask => "ask",
            Problem::Limit => "limit",
            Problem::Paused => "paused",
        }
    }

    /// Reads the store's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }

    /// Whether the customer's word alone resolves it.
    #[must_use]
    pub fn asks_customer(self) -> bool {
        matches!(self, Problem::Price | Problem::Ask | Problem::Limit | Problem::Paused)
    }

    /// Whether nothing is ordered unless the customer does something: they are reminded of it once.
    #[must_use]
    pub fn needs_customer(self) -> bool {
        matches!(self, Problem::Address | Problem::Payment | Problem::Price | Problem::Ask | Problem::Limit)
    }
}
