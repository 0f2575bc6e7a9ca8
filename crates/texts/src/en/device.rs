//! English texts about what customers state of a device themselves.

use crate::device::DeviceNameTexts;

pub const DEVICE_NAME_TEXTS: DeviceNameTexts = DeviceNameTexts {
    rename: "Rename this device",
    name: "Name of this device",
    about: |model| format!("Only you see this name, here and in our emails. Leave it empty to use “{model}” again."),
    save: "Save name",
    saved: "The new name is saved.",
    removed: "The device has its original name again.",
};
