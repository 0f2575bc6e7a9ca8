//! What a customer consents to, and how they take it back (docs/spec/registrations.md#withdrawal-of-consent).
//!
//! What it is: the withdrawal of one app's consent, which ends every token given under it and removes every device of its
//! maker's that the customer has: a unit that was linked a second time, through another app of the maker, keeps the tokens
//! of the first. What it is not: how one device is removed ([`crate::device`]). Invariant: the consent falls first, then the
//! devices, each in a transaction of its own; until the last is gone the consent's row says that there is something to
//! finish, and whoever comes by finishes it: the worker, or a sign-up that would grant it anew.

use crate::delivery::Stamp;
use crate::{App, Result, device};
use futures_util::future::try_join_all;
use opendrs_domain::consent::{Consent, Mark};
use opendrs_domain::device::Device;
use opendrs_domain::id::{CustomerId, ProfileId};
use opendrs_domain::time::Time;
use opendrs_store::consent::{self as store, Ending};
use opendrs_store::{Tx, Write, device as devices, profile};

pub use opendrs_store::consent::Given;

/// How many devices are removed side by side: they share commits.
const SIDE_BY_SIDE: i64 = 64;
/// How many unfinished withdrawals one round finishes.
const ROUND: i64 = 32;

/// Everything that a customer consents to, oldest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn of_customer(app: &App, customer: CustomerId) -> Result<Vec<Given>> {
    let mut reader = app.db.reader().await?;
    Ok(store::of_customer(&mut reader.tx()?, app.db.shards().of_customer(customer), customer).await?)
}

/// The devices that end with a customer's consent to a profile, with their models' names: the first of them.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn devices(app: &App, customer: CustomerId, profile: ProfileId) -> Result<Vec<(Device, String)>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let Some(profile) = profile::by_id(&mut tx, profile).await? else { return Ok(Vec::new()) };
    Ok(devices::of_maker(&mut tx, customer, profile.maker, SIDE_BY_SIDE).await?)
}

/// Withdraws a consent: when this returns, its tokens are dead on every node, its devices are gone and their maker is
/// told. `false` if there was none.
///
/// # Errors
/// [`crate::Error::Unavailable`]; what was begun is finished all the same.
pub async fn withdraw(app: &App, customer: CustomerId, profile: ProfileId) -> Result<bool> {
    let (shard, random) = (app.db.shards().of_customer(customer), app.ids.bytes());
    match app.db.write(Withdraw { shard, customer, profile, random, now: app.now() }).await? {
        Some(ending) => finish(app, ending).await.map(|()| true),
        None => Ok(false),
    }
}

/// The consent as it is now.
pub(crate) async fn get(app: &App, customer: CustomerId, profile: ProfileId) -> Result<Option<Consent>> {
    let shard = app.db.shards().of_customer(customer);
    let mut reader = app.db.reader().await?;
    Ok(store::get(&mut reader.tx()?, shard, customer, profile).await?)
}

/// Finishes what a process that died left unfinished, a round of it; says how many withdrawals that were.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn finish_all(app: &App) -> Result<usize> {
    let found = {
        let mut reader = app.db.reader().await?;
        store::ending(&mut reader.tx()?, app.now(), ROUND).await?
    };
    for ending in &found {
        finish(app, *ending).await?;
    }
    Ok(found.len())
}

/// Removes the devices that end with a withdrawal, and says so when none is left.
pub(crate) async fn finish(app: &App, of: Ending) -> Result<()> {
    loop {
        let found = devices(app, of.customer, of.profile).await?;
        if found.is_empty() {
            return Ok(app.db.write(Ended(of)).await?);
        }
        let ends = found.into_iter().map(|(device, _)| {
            let (now, shard) = (app.now(), app.db.shards().of_unit(device.model, &device.serial));
            app.db.write(End { of, shard, device, stamp: Stamp::draw(app, now), now })
        });
        let ended: Vec<bool> = try_join_all(ends).await?;
        if ended.contains(&false) {
            // Somebody else finished it, and what is there now may have been linked since.
            return Ok(());
        }
    }
}

/// The writer's key of a customer's consents and of what is issued under them.
pub(crate) fn key(customer: CustomerId) -> u64 {
    customer.0.as_u64_pair().1
}

struct Withdraw {
    shard: i64,
    customer: CustomerId,
    profile: ProfileId,
    random: [u8; 4],
    now: Time,
}

impl Write for Withdraw {
    /// What is to be finished, if anything.
    type Out = Option<Ending>;
    fn key(&self) -> u64 {
        key(self.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let Self { shard, customer, profile, .. } = *self;
        let Some(found) = store::lock(tx, shard, customer, profile).await? else { return Ok(None) };
        let of = |mark| Ending { shard, customer, profile, mark };
        if found.ending_at.is_some() {
            return Ok(found.mark.map(of));
        }
        if !found.stands() {
            return Ok(None);
        }
        let ending = of(Mark::after(found.mark, self.random));
        store::withdraw(tx, ending, self.now).await?;
        Ok(Some(ending))
    }
}

/// Removes one device, as long as the withdrawal that it ends with is not finished.
struct End {
    of: Ending,
    shard: i64,
    device: Device,
    stamp: Stamp,
    now: Time,
}

impl Write for End {
    /// Whether it is gone; `false` if the withdrawal is over.
    type Out = bool;
    fn key(&self) -> u64 {
        device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        // The device was found before this is read: it is none that was linked after the withdrawal was over.
        let consent = store::get(tx, self.of.shard, self.of.customer, self.of.profile).await?;
        let under_way = consent.is_some_and(|found| found.ending_at.is_some() && found.mark == Some(self.of.mark));
        if under_way {
            device::leave(tx, self.shard, self.device.id, (self.stamp, self.now)).await?;
        }
        Ok(under_way)
    }
}

struct Ended(Ending);

impl Write for Ended {
    type Out = ();
    fn key(&self) -> u64 {
        key(self.0.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        store::ended(tx, self.0).await
    }
}
