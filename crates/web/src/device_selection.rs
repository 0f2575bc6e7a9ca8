//! The choice of the device that the settings page shows, and the URL of the page.

use super::browser::PostedForm;
use opendrs_domain::login::{form, redirect};

/// The parameter that selects the device of the page.
#[derive(Clone, Copy)]
pub(super) enum DeviceSelection<'a> {
    /// A token of the device, with which its app opens the page.
    Token(&'a str),
    /// The id of one of the customer's own devices, as the list of devices links to it.
    OwnDevice(&'a str),
    /// No parameter: the page shows the list of devices.
    DeviceList,
}

impl<'a> DeviceSelection<'a> {
    /// Selects by the parameters of a request. A token takes precedence.
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

    /// Returns the name of the form field that has the selection.
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

/// Returns the URL of the page.
pub(super) fn settings_url(which: DeviceSelection<'_>, exit: Option<&str>) -> String {
    let path = if let DeviceSelection::OwnDevice(_) = which { "/settings/device" } else { "/settings" };
    let pairs = [(which.name(), which.is_one().then_some(which.value())), ("exitUri", exit)];
    let pairs =
        pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", form::percent_encode(value?, ""))));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.into() } else { format!("{path}?{query}") }
}

/// Reads the selection and the exit link from a form of the page.
pub(super) fn selection_of_form(form: &PostedForm) -> (DeviceSelection<'_>, Option<&str>) {
    let which = DeviceSelection::from_params(form.get("access_token"), form.get("device"));
    (which, form.get("exitUri").filter(|uri| !redirect::is_script_uri(uri)))
}
