//! Customers: their row, and the row that makes an e-mail address theirs alone.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::order::Recipient;
use opendrs_domain::text::Email;
use opendrs_domain::time::Time;

/// An address, as a column has it.
fn address(row: &Row<'_>, column: usize) -> Result<Option<Address>> {
    let text: Option<String> = row.get(column)?;
    let bad = |e: serde_json::Error| Error::BadRow { query: row.query.sql().name, column, found: e.to_string() };
    text.map(|text| serde_json::from_str(&text)).transpose().map_err(bad)
}

/// Name, mail and address, in three columns from this one on; nothing where the name or the mail is not known.
pub(crate) fn recipient(row: &Row<'_>, first: usize) -> Result<Option<Recipient>> {
    let (name, email): (Option<String>, Option<Email>) = (row.get(first)?, row.get(first + 1)?);
    let Some((name, email)) = name.zip(email) else { return Ok(None) };
    Ok(Some(Recipient { name, email, address: address(row, first + 2)? }))
}

impl FromRow for Customer {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            email: row.get(1)?,
            name: row.get(2)?,
            address: address(row, 3)?,
            created_at: row.get(4)?,
            // What a later release knows is unknown here, and no reason to fail.
            language: row.get::<Option<String>>(5)?.as_deref().and_then(Language::parse),
        })
    }
}

pub(crate) fn json(address: Option<&Address>) -> Option<String> {
    address.and_then(|a| serde_json::to_string(a).ok())
}

/// A customer by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<Customer>> {
    tx.opt(Q::CustomerById, p![shard, id]).await
}

/// Whose address an e-mail address is; the shard is the address's.
///
/// # Errors
/// [`crate::Error`].
pub async fn id_by_email(tx: &mut Tx<'_>, shard: i64, email: &Email) -> Result<Option<CustomerId>> {
    Ok(tx.opt::<(CustomerId,)>(Q::CustomerIdByEmail, p![shard, email]).await?.map(|(id,)| id))
}

/// The first customers by e-mail address, at most so many: for a shell, to see whether there is only one.
///
/// # Errors
/// [`crate::Error`].
pub async fn first(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(Email, CustomerId)>> {
    tx.all(Q::CustomersFirst, p![limit]).await
}

/// The first customers of an e-mail address's shard whose address comes after a text, in the order of addresses.
///
/// # Errors
/// [`crate::Error`].
pub async fn emails_after(tx: &mut Tx<'_>, shard: i64, last: &str, limit: i64) -> Result<Vec<(Email, CustomerId)>> {
    tx.all(Q::CustomerEmailsAfter, p![shard, last, limit]).await
}

/// A customer's password hash.
///
/// # Errors
/// [`crate::Error`].
pub async fn password_hash(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<String>> {
    Ok(tx.opt::<(String,)>(Q::CustomerPassword, p![shard, id]).await?.map(|(hash,)| hash))
}

/// When a customer's password was last changed, if it ever was.
///
/// # Errors
/// [`crate::Error`].
pub async fn password_at(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Option<Time>> {
    Ok(tx.opt::<(Option<Time>,)>(Q::CustomerPasswordAt, p![shard, id]).await?.and_then(|(at,)| at))
}

/// Whether what a customer signed in to is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Standing {
    /// Since when they are blocked.
    pub blocked_at: Option<Time>,
    /// How often what they were signed in to was ended. Sessions, codes and apps' tokens name the generation they belong to.
    pub generation: u32,
    /// When their password was last changed.
    pub password_at: Option<Time>,
}

impl Standing {
    /// Whether what belongs to a generation is good: an app's token, which speaks for no device, or a session.
    #[must_use]
    pub fn accepts(self, generation: u32) -> bool {
        self.blocked_at.is_none() && self.generation == generation
    }
}

impl FromRow for Standing {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let bad = |found| Error::BadRow { query: row.query.sql().name, column: 1, found };
        let generation = u32::try_from(row.get::<i64>(1)?).map_err(|e| bad(e.to_string()))?;
        Ok(Self { blocked_at: row.get(0)?, generation, password_at: row.get(2)? })
    }
}

/// Where a customer stands; of one who is not there, that nothing is known against them.
///
/// # Errors
/// [`crate::Error`].
pub async fn standing(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Standing> {
    Ok(tx.opt(Q::CustomerStanding, p![shard, id]).await?.unwrap_or_default())
}

/// The same, held until this transaction ends: nobody blocks them meanwhile.
///
/// # Errors
/// [`crate::Error`].
pub async fn standing_held(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<Standing> {
    Ok(tx.opt(Q::CustomerStandingHeld, p![shard, id]).await?.unwrap_or_default())
}

/// Blocks a customer, and ends what they are signed in to; `false` if they were blocked before.
///
/// # Errors
/// [`crate::Error`].
pub async fn block(tx: &mut Tx<'_>, shard: i64, id: CustomerId, at: Time) -> Result<bool> {
    Ok(tx.exec(Q::CustomerBlock, p![shard, id, at]).await? > 0)
}

/// Lets a blocked customer sign in again; `false` if they were not blocked.
///
/// # Errors
/// [`crate::Error`].
pub async fn unblock(tx: &mut Tx<'_>, shard: i64, id: CustomerId) -> Result<bool> {
    Ok(tx.exec(Q::CustomerUnblock, p![shard, id]).await? > 0)
}

/// Notes that a customer's password was changed.
///
/// # Errors
/// [`crate::Error`].
pub async fn password_changed(tx: &mut Tx<'_>, shard: i64, id: CustomerId, at: Time) -> Result<()> {
    tx.put(Q::CustomerPasswordChanged, p![shard, id, at]).await
}

/// Makes an e-mail address a customer's; fails if it is taken.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim_email(tx: &mut Tx<'_>, shard: i64, email: &Email, id: CustomerId) -> Result<()> {
    tx.put(Q::CustomerEmailPut, p![shard, email, id]).await
}

/// Adds a customer, or changes name, password, address and language of the one of that id.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(tx: &mut Tx<'_>, shard: i64, customer: &Customer, password_hash: &str) -> Result<()> {
    let Customer { id, email, name, address, created_at, language } = customer;
    let address = json(address.as_ref());
    let language = language.map(Language::tag);
    let params = p![shard, *id, email, name, password_hash, address.as_deref(), *created_at, language];
    tx.put(Q::CustomerPut, params).await
}

/// Changes where parcels go.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_address(tx: &mut Tx<'_>, shard: i64, id: CustomerId, address: &Address) -> Result<()> {
    tx.put(Q::CustomerAddress, p![shard, id, json(Some(address)).as_deref()]).await
}

/// Changes the language they are written to in.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_language(tx: &mut Tx<'_>, shard: i64, id: CustomerId, language: Language) -> Result<()> {
    tx.put(Q::CustomerLanguage, p![shard, id, language.tag()]).await
}
