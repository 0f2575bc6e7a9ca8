//! A sign-up in progress: the authorization request, and the customer's choices so far.
//!
//! Not here: how it is stored ([`super::signup`]) and how it ends ([`super::complete`]). Invariant: it is as its row
//! was when it was read. A later choice is visible in the next read.

use super::authorize::ResolvedAuthorization;
use crate::price::{self, ShownPrice};
use crate::subscription::SlotView;
use opendrs_domain::language::Language;
use opendrs_domain::subscription::SlotChoice;
use opendrs_store::signup::SignupRow;

/// A sign-up in progress, with everything it refers to.
#[derive(Clone, Debug)]
pub struct SignupInProgress {
    /// Its id, as in hidden form fields.
    pub id: String,
    /// The authorization request.
    pub authorization: ResolvedAuthorization,
    /// Whether the customer consented.
    pub has_consented: bool,
    /// The choices so far.
    pub choices: Vec<SlotChoice>,
    /// The slots of the model with their products; empty when no device is linked.
    pub slots: Vec<SlotView>,
    /// The prices on the page whose form was sent.
    pub shown_prices: Vec<ShownPrice>,
    pub(super) row: SignupRow,
}

impl SignupInProgress {
    /// The sign-up with the texts of slots and products for customers who read a language.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        let slots = self.slots.into_iter().map(|view| view.in_language(language)).collect();
        Self { slots, ..self }
    }

    /// The first slot without a choice.
    #[must_use]
    pub fn next_slot(&self) -> Option<&SlotView> {
        self.slots.iter().find(|view| !self.choices.iter().any(|choice| choice.slot == view.slot.id))
    }

    /// The choices with the prices that the customer agrees to by completing the sign-up now.
    pub(super) fn agreed_choices(&self) -> Vec<SlotChoice> {
        let mut choices = self.choices.clone();
        for choice in &mut choices {
            let view = self.slots.iter().find(|view| view.slot.id == choice.slot);
            let product = view.and_then(|view| view.products.iter().find(|p| Some(&p.asin) == choice.asin.as_ref()));
            choice.price = product.and_then(|product| price::price_agreed_to(product, &self.shown_prices));
        }
        choices
    }

    /// The chosen product of each slot.
    pub fn chosen_products(&self) -> impl Iterator<Item = (&SlotView, Option<&opendrs_domain::product::Product>)> {
        self.slots.iter().map(|view| {
            let asin = self.choices.iter().find(|c| c.slot == view.slot.id).and_then(|c| c.asin.as_ref());
            (view, view.products.iter().find(|p| Some(&p.asin) == asin))
        })
    }
}
