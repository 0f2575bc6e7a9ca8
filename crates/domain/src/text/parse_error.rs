//! The error for a text that breaks the rule of its type.
//!
//! Not here: the rules. Invariant: it keeps only the beginning of the text.

/// A text that breaks its rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {rule}")]
pub struct ParseTextError {
    /// The beginning of the text.
    pub text: String,
    /// The rule, as a phrase.
    pub rule: &'static str,
}
