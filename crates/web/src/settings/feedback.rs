//! What a device's page says about the form that led to it.

use super::super::rule::RejectedRules;
use super::super::saved::SavedChange;

/// What a page says about the form that led to it. By default no form led to it.
#[derive(Default)]
pub(super) struct Feedback<'f> {
    /// What the form changed.
    pub(super) saved: Option<SavedChange>,
    /// The slot that the form was about.
    pub(super) slot: &'f str,
    /// The rules that were refused.
    pub(super) rejected: Option<&'f RejectedRules<'f>>,
}
