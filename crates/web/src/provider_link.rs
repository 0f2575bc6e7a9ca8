//! The link from a sign-in page to the provider of federated sign-ins.
//!
//! Not here: where it leads ([`super::federation`]). Invariant: a sign-in that a federated one asks for does not lead to
//! the provider again.

use opendrs_domain::login::form;
use opendrs_edge::state::AppState;
use opendrs_texts::ReaderTexts;

/// The path at which a federated sign-in begins. All its pages are below it.
pub(super) const BEGIN_PATH: &str = "/ap/federated";

/// The link of a sign-in page to the provider.
pub(super) struct ProviderLink {
    pub(super) href: String,
    pub(super) label: String,
}

/// Returns the link to the provider, if there is one. The browser continues at `return_to`.
pub(super) fn provider_link(state: &AppState, texts: &ReaderTexts, return_to: &str) -> Option<ProviderLink> {
    let provider = state.app.settings.federation.as_ref().filter(|_| !return_to.starts_with(BEGIN_PATH))?;
    Some(ProviderLink {
        href: format!("{BEGIN_PATH}?return_to={}", form::percent_encode(return_to, "")),
        label: (texts.federation.continue_with)(&provider.name),
    })
}
