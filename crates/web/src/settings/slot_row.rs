//! The view of a slot on the page of its device: its state, its products and its rules.

use super::super::order_row::{StatePill, open_orders_pill};
use super::super::rule::{self, RuleRow};
use super::super::saved::SavedChange;
use super::super::slot_statement::{StatementRow, StatementView};
use super::feedback::Feedback;
use super::level_row::{LevelRow, level_row};
use opendrs_domain::level::SlotLevel;
use opendrs_domain::order::Order;
use opendrs_domain::product::Product;
use opendrs_domain::rule::{ApprovalMode, SkippedOrder};
use opendrs_domain::slot_statement::SlotStatement;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_service::subscription::SlotView;
use opendrs_texts::ReaderTexts;

/// A slot of the page.
pub(super) struct SlotRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) on: bool,
    pub(super) state: StatePill,
    pub(super) level: Option<LevelRow>,
    /// What its owner states of it.
    pub(super) statement: StatementRow,
    /// Confirms a change of this slot.
    pub(super) saved: Option<&'static str>,
    /// Why the last form of this slot was refused.
    pub(super) refused: Option<String>,
    /// Whether the customer can order by hand: nothing is open.
    pub(super) can_order_now: bool,
    /// Whether the next order is skipped, or the open one was it.
    pub(super) skips: bool,
    /// Whether the fold with the products is open.
    pub(super) open: bool,
    /// Each product, and whether it is the chosen one.
    pub(super) products: Vec<(Product, bool)>,
    pub(super) rule: Option<RuleRow>,
    /// The rules, as sentences.
    pub(super) rules: Vec<String>,
}

impl SlotRow {
    /// Returns the id of a field on the page, which has the fields of every slot.
    pub(super) fn field_id(&self, field: &str) -> String {
        format!("{field}-{}", self.id)
    }

    /// Returns the chosen product, or the first one if none is chosen.
    pub(super) fn chosen(&self) -> Option<&Product> {
        self.products.iter().find(|(_, chosen)| *chosen).map(|(product, _)| product)
    }
}

/// What the rows of a page have in common.
pub(super) struct SlotPage<'a> {
    pub(super) texts: &'a ReaderTexts,
    /// Whether it is a test device, which buys nothing.
    pub(super) test: bool,
    /// The open orders of the device.
    pub(super) orders: &'a [Order],
    pub(super) levels: &'a [SlotLevel],
    pub(super) statements: &'a [(SlotId, SlotStatement)],
    /// Today, as a calendar day of the owner.
    pub(super) today: Time,
    pub(super) now: Time,
    pub(super) ask_above: u32,
    pub(super) feedback: &'a Feedback<'a>,
}

/// Converts a slot for the page. The chosen product is marked, or the first one if none is chosen.
pub(super) fn slot_row(view: SlotView, page: &SlotPage<'_>) -> SlotRow {
    let SlotPage { texts, test, orders, levels, statements, today, now, ask_above, feedback } = page;
    let level = levels.iter().find(|level| level.slot == view.slot.id);
    let id = view.slot.id.to_string();
    let on = view.subscription.as_ref().is_some_and(|sub| sub.enabled);
    let saved = feedback.saved.filter(|_| feedback.slot == id);
    let rules = rule::rule_sentences(&view, texts, *ask_above, *now);
    let mut rule = rule::rule_row(&view, texts, *ask_above, *now);
    if let Some(rejected) = feedback.rejected.filter(|rejected| rejected.slot == id) {
        rule = rule.map(|rule| rejected.to_row(rule));
    } else if let Some(rule) = &mut rule {
        rule.open = saved == Some(SavedChange::Rules);
    }
    let pill = open_orders_pill(orders.iter().filter(|order| order.slot == view.slot.id), texts);
    let is_paused = view.rules.coming_pause(*now).is_some_and(|pause| pause.from <= *now);
    let state = pill.unwrap_or(match (on, view.rules.mode) {
        (true, _) if is_paused && !test => StatePill { kind: "info", label: texts.ordering.paused_state },
        (false, _) => StatePill { kind: "", label: texts.parts.no_reorders },
        (true, ApprovalMode::Ask) => StatePill { kind: "info", label: texts.parts.asks_first },
        (true, ApprovalMode::Automatic) => StatePill { kind: "good", label: texts.parts.reorders },
    });
    let statement = StatementView {
        statement: statements
            .iter()
            .find(|(slot, _)| *slot == view.slot.id)
            .map(|(_, stated)| *stated)
            .unwrap_or_default(),
        level,
        unit: view.slot.unit.as_str(),
        today: *today,
        rejected: feedback.rejected_statement.filter(|rejected| rejected.slot == id),
        saved: saved == Some(SavedChange::Stated),
    };
    let statement = StatementRow::new(&statement, texts);
    let SlotView { slot, products, subscription, rules: kept, .. } = view;
    let open_order = subscription.as_ref().and_then(|sub| sub.open_order);
    let can_order_now = !test && open_order.is_none() && subscription.as_ref().is_some_and(Subscription::can_order);
    let skips = match kept.skip {
        Some(SkippedOrder::Next) => true,
        Some(SkippedOrder::Order(order)) => open_order == Some(order),
        None => false,
    };
    let chosen = subscription.and_then(|sub| sub.asin).or(slot.products.first().cloned());
    let products = products.into_iter().map(|product| (chosen.as_ref() == Some(&product.asin), product));
    SlotRow {
        id,
        name: slot.name,
        on,
        state,
        level: level.and_then(|level| level_row(level, texts)),
        statement,
        saved: saved.map(|change| change.text(texts)),
        refused: feedback.refused.filter(|_| feedback.slot == slot.id.as_str()).map(str::to_owned),
        can_order_now,
        skips,
        open: saved == Some(SavedChange::Product),
        products: products.map(|(chosen, product)| (product, chosen)).collect(),
        rule,
        rules,
    }
}
