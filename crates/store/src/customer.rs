//! Customers: their row, and the row that reserves an e-mail address for one customer.
//!
//! Invariant: an e-mail address belongs to at most one customer.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::order::Recipient;
use opendrs_domain::session::Session;
use opendrs_domain::text::Email;
use opendrs_domain::time::Time;
use opendrs_domain::zone::Zone;

/// Reads a postal address from a column.
fn read_address(row: &DbRow<'_>, column: usize) -> Result<Option<Address>> {
    let text: Option<String> = row.get(column)?;
    let bad = |e: serde_json::Error| Error::InvalidRow { query: row.query.sql().name, column, found: e.to_string() };
    text.map(|text| serde_json::from_str(&text)).transpose().map_err(bad)
}

/// Reads name, mail and address from three columns, beginning with `first`. `None` if the name or the mail is not
/// known.
pub(crate) fn read_recipient(row: &DbRow<'_>, first: usize) -> Result<Option<Recipient>> {
    let (name, email): (Option<String>, Option<Email>) = (row.get(first)?, row.get(first + 1)?);
    let Some((name, email)) = name.zip(email) else { return Ok(None) };
    Ok(Some(Recipient { name, email, address: read_address(row, first + 2)? }))
}

impl FromRow for Customer {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            email: row.get(1)?,
            name: row.get(2)?,
            address: read_address(row, 3)?,
            created_at: row.get(4)?,
            // A language that only a later release knows counts as none and is no error.
            language: row.get::<Option<String>>(5)?.as_deref().and_then(Language::parse),
            // The same for a zone.
            zone: row.get::<Option<String>>(6)?.and_then(|name| Zone::parse(&name).ok()),
        })
    }
}

pub(crate) fn address_json(address: Option<&Address>) -> Option<String> {
    address.and_then(|a| serde_json::to_string(a).ok())
}

/// A customer by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<Customer>> {
    tx.query_opt(Query::CustomerById, params![shard, id]).await
}

/// The customer to whom an e-mail address belongs; the shard is the address's.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_id_by_email(tx: &mut Tx<'_>, shard: i64, email: &Email) -> Result<Option<CustomerId>> {
    Ok(tx.query_opt::<(CustomerId,)>(Query::CustomerIdByEmail, params![shard, email]).await?.map(|(id,)| id))
}

/// The first customers by e-mail address, at most `limit`. The command line uses it to find out whether there is only
/// one.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_first(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(Email, CustomerId)>> {
    tx.query_all(Query::CustomersFirst, params![limit]).await
}

/// The first customers of an e-mail address's shard whose address is greater than a text, in the order of addresses.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_emails_after(
    tx: &mut Tx<'_>,
    shard: i64,
    last: &str,
    limit: i64,
) -> Result<Vec<(Email, CustomerId)>> {
    tx.query_all(Query::CustomerEmailsAfter, params![shard, last, limit]).await
}

/// A customer's password hash, empty for an account without a password.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_password_hash(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<String>> {
    Ok(tx.query_opt::<(String,)>(Query::CustomerPassword, params![shard, id]).await?.map(|(hash,)| hash))
}

/// When a customer's password was last changed, if it ever was.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_password_changed_at(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<Time>> {
    Ok(tx.query_opt::<(Option<Time>,)>(Query::CustomerPasswordAt, params![shard, id]).await?.and_then(|(at,)| at))
}

/// What decides whether a customer's sessions, codes and tokens are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CustomerAccess {
    /// When the customer was blocked.
    pub blocked_at: Option<Time>,
    /// How often the customer's sessions, codes and app tokens were ended. Each of them names the generation that it
    /// belongs to.
    pub generation: u32,
    /// When the password was last changed.
    pub password_changed_at: Option<Time>,
}

impl CustomerAccess {
    /// The access of a customer whose account was deleted.
    fn of_nobody() -> Self {
        Self { blocked_at: Some(Time::from_micros(0)), ..Self::default() }
    }

    /// Whether a session is accepted. One from before a change of the password ended with it, because it may belong to a
    /// person who knew the old password.
    #[must_use]
    pub fn accepts(self, session: &Session) -> bool {
        self.accepts_generation(session.generation)
            && self.password_changed_at.is_none_or(|at| session.created_at >= at)
    }

    /// Whether sessions of a generation, and app tokens without a device, are accepted.
    #[must_use]
    pub fn accepts_generation(self, generation: u32) -> bool {
        self.blocked_at.is_none() && self.generation == generation
    }
}

impl FromRow for CustomerAccess {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 1, found };
        let generation = u32::try_from(row.get::<i64>(1)?).map_err(|e| bad(e.to_string()))?;
        Ok(Self { blocked_at: row.get(0)?, generation, password_changed_at: row.get(2)? })
    }
}

/// A customer's access. An unknown customer, whose account was deleted, has none.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_access(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<CustomerAccess> {
    Ok(tx.query_opt(Query::CustomerAccess, params![shard, id]).await?.unwrap_or_else(CustomerAccess::of_nobody))
}

/// A customer's access, locked until this transaction ends: nobody blocks the customer meanwhile.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_access(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<CustomerAccess> {
    Ok(tx.query_opt(Query::CustomerAccessLock, params![shard, id]).await?.unwrap_or_else(CustomerAccess::of_nobody))
}

/// Blocks a customer and ends their sessions, codes and app tokens; `false` if they were blocked before.
///
/// # Errors
/// [`crate::Error`].
pub async fn block(tx: &mut Tx<'_>, shard: i64, id: CustomerId, at: Time) -> Result<bool> {
    Ok(tx.exec(Query::CustomerBlock, params![shard, id, at]).await? > 0)
}

/// Unblocks a customer; `false` if they were not blocked.
///
/// # Errors
/// [`crate::Error`].
pub async fn unblock(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<bool> {
    Ok(tx.exec(Query::CustomerUnblock, params![shard, id]).await? > 0)
}

/// Records that a customer's password was changed.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_password_change(tx: &mut Tx<'_>, shard: i64, id: CustomerId, at: Time) -> Result<()> {
    tx.exec_deferred(Query::CustomerPasswordChanged, params![shard, id, at]).await
}

/// Reserves an e-mail address for a customer; fails if it is taken.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_email(tx: &mut Tx<'_>, shard: i64, email: &Email, id: CustomerId) -> Result<()> {
    tx.exec_deferred(Query::CustomerEmailPut, params![shard, email, id]).await
}

/// Adds a customer, or changes name, password, address and language of the one with that id. An empty hash is an account
/// without a password.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, shard: i64, customer: &Customer, password_hash: &str) -> Result<()> {
    // Only its customer sets a zone.
    let Customer { id, email, name, address, created_at, language, zone: _ } = customer;
    let address = address_json(address.as_ref());
    let language = language.map(Language::tag);
    let params = params![shard, *id, email, name, password_hash, address.as_deref(), *created_at, language];
    tx.exec_deferred(Query::CustomerPut, params).await
}

/// Changes the postal address.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_address(tx: &mut Tx<'_>, shard: i64, id: CustomerId, address: &Address) -> Result<()> {
    tx.exec_deferred(Query::CustomerAddress, params![shard, id, address_json(Some(address)).as_deref()]).await
}

/// Sets the time zone that a customer chose, or removes the choice.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_zone(tx: &mut Tx<'_>, shard: i64, id: CustomerId, zone: Option<Zone>) -> Result<()> {
    tx.exec_deferred(Query::CustomerZone, params![shard, id, zone.map(Zone::name)]).await
}

/// Changes the language of pages and mails.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_language(tx: &mut Tx<'_>, shard: i64, id: CustomerId, language: Language) -> Result<()> {
    tx.exec_deferred(Query::CustomerLanguage, params![shard, id, language.tag()]).await
}
