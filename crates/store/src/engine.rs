//! The two engines that a store can run on.
//!
//! Not here: what each of them does. Invariant: an open store never changes its engine.

/// The engine of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, for one process.
    Sqlite,
    /// Shared by several nodes.
    Postgres,
}
