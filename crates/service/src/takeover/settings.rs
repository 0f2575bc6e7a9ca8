//! What an operator decided about takeovers.
//!
//! Not here: what the maker of a unit decides ([`opendrs_domain::takeover::TakeoverPolicy`]). Invariant: both settings hold
//! for all makers.

use opendrs_domain::time::Span;

/// What an operator decided about takeovers.
#[derive(Clone, Copy, Debug)]
pub struct TakeoverSettings {
    /// How many units of others a customer may set up, or try to, in 24 hours.
    pub per_day: u32,
    /// How long the earlier owner may answer, and take the unit back.
    pub answer_within: Span,
}
