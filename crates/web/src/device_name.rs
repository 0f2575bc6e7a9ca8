//! The form with which a customer renames a device.
//!
//! Not here: what it does ([`super::owner_forms`]). Invariant: a refused name stays in its field.

use super::field_problem::FieldProblem;
use opendrs_domain::text::DeviceName;

/// The most characters of a name.
pub(super) const MAX_CHARS: usize = DeviceName::MAX_CHARS;

/// A name that was refused.
pub(super) struct RejectedName<'f> {
    pub(super) typed: &'f str,
    pub(super) problems: FieldProblem,
}

/// The form on the device's page.
#[derive(Default)]
pub(super) struct NameForm {
    /// The owner's name, or what was typed in its place.
    pub(super) typed: String,
    /// Whether its fold is open.
    pub(super) open: bool,
    pub(super) problems: FieldProblem,
}

impl NameForm {
    /// Returns the form for a device with the owner's name `own`.
    pub(super) fn new(own: Option<&str>, rejected: Option<&RejectedName<'_>>) -> Self {
        match rejected {
            Some(RejectedName { typed, problems }) => {
                Self { typed: (*typed).to_owned(), open: true, problems: problems.clone() }
            }
            None => Self { typed: own.unwrap_or_default().to_owned(), ..Self::default() },
        }
    }
}
