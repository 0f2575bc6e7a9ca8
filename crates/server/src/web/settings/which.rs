//! Which device the settings page is about, and the page's own address.

use super::super::browser::Form;
use opendrs_domain::login::{form, redirect};

/// What says which device the page is about.
#[derive(Clone, Copy)]
pub(super) enum Which<'a> {
    /// A token of the device, as its app opens the page.
    Token(&'a str),
    /// The registration of a device of the customer's, as the list of them links to it.
    Own(&'a str),
    /// Nothing: the list is shown.
    None,
}

impl<'a> Which<'a> {
    /// What was asked for, by either name.
    pub(super) fn asked(token: Option<&'a str>, own: Option<&'a str>) -> Self {
        match (token, own) {
            (Some(text), _) => Which::Token(text),
            (None, Some(id)) => Which::Own(id),
            (None, None) => Which::None,
        }
    }

    pub(super) fn is_one(self) -> bool {
        !matches!(self, Which::None)
    }

    /// The field by which forms say it on.
    pub(super) fn name(self) -> &'static str {
        if let Which::Own(_) = self { "device" } else { "access_token" }
    }

    pub(super) fn value(self) -> &'a str {
        match self {
            Which::Token(text) | Which::Own(text) => text,
            Which::None => "",
        }
    }
}

/// The page's own address.
pub(super) fn address(which: Which<'_>, exit: Option<&str>) -> String {
    let path = if let Which::Own(_) = which { "/settings/device" } else { "/settings" };
    let pairs = [(which.name(), which.is_one().then_some(which.value())), ("exitUri", exit)];
    let pairs = pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", form::escape(value?, ""))));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.into() } else { format!("{path}?{query}") }
}

/// Which device a form of the page is about, and where its page leads back to.
pub(super) fn named(form: &Form) -> (Which<'_>, Option<&str>) {
    let which = Which::asked(form.get("access_token"), form.get("device"));
    (which, form.get("exitUri").filter(|uri| !redirect::is_dangerous(uri)))
}
