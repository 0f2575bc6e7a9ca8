//! The outcome of each item that a seed declares.
//!
//! Invariant: an outcome never contains a customer's value, a secret, or an endpoint, which may hold a password.

/// The outcome of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedItem {
    /// `maker`, `profile`, `client`, `topic`, `model`, `slot`, `product` or `customer`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its id on the wire; empty in a preview where it is to be generated.
    pub id: String,
    /// The outcome.
    pub outcome: SeedOutcome,
    /// A secret that was generated now, and is stored nowhere in clear.
    pub secret: Option<String>,
    /// The effects on its values.
    pub effects: Vec<SeedEffect>,
}

/// The outcome of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedOutcome {
    /// It was created.
    Created,
    /// It existed, and was changed.
    Changed,
    /// It existed, and needed no change.
    Unchanged,
    /// It existed, and keeps values that other sources set.
    Kept,
    /// An earlier seed declared it, and it was removed since: it stays removed.
    Gone,
    /// An earlier seed declared it. This seed declares its parent, but not the item: it stays.
    Undeclared,
}

impl SeedOutcome {
    /// The name of the outcome in the command line's output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SeedOutcome::Created => "created",
            SeedOutcome::Changed => "changed",
            SeedOutcome::Unchanged => "unchanged",
            SeedOutcome::Kept => "kept",
            SeedOutcome::Gone => "gone",
            SeedOutcome::Undeclared => "undeclared",
        }
    }
}

/// The effect on one value of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedEffect {
    /// The key in the seed file.
    pub key: String,
    /// The kind of effect.
    pub kind: SeedEffectKind,
    /// The earlier value in the store, where it may be displayed.
    pub from: Option<String>,
    /// The declared value, where it may be displayed.
    pub to: Option<String>,
}

/// The kinds of effects on a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedEffectKind {
    /// It was set to the declared value.
    Changed,
    /// It was set to the declared value, in place of one that another source set.
    Overwritten,
    /// The element was added to the list.
    Added,
    /// The element was removed from the list.
    Removed,
    /// Another source set it, so it stays.
    Kept,
}

impl SeedEffectKind {
    /// The name of the effect in the command line's output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SeedEffectKind::Changed => "changed",
            SeedEffectKind::Overwritten => "overwritten",
            SeedEffectKind::Added => "added",
            SeedEffectKind::Removed => "removed",
            SeedEffectKind::Kept => "kept",
        }
    }
}
