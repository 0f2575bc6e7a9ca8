//! Consents of a customer, and their withdrawal (docs/spec/registrations.md#withdrawal-of-consent).
//!
//! What it is: the withdrawal of consent to one security profile. It ends every token under that consent and removes
//! all devices that the customer has of its maker. The reason is that a unit that was linked again through another
//! profile of the maker keeps the tokens of the first. What it is not: the removal of one device ([`crate::device`]).
//! Invariant: the consent ends first, then the devices, each in its own transaction. Until the last device is removed,
//! the consent's row marks the withdrawal as unfinished. The worker finishes it, or a sign-up that would grant the
//! consent again.

use crate::notification::EventIds;
use crate::{App, Result, device, ordering_key};
use futures_util::future::try_join_all;
use opendrs_domain::consent::{Consent, ConsentGeneration};
use opendrs_domain::device::{Device, NamedDevice};
use opendrs_domain::id::{CustomerId, ProfileId};
use opendrs_domain::time::Time;
use opendrs_store::consent::{self as store, PendingWithdrawal};
use opendrs_store::{Command, Tx, device as devices, profile};

pub use opendrs_store::consent::ConsentSummary;

/// How many devices are removed in parallel: they share commits.
const REMOVAL_BATCH_SIZE: i64 = 64;
/// How many unfinished withdrawals one round finishes.
const WITHDRAWAL_BATCH_SIZE: i64 = 32;

/// All consents of a customer, oldest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_for_customer(app: &App, customer: CustomerId) -> Result<Vec<ConsentSummary>> {
    let mut reader = app.db.reader().await?;
    Ok(store::list_by_customer(&mut reader.tx()?, app.db.shards().for_customer(customer), customer).await?)
}

/// The devices that a withdrawal of consent to a profile would remove, with their names. Only the first ones
/// are listed.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_affected_devices(app: &App, customer: CustomerId, profile: ProfileId) -> Result<Vec<NamedDevice>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let Some(profile) = profile::find_by_id(&mut tx, profile).await? else { return Ok(Vec::new()) };
    Ok(devices::list_by_maker(&mut tx, customer, profile.maker, REMOVAL_BATCH_SIZE).await?)
}

/// Withdraws a consent. When this returns, its tokens have ended on every node, its devices are removed and their
/// events are written. `false` if there was no consent.
///
/// # Errors
/// [`crate::Error::Unavailable`]; a withdrawal that began is finished all the same.
pub async fn withdraw(app: &App, customer: CustomerId, profile: ProfileId) -> Result<bool> {
    let (shard, random) = (app.db.shards().for_customer(customer), app.ids.random_bytes());
    match app.db.write(WithdrawConsent { shard, customer, profile, random, now: app.now() }).await? {
        Some(ending) => finish_withdrawal(app, ending).await.map(|()| true),
        None => Ok(false),
    }
}

/// The present consent.
pub(crate) async fn find(app: &App, customer: CustomerId, profile: ProfileId) -> Result<Option<Consent>> {
    let shard = app.db.shards().for_customer(customer);
    let mut reader = app.db.reader().await?;
    Ok(store::find(&mut reader.tx()?, shard, customer, profile).await?)
}

/// Finishes withdrawals that a process left unfinished, up to one round. Returns their number.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn finish_withdrawals(app: &App) -> Result<usize> {
    let found = {
        let mut reader = app.db.reader().await?;
        store::list_pending_withdrawals(&mut reader.tx()?, app.now(), WITHDRAWAL_BATCH_SIZE).await?
    };
    for ending in &found {
        finish_withdrawal(app, *ending).await?;
    }
    Ok(found.len())
}

/// Removes the devices that end with a withdrawal, and then marks it as finished.
pub(crate) async fn finish_withdrawal(app: &App, of: PendingWithdrawal) -> Result<()> {
    loop {
        let found = list_affected_devices(app, of.customer, of.profile).await?;
        if found.is_empty() {
            return Ok(app.db.write(FinishWithdrawal(of)).await?);
        }
        let ends = found.into_iter().map(|NamedDevice { device, .. }| {
            let (now, shard) = (app.now(), app.db.shards().for_unit(device.model, &device.serial));
            app.db.write(RemoveAffectedDevice {
                withdrawal: of,
                shard,
                device,
                event_ids: EventIds::allocate(app, now),
                now,
            })
        });
        let ended: Vec<bool> = try_join_all(ends).await?;
        if ended.contains(&false) {
            // Another task finished it, and the devices there now may have been linked since.
            return Ok(());
        }
    }
}

struct WithdrawConsent {
    shard: i64,
    customer: CustomerId,
    profile: ProfileId,
    random: [u8; 4],
    now: Time,
}

impl Command for WithdrawConsent {
    /// The withdrawal that is to be finished, if there is one.
    type Output = Option<PendingWithdrawal>;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let Self { shard, customer, profile, .. } = *self;
        let Some(found) = store::lock(tx, shard, customer, profile).await? else { return Ok(None) };
        let of = |mark| PendingWithdrawal { shard, customer, profile, generation: mark };
        if found.withdrawal_pending_since.is_some() {
            return Ok(found.generation.map(of));
        }
        if !found.is_granted() {
            return Ok(None);
        }
        let ending = of(ConsentGeneration::next(found.generation, self.random));
        store::withdraw(tx, ending, self.now).await?;
        Ok(Some(ending))
    }
}

/// Removes one device, while its withdrawal is not finished.
struct RemoveAffectedDevice {
    withdrawal: PendingWithdrawal,
    shard: i64,
    device: Device,
    event_ids: EventIds,
    now: Time,
}

impl Command for RemoveAffectedDevice {
    /// Whether it was removed; `false` if the withdrawal is finished.
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        // The device was found before this read, so it was not linked after the end of the withdrawal.
        let consent = store::find(tx, self.withdrawal.shard, self.withdrawal.customer, self.withdrawal.profile).await?;
        let under_way = consent.is_some_and(|found| {
            found.withdrawal_pending_since.is_some() && found.generation == Some(self.withdrawal.generation)
        });
        if under_way {
            device::end_registration_and_mail(tx, self.device.in_shard(self.shard), self.event_ids.at(self.now))
                .await?;
        }
        Ok(under_way)
    }
}

struct FinishWithdrawal(PendingWithdrawal);

impl Command for FinishWithdrawal {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.0.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        store::finish_withdrawal(tx, self.0).await
    }
}
