//! Sign-up: consent, and a choice for every slot.
//!
//! Invariant: until a sign-up is completed ([`super::complete`]) nothing exists but its own row.

use super::authorize::{self, Asked, Put};
use crate::price::{self, ShownPrice};
use crate::subscription::SlotView;
use crate::{App, BadChoice, Error, Result};
use opendrs_domain::session::Session;
use opendrs_domain::subscription::Choice;
use opendrs_domain::text::Asin;
use opendrs_store::signup::Signup;
use opendrs_store::{Tx, Write, signup};

pub use super::complete::{complete, finished};

/// A sign-up under way, with all it speaks of.
#[derive(Clone, Debug)]
pub struct Underway {
    /// Its id, as forms carry it.
    pub id: String,
    /// What was asked.
    pub asked: Asked,
    /// Whether the customer agreed.
    pub consented: bool,
    /// The slots answered so far.
    pub choices: Vec<Choice>,
    /// The model's slots with their products; empty when no device is linked.
    pub slots: Vec<SlotView>,
    /// The prices that the page showed whose form was sent.
    pub shown: Vec<ShownPrice>,
    pub(super) row: Signup,
}

impl Underway {
    /// The first slot without an answer.
    #[must_use]
    pub fn next_slot(&self) -> Option<&SlotView> {
        self.slots.iter().find(|view| !self.choices.iter().any(|choice| choice.slot == view.slot.id))
    }

    /// The choices with the prices that the customer agrees to by completing the sign-up now.
    pub(super) fn agreed_choices(&self) -> Vec<Choice> {
        let mut choices = self.choices.clone();
        for choice in &mut choices {
            let view = self.slots.iter().find(|view| view.slot.id == choice.slot);
            let product = view.and_then(|view| view.products.iter().find(|p| Some(&p.asin) == choice.asin.as_ref()));
            choice.price = product.and_then(|product| price::agreed(product, &self.shown));
        }
        choices
    }

    /// The products chosen, slot by slot.
    pub fn chosen(&self) -> impl Iterator<Item = (&SlotView, Option<&opendrs_domain::product::Product>)> {
        self.slots.iter().map(|view| {
            let asin = self.choices.iter().find(|c| c.slot == view.slot.id).and_then(|c| c.asin.as_ref());
            (view, view.products.iter().find(|p| Some(&p.asin) == asin))
        })
    }
}

/// Finds a sign-up that a browser's sign-in began.
///
/// # Errors
/// [`Error::SignupGone`] when it ended, or belongs to another session.
pub async fn find(app: &App, session: &Session, id: &str) -> Result<Underway> {
    let hash = authorize::hash(id);
    let row = {
        let mut reader = app.db.reader().await?;
        signup::get(&mut reader.tx()?, authorize::shard(app, &hash), &hash).await?
    };
    let row = row.filter(|row| row.session == session.id && row.expires_at > app.now() && !row.finished);
    let row = row.ok_or(Error::SignupGone)?;
    let asked = authorize::load(app, row.request.clone()).await?.map_err(|_| Error::SignupGone)?;
    let slots = match &asked.model {
        Some(model) => crate::subscription::view(app, model, None).await?,
        None => Vec::new(),
    };
    Ok(Underway {
        id: id.to_owned(),
        asked,
        consented: row.consented,
        choices: row.choices.clone(),
        slots,
        shown: Vec::new(),
        row,
    })
}

async fn put(app: &App, row: Signup) -> Result<()> {
    Ok(app.db.write(Put { shard: authorize::shard(app, &row.id), signup: row }).await?)
}

/// Records that the customer agrees; what they withdrew before is another consent.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn consent(app: &App, session: &Session, of: &Underway) -> Result<()> {
    let granted = crate::consent::get(app, session.customer, of.asked.profile.id).await?;
    let mark = granted.and_then(|consent| consent.mark);
    put(app, Signup { consented: true, mark, ..of.row.clone() }).await
}

/// Records a slot's product, or that it is skipped; a second answer replaces the first.
///
/// # Errors
/// [`Error::BadChoice`], [`Error::SignupGone`] before consent.
pub async fn choose(app: &App, of: &Underway, slot: &str, asin: Option<&str>) -> Result<()> {
    if !of.consented {
        return Err(Error::SignupGone);
    }
    let view = of.slots.iter().find(|view| view.slot.id.as_str() == slot).ok_or(BadChoice::NotOfThese)?;
    let asin = asin.map(Asin::parse).transpose().map_err(|_| BadChoice::NotOfThese)?;
    if asin.as_ref().is_some_and(|asin| !view.products.iter().any(|p| &p.asin == asin)) {
        return Err(BadChoice::NotOfThese.into());
    }
    let slot = view.slot.id.clone();
    let mut choices: Vec<_> = of.choices.iter().filter(|choice| choice.slot != slot).cloned().collect();
    choices.push(Choice { slot, asin, price: None });
    put(app, Signup { choices, ..of.row.clone() }).await
}

/// Forgets the answers, so that the slots are asked again from the first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn restart(app: &App, of: &Underway) -> Result<()> {
    put(app, Signup { choices: Vec::new(), ..of.row.clone() }).await
}

/// Ends a sign-up that the customer does not want; nothing is left of it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn abandon(app: &App, of: &Underway) -> Result<()> {
    let shard = authorize::shard(app, &of.row.id);
    Ok(app.db.write(Forget { shard, id: of.row.id }).await?)
}

struct Forget {
    shard: i64,
    id: [u8; 32],
}

impl Write for Forget {
    type Out = ();
    fn key(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|n| self.id[n]))
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        signup::delete(tx, self.shard, &self.id).await.map(drop)
    }
}
