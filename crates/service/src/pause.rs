//! A pause of all orders of a customer: the same pause in the rules of each slot of each device.
//!
//! Not here: what a pause does to an order ([`opendrs_domain::rule`]). Invariant: the devices are the customer's own. A
//! device that is linked later is not paused.

use crate::rule::{lock_slot, recheck_now};
use crate::{App, FormError, Result, device as devices};
use opendrs_domain::device::{Device, NamedDevice};
use opendrs_domain::id::{CustomerId, DeviceId};
use opendrs_domain::rule::{OrderPause, RuleFormError, SlotRules};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, rule, subscription};
use std::collections::BTreeSet;

/// Pauses all orders of a customer from a first to a last day, as typed. Held orders are then checked again.
///
/// # Errors
/// [`crate::Error::InvalidForm`] states the day that is wrong; [`crate::Error::Unavailable`]. Then some devices may have
/// the pause already; trying again completes it.
pub async fn pause_all(app: &App, customer: CustomerId, from: Option<&str>, until: Option<&str>) -> Result<()> {
    let pause = OrderPause::parse_form(from, until, app.now()).map_err(FormError::InvalidRule)?;
    let pause = pause.ok_or(FormError::InvalidRule(RuleFormError::MissingPause))?;
    set_all(app, customer, Some(pause)).await
}

/// Ends every pause of a customer. Held orders are then checked again.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn end_all(app: &App, customer: CustomerId) -> Result<()> {
    set_all(app, customer, None).await
}

async fn set_all(app: &App, customer: CustomerId, pause: Option<OrderPause>) -> Result<()> {
    let now = app.now();
    for NamedDevice { device, .. } in devices::list_for_customer(app, customer).await? {
        let shard = app.db.shards().for_unit(device.model, &device.serial);
        let slots = {
            let mut reader = app.db.reader().await?;
            subscription::list_by_device(&mut reader.tx()?, device.in_shard(shard)).await?
        };
        for sub in slots.into_iter().filter(|sub| sub.asin.is_some()) {
            app.db.write(PauseSlot { shard, device: device.clone(), slot: sub.slot, pause, now }).await?;
        }
    }
    Ok(())
}

/// The pauses of a customer that are not over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerPauses {
    /// Whether any slot with a product has one.
    pub is_any: bool,
    /// The pause that all slots with a product have in common.
    pub common: Option<OrderPause>,
    /// The devices for which nothing is ordered now.
    pub paused_devices: BTreeSet<DeviceId>,
}

/// The pauses of a customer's devices.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn find(app: &App, customer: CustomerId) -> Result<CustomerPauses> {
    let now = app.now();
    let (mut found, mut pauses) = (CustomerPauses::default(), Vec::new());
    for NamedDevice { device, .. } in devices::list_for_customer(app, customer).await? {
        let shard = app.db.shards().for_unit(device.model, &device.serial);
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let rules = rule::list_by_device(&mut tx, device.in_shard(shard)).await?;
        let slots = subscription::list_by_device(&mut tx, device.in_shard(shard)).await?;
        let of_slot = |sub: Subscription| {
            rules.iter().find(|(slot, _)| *slot == sub.slot).and_then(|(_, rules)| rules.coming_pause(now))
        };
        let of_device: Vec<_> = slots.into_iter().filter(|sub| sub.asin.is_some()).map(of_slot).collect();
        if !of_device.is_empty() && of_device.iter().all(|pause| pause.is_some_and(|pause| pause.from <= now)) {
            found.paused_devices.insert(device.id);
        }
        pauses.extend(of_device);
    }
    found.is_any = pauses.iter().any(Option::is_some);
    found.common = pauses.first().copied().flatten().filter(|first| pauses.iter().all(|pause| *pause == Some(*first)));
    Ok(found)
}

struct PauseSlot {
    shard: i64,
    device: Device,
    slot: SlotId,
    pause: Option<OrderPause>,
    now: Time,
}

impl Command for PauseSlot {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        let device = self.device.in_shard(self.shard);
        let Some(locked) = lock_slot(tx, (self.shard, &self.device), &self.slot).await? else { return Ok(()) };
        let rules = rule::find(tx, device, &self.slot).await?;
        if rules.pause != self.pause {
            rule::upsert(tx, device, &self.slot, &SlotRules { pause: self.pause, ..rules }).await?;
            recheck_now(tx, device, locked.subscription.and_then(|sub| sub.open_order), self.now).await?;
        }
        Ok(())
    }
}
