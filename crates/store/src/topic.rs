//! Receivers of notifications, the keys that sign for them, and which version of a message a model has.
//!
//! Invariant: a receiver's endpoint is written sealed. What seals and opens it is not known here.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::delivery::Policy;
use opendrs_domain::id::{ClientId, ModelId, TopicId};
use opendrs_domain::time::Time;
use opendrs_domain::topic::{Signature, State, Topic};
use uuid::Uuid;

/// A topic as it is stored.
#[derive(Clone, Debug)]
pub struct StoredTopic {
    /// The topic; its endpoint is empty.
    pub topic: Topic,
    /// Its endpoint, sealed.
    pub sealed: Vec<u8>,
}

impl FromRow for StoredTopic {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let bad = |column, found| Error::BadRow { query: row.query.sql().name, column, found };
        let (state, signature, policy_text): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(6)?);
        let topic = Topic {
            id: row.get(0)?,
            profile: row.get(1)?,
            arn: row.get(2)?,
            endpoint: String::new(),
            state: State::parse(&state).ok_or_else(|| bad(3, state))?,
            signature: Signature::parse(&signature).ok_or_else(|| bad(4, signature))?,
            raw: row.get(5)?,
            policy: Policy::parse(&policy_text).map_err(|e| bad(6, e))?,
            policy_text,
            subscription: row.get(7)?,
            token: row.get(8)?,
            token_ends_at: row.get(9)?,
            secret: row.get(10)?,
            secret_at: row.get(11)?,
            created_at: row.get(12)?,
        };
        Ok(Self { topic, sealed: row.get(13)? })
    }
}

/// Adds a topic, or changes the one of that id. Its endpoint is kept as `sealed` alone.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(tx: &mut Tx<'_>, topic: &Topic, sealed: &[u8]) -> Result<()> {
    let params = p![
        topic.id,
        topic.profile,
        &topic.arn,
        topic.state.as_str(),
        topic.signature.as_str(),
        topic.raw,
        &topic.policy_text,
        topic.subscription,
        topic.token,
        topic.token_ends_at,
        topic.secret,
        topic.secret_at,
        topic.created_at,
        sealed
    ];
    tx.put(Q::TopicPut, params).await
}

/// Replaces a topic's sealed endpoint, and nothing else of it.
///
/// # Errors
/// [`crate::Error`].
pub async fn seal_anew(tx: &mut Tx<'_>, id: TopicId, sealed: &[u8]) -> Result<()> {
    tx.exec(Q::TopicSealed, p![id, sealed]).await.map(drop)
}

/// Switches a topic off.
///
/// # Errors
/// [`crate::Error`].
pub async fn disable(tx: &mut Tx<'_>, id: TopicId) -> Result<()> {
    tx.put(Q::TopicDisable, p![id]).await
}

/// A topic by id, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, id: TopicId) -> Result<Option<StoredTopic>> {
    tx.opt(Q::TopicById, p![id]).await
}

/// A topic by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, id: TopicId) -> Result<Option<StoredTopic>> {
    tx.opt(Q::TopicRead, p![id]).await
}

/// A topic by its ARN.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_arn(tx: &mut Tx<'_>, arn: &str) -> Result<Option<StoredTopic>> {
    tx.opt(Q::TopicByArn, p![arn]).await
}

/// A topic by the last part of its subscription's ARN.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_subscription(tx: &mut Tx<'_>, subscription: Uuid) -> Result<Option<StoredTopic>> {
    tx.opt(Q::TopicBySubscription, p![subscription]).await
}

/// Who hears of the devices of a client: the confirmed topics of its profile, at most 100.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_client(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<TopicId>> {
    let found: Vec<(TopicId,)> = tx.all(Q::TopicsOfClient, p![client]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The topics after one, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn after(tx: &mut Tx<'_>, last: TopicId, limit: i64) -> Result<Vec<StoredTopic>> {
    tx.all(Q::TopicsAll, p![last, limit]).await
}

/// A signing key as it is stored: its private part is sealed.
#[derive(Clone)]
pub struct SigningKey {
    /// Its number; the highest signs.
    pub id: i64,
    /// The hex digits in its certificate's file name.
    pub name: String,
    /// The certificate, PEM.
    pub certificate: String,
    /// The private key, sealed with a key derived from the master key.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Time,
}

impl FromRow for SigningKey {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            certificate: row.get(2)?,
            sealed: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

/// Adds a signing key; nothing happens if the number is taken.
///
/// # Errors
/// [`crate::Error`].
pub async fn add_key(tx: &mut Tx<'_>, key: &SigningKey) -> Result<()> {
    let params = p![key.id, &key.name, &key.certificate, key.sealed.as_slice(), key.created_at];
    tx.put(Q::SigningKeyPut, params).await
}

/// The signing key in use.
///
/// # Errors
/// [`crate::Error`].
pub async fn newest_key(tx: &mut Tx<'_>) -> Result<Option<SigningKey>> {
    tx.opt(Q::SigningKeyNewest, p![]).await
}

/// The signing keys after one, in the order of their numbers.
///
/// # Errors
/// [`crate::Error`].
pub async fn signing_keys(tx: &mut Tx<'_>, last: i64, limit: i64) -> Result<Vec<SigningKey>> {
    tx.all(Q::SigningKeysAfter, p![last, limit]).await
}

/// Keeps a signing key sealed otherwise.
///
/// # Errors
/// [`crate::Error`].
pub async fn seal_key_anew(tx: &mut Tx<'_>, id: i64, sealed: &[u8]) -> Result<()> {
    tx.put(Q::SigningKeySealed, p![id, sealed]).await
}

/// The certificate of a file name, PEM.
///
/// # Errors
/// [`crate::Error`].
pub async fn certificate(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>> {
    Ok(tx.opt::<(String,)>(Q::SigningKeyByName, p![name]).await?.map(|(certificate,)| certificate))
}

/// Which version of a message a model's devices cause; `None` where nobody chose.
///
/// # Errors
/// [`crate::Error`].
pub async fn message_version(tx: &mut Tx<'_>, model: ModelId, kind: &str) -> Result<Option<String>> {
    Ok(tx.opt::<(String,)>(Q::MessageVersionGet, p![model, kind]).await?.map(|(version,)| version))
}

/// Chooses the version of a model's message.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_message_version(tx: &mut Tx<'_>, model: ModelId, kind: &str, version: &str) -> Result<()> {
    tx.put(Q::MessageVersionPut, p![model, kind, version]).await
}
