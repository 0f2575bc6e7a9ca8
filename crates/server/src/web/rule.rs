//! The customer's rules for a slot, as the settings page shows and reads them.

use super::browser::PostedForm;
use opendrs_domain::product::Product;
use opendrs_domain::rule::{ApprovalMode, PriceCap, RuleForm, SlotRules};
use opendrs_domain::subscription::Subscription;
use opendrs_service::subscription::SlotView;
use opendrs_texts::Texts;

/// A slot's rules in the words of a form.
#[derive(Clone)]
pub(super) struct RuleRow {
    pub(super) ask: bool,
    /// `amount`, `percent` or nothing.
    pub(super) cap_kind: &'static str,
    pub(super) cap: String,
    pub(super) currency: String,
    /// What was agreed and when, in words.
    pub(super) agreed: Option<String>,
    /// Where there is no cap, what is dearer than agreed by more than so many per cent is asked.
    pub(super) ask_above: u32,
    pub(super) limit_orders: String,
    pub(super) limit_days: String,
    pub(super) pause_from: String,
    pub(super) pause_until: String,
    /// Products that may replace the chosen one, and whether they do.
    pub(super) substitutes: Vec<(Product, bool)>,
    /// Why they were refused, if they stand here as they were typed.
    pub(super) problem: Option<String>,
}

/// The rules of a slot; none where no product is chosen, since there is nothing to rule.
pub(super) fn rule_row(view: &SlotView, texts: &Texts, ask_above: u32) -> Option<RuleRow> {
    let SlotView { products, subscription, rules, .. } = view;
    let chosen = subscription.as_ref().and_then(|sub| sub.asin.as_ref())?;
    let SlotRules { mode, cap, limit, substitutes, .. } = rules;
    let agreed = subscription.as_ref().and_then(Subscription::agreed_price);
    let (cap_kind, cap) = match cap {
        None => ("", String::new()),
        Some(PriceCap::Amount(money)) => ("amount", texts.language.format_amount_input(money)),
        Some(PriceCap::Percent(percent)) => ("percent", percent.to_string()),
    };
    let price = products.iter().find(|product| product.asin == *chosen).map(|product| &product.price);
    let agreed_price = agreed.map(|agreed| &agreed.price);
    let currency = agreed_price.or(price).map_or(String::new(), |money| money.currency.clone());
    let (pause_from, pause_until) = rules.pause_dates().unwrap_or_default();
    let others = products.iter().filter(|product| product.asin != *chosen);
    Some(RuleRow {
        ask: *mode == ApprovalMode::Ask,
        cap_kind,
        cap,
        currency,
        agreed: agreed.map(|agreed| {
            let day = agreed.at.map(|at| texts.day(&at));
            (texts.rules.cap_agreed)(&texts.money(&agreed.price), day.as_deref())
        }),
        ask_above,
        limit_orders: limit.map_or(String::new(), |limit| limit.orders.to_string()),
        limit_days: limit.map_or(String::new(), |limit| limit.days.to_string()),
        pause_from,
        pause_until,
        substitutes: others.map(|product| (product.clone(), substitutes.contains(&product.asin))).collect(),
        problem: None,
    })
}

/// Rules that were refused, as they were typed.
pub(super) struct RejectedRules<'f> {
    /// The slot that they are for.
    pub(super) slot: &'f str,
    pub(super) form: &'f PostedForm,
    /// Why, in the words of the page.
    pub(super) problem: &'f str,
}

impl RejectedRules<'_> {
    /// The row of its slot, with what was typed in place of what is kept.
    pub(super) fn to_row(&self, kept: RuleRow) -> RuleRow {
        let text = |name: &str| self.form.get(name).unwrap_or_default().to_owned();
        let taken = self.form.get_all("substitute");
        let substitutes = kept.substitutes.into_iter().map(|(product, _)| {
            let taken = taken.contains(&product.asin.as_str());
            (product, taken)
        });
        RuleRow {
            ask: self.form.get("mode") == Some("ask"),
            cap_kind: match self.form.get("cap_kind") {
                Some("amount") => "amount",
                Some("percent") => "percent",
                _ => "",
            },
            cap: text("cap"),
            limit_orders: text("limit_orders"),
            limit_days: text("limit_days"),
            pause_from: text("pause_from"),
            pause_until: text("pause_until"),
            substitutes: substitutes.collect(),
            problem: Some(self.problem.to_owned()),
            ..kept
        }
    }
}

/// What a form says of the rules.
pub(super) fn parse_rules_form(form: &PostedForm) -> RuleForm<'_> {
    RuleForm {
        mode: form.get("mode"),
        cap_kind: form.get("cap_kind"),
        cap: form.get("cap"),
        limit_orders: form.get("limit_orders"),
        limit_days: form.get("limit_days"),
        pause_from: form.get("pause_from"),
        pause_until: form.get("pause_until"),
    }
}
