//! A back end's report about an order, from any source.
//!
//! Not here: how a report arrives. Invariant: every report goes through [`apply_report`] or the record of a call. A
//! repeated report changes nothing.

use super::job::{FulfilmentJob, find_job};
use crate::notification::EventIds;
use crate::order::{lock_order, save_and_notify};
use crate::{App, Result};
use opendrs_domain::device::Device;
use opendrs_domain::fulfilment::BackendReport;
use opendrs_domain::id::OrderId;
use opendrs_domain::order::{Order, OrderState, OrderTiming, ReportError};
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, fulfilment};

/// The source of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportSource {
    /// The back end of the order.
    Backend,
    /// An operator. A back end that is called is informed.
    Operator {
        /// Whether the order may be shipped although its customer was promised that they can still cancel it.
        force: bool,
    },
}

/// The order after a report.
#[derive(Clone, Debug)]
pub struct ReportedOrder {
    /// The order.
    pub order: Order,
    /// Whether the report changed it.
    pub changed: bool,
}

/// Applies a report to an order.
///
/// # Errors
/// [`crate::Error::UnknownOrder`], [`crate::Error::ReportRejected`], [`crate::Error::Unavailable`].
pub async fn apply_report(app: &App, instance: &str, report: BackendReport, by: ReportSource) -> Result<ReportedOrder> {
    let FulfilmentJob { order, device, shard, .. } = find_job(app, instance).await?;
    let now = app.now();
    let event_ids = EventIds::allocate(app, now);
    let command =
        ApplyReport { shard, device, id: order.id, report, source: by, event_ids, timing: app.settings.timing, now };
    Ok(app.db.write(command).await??)
}

struct ApplyReport {
    shard: i64,
    device: Device,
    id: OrderId,
    report: BackendReport,
    source: ReportSource,
    event_ids: EventIds,
    timing: OrderTiming,
    now: Time,
}

impl Command for ApplyReport {
    type Output = Result<ReportedOrder, ReportError>;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let found = lock_order(tx, self.device.in_shard(self.shard), self.id).await?;
        let Some((_, mut order)) = found else { return Ok(Err(ReportError::InvalidState("gone"))) };
        let before = order.clone();
        let change = match order.apply_report(&self.report, self.now, &self.timing) {
            // A back end reports what has happened already. An operator is about to do it.
            Ok(Some(change)) if change.from == OrderState::Placed && change.to == OrderState::Shipped => {
                let promised = before.check_cancel_window(self.now);
                match (self.source, promised) {
                    (ReportSource::Operator { force: false }, Err(refused)) => return Ok(Err(refused)),
                    _ => change,
                }
            }
            Ok(Some(change)) => change,
            Ok(None) => return Ok(Ok(ReportedOrder { order, changed: false })),
            Err(refused) => return Ok(Err(refused)),
        };
        save_and_notify(tx, self.shard, &self.device, &order, change, self.event_ids.at(self.now)).await?;
        // A back end is not called about what it reported itself.
        let settles = match self.report {
            BackendReport::Cancelled(_) => true,
            // It may have crossed the call about a withdrawal, which then still has to be made, unless the customer has
            // got everything back.
            _ => order.withdrawal.is_none() || order.is_refunded_in_full(),
        };
        if order.backend.is_external() && self.source == ReportSource::Backend && settles {
            fulfilment::record_result(tx, self.shard, order.id, None, None).await?;
        }
        Ok(Ok(ReportedOrder { order, changed: true }))
    }
}
