//! The deletion of an account, after a time in which its customer may think again.
//!
//! Not here: the retention of readings, events and mails, which name no person or end by themselves. Invariants: nothing
//! is deleted before its time. What ends in several transactions can be done again from the start. A parcel on its way
//! still arrives: the account is deleted once no order is open.

use super::customer_key;
use crate::mail::queue;
use crate::session::check_password;
use crate::{App, Error, Result, consent, device, order};
use opendrs_domain::account::{AccountMail, MailRecipient};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::order::CancelRequester;
use opendrs_domain::text::Email;
use opendrs_domain::time::{Span, Time};
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, customer, mail};

/// How many accounts one round deletes.
const BATCH_SIZE: i64 = 20;
/// How long the deletion waits for orders that are still open.
const OPEN_ORDER_WAIT: Span = Span::from_hours(24);

/// When a customer's account is to be deleted, if the customer asked for that.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_deletion(app: &App, id: CustomerId) -> Result<Option<Time>> {
    let mut reader = app.db.reader().await?;
    Ok(customer::find_deletion(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?)
}

/// Plans the deletion of an account, and returns its time.
///
/// # Errors
/// [`crate::FormError::WrongCurrentPassword`]; [`Error::Throttled`] and [`Error::Unavailable`].
pub async fn request_deletion(app: &App, id: CustomerId, password: &str, source: &str) -> Result<Time> {
    let customer = crate::customer::load(app, id).await?;
    check_password(app, &customer, password, source).await?;
    let at = app.now() + app.settings.accounts.deletion_wait;
    let mail = queue::account_mail(app, recipient(app, &customer), AccountMail::DeletionPlanned(at), app.now());
    app.db.write(SetDeletion { shard: app.db.shards().for_customer(id), id, at: Some(at), mail }).await?;
    Ok(at)
}

/// Keeps an account that was to be deleted.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn cancel_deletion(app: &App, id: CustomerId) -> Result<()> {
    let customer = crate::customer::load(app, id).await?;
    let mail = queue::account_mail(app, recipient(app, &customer), AccountMail::DeletionCancelled, app.now());
    Ok(app.db.write(SetDeletion { shard: app.db.shards().for_customer(id), id, at: None, mail }).await?)
}

fn recipient(app: &App, customer: &Customer) -> MailRecipient {
    MailRecipient {
        email: customer.email.clone(),
        name: Some(customer.name.clone()),
        language: customer.language.unwrap_or(app.settings.language),
    }
}

struct SetDeletion {
    shard: i64,
    id: CustomerId,
    at: Option<Time>,
    mail: StoredMail,
}

impl Command for SetDeletion {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        customer_key(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        customer::set_deletion(tx, self.shard, self.id, self.at).await?;
        mail::insert(tx, &self.mail).await
    }
}

/// Deletes the accounts whose time has come, up to one round. Returns how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete_due(app: &App) -> Result<usize> {
    let due = {
        let mut reader = app.db.reader().await?;
        customer::list_deletions(&mut reader.tx()?, app.now(), BATCH_SIZE).await?
    };
    let mut deleted = 0;
    for (shard, id) in due {
        deleted += usize::from(delete_account(app, shard, id).await?);
    }
    Ok(deleted)
}

/// When the next account is to be deleted.
pub(crate) async fn next_deletion(app: &App) -> Result<Option<Time>> {
    let mut reader = app.db.reader().await?;
    Ok(customer::find_next_deletion(&mut reader.tx()?).await?)
}

async fn delete_account(app: &App, shard: i64, id: CustomerId) -> Result<bool> {
    let found = {
        let mut reader = app.db.reader().await?;
        customer::find_by_id(&mut reader.tx()?, shard, id).await?
    };
    // Another node deleted it meanwhile.
    let Some(customer) = found else { return Ok(false) };
    end_devices(app, id).await?;
    cancel_orders(app, id).await?;
    let now = app.now();
    if !order::list_open_for_customer(app, id).await?.is_empty() {
        app.db.write(PostponeDeletion { shard, id, at: now + OPEN_ORDER_WAIT }).await?;
        return Ok(false);
    }
    let mail = queue::account_mail(app, recipient(app, &customer), AccountMail::Deleted, now);
    let email_shard = app.db.shards().for_key(&[customer.email.as_str().as_bytes()]);
    let deleted = app.db.write(DeleteAccount { shard, id, email_shard, email: customer.email, now, mail }).await?;
    if deleted {
        tracing::info!(customer = %id, "an account was deleted as its customer asked");
    }
    Ok(deleted)
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
        for (found, _) in devices {
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

struct PostponeDeletion {
    shard: i64,
    id: CustomerId,
    at: Time,
}

impl Command for PostponeDeletion {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        customer_key(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        // A customer who kept the account meanwhile keeps it.
        match customer::find_deletion(tx, self.shard, self.id).await? {
            Some(_) => customer::set_deletion(tx, self.shard, self.id, Some(self.at)).await,
            None => Ok(()),
        }
    }
}

struct DeleteAccount {
    shard: i64,
    id: CustomerId,
    email_shard: i64,
    email: Email,
    now: Time,
    mail: StoredMail,
}

impl Command for DeleteAccount {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        customer_key(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let email = (self.email_shard, &self.email);
        if !customer::delete(tx, self.shard, self.id, email, self.now).await? {
            return Ok(false);
        }
        mail::insert(tx, &self.mail).await?;
        Ok(true)
    }
}
