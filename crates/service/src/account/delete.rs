//! The deletion of an account, after a time in which its customer may think again.
//!
//! Not here: the retention of readings, events and mails, which name no person or end by themselves. Invariants: nothing
//! is deleted before its time. Once the deletion has begun, nobody signs in, links a device or keeps the account. Each
//! step can be done again, so an interrupted deletion goes on. A parcel on its way still arrives: the account is deleted
//! once no order is open.

use crate::customer::mail_recipient;
use crate::mail::queue;
use crate::session::check_password;
use crate::{App, Error, Result, consent, device, order, ordering_key};
use opendrs_domain::account::AccountMail;
use opendrs_domain::customer::Customer;
use opendrs_domain::device::NamedDevice;
use opendrs_domain::id::CustomerId;
use opendrs_domain::order::CancelRequester;
use opendrs_domain::time::{Span, Time};
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Shards, Tx, account, customer, export, mail};

/// How many accounts one round deletes.
const BATCH_SIZE: i64 = 20;
/// How long the deletion waits for orders that are still open, and after a failure.
const RETRY_WAIT: Span = Span::from_hours(24);

/// When a customer's account is to be deleted, if the customer asked for that.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_deletion(app: &App, id: CustomerId) -> Result<Option<Time>> {
    let mut reader = app.db.reader().await?;
    Ok(account::find_deletion(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?)
}

/// When an account is deleted whose customer asks for that now.
#[must_use]
pub fn deletion_time(app: &App) -> Time {
    app.now() + app.settings.accounts.deletion_wait
}

/// Plans the deletion of an account, and returns its time. A deletion that is planned keeps its time.
///
/// # Errors
/// [`crate::FormError::WrongCurrentPassword`]; [`Error::Throttled`] and [`Error::Unavailable`].
pub async fn request_deletion(app: &App, id: CustomerId, password: &str, source: &str) -> Result<Time> {
    let customer = crate::customer::load(app, id).await?;
    check_password(app, &customer, password, source).await?;
    let at = deletion_time(app);
    let mail = queue::account_mail(app, mail_recipient(app, &customer), AccountMail::DeletionPlanned(at), app.now());
    Ok(app.db.write(PlanDeletion { shard: app.db.shards().for_customer(id), id, at, mail }).await?)
}

/// Keeps an account that was to be deleted. `false` if it was not, or its deletion has begun.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn cancel_deletion(app: &App, id: CustomerId) -> Result<bool> {
    let customer = crate::customer::load(app, id).await?;
    let mail = queue::account_mail(app, mail_recipient(app, &customer), AccountMail::DeletionCancelled, app.now());
    Ok(app.db.write(CancelDeletion { shard: app.db.shards().for_customer(id), id, mail }).await?)
}

struct PlanDeletion {
    shard: i64,
    id: CustomerId,
    at: Time,
    mail: StoredMail,
}

impl Command for PlanDeletion {
    type Output = Time;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Time> {
        account::lock_credentials(tx, self.shard, self.id).await?;
        if let Some(planned) = account::find_deletion(tx, self.shard, self.id).await? {
            return Ok(planned);
        }
        account::plan_deletion(tx, self.shard, self.id, self.at).await?;
        mail::insert(tx, &self.mail).await?;
        Ok(self.at)
    }
}

struct CancelDeletion {
    shard: i64,
    id: CustomerId,
    mail: StoredMail,
}

impl Command for CancelDeletion {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let kept = account::cancel_deletion(tx, self.shard, self.id).await?;
        if kept {
            mail::insert(tx, &self.mail).await?;
        }
        Ok(kept)
    }
}

/// Deletes the accounts whose time has come, up to one round. Returns how many. An account that fails is tried again a
/// day later, and delays no other.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete_due(app: &App) -> Result<usize> {
    let due = {
        let mut reader = app.db.reader().await?;
        account::list_deletions(&mut reader.tx()?, app.now(), BATCH_SIZE).await?
    };
    let mut deleted = 0;
    for id in due {
        match delete_account(app, id).await {
            Ok(done) => deleted += usize::from(done),
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(customer = %id, error = error.message_with_cause(), "an account could not be deleted");
                postpone(app, id).await?;
            }
        }
    }
    Ok(deleted)
}

/// When the next account is to be deleted.
pub(crate) async fn next_deletion(app: &App) -> Result<Option<Time>> {
    let mut reader = app.db.reader().await?;
    Ok(account::find_next_deletion(&mut reader.tx()?).await?)
}

async fn delete_account(app: &App, id: CustomerId) -> Result<bool> {
    let shard = app.db.shards().for_customer(id);
    let Some(customer) = app.db.write(BeginDeletion { shard, id, now: app.now() }).await? else { return Ok(false) };
    end_devices(app, id).await?;
    cancel_orders(app, id).await?;
    if !order::list_open_for_customer(app, id).await?.is_empty() {
        postpone(app, id).await?;
        return Ok(false);
    }
    let mail = queue::account_mail(app, mail_recipient(app, &customer), AccountMail::Deleted, app.now());
    let deleted = app.db.write(DeleteAccount { shards: app.db.shards(), id, mail }).await?;
    if deleted {
        // If this process ends here, the worker's next purge does it.
        order::purge(app).await?;
        tracing::info!(customer = %id, "an account was deleted as its customer asked");
    }
    Ok(deleted)
}

async fn postpone(app: &App, id: CustomerId) -> Result<()> {
    let shard = app.db.shards().for_customer(id);
    Ok(app.db.write(PostponeDeletion { shard, id, at: app.now() + RETRY_WAIT }).await?)
}

/// Withdraws every consent, and removes every device.
async fn end_devices(app: &App, id: CustomerId) -> Result<()> {
    for given in consent::list_for_customer(app, id).await? {
        consent::withdraw(app, id, given.profile).await?;
    }
    loop {
        let devices = device::list_for_customer(app, id).await?;
        if devices.is_empty() {
            return Ok(());
        }
        for NamedDevice { device: found, .. } in devices {
            device::remove(app, found).await?;
        }
    }
}

/// Cancels the orders that can still be cancelled.
async fn cancel_orders(app: &App, id: CustomerId) -> Result<()> {
    for open in order::list_open_for_customer(app, id).await? {
        let instance = open.instance_id().to_string();
        let owned = order::find_for_customer(app, id, &instance).await?;
        match order::cancel_order(app, &owned.caller, &instance, CancelRequester::Customer).await {
            Ok(()) | Err(Error::CancelRejected(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Begins a deletion whose time has come: the customer is blocked, and their export is removed.
struct BeginDeletion {
    shard: i64,
    id: CustomerId,
    now: Time,
}

impl Command for BeginDeletion {
    /// The customer; `None` if the account is kept, or was deleted meanwhile.
    type Output = Option<Customer>;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        account::lock_credentials(tx, self.shard, self.id).await?;
        let planned = account::find_deletion(tx, self.shard, self.id).await?;
        if planned.is_none_or(|at| at > self.now) {
            return Ok(None);
        }
        crate::customer::set_blocked(tx, self.shard, self.id, Some(self.now)).await?;
        export::delete(tx, self.shard, self.id).await?;
        customer::find_by_id(tx, self.shard, self.id).await
    }
}

struct PostponeDeletion {
    shard: i64,
    id: CustomerId,
    at: Time,
}

impl Command for PostponeDeletion {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        account::lock_credentials(tx, self.shard, self.id).await?;
        match account::find_deletion(tx, self.shard, self.id).await? {
            Some(_) => account::plan_deletion(tx, self.shard, self.id, self.at).await,
            None => Ok(()),
        }
    }
}

/// Deletes the account, and what its orders and devices say of the person.
struct DeleteAccount {
    shards: Shards,
    id: CustomerId,
    mail: StoredMail,
}

impl Command for DeleteAccount {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let shard = self.shards.for_customer(self.id);
        // The address as it is now: a link may have changed it before the deletion began.
        let Some(found) = account::lock_credentials(tx, shard, self.id).await? else { return Ok(false) };
        let email = found.state.email;
        account::release_email(tx, self.shards.for_key(&[email.as_str().as_bytes()]), &email, self.id).await?;
        account::delete(tx, shard, self.id).await?;
        mail::insert(tx, &self.mail).await?;
        Ok(true)
    }
}
