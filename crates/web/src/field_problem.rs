//! The error of a form that a page shows at one of its fields.
//!
//! Not here: errors that belong to no field. Invariant: at most one field of a form has an error, so that the browser
//! knows where to put the cursor.

use opendrs_domain::customer::{Address, AddressError};
use opendrs_domain::rule::{RuleFormError, RuleFormNumber};

use super::browser::PostedForm;
use opendrs_service::{Error, FormError};
use opendrs_texts::ReaderTexts;

/// The field that is wrong, and the text for the customer. By default no field is wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldProblem {
    field: &'static str,
    text: String,
}

impl FieldProblem {
    /// Returns the text for a field, or an empty text.
    pub(super) fn of(&self, field: &str) -> &str {
        if self.field == field { &self.text } else { "" }
    }

    /// Whether any field is wrong. The field then gets the focus.
    pub(super) fn is_any(&self) -> bool {
        !self.text.is_empty()
    }

    /// Shows an error at a field of a form.
    pub(super) fn at(field: &'static str, error: Option<&Error>, texts: &ReaderTexts) -> Self {
        error.map(|error| Self { field, text: (texts.error_message)(error) }).unwrap_or_default()
    }

    /// Finds the field of an error in the form for the slot rules.
    pub(super) fn in_rules(error: &RuleFormError, form: &PostedForm, texts: &ReaderTexts) -> Self {
        let text = (texts.error_message)(&FormError::InvalidRule(error.clone()).into());
        let first_empty = |one, other| if form.get(one).is_none() { one } else { other };
        let field = match error {
            RuleFormError::MissingMode => "mode",
            RuleFormError::MissingCapKind => "cap_kind",
            RuleFormError::Price(_) | RuleFormError::MissingCap | RuleFormError::Number(RuleFormNumber::Percent) => {
                "cap"
            }
            RuleFormError::Number(RuleFormNumber::Orders) => "limit_orders",
            RuleFormError::Number(RuleFormNumber::Days) => "limit_days",
            RuleFormError::IncompleteLimit => first_empty("limit_orders", "limit_days"),
            RuleFormError::Date(typed) => match form.get("pause_from") {
                Some(from) if from.starts_with(typed.as_str()) => "pause_from",
                _ => "pause_until",
            },
            RuleFormError::MissingPause => "pause_from",
            RuleFormError::IncompletePause => first_empty("pause_from", "pause_until"),
            RuleFormError::PauseEndsBeforeStart | RuleFormError::PauseIsOver => "pause_until",
        };
        Self { field, text }
    }

    /// Finds the field of an error in an address form.
    pub(super) fn in_address(error: AddressError, typed: &Address, text: String) -> Self {
        let is_region = || Address { line2: None, ..typed.clone() }.validated() == Err(AddressError::Optional);
        let field = match error {
            AddressError::Street => "line1",
            AddressError::Optional if is_region() => "region",
            AddressError::Optional => "line2",
            AddressError::City => "city",
            AddressError::PostalCode => "postal_code",
            AddressError::Country => "country",
        };
        Self { field, text }
    }
}
