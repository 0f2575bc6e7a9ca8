//! The settings of takeovers.
//!
//! Not here: the policy of a device model ([`opendrs_domain::takeover::TakeoverPolicy`]). Invariant: both settings hold
//! for all makers.

use opendrs_domain::time::Span;

/// The settings of takeovers.
#[derive(Clone, Copy, Debug)]
pub struct TakeoverSettings {
    /// How many units of other customers a customer may set up, or try to, in 24 hours.
    pub per_day: u32,
    /// How long the earlier owner may answer, and undo the takeover.
    pub answer_within: Span,
}
