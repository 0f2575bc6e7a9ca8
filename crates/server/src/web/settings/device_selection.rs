//! Which device the settings page is about, and the page's own address.

use super::super::browser::PostedForm;
use opendrs_domain::login::{form, redirect};

/// What says which device the page is about.
#[derive(Clone, Copy)]
pub(super) enum DeviceSelection<'a> {
    /// A token of the device, as its app opens the page.
    Token(&'a str),
    /// The registration of a device of the customer's, as the list of them links to it.
    OwnDevice(&'a str),
    /// Nothing: the list is shown.
    DeviceList,
}

impl<'a> DeviceSelection<'a> {
    /// What was asked for, by either name.
    pub(super) fn from_params(token: Option<&'a str>, own: Option<&'a str>) -> Self {
        match (token, own) {
            (Some(text), _) => DeviceSelection::Token(text),
            (None, Some(id)) => DeviceSelection::OwnDevice(id),
            (None, None) => DeviceSelection::DeviceList,
        }
    }

    pub(super) fn is_one(self) -> bool {
        !matches!(self, DeviceSelection::DeviceList)
    }

    /// The field by which forms say it on.
    pub(super) fn name(self) -> &'static str {
        if let DeviceSelection::OwnDevice(_) = self { "device" } else { "access_token" }
    }

    pub(super) fn value(self) -> &'a str {
        match self {
            DeviceSelection::Token(text) | DeviceSelection::OwnDevice(text) => text,
            DeviceSelection::DeviceList => "",
        }
    }
}

/// The page's own address.
pub(super) fn settings_url(which: DeviceSelection<'_>, exit: Option<&str>) -> String {
    let path = if let DeviceSelection::OwnDevice(_) = which { "/settings/device" } else { "/settings" };
    let pairs = [(which.name(), which.is_one().then_some(which.value())), ("exitUri", exit)];
    let pairs =
        pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", form::percent_encode(value?, ""))));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.into() } else { format!("{path}?{query}") }
}

/// Which device a form of the page is about, and where its page leads back to.
pub(super) fn selection_of_form(form: &PostedForm) -> (DeviceSelection<'_>, Option<&str>) {
    let which = DeviceSelection::from_params(form.get("access_token"), form.get("device"));
    (which, form.get("exitUri").filter(|uri| !redirect::is_script_uri(uri)))
}
