//! What the account's page shows of the ways to sign in.
//!
//! Not here: how a link is removed ([`super::identity`]). Invariant: it names the provider, and no id of the person there.

use opendrs_service::federation::IdentityState;
use opendrs_texts::ReaderTexts;

/// What the page shows of the ways to sign in.
pub(super) struct IdentityRow {
    /// The link as a sentence, if there is one.
    pub(super) linked: Option<String>,
    /// Whether the account has a password.
    pub(super) has_password: bool,
}

impl IdentityRow {
    pub(super) fn new(state: IdentityState, texts: &ReaderTexts) -> Self {
        let linked = state.linked.map(|link| (texts.federation.linked_since)(&link.provider, &texts.day(&link.since)));
        Self { linked, has_password: state.has_password }
    }
}
