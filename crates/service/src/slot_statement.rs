//! What an owner states of a slot: when they replaced its consumable, and how much they have in stock.
//!
//! Not here: readings ([`crate::reading`]). Invariant: no order and no notification depends on a statement.

use crate::token::DeviceCaller;
use crate::{App, Error, FormError, Result, customer, ordering_key};
use opendrs_domain::device::Device;
use opendrs_domain::slot_statement::{SlotStatement, StatementForm, TypedStatement};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, device, model, slot_statement};

/// What the owner states of the slots of a caller's device.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_for_device(app: &App, caller: &DeviceCaller) -> Result<Vec<(SlotId, SlotStatement)>> {
    let mut reader = app.db.reader().await?;
    Ok(slot_statement::list_by_device(&mut reader.tx()?, caller.device_ref()).await?)
}

/// Today, as a calendar day of a device's owner.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn today(app: &App, caller: &DeviceCaller) -> Result<Time> {
    let owner = customer::load(app, caller.device.customer).await?;
    Ok(owner.zone_preferences(app.settings.zone).resolve().calendar_day(app.now()))
}

/// Replaces what the owner states of a slot by what they typed. Without a form the statement is removed.
///
/// # Errors
/// [`FormError::InvalidStatement`]; [`FormError::Malformed`] for a slot that the device does not have;
/// [`Error::InvalidToken`] when the registration ended meanwhile; [`Error::Unavailable`].
pub async fn state(app: &App, caller: &DeviceCaller, slot: &str, form: Option<StatementForm<'_>>) -> Result<()> {
    let slot = SlotId::parse(slot).map_err(Error::malformed)?;
    let today = today(app, caller).await?;
    let typed = form.map(|form| form.parse(today)).transpose().map_err(FormError::InvalidStatement)?;
    let (shard, device, now) = (caller.shard, caller.device.clone(), app.now());
    app.db.write(SaveStatement { shard, device, slot, typed, now }).await?
}

struct SaveStatement {
    shard: i64,
    device: Device,
    slot: SlotId,
    /// `None` removes the statement.
    typed: Option<TypedStatement>,
    now: Time,
}

impl Command for SaveStatement {
    type Output = Result<()>;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let named = self.device.in_shard(self.shard);
        let found = device::lock(tx, named).await?;
        if !found.is_some_and(|found| found.deregistered_at.is_none() && found.customer == self.device.customer) {
            return Ok(Err(Error::InvalidToken));
        }
        if model::list_slots(tx, self.device.model).await?.iter().all(|slot| slot.id != self.slot) {
            return Ok(Err(Error::malformed("the device does not have this slot")));
        }
        let statement = match self.typed {
            Some(typed) => slot_statement::find(tx, named, &self.slot).await?.restate(typed, self.now),
            None => SlotStatement::default(),
        };
        slot_statement::save(tx, named, &self.slot, &statement).await?;
        Ok(Ok(()))
    }
}
