//! What became of each thing that a seed declares.
//!
//! Invariant: a value of a customer's, a secret and an endpoint, which may hold a password, are never part of an outcome.

/// What became of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedItem {
    /// `maker`, `profile`, `client`, `topic`, `model`, `slot`, `product` or `customer`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its id on the wire; empty in a preview where it is to be generated.
    pub id: String,
    /// What happened to it.
    pub outcome: SeedOutcome,
    /// A secret that was generated now; nothing else knows it.
    pub secret: Option<String>,
    /// What happened to its values.
    pub effects: Vec<SeedEffect>,
}

/// What happened to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedOutcome {
    /// It is new.
    Created,
    /// It was there and differs now.
    Changed,
    /// It was there, just so.
    Unchanged,
    /// It was there, and values that somebody else set stayed as they were.
    Kept,
    /// An earlier seed declared it, and somebody removed it since: it stays removed.
    Gone,
    /// An earlier seed declared it and this one, which declares what it is a part of, does not: it stays.
    Undeclared,
}

impl SeedOutcome {
    /// The word of the command line.
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

/// What happened to one value of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedEffect {
    /// The seed file's key.
    pub key: String,
    /// What happened.
    pub kind: SeedEffectKind,
    /// The value in the store before, where it may be shown.
    pub from: Option<String>,
    /// The declared value, where it may be shown.
    pub to: Option<String>,
}

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedEffectKind {
    /// It is the declared one now.
    Changed,
    /// It is the declared one now, in place of one that somebody else set.
    Overwritten,
    /// The list has this element now.
    Added,
    /// The list lacks this element now.
    Removed,
    /// Somebody else set it, so that it stays.
    Kept,
}

impl SeedEffectKind {
    /// The word of the command line.
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
