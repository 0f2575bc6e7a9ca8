//! The customer's rules for a slot, as the settings page shows and reads them.

use super::browser::Form;
use crate::texts::Texts;
use opendrs_domain::product::Product;
use opendrs_domain::rule::{Cap, Mode, Rules, Typed};
use opendrs_service::subscription::SlotView;

/// A slot's rules in the words of a form.
pub(super) struct RuleRow {
    pub(super) ask: bool,
    /// `amount`, `percent` or nothing.
    pub(super) cap_kind: &'static str,
    pub(super) cap: String,
    pub(super) currency: String,
    pub(super) agreed: Option<String>,
    pub(super) limit_orders: String,
    pub(super) limit_days: String,
    pub(super) pause_from: String,
    pub(super) pause_until: String,
    /// Products that may replace the chosen one, and whether they do.
    pub(super) substitutes: Vec<(Product, bool)>,
}

/// The rules of a slot; none where no product is chosen, since there is nothing to rule.
pub(super) fn row(view: &SlotView, texts: &Texts) -> Option<RuleRow> {
    let SlotView { products, subscription, rules, .. } = view;
    let chosen = subscription.as_ref().and_then(|sub| sub.asin.as_ref())?;
    let Rules { mode, agreed, cap, limit, substitutes, .. } = rules;
    let (cap_kind, cap) = match cap {
        None => ("", String::new()),
        Some(Cap::Amount(money)) => ("amount", texts.language.amount(money)),
        Some(Cap::Percent(percent)) => ("percent", percent.to_string()),
    };
    let price = products.iter().find(|product| product.asin == *chosen).map(|product| &product.price);
    let currency = agreed.as_ref().or(price).map_or(String::new(), |money| money.currency.clone());
    let (pause_from, pause_until) = rules.pause_days().unwrap_or_default();
    let others = products.iter().filter(|product| product.asin != *chosen);
    Some(RuleRow {
        ask: *mode == Mode::Ask,
        cap_kind,
        cap,
        currency,
        agreed: agreed.as_ref().map(|money| texts.money(money)),
        limit_orders: limit.map_or(String::new(), |limit| limit.orders.to_string()),
        limit_days: limit.map_or(String::new(), |limit| limit.days.to_string()),
        pause_from,
        pause_until,
        substitutes: others.map(|product| (product.clone(), substitutes.contains(&product.asin))).collect(),
    })
}

/// What a form says of the rules; `cap` is its highest price, as digits and a point.
pub(super) fn typed<'f>(form: &'f Form, cap: Option<&'f str>) -> Typed<'f> {
    Typed {
        mode: form.get("mode"),
        cap_kind: form.get("cap_kind"),
        cap,
        limit_orders: form.get("limit_orders"),
        limit_days: form.get("limit_days"),
        pause_from: form.get("pause_from"),
        pause_until: form.get("pause_until"),
    }
}
