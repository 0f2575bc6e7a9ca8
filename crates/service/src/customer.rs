//! Customers, as pages show them.

use crate::{App, Error, FormError, Result};
use opendrs_domain::account::MailRecipient;
use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::text::Email;
use opendrs_domain::time::Time;
use opendrs_domain::zone::Zone;
use opendrs_store::{Command, Tx, customer, device};

/// Loads a customer by id.
///
/// # Errors
/// [`Error::Unavailable`]; [`Error::Internal`] when there is none, since ids come from sessions and devices.
pub async fn load(app: &App, id: CustomerId) -> Result<Customer> {
    let mut reader = app.db.reader().await?;
    let shard = app.db.shards().for_customer(id);
    customer::find_by_id(&mut reader.tx()?, shard, id).await?.ok_or_else(|| Error::missing_row("a customer"))
}

/// The id of the customer with this mail address.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_id_by_email(app: &App, email: &Email) -> Result<Option<CustomerId>> {
    let mut reader = app.db.reader().await?;
    let shard = app.db.shards().for_key(&[email.as_str().as_bytes()]);
    Ok(customer::find_id_by_email(&mut reader.tx()?, shard, email).await?)
}

/// The mail address of the only customer, for a command that names none.
///
/// # Errors
/// [`Error::InvalidCommand`] when there is none, or more than one; [`Error::Unavailable`].
pub async fn find_only_email(app: &App) -> Result<Email> {
    let mut reader = app.db.reader().await?;
    let mut found = customer::list_first(&mut reader.tx()?, 2).await?.into_iter();
    match (found.next(), found.next()) {
        (Some((email, _)), None) => Ok(email),
        (None, _) => Err(Error::InvalidCommand("there is no customer yet: seed one with [[customer]]".into())),
        (Some(_), Some(_)) => {
            Err(Error::InvalidCommand("there are several customers: name one with --customer".into()))
        }
    }
}

/// Whether a customer is blocked.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_blocked(app: &App, id: CustomerId) -> Result<bool> {
    let mut reader = app.db.reader().await?;
    let standing = customer::find_access(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?;
    Ok(standing.blocked_at.is_some())
}

/// Blocks a customer. When this returns, their sessions and the tokens of their apps have ended, on every node. The
/// tokens of their devices are refused, and they cannot sign in. `false` if they were blocked before.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn block(app: &App, id: CustomerId) -> Result<bool> {
    let shard = app.db.shards().for_customer(id);
    Ok(app.db.write(SetBlocked { shard, id, blocked_since: Some(app.now()) }).await?)
}

/// Allows a blocked customer to sign in again. The tokens of their devices are accepted again, because a device cannot
/// be linked again without its customer. Apps and browsers need the password again. `false` if they were not blocked.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn unblock(app: &App, id: CustomerId) -> Result<bool> {
    let shard = app.db.shards().for_customer(id);
    Ok(app.db.write(SetBlocked { shard, id, blocked_since: None }).await?)
}

struct SetBlocked {
    shard: i64,
    id: CustomerId,
    blocked_since: Option<Time>,
}

impl Command for SetBlocked {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        set_blocked(tx, self.shard, self.id, self.blocked_since).await
    }
}

/// Blocks a customer, or ends the block; `false` if nothing changed.
pub(crate) async fn set_blocked(
    tx: &mut Tx<'_>,
    shard: i64,
    id: CustomerId,
    since: Option<Time>,
) -> opendrs_store::Result<bool> {
    // The customer's row first: a sign-up that links a device locks it.
    let changed = match since {
        Some(at) => customer::block(tx, shard, id, at).await?,
        None => customer::unblock(tx, shard, id).await?,
    };
    if changed {
        device::set_suspended(tx, id, since).await?;
    }
    Ok(changed)
}

/// Sets a customer's shipping address.
///
/// # Errors
/// [`Error::InvalidForm`] names the part that is missing; [`Error::Unavailable`].
pub async fn set_address(app: &App, id: CustomerId, address: Address) -> Result<()> {
    let address = address.validated().map_err(FormError::Address)?;
    let shard = app.db.shards().for_customer(id);
    Ok(app.db.write(SetCustomerAddress { shard, id, address }).await?)
}

struct SetCustomerAddress {
    shard: i64,
    id: CustomerId,
    address: Address,
}

impl Command for SetCustomerAddress {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        customer::set_address(tx, self.shard, self.id, &self.address).await
    }
}

/// Sets the language of a customer's mails.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn set_language(app: &App, id: CustomerId, language: Language) -> Result<()> {
    let shard = app.db.shards().for_customer(id);
    Ok(app.db.write(SetCustomerLanguage { shard, id, language }).await?)
}

/// Sets the time zone of a customer's pages and mails. An empty name removes the choice.
///
/// # Errors
/// [`FormError::Malformed`] for a name of no zone; [`Error::Unavailable`].
pub async fn set_zone(app: &App, id: CustomerId, name: &str) -> Result<()> {
    let chosen = Some(name).filter(|name| !name.is_empty());
    let zone = chosen.map(Zone::parse).transpose().map_err(Error::malformed)?;
    let shard = app.db.shards().for_customer(id);
    Ok(app.db.write(SetCustomerZone { shard, id, zone }).await?)
}

struct SetCustomerZone {
    shard: i64,
    id: CustomerId,
    zone: Option<Zone>,
}

impl Command for SetCustomerZone {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        customer::set_zone(tx, self.shard, self.id, self.zone).await
    }
}

/// Sets the language of a customer, if none is set.
pub(crate) async fn set_language_if_unset(app: &App, id: CustomerId, language: Language) -> Result<()> {
    match load(app, id).await?.language {
        Some(_) => Ok(()),
        None => set_language(app, id, language).await,
    }
}

struct SetCustomerLanguage {
    shard: i64,
    id: CustomerId,
    language: Language,
}

impl Command for SetCustomerLanguage {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.id.0.as_u64_pair().1
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        customer::set_language(tx, self.shard, self.id, self.language).await
    }
}

/// The recipient of a mail to a customer.
pub(crate) fn mail_recipient(app: &App, customer: &Customer) -> MailRecipient {
    MailRecipient {
        email: customer.email.clone(),
        name: Some(customer.name.clone()),
        language: customer.language.unwrap_or(app.settings.language),
        zone: Some(customer.zone_preferences(app.settings.zone).resolve()),
    }
}
