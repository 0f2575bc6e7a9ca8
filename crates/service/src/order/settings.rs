//! How long orders are kept, by the settings.
//!
//! Not here: the purge. Invariant: what zero means differs, as each field says.

use opendrs_domain::time::Span;

/// How long ended orders are kept, from when they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRetention {
    /// Any order; zero means for ever.
    pub ended: Span,
    /// An order whose customer was deleted; zero means not at all.
    pub without_person: Span,
}
