//! The slot rules in the form of the settings page.

use super::browser::PostedForm;
use super::field_problem::FieldProblem;
use opendrs_domain::product::Product;
use opendrs_domain::rule::{ApprovalMode, PriceCap, RuleForm, SkippedOrder, SlotRules};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::time::Time;
use opendrs_service::subscription::SlotView;
use opendrs_texts::ReaderTexts;

/// The slot rules as the values of a form.
#[derive(Clone)]
pub(super) struct RuleRow {
    pub(super) ask: bool,
    /// `amount`, `percent`, or empty for no highest price.
    pub(super) cap_kind: &'static str,
    pub(super) cap: String,
    pub(super) currency: String,
    /// A sentence with the price agreed and its day.
    pub(super) agreed: Option<String>,
    /// Without a highest price, the customer must approve a price more than this many per cent over the price agreed.
    pub(super) ask_above: u32,
    pub(super) limit_orders: String,
    pub(super) limit_days: String,
    pub(super) pause_from: String,
    pub(super) pause_until: String,
    /// Products that may be substitutes, and whether they are chosen.
    pub(super) substitutes: Vec<(Product, bool)>,
    /// The field for which the rules were refused. The other fields then have the refused values.
    pub(super) problems: FieldProblem,
    /// Whether the fold with the form is open.
    pub(super) open: bool,
    /// The id of the slot.
    slot: String,
}

impl RuleRow {
    /// Returns the id of a field, which no other slot's form has.
    pub(super) fn field_id(&self, field: &str) -> String {
        format!("{field}-{}", self.slot)
    }
}

/// Returns the rules of a slot as sentences. A pause that is over is left out.
pub(super) fn rule_sentences(view: &SlotView, texts: &ReaderTexts, ask_above: u32, now: Time) -> Vec<String> {
    let SlotRules { mode, cap, limit, .. } = &view.rules;
    let said = &texts.parts;
    let cap = match cap {
        _ if *mode == ApprovalMode::Ask => Some(said.rule_ask.to_owned()),
        Some(PriceCap::Amount(money)) => Some((said.rule_amount)(&texts.money(money))),
        Some(PriceCap::Percent(percent)) => Some((said.rule_percent)(&percent.to_string())),
        None => (ask_above > 0).then(|| (said.rule_percent)(&ask_above.to_string())),
    };
    let limit = limit.map(|limit| (said.rule_limit)(&limit.orders.to_string(), &limit.days.to_string()));
    let pause = view.rules.coming_pause(now);
    let pause = pause.map(|pause| (said.rule_pause)(&texts.date(&pause.from), &texts.date(&pause.last_day())));
    let skip = (view.rules.skip == Some(SkippedOrder::Next)).then(|| texts.ordering.rule_skip.to_owned());
    [cap, limit, pause, skip].into_iter().flatten().collect()
}

/// Returns the rules of a slot, or `None` if no product is chosen and rules have no effect.
pub(super) fn rule_row(view: &SlotView, texts: &ReaderTexts, ask_above: u32, now: Time) -> Option<RuleRow> {
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
    let (pause_from, pause_until) =
        rules.coming_pause(now).map(|pause| (pause.first_date(), pause.last_date())).unwrap_or_default();
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
        problems: FieldProblem::default(),
        open: false,
        slot: view.slot.id.to_string(),
    })
}

/// Rules that were refused, with the values as typed.
pub(super) struct RejectedRules<'f> {
    /// The id of the rules' slot.
    pub(super) slot: &'f str,
    pub(super) form: &'f PostedForm,
    /// The field that is wrong.
    pub(super) problems: FieldProblem,
}

impl RejectedRules<'_> {
    /// Returns the row of the slot with the typed values instead of the stored ones.
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
            problems: self.problems.clone(),
            open: true,
            ..kept
        }
    }
}

/// Reads the rules from a form.
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
