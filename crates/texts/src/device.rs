//! The texts about what customers state of a device themselves.

use super::Text;

/// Texts of the name that a customer gives to a device.
pub struct DeviceNameTexts {
    /// Title of the fold with the form.
    pub rename: Text,
    /// Label of the name.
    pub name: Text,
    /// Text above the form. `model` is the device model's name.
    pub about: fn(model: &str) -> String,
    /// Button of the form.
    pub save: Text,
    /// Confirms that the name was saved.
    pub saved: Text,
    /// Confirms that the device has the name of its model again.
    pub removed: Text,
}
