//! German texts about what customers state of a device themselves.

use crate::device::{DeviceNameTexts, SlotStatementTexts};

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

pub const SLOT_STATEMENT_TEXTS: SlotStatementTexts = SlotStatementTexts {
    title: "Selbst gewechselt oder noch Vorrat?",
    about: "Notieren Sie, was Ihr Gerät nicht wissen kann. Wann nachbestellt wird, ändert sich dadurch nicht.",
    replaced_on: "Gewechselt am",
    stock: |unit| unit.map_or("Vorrat".into(), |unit| format!("Vorrat ({unit})")),
    save: "Speichern",
    remove: "Notiz entfernen",
    saved: "Ihre Notiz ist gespeichert.",
    removed: "Ihre Notiz ist entfernt.",
    replaced: |day, stated| format!("Gewechselt am {day}. Das haben Sie am {stated} notiert."),
    stock_stated: |amount, stated| format!("Vorrat: {amount}. Das haben Sie am {stated} notiert."),
    stock_reported: |amount, when| format!("Vorrat: {amount}. Das hat Ihr Gerät am {when} gemeldet."),
};
