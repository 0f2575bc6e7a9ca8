//! Connectors: how external systems that fulfil orders are called, behind one trait.
//!
//! What it is: the trait, and the result of a call. What it is not: the time of a call ([`super::backend_call`]), nor a
//! connector for `simulated` and `manual`. These call no system: the clock or an operator reports. Invariant: a
//! connector changes no order. It returns reports, which are applied like those of any other source. A repeated call
//! for one order, which happens after a crash, has its effect once.

use super::job::FulfilmentJob;
use crate::App;
use opendrs_domain::fulfilment::BackendReport;
use opendrs_domain::money::Money;
use opendrs_domain::time::Span;
use opendrs_store::fulfilment::BackendCall;
use std::pin::Pin;

/// The result of a successful call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ConnectorOutcome {
    /// The reports about the order, in order.
    pub(super) reports: Vec<BackendReport>,
    /// The price of the order at the system, if it may be placed, or could be if the customer agreed.
    pub(super) price: Option<Money>,
    /// The system has the order, which is polled from now on.
    pub(super) is_watched: bool,
    /// A note for the operator.
    pub(super) operator_note: Option<String>,
}

/// The result of a call, or a sentence for the operator about an error after which the call is retried.
pub(super) type ConnectorResult = Result<ConnectorOutcome, String>;

/// The future of a call. It ends by the deadline of its requests.
pub(super) type ConnectorFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An external system that fulfils orders.
pub(super) trait FulfilmentConnector: Send + Sync {
    /// Places an order, unless the system has it. The order is found by our id. Where the system has its own prices and
    /// addresses, it is asked for a quote first. The order is made only if the quote is within what the customer agreed
    /// to.
    fn place<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        call: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult>;

    /// Cancels an order, however far it has come.
    fn cancel<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        call: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult>;

    /// Informs the system that the customer has withdrawn from the contract. What it does about the goods and the money
    /// it reports itself, or an operator does.
    fn withdraw<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        call: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult>;

    /// The states of orders that the system has, one result for each call, in the order of the calls. All are requested
    /// together.
    fn order_statuses<'a>(
        &'a self,
        app: &'a App,
        calls: &'a [&'a BackendCall],
    ) -> ConnectorFuture<'a, Vec<ConnectorResult>>;

    /// The most requests that one call makes, one after the other.
    fn max_requests(&self) -> i64;

    /// The interval between two polls of an order.
    fn poll_interval(&self) -> Span;
}
