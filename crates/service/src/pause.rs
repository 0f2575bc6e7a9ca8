//! A pause of all orders of a customer: the same pause in the rules of each slot of each device.
//!
//! Not here: what a pause does to an order ([`opendrs_domain::rule`]). Invariant: the devices are the customer's own. A
//! device that is linked later is not paused.

use crate::rule::recheck_now;
use crate::{App, FormError, Result, device as devices};
use opendrs_domain::device::Device;
use opendrs_domain::id::CustomerId;
use opendrs_domain::rule::{OrderPause, SlotRules};
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, device, rule, subscription};

/// Pauses all orders of a customer from a first to a last day, as typed. Without days, every pause ends. Held orders
/// are then checked again.
///
/// # Errors
/// [`crate::Error::InvalidForm`] states the day that is wrong; [`crate::Error::Unavailable`]. Then some devices may have
/// the pause already; trying again completes it.
pub async fn pause_all(app: &App, customer: CustomerId, from: Option<&str>, until: Option<&str>) -> Result<()> {
    let now = app.now();
    let pause = OrderPause::parse_form(from, until, now).map_err(FormError::InvalidRule)?;
    for (device, _) in devices::list_for_customer(app, customer).await? {
        let shard = app.db.shards().for_unit(device.model, &device.serial);
        app.db.write(PauseDevice { shard, device, pause, now }).await?;
    }
    Ok(())
}

/// The pause that all slots with a product have in common, unless it is over.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn find_common(app: &App, customer: CustomerId) -> Result<Option<OrderPause>> {
    let now = app.now();
    let mut common = None;
    for (device, _) in devices::list_for_customer(app, customer).await? {
        let shard = app.db.shards().for_unit(device.model, &device.serial);
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let rules = rule::list_by_device(&mut tx, device.in_shard(shard)).await?;
        for sub in subscription::list_by_device(&mut tx, device.in_shard(shard)).await? {
            if sub.asin.is_none() {
                continue;
            }
            let pause = rules.iter().find(|(slot, _)| *slot == sub.slot).and_then(|(_, rules)| rules.coming_pause(now));
            match (pause, common) {
                (Some(pause), None) => common = Some(pause),
                (Some(pause), Some(first)) if pause == first => {}
                _ => return Ok(None),
            }
        }
    }
    Ok(common)
}

struct PauseDevice {
    shard: i64,
    device: Device,
    pause: Option<OrderPause>,
    now: Time,
}

impl Command for PauseDevice {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        let device = self.device.in_shard(self.shard);
        for sub in subscription::list_by_device(tx, device).await? {
            let Some(sub) = subscription::lock(tx, device, &sub.slot).await?.filter(|sub| sub.asin.is_some()) else {
                continue;
            };
            let owner = device::lock(tx, device).await?.filter(|found| found.deregistered_at.is_none());
            if owner.is_none_or(|found| found.customer != self.device.customer) {
                return Ok(());
            }
            let rules = rule::find(tx, device, &sub.slot).await?;
            if rules.pause != self.pause {
                rule::upsert(tx, device, &sub.slot, &SlotRules { pause: self.pause, ..rules }).await?;
                recheck_now(tx, device, sub.open_order, self.now).await?;
            }
        }
        Ok(())
    }
}
