//! The two engines a store may run on.
//!
//! Not here: what each of them does. Invariant: an open store never changes its engine.

/// Which engine a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one process.
    Sqlite,
    /// Shared by nodes.
    Postgres,
}
