//! What a device's page says about the form that led to it.

use super::super::device_name::RejectedName;
use super::super::rule::RejectedRules;
use super::super::saved::SavedChange;
use super::super::slot_statement::RejectedStatement;
use opendrs_domain::id::OrderId;

/// What a page says about the form that led to it. By default no form led to it.
#[derive(Default)]
pub(crate) struct Feedback<'f> {
    /// What the form changed.
    pub(crate) saved: Option<SavedChange>,
    /// The slot that the form was about.
    pub(crate) slot: &'f str,
    /// Why the form was refused, if it belongs to the slot as a whole.
    pub(crate) refused: Option<&'f str>,
    /// The order before which the list of orders begins; `None` for the newest ones.
    pub(crate) orders_before: Option<OrderId>,
    /// The name of the device that was refused.
    pub(crate) rejected_name: Option<&'f RejectedName<'f>>,
    /// The statement about a slot that was refused.
    pub(crate) rejected_statement: Option<&'f RejectedStatement<'f>>,
    /// The rules that were refused.
    pub(crate) rejected: Option<&'f RejectedRules<'f>>,
}

impl Feedback<'_> {
    /// Whether the form was refused.
    pub(crate) fn is_refusal(&self) -> bool {
        let of_slot = self.rejected.is_some() || self.rejected_statement.is_some();
        of_slot || self.refused.is_some() || self.rejected_name.is_some()
    }
}
