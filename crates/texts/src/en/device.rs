//! English texts about what customers state of a device themselves.

use crate::device::{DeviceNameTexts, SlotStatementTexts};

pub const DEVICE_NAME_TEXTS: DeviceNameTexts = DeviceNameTexts {
    rename: "Rename this device",
    name: "Name of this device",
    about: |model| format!("Only you see this name, here and in our emails. Leave it empty to use “{model}” again."),
    save: "Save name",
    saved: "The new name is saved.",
    removed: "The device has its original name again.",
};

pub const SLOT_STATEMENT_TEXTS: SlotStatementTexts = SlotStatementTexts {
    title: "Replaced it yourself, or have some in stock?",
    about: "Note what your device can't know. It doesn't change when we reorder.",
    replaced_on: "Replaced on",
    stock: |unit| unit.map_or("In stock".into(), |unit| format!("In stock ({unit})")),
    save: "Save",
    remove: "Remove this note",
    saved: "Your note is saved.",
    removed: "Your note was removed.",
    replaced: |day, stated| format!("Replaced on {day}. You noted this on {stated}."),
    stock_stated: |amount, stated| format!("In stock: {amount}. You noted this on {stated}."),
    stock_reported: |amount, when| format!("In stock: {amount}. Your device reported this on {when}."),
};
