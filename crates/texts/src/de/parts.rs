//! German texts of parts that several customer pages have.

use crate::PartTexts;

pub const PART_TEXTS: PartTexts = PartTexts {
    skip: "Zum Inhalt springen",
    ordered: "Bestellt",
    shipped: "Versandt",
    delivered: "Zugestellt",
    progress: "Stand der Bestellung",
    reorders: "Bestellt automatisch nach",
    level_left: |percent| format!("Noch {percent} %"),
    level_heard: |when| format!("Zuletzt gemeldet: {when}"),
    level_unknown: "Ihr Gerät hat noch keinen Füllstand gemeldet.",
    level_chart: |slot| format!("Füllstand: {slot}"),
    level_between: |from, until, refills| {
        let refills = match refills {
            0 => String::new(),
            1 => ", einmal aufgefüllt".into(),
            count => format!(", {count}-mal aufgefüllt"),
        };
        format!("Vom {from} bis zum {until}{refills}.")
    },
    level_table: "Als Tabelle anzeigen",
    level_day: "Tag",
    level_column: "Füllstand",
    asks_first: "Fragt Sie vorher",
    no_reorders: "Wird nicht nachbestellt",
    order_waits: "Bestellung wartet",
    order_underway: "Bestellt",
    test_device: "Testgerät",
    orders_wait: |count| match count {
        1 => "Eine Bestellung wartet".into(),
        count => format!("{count} Bestellungen warten"),
    },
    change_product: "Produkt ändern",
    products_offered: |count| format!("{count} zur Auswahl"),
    rule_ask: "Ohne Ihre Zustimmung wird nichts bestellt.",
    rule_amount: |price| format!("Wir fragen Sie vorher, wenn eine Bestellung mehr als {price} kostet."),
    rule_percent: |percent| {
        format!("Wir fragen Sie vorher, wenn eine Bestellung über {percent} % mehr kostet als vereinbart.")
    },
    rule_limit: |orders, days| {
        let orders = if orders == "1" { "1 Bestellung".to_owned() } else { format!("{orders} Bestellungen") };
        let days = if days == "1" { "an einem Tag".to_owned() } else { format!("in {days} Tagen") };
        format!("Höchstens {orders} {days}.")
    },
    rule_pause: |from, until| format!("Vom {from} bis zum {until} wird nichts bestellt."),
    saved_product: "Gespeichert. Dieses Produkt wird nachbestellt, wenn es zur Neige geht.",
    saved_rules: "Ihre Regeln sind gespeichert.",
    saved_off: "Das automatische Nachbestellen ist jetzt aus. Laufende Bestellungen kommen noch an.",
    saved_address: "Ihre Adresse ist gespeichert.",
    saved_language: "Ihre Sprache ist gespeichert.",
    saved_cancelled: "Ihre Bestellung ist storniert.",
    saved_order: "Danke. Ihre Bestellung ist aktualisiert.",
    saved_removed: "Ihr Gerät ist entfernt.",
    saved_unlinked: "Ihre Einwilligung ist widerrufen.",
};
