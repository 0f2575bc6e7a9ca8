//! What a customer states of a slot on the page of its device: a replacement, and the stock on hand.
//!
//! Not here: what the form does ([`super::owner_forms`]). Invariant: a refused statement stays in its fields.

use super::field_problem::FieldProblem;
use opendrs_domain::level::SlotLevel;
use opendrs_domain::slot_statement::{SlotStatement, StockOnHand, StockSource};
use opendrs_domain::time::Time;
use opendrs_texts::ReaderTexts;

/// A statement that was refused.
pub(super) struct RejectedStatement<'f> {
    pub(super) slot: &'f str,
    pub(super) replaced_on: &'f str,
    pub(super) stock: &'f str,
    pub(super) problems: FieldProblem,
}

/// What is stated of a slot, and the form for it.
pub(super) struct StatementRow {
    /// What is known, as sentences.
    pub(super) sentences: Vec<String>,
    /// The label of the stock, with the slot's unit.
    pub(super) stock_label: String,
    /// The values of the fields.
    pub(super) replaced_on: String,
    pub(super) stock: String,
    /// The last day that the form accepts.
    pub(super) today: String,
    /// Whether there is a statement to remove.
    pub(super) is_stated: bool,
    /// Whether the fold is open.
    pub(super) open: bool,
    pub(super) problems: FieldProblem,
}

/// What a row is made from.
pub(super) struct StatementView<'v> {
    pub(super) statement: SlotStatement,
    pub(super) level: Option<&'v SlotLevel>,
    /// The slot's unit.
    pub(super) unit: &'v str,
    /// Today, as a calendar day of the owner.
    pub(super) today: Time,
    /// The form that was refused, if it was this slot's.
    pub(super) rejected: Option<&'v RejectedStatement<'v>>,
    /// Whether the form of this slot was saved just now.
    pub(super) saved: bool,
}

fn date_input(day: Time) -> String {
    day.to_rfc3339_secs().chars().take(10).collect()
}

impl StatementRow {
    pub(super) fn new(view: &StatementView<'_>, texts: &ReaderTexts) -> Self {
        let said = &texts.slot_statements;
        let StatementView { statement, level, unit, today, rejected, saved } = view;
        let in_stock = statement.stock_on_hand(*level);
        let replaced =
            statement.replaced.map(|stated| (said.replaced)(&texts.date(&stated.value), &texts.day(&stated.at)));
        let stock_sentence = in_stock.map(|StockOnHand { amount, at, source }| match source {
            StockSource::Owner => (said.stock_stated)(&texts.amount(&amount, unit), &texts.day(&at)),
            StockSource::Device => (said.stock_reported)(&texts.amount(&amount, unit), &texts.moment(&at)),
        });
        // A stock that the device corrected since is not offered again.
        let stated = statement.stock.filter(|_| in_stock.is_some_and(|stock| stock.source == StockSource::Owner));
        let mut row = Self {
            sentences: replaced.into_iter().chain(stock_sentence).collect(),
            stock_label: (said.stock)(Some(*unit).filter(|unit| *unit != "count")),
            replaced_on: statement.replaced.map(|stated| date_input(stated.value)).unwrap_or_default(),
            stock: stated.map(|stated| stated.value.to_string()).unwrap_or_default(),
            today: date_input(*today),
            is_stated: !statement.is_empty(),
            open: *saved,
            problems: FieldProblem::default(),
        };
        if let Some(RejectedStatement { replaced_on, stock, problems, .. }) = rejected {
            (row.replaced_on, row.stock) = ((*replaced_on).to_owned(), (*stock).to_owned());
            (row.open, row.problems) = (true, problems.clone());
        }
        row
    }
}
