//! The refusal of a text that breaks the rule of its type.
//!
//! Not here: the rules. Invariant: of what was read it keeps the beginning only.

/// A text that breaks its rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {rule}")]
pub struct ParseTextError {
    /// The beginning of what was read.
    pub text: String,
    /// The rule, as a phrase.
    pub rule: &'static str,
}
