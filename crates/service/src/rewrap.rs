//! Another master key: everything that the present one seals is sealed with the new one, and what it made stays good.
//!
//! What it is: one transaction, so that a store is whole under the one key or the other. What it is not: it knows nothing of
//! key files, and it ends no token, secret or customer id. Invariant: after it, no row that is in use needs the old key; and
//! a node that still has it writes nothing sealed, and stops ([`crate::keys`]).

use crate::derived::{Carried, DerivedKeys};
use crate::keys::{FOR_EVER, TOKEN, next_version};
use crate::sealing::Purpose;
use crate::topic::{Topics, secret_purposes, token_purpose};
use crate::{App, Error, Result, named_link, signing};
use opendrs_domain::time::{Span, Time};
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::derived_key::{self, DerivedKey};
use opendrs_store::{Tx, Write, delivery, installation, topic as topics};
use std::sync::Arc;

/// For how long links in mails that were sent before stay good.
pub const LINKS: Span = Span::from_hours(30 * 24);
/// How many rows are read at once.
const PAGE: i64 = 100;

/// What was sealed anew, and what was carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// Receivers' endpoints, sealed anew.
    pub endpoints: usize,
    /// Private keys that sign notifications, sealed anew.
    pub signing_keys: usize,
    /// Token keys that are not retired; their tokens stay good.
    pub token_keys: usize,
    /// Webhook secrets that sign; they stay as they are.
    pub webhook_secrets: usize,
    /// Until when links in mails that were sent before are good.
    pub links_until: Time,
}

/// Changes the master key of a store. No other process may have it open: one that does stops within a second or so.
///
/// # Errors
/// [`Error::BadCommand`] where the new key is the present one, or the store has got another master key meanwhile;
/// [`Error::Unavailable`].
pub async fn rewrap(app: &App, new: [u8; 32]) -> Result<Rewrapped> {
    let (old, new) = (app.keys.derived(), Arc::new(DerivedKeys::of(new)));
    if old.check() == new.check() {
        return Err(Error::BadCommand("this is the present master key: name a file with another one".into()));
    }
    Ok(app.db.write(Rewrap { old, new, version: next_version(app), now: app.now() }).await?)
}

struct Rewrap {
    old: Arc<DerivedKeys>,
    new: Arc<DerivedKeys>,
    version: AccessVersion,
    now: Time,
}

impl Write for Rewrap {
    type Out = Rewrapped;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Rewrapped> {
        installation::replace_master(tx, &self.old.check(), &self.new.check()).await?;
        let links_until = self.now + LINKS;
        let mut done = Rewrapped { endpoints: 0, signing_keys: 0, token_keys: 0, webhook_secrets: 0, links_until };
        let mut kept = Vec::new();
        for purpose in FOR_EVER {
            kept.push(self.carried(purpose, 0)?);
        }
        for key in installation::token_keys(tx).await?.into_iter().filter(|key| key.retired_at.is_none()) {
            kept.push(self.carried(TOKEN, key.number)?);
            done.token_keys += 1;
        }
        self.links(&mut kept)?;
        self.topics(tx, &mut kept, &mut done).await?;
        self.signing_keys(tx, &mut done).await?;
        derived_key::replace(tx, &kept).await?;
        access::set_version(tx, self.version).await?;
        Ok(done)
    }
}

impl Rewrap {
    /// A key that stays what it is.
    fn carried(&self, purpose: &str, number: i64) -> opendrs_store::Result<DerivedKey> {
        let number = u32::try_from(number).unwrap_or_default();
        self.sealed(purpose, Carried::new(number, self.old.key(purpose, number)))
    }

    fn sealed(&self, purpose: &str, carried: Carried) -> opendrs_store::Result<DerivedKey> {
        self.new.sealed(purpose, carried).map_err(|e| unsealed("DerivedKeyPut", &e))
    }

    /// Links are made with the new key from now on; those that were sent are checked with former ones.
    fn links(&self, kept: &mut Vec<DerivedKey>) -> opendrs_store::Result<()> {
        for purpose in named_link::PURPOSES {
            let present = Carried::new(0, self.old.key(purpose, 0)).until(Some(self.now + LINKS));
            let former = std::iter::once(present).chain(self.old.former(purpose, self.now));
            for (former, number) in former.zip(1..) {
                kept.push(self.sealed(purpose, Carried::new(number, former.key).until(former.ends_at))?);
            }
        }
        Ok(())
    }

    async fn topics(
        &self,
        tx: &mut Tx<'_>,
        kept: &mut Vec<DerivedKey>,
        done: &mut Rewrapped,
    ) -> opendrs_store::Result<()> {
        let (old, new) = (Topics::of(&self.old), Topics::of(&self.new));
        let mut last = delivery::first();
        loop {
            let page = old.after(tx, last, PAGE).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.id;
            for topic in &page {
                new.seal_anew(tx, topic).await?;
                done.endpoints += 1;
                if topic.token_ends_at > self.now {
                    kept.push(self.carried(&token_purpose(topic.id), topic.token)?);
                }
                if topic.published_to().is_some() {
                    continue;
                }
                for number in topic.secrets(self.now) {
                    for purpose in secret_purposes(topic.id) {
                        kept.push(self.carried(&purpose, number)?);
                    }
                    done.webhook_secrets += 1;
                }
            }
        }
    }

    async fn signing_keys(&self, tx: &mut Tx<'_>, done: &mut Rewrapped) -> opendrs_store::Result<()> {
        let (old, new) = (self.old.sealer(Purpose::SigningKeys), self.new.sealer(Purpose::SigningKeys));
        let mut last = 0;
        loop {
            let page = topics::signing_keys(tx, last, PAGE).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.id;
            for key in &page {
                let sealed = signing::resealed(key, old, new).map_err(|e| unsealed("SigningKeySealed", &e))?;
                topics::seal_key_anew(tx, key.id, &sealed).await?;
                done.signing_keys += 1;
            }
        }
    }
}

fn unsealed(query: &'static str, error: &Error) -> opendrs_store::Error {
    opendrs_store::Error::Statement { query, source: error.with_cause().into() }
}
