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

/// Texts of what a customer states of a slot.
pub struct SlotStatementTexts {
    /// Title of the fold with the form.
    pub title: Text,
    /// Text above the form.
    pub about: Text,
    /// Label of the day of the replacement.
    pub replaced_on: Text,
    /// Label of the stock. `unit` is the slot's unit; `None` for pieces.
    pub stock: fn(unit: Option<&str>) -> String,
    /// Button of the form.
    pub save: Text,
    /// Button that removes what was stated.
    pub remove: Text,
    /// Confirms that the statement was saved.
    pub saved: Text,
    /// Confirms that it was removed.
    pub removed: Text,
    /// The day of the replacement, and the day of the statement.
    pub replaced: fn(day: &str, stated: &str) -> String,
    /// The stock that the customer stated, and the day of the statement.
    pub stock_stated: fn(amount: &str, stated: &str) -> String,
    /// The stock that the device reported, and when.
    pub stock_reported: fn(amount: &str, when: &str) -> String,
}
