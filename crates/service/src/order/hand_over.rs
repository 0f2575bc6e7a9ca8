//! The hand-over of an order to a back end that is called.
//!
//! Not here: the calls themselves ([`crate::fulfilment::backend_call`]). Invariant: a call is requested in the transaction
//! of the change that asks for it.

use opendrs_domain::fulfilment::Backend;
use opendrs_domain::order::{Order, OrderProblem, OrderState};
use opendrs_domain::time::Time;
use opendrs_store::{Tx, fulfilment};

/// What keeps an order from being placed once nothing else does: a back end that is called has to take it first.
pub(crate) fn initial_problem(test: bool, backend: Backend) -> Option<OrderProblem> {
    (backend.is_external() && !test).then_some(OrderProblem::AwaitingBackend)
}

/// Has the back end of a changed order called, if the change asks for it.
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
