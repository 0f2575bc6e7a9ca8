//! The outcome of a fast path: one statement that checks the caller and does the work of a frequent call.
//!
//! Invariant: [`FastPath::Recheck`] means that nothing was changed, so the ordinary checks may run afterwards.

/// The outcome of a fast path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FastPath<T> {
    /// Everything was correct; the result.
    Done(T),
    /// Something was not correct, and nothing was changed. The ordinary order of checks finds the error.
    Recheck,
}

impl<T> FastPath<T> {
    /// Converts the result.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> FastPath<U> {
        match self {
            Self::Done(result) => FastPath::Done(convert(result)),
            Self::Recheck => FastPath::Recheck,
        }
    }
}

impl<T> From<Option<T>> for FastPath<T> {
    fn from(result: Option<T>) -> Self {
        result.map_or(Self::Recheck, Self::Done)
    }
}
