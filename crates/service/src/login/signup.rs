//! Sign-up: consent, and a choice for every slot.
//!
//! Invariant: until a sign-up is completed ([`super::complete`]), its own row is all that exists.

use super::authorize::{self, SaveSignup};
use crate::{App, Error, FormError, Result};
use opendrs_domain::session::Session;
use opendrs_domain::subscription::SlotChoice;
use opendrs_domain::text::Asin;
use opendrs_store::signup::SignupRow;
use opendrs_store::{Command, Tx, signup};

pub use super::complete::{complete, find_finished_redirect};
pub use super::signup_in_progress::SignupInProgress;

/// Finds a sign-up that began in this session.
///
/// # Errors
/// [`Error::SignupClosed`] when it ended, or belongs to another session.
pub async fn find(app: &App, session: &Session, id: &str) -> Result<SignupInProgress> {
    let hash = authorize::hash_signup_id(id);
    let row = {
        let mut reader = app.db.reader().await?;
        signup::find(&mut reader.tx()?, authorize::signup_shard(app, &hash), &hash).await?
    };
    let row = row.filter(|row| row.session == session.id && row.expires_at > app.now() && !row.finished);
    let row = row.ok_or(Error::SignupClosed)?;
    let authorization = authorize::resolve(app, row.request.clone()).await?.map_err(|_| Error::SignupClosed)?;
    let slots = match &authorization.model {
        Some(model) => crate::subscription::list_slot_views(app, model, None).await?,
        None => Vec::new(),
    };
    Ok(SignupInProgress {
        id: id.to_owned(),
        authorization,
        has_consented: row.consented,
        choices: row.choices.clone(),
        slots,
        shown_prices: Vec::new(),
        row,
    })
}

async fn save(app: &App, row: SignupRow) -> Result<()> {
    Ok(app.db.write(SaveSignup { shard: authorize::signup_shard(app, &row.id), signup: row }).await?)
}

/// Records that the customer consents. A consent that they withdrew before is another one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn record_consent(app: &App, session: &Session, of: &SignupInProgress) -> Result<()> {
    let granted = crate::consent::find(app, session.customer, of.authorization.profile.id).await?;
    let mark = granted.and_then(|consent| consent.generation);
    save(app, SignupRow { consented: true, consent_generation: mark, ..of.row.clone() }).await
}

/// Records the product of a slot, or that it is skipped. A second choice replaces the first.
///
/// # Errors
/// [`Error::InvalidForm`], [`Error::SignupClosed`] before consent.
pub async fn record_choice(app: &App, of: &SignupInProgress, slot: &str, asin: Option<&str>) -> Result<()> {
    if !of.has_consented {
        return Err(Error::SignupClosed);
    }
    let view = of.slots.iter().find(|view| view.slot.id.as_str() == slot).ok_or(FormError::ChooseOfferedProduct)?;
    let asin = asin.map(Asin::parse).transpose().map_err(|_| FormError::ChooseOfferedProduct)?;
    if asin.as_ref().is_some_and(|asin| !view.products.iter().any(|p| &p.asin == asin)) {
        return Err(FormError::ChooseOfferedProduct.into());
    }
    let slot = view.slot.id.clone();
    let mut choices: Vec<_> = of.choices.iter().filter(|choice| choice.slot != slot).cloned().collect();
    choices.push(SlotChoice { slot, asin, price: None });
    save(app, SignupRow { choices, ..of.row.clone() }).await
}

/// Clears the choices, so that the pages ask again from the first slot.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn clear_choices(app: &App, of: &SignupInProgress) -> Result<()> {
    save(app, SignupRow { choices: Vec::new(), ..of.row.clone() }).await
}

/// Ends a sign-up that the customer does not want, and deletes its row.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn abandon(app: &App, of: &SignupInProgress) -> Result<()> {
    let shard = authorize::signup_shard(app, &of.row.id);
    Ok(app.db.write(DeleteSignup { shard, id: of.row.id }).await?)
}

struct DeleteSignup {
    shard: i64,
    id: [u8; 32],
}

impl Command for DeleteSignup {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|n| self.id[n]))
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        signup::delete(tx, self.shard, &self.id).await.map(drop)
    }
}
