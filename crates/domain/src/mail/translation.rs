//! The content of a mail with the texts of makers in its reader's language.
//!
//! Not here: the sentences of mails. Invariant: the stored content keeps the default texts. Only what is sent changes.

use super::{MailContent, PriceChangeSummary, SlotSummary};
use crate::language::Language;
use crate::product::Product;

impl MailContent {
    /// The content with names and titles for customers who read a language. `product` is the order's product as the
    /// catalogue has it now. An order whose title is another one keeps its title.
    #[must_use]
    pub fn in_language(mut self, language: Language, product: Option<&Product>) -> Self {
        match &mut self {
            Self::Subscribed(slots) => slots.iter_mut().for_each(|slot| slot.translate(language)),
            Self::PriceChanged(news) => news.translate(language),
            other => {
                if let (Some(bought), Some(product)) = (other.order_mut(), product) {
                    product.translate_ordered(&mut bought.title, &mut bought.unit, language);
                }
            }
        }
        self
    }
}

impl SlotSummary {
    fn translate(&mut self, language: Language) {
        self.name = self.names.pick(language, &self.name).to_owned();
        if let Some((title, _)) = &mut self.product {
            *title = self.titles.pick(language, title).to_owned();
        }
    }
}

impl PriceChangeSummary {
    fn translate(&mut self, language: Language) {
        self.title = self.titles.pick(language, &self.title).to_owned();
    }
}
