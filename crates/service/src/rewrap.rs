//! The change of the master key: sealed values are sealed again with the new key, and issued tokens and secrets stay
//! valid.
//!
//! What it is: one transaction, so that a store is wholly under one key or the other. What it is not: it reads no key
//! files, and it ends no token, secret or customer id. Invariant: after it, no row that is in use needs the old key. A
//! node that still has the old key writes nothing sealed, and stops ([`crate::keys`]).

use crate::derived_keys::{CarriedOverKey, DerivedKeys};
use crate::keys::{PERMANENT_PURPOSES, TOKEN_PURPOSE, next_access_version};
use crate::receiver::{ReceiverRepository, confirmation_purpose, secret_purposes};
use crate::sealing::SealingPurpose;
use crate::{App, Error, Result, signed_link, signing};
use opendrs_domain::time::{Span, Time};
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::derived_key::{self, DerivedKeyRow};
use opendrs_store::{Command, Tx, delivery, installation, receiver as receivers};
use std::sync::Arc;

/// How long links in earlier mails stay valid.
pub const LINK_VALIDITY: Span = Span::from_hours(30 * 24);
/// How many rows one query reads.
const PAGE_SIZE: i64 = 100;

/// The numbers of values that were sealed again or carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewrapReport {
    /// Receivers' endpoints that were sealed again.
    pub endpoints: usize,
    /// Private keys that sign notifications and were sealed again.
    pub signing_keys: usize,
    /// Token keys that are not retired; their tokens stay valid.
    pub token_keys: usize,
    /// Webhook secrets that sign; they do not change.
    pub webhook_secrets: usize,
    /// The time until which links in earlier mails are valid.
    pub links_until: Time,
}

/// Changes the master key of a store. No other process may have it open: a process that does stops within about a
/// second.
///
/// # Errors
/// [`Error::InvalidCommand`] where the new key is the present one, or another process changed the master key meanwhile;
/// [`Error::Unavailable`].
pub async fn rewrap(app: &App, new: [u8; 32]) -> Result<RewrapReport> {
    let (old, new) = (app.keys.derived_keys(), Arc::new(DerivedKeys::new(new)));
    if old.master_check() == new.master_check() {
        return Err(Error::InvalidCommand("this is the present master key: name a file with another one".into()));
    }
    Ok(app.db.write(RewrapKeys { old, new, version: next_access_version(app), now: app.now() }).await?)
}

struct RewrapKeys {
    old: Arc<DerivedKeys>,
    new: Arc<DerivedKeys>,
    version: AccessVersion,
    now: Time,
}

impl Command for RewrapKeys {
    type Output = RewrapReport;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<RewrapReport> {
        installation::replace_master_key(tx, &self.old.master_check(), &self.new.master_check()).await?;
        let links_until = self.now + LINK_VALIDITY;
        let mut done = RewrapReport { endpoints: 0, signing_keys: 0, token_keys: 0, webhook_secrets: 0, links_until };
        let mut kept = Vec::new();
        for purpose in PERMANENT_PURPOSES {
            kept.push(self.carry_over(purpose, 0)?);
        }
        for key in installation::list_token_keys(tx).await?.into_iter().filter(|key| key.retired_at.is_none()) {
            kept.push(self.carry_over(TOKEN_PURPOSE, key.number)?);
            done.token_keys += 1;
        }
        self.carry_over_link_keys(&mut kept)?;
        self.rewrap_receivers(tx, &mut kept, &mut done).await?;
        self.rewrap_signing_keys(tx, &mut done).await?;
        derived_key::replace_all(tx, &kept).await?;
        access::set_version(tx, self.version).await?;
        Ok(done)
    }
}

impl RewrapKeys {
    /// Carries a key over, so that it stays the same.
    fn carry_over(&self, purpose: &str, number: i64) -> opendrs_store::Result<DerivedKeyRow> {
        let number = u32::try_from(number).unwrap_or_default();
        self.seal_carried_over(purpose, CarriedOverKey::new(number, self.old.key(purpose, number)))
    }

    fn seal_carried_over(&self, purpose: &str, carried: CarriedOverKey) -> opendrs_store::Result<DerivedKeyRow> {
        self.new.seal_carried_over(purpose, carried).map_err(|e| seal_error("DerivedKeyPut", &e))
    }

    /// New links are made with the new key. Links in earlier mails are verified with former keys.
    fn carry_over_link_keys(&self, kept: &mut Vec<DerivedKeyRow>) -> opendrs_store::Result<()> {
        for purpose in signed_link::PURPOSES {
            let present = CarriedOverKey::new(0, self.old.key(purpose, 0)).ending_at(Some(self.now + LINK_VALIDITY));
            let former = std::iter::once(present).chain(self.old.former_keys(purpose, self.now));
            for (former, number) in former.zip(1..) {
                kept.push(
                    self.seal_carried_over(purpose, CarriedOverKey::new(number, former.key).ending_at(former.ends_at))?,
                );
            }
        }
        Ok(())
    }

    async fn rewrap_receivers(
        &self,
        tx: &mut Tx<'_>,
        kept: &mut Vec<DerivedKeyRow>,
        done: &mut RewrapReport,
    ) -> opendrs_store::Result<()> {
        let (old, new) = (ReceiverRepository::new(&self.old), ReceiverRepository::new(&self.new));
        let mut last = delivery::lowest_receiver_id();
        loop {
            let page = old.list_after(tx, last, PAGE_SIZE).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.id;
            for receiver in &page {
                new.reseal(tx, receiver).await?;
                done.endpoints += 1;
                if receiver.token_ends_at > self.now {
                    kept.push(self.carry_over(&confirmation_purpose(receiver.id), receiver.token_number)?);
                }
                if receiver.sns_topic_arn().is_some() {
                    continue;
                }
                for number in receiver.active_secret_numbers(self.now) {
                    for purpose in secret_purposes(receiver.id) {
                        kept.push(self.carry_over(&purpose, number)?);
                    }
                    done.webhook_secrets += 1;
                }
            }
        }
    }

    async fn rewrap_signing_keys(&self, tx: &mut Tx<'_>, done: &mut RewrapReport) -> opendrs_store::Result<()> {
        let (old, new) = (self.old.sealer(SealingPurpose::SigningKeys), self.new.sealer(SealingPurpose::SigningKeys));
        let mut last = 0;
        loop {
            let page = receivers::list_signing_keys_after(tx, last, PAGE_SIZE).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.id;
            for key in &page {
                let sealed =
                    signing::reseal_private_key(key, old, new).map_err(|e| seal_error("SigningKeySealed", &e))?;
                receivers::replace_sealed_signing_key(tx, key.id, &sealed).await?;
                done.signing_keys += 1;
            }
        }
    }
}

fn seal_error(query: &'static str, error: &Error) -> opendrs_store::Error {
    opendrs_store::Error::Statement { query, source: error.message_with_cause().into() }
}
