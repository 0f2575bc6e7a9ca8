//! How long readings are kept, by the settings.
//!
//! Not here: the purge. Invariant: a time of zero means for ever.

use opendrs_domain::time::Span;

/// How long readings are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingRetention {
    /// How long single readings are kept; zero means for ever.
    pub readings: Span,
    /// How long daily summaries are kept after that; zero means for ever.
    pub days: Span,
}
