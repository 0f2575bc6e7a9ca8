//! Requests calls to the back end of an order.
//!
//! Not here: the calls themselves ([`crate::fulfilment::backend_call`]). Invariant: a call is requested in the
//! transaction of the change that causes it.

use opendrs_domain::fulfilment::Backend;
use opendrs_domain::order::{Order, OrderProblem, OrderState};
use opendrs_domain::time::Time;
use opendrs_store::{Tx, fulfilment};

/// The problem of a new order without any other: a back end that is called has to accept it first.
pub(crate) fn initial_problem(test: bool, backend: Backend) -> Option<OrderProblem> {
    (backend.is_external() && !test).then_some(OrderProblem::AwaitingBackend)
}

/// Requests the back-end call that the change of an order causes, if it causes one.
pub(crate) async fn enqueue_backend_call(
    tx: &mut Tx<'_>,
    shard: i64,
    order: &Order,
    now: Time,
) -> opendrs_store::Result<()> {
    match order.state {
        _ if !order.backend.is_external() => Ok(()),
        OrderState::Held if order.problem == Some(OrderProblem::AwaitingBackend) => {
            fulfilment::request_place(tx, shard, order.id, now).await
        }
        OrderState::Cancelled | OrderState::Expired => fulfilment::request_cancel(tx, shard, order.id, now).await,
        _ => Ok(()),
    }
}
