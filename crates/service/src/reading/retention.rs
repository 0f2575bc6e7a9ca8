//! For how long readings are kept, as an operator decided.
//!
//! Not here: the purge. Invariant: a time of zero means for ever.

use opendrs_domain::time::Span;

/// For how long readings are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingRetention {
    /// Each by itself; no time means for ever.
    pub readings: Span,
    /// Summed up by day, from there on; no time means for ever.
    pub days: Span,
}
