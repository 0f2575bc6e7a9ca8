//! German texts of orders by hand, of a skipped order and of the pause of all orders.

use crate::OrderingTexts;

pub const ORDERING_TEXTS: OrderingTexts = OrderingTexts {
    order_now: "Jetzt bestellen",
    order_now_about: "Wir geben die Bestellung sofort auf, ohne auf Ihr Gerät zu warten.",
    order_now_to: |address| format!("Wir liefern an: {address}."),
    already_open: "Dafür läuft bereits eine Bestellung. Wir haben keine weitere aufgegeben.",
    placed: "Vielen Dank. Ihre Bestellung ist eingegangen.",
    skip: "Nächste Bestellung aussetzen",
    keep: "Nächste Bestellung doch ausführen",
    rule_skip: "Die nächste Bestellung wird ausgesetzt.",
    skipped: "Wir setzen die nächste Bestellung aus. Sobald Ihr Gerät sie anfordert, erhalten Sie eine E-Mail und können es sich noch anders überlegen.",
    kept: "Die nächste Bestellung wird wie gewohnt ausgeführt.",
    newest_orders: "Neueste Bestellungen",
    older_orders: "Ältere Bestellungen",
    pause_all: "Alle Bestellungen pausieren",
    pause_about: "In dieser Zeit bestellen wir für keines Ihrer Geräte etwas. Bereits aufgegebene Bestellungen kommen noch an.",
    pause_choose: "Zeitraum wählen",
    pause_button: "Alle Bestellungen pausieren",
    paused: |from, until| format!("Alle Bestellungen sind vom {from} bis zum {until} pausiert."),
    resume: "Pause beenden",
    pause_saved: "Alle Ihre Bestellungen sind pausiert.",
    pause_ended: "Die Pause ist beendet. Wir bestellen wieder, wenn etwas zur Neige geht.",
};
