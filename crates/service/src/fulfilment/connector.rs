//! Connectors: what a system is asked that takes orders to the door, in one shape for all of them.
//!
//! What it is: the trait, and what comes of asking. What it is not: when a system is asked ([`super::backend_call`]); and a
//! connector for `simulated` and `manual`, where nobody is asked: the clock and an operator say what happens. Invariant: a
//! connector changes nothing here. It brings back words, which go through the order's life as anybody's do; and asked the
//! same thing twice for one order, which happens after a crash, a system does it once.

use super::job::FulfilmentJob;
use crate::App;
use opendrs_domain::fulfilment::BackendReport;
use opendrs_domain::money::Money;
use opendrs_domain::time::Span;
use opendrs_store::fulfilment::BackendCall;
use std::pin::Pin;

/// What a system said to a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ConnectorOutcome {
    /// Its words, in their order.
    pub(super) reports: Vec<BackendReport>,
    /// What the order costs there, if it may be placed, or could be if the customer agreed.
    pub(super) price: Option<Money>,
    /// It has the order, which is looked at from now on.
    pub(super) is_watched: bool,
    /// What an operator should know.
    pub(super) operator_note: Option<String>,
}

/// What came of asking, or what went wrong and so is tried again: a sentence for an operator.
pub(super) type ConnectorResult = Result<ConnectorOutcome, String>;

/// What asking will have come to. It ends by the deadline of its requests.
pub(super) type ConnectorFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A system that takes orders to the door.
pub(super) trait FulfilmentConnector: Send + Sync {
    /// Has it take an order, unless it has it: looked for by our id, quoted for where it has prices and addresses of its
    /// own, and made only if that is within what the customer agreed to.
    fn place<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        call: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult>;

    /// Has it give an order up, however far it got.
    fn cancel<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        call: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult>;

    /// How orders stand that it has, each call's in its place; all of them are asked about at once.
    fn order_statuses<'a>(
        &'a self,
        app: &'a App,
        calls: &'a [&'a BackendCall],
    ) -> ConnectorFuture<'a, Vec<ConnectorResult>>;

    /// How many requests one call takes at most, one after the other.
    fn max_requests(&self) -> i64;

    /// How often an order is looked at that it has.
    fn poll_interval(&self) -> Span;
}
