//! Connectors: what a system is asked that takes orders to the door, in one shape for all of them.
//!
//! What it is: the trait, and what comes of asking. What it is not: when a system is asked ([`super::call`]); and a
//! connector for `simulated` and `manual`, where nobody is asked: the clock and an operator say what happens. Invariant: a
//! connector changes nothing here. It brings back words, which go through the order's life as anybody's do; and asked the
//! same thing twice for one order, which happens after a crash, a system does it once.

use super::Job;
use crate::App;
use opendrs_domain::fulfilment::Report;
use opendrs_domain::money::Money;
use opendrs_domain::time::Span;
use opendrs_store::fulfilment::Call;
use std::pin::Pin;

/// What a system said to a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Its words, in their order.
    pub(super) reports: Vec<Report>,
    /// What the order costs there, if it may be placed, or could be if the customer agreed.
    pub(super) price: Option<Money>,
    /// It has the order, which is looked at from now on.
    pub(super) watched: bool,
    /// What an operator should know.
    pub(super) note: Option<String>,
}

/// What came of asking, or what went wrong and so is tried again: a sentence for an operator.
pub(super) type Said = Result<Outcome, String>;

/// What asking will have come to. It ends by the deadline of its requests.
pub(super) type Asking<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A system that takes orders to the door.
pub(super) trait Connector: Send + Sync {
    /// Has it take an order, unless it has it: looked for by our id, quoted for where it has prices and addresses of its
    /// own, and made only if that is within what the customer agreed to.
    fn place<'a>(&'a self, app: &'a App, job: &'a Job, call: &'a Call) -> Asking<'a, Said>;

    /// Has it give an order up, however far it got.
    fn cancel<'a>(&'a self, app: &'a App, job: &'a Job, call: &'a Call) -> Asking<'a, Said>;

    /// How orders stand that it has, each call's in its place; all of them are asked about at once.
    fn status<'a>(&'a self, app: &'a App, calls: &'a [&'a Call]) -> Asking<'a, Vec<Said>>;

    /// How many requests one call takes at most, one after the other.
    fn requests(&self) -> i64;

    /// How often an order is looked at that it has.
    fn poll(&self) -> Span;
}
