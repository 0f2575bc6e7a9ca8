//! German texts about what customers state of a device themselves.

use crate::device::DeviceNameTexts;

pub const DEVICE_NAME_TEXTS: DeviceNameTexts = DeviceNameTexts {
    rename: "Gerät umbenennen",
    name: "Name des Geräts",
    about: |model| {
        format!(
            "Nur Sie sehen diesen Namen: hier und in unseren E-Mails. Lassen Sie das Feld leer, um wieder „{model}“ zu verwenden."
        )
    },
    save: "Namen speichern",
    saved: "Der neue Name ist gespeichert.",
    removed: "Das Gerät heißt wieder wie vom Hersteller vorgesehen.",
};
