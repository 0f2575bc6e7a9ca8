//! Receivers of notifications, the keys that sign their messages, and the message version of each model.
//!
//! Invariant: a receiver's endpoint is stored sealed. Sealing and opening happen elsewhere.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::delivery::DeliveryPolicy;
use opendrs_domain::id::{ClientId, ModelId, ReceiverId};
use opendrs_domain::receiver::{Receiver, ReceiverState, ReceiverTarget, SignatureVersion};
use opendrs_domain::time::Time;
use uuid::Uuid;

/// A receiver as stored.
#[derive(Clone, Debug)]
pub struct ReceiverRow {
    /// The receiver; its endpoint is empty.
    pub receiver: Receiver,
    /// The endpoint, sealed.
    pub sealed_endpoint: Vec<u8>,
}

impl FromRow for ReceiverRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
        let (state, signature, policy_text): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(6)?);
        let receiver = Receiver {
            id: row.get(0)?,
            profile: row.get(1)?,
            arn: row.get(2)?,
            target: ReceiverTarget::Http(String::new()),
            state: ReceiverState::parse(&state).ok_or_else(|| bad(3, state))?,
            signature: SignatureVersion::parse(&signature).ok_or_else(|| bad(4, signature))?,
            raw_delivery: row.get(5)?,
            policy: DeliveryPolicy::parse(&policy_text).map_err(|e| bad(6, e))?,
            policy_text,
            subscription_id: row.get(7)?,
            token_number: row.get(8)?,
            token_ends_at: row.get(9)?,
            secret_number: row.get(10)?,
            secret_rotated_at: row.get(11)?,
            created_at: row.get(12)?,
        };
        Ok(Self { receiver, sealed_endpoint: row.get(13)? })
    }
}

/// Adds a receiver, or changes the one with that id. Its endpoint is stored only as `sealed`.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, receiver: &Receiver, sealed: &[u8]) -> Result<()> {
    let params = params![
        receiver.id,
        receiver.profile,
        &receiver.arn,
        receiver.state.as_str(),
        receiver.signature.as_str(),
        receiver.raw_delivery,
        &receiver.policy_text,
        receiver.subscription_id,
        receiver.token_number,
        receiver.token_ends_at,
        receiver.secret_number,
        receiver.secret_rotated_at,
        receiver.created_at,
        sealed
    ];
    tx.exec_deferred(Query::TopicPut, params).await
}

/// Replaces a receiver's sealed endpoint and nothing else.
///
/// # Errors
/// [`crate::Error`].
pub async fn replace_sealed_endpoint(tx: &mut Tx<'_>, id: ReceiverId, sealed: &[u8]) -> Result<()> {
    tx.exec(Query::TopicSealed, params![id, sealed]).await.map(drop)
}

/// Disables a receiver.
///
/// # Errors
/// [`crate::Error`].
pub async fn disable(tx: &mut Tx<'_>, id: ReceiverId) -> Result<()> {
    tx.exec_deferred(Query::TopicDisable, params![id]).await
}

/// A receiver by id, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, id: ReceiverId) -> Result<Option<ReceiverRow>> {
    tx.query_opt(Query::TopicById, params![id]).await
}

/// A receiver by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, id: ReceiverId) -> Result<Option<ReceiverRow>> {
    tx.query_opt(Query::TopicRead, params![id]).await
}

/// A receiver by its topic ARN.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_arn(tx: &mut Tx<'_>, arn: &str) -> Result<Option<ReceiverRow>> {
    tx.query_opt(Query::TopicByArn, params![arn]).await
}

/// A receiver by the last part of its subscription's ARN.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_subscription(tx: &mut Tx<'_>, subscription: Uuid) -> Result<Option<ReceiverRow>> {
    tx.query_opt(Query::TopicBySubscription, params![subscription]).await
}

/// The receivers to notify about a client's devices: the confirmed ones of its profile, at most 100.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_confirmed_by_client(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<ReceiverId>> {
    let found: Vec<(ReceiverId,)> = tx.query_all(Query::TopicsOfClient, params![client]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The receivers after `last`, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(tx: &mut Tx<'_>, last: ReceiverId, limit: i64) -> Result<Vec<ReceiverRow>> {
    tx.query_all(Query::TopicsAll, params![last, limit]).await
}

/// A signing key as stored: its private part is sealed.
#[derive(Clone)]
pub struct SigningKeyRow {
    /// Its number; the key with the highest number signs.
    pub id: i64,
    /// The hex digits in its certificate's file name.
    pub name: String,
    /// The certificate, PEM.
    pub certificate: String,
    /// The private key, sealed with a key derived from the master key.
    pub sealed_private_key: Vec<u8>,
    /// When it was made.
    pub created_at: Time,
}

impl FromRow for SigningKeyRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            certificate: row.get(2)?,
            sealed_private_key: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

/// Adds a signing key; does nothing if the number is taken.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_signing_key(tx: &mut Tx<'_>, key: &SigningKeyRow) -> Result<()> {
    let params = params![key.id, &key.name, &key.certificate, key.sealed_private_key.as_slice(), key.created_at];
    tx.exec_deferred(Query::SigningKeyPut, params).await
}

/// The signing key in use.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_newest_signing_key(tx: &mut Tx<'_>) -> Result<Option<SigningKeyRow>> {
    tx.query_opt(Query::SigningKeyNewest, params![]).await
}

/// The signing keys after one, in the order of their numbers.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_signing_keys_after(tx: &mut Tx<'_>, last: i64, limit: i64) -> Result<Vec<SigningKeyRow>> {
    tx.query_all(Query::SigningKeysAfter, params![last, limit]).await
}

/// Replaces the sealed private part of a signing key.
///
/// # Errors
/// [`crate::Error`].
pub async fn replace_sealed_signing_key(tx: &mut Tx<'_>, id: i64, sealed: &[u8]) -> Result<()> {
    tx.exec_deferred(Query::SigningKeySealed, params![id, sealed]).await
}

/// The certificate with a file name, PEM.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_certificate(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>> {
    Ok(tx.query_opt::<(String,)>(Query::SigningKeyByName, params![name]).await?.map(|(certificate,)| certificate))
}

/// The version of a message kind for a model's devices; `None` if none was chosen.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_message_version(tx: &mut Tx<'_>, model: ModelId, kind: &str) -> Result<Option<String>> {
    Ok(tx.query_opt::<(String,)>(Query::MessageVersionGet, params![model, kind]).await?.map(|(version,)| version))
}

/// Sets the version of a message kind for a model.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_message_version(tx: &mut Tx<'_>, model: ModelId, kind: &str, version: &str) -> Result<()> {
    tx.exec_deferred(Query::MessageVersionPut, params![model, kind, version]).await
}
