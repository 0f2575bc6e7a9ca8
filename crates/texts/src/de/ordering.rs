//! German texts of orders by hand, of a skipped order and of the pause of all orders.

use crate::OrderingTexts;

pub const ORDERING_TEXTS: OrderingTexts = OrderingTexts {
    order_now: "Jetzt bestellen",
    order_now_about: "Wir lösen die Bestellung sofort aus, ohne auf Ihr Gerät zu warten.",
    order_now_no_address: "Bitte geben Sie zuerst Ihre Lieferadresse ein.",
    order_now_to: |address| format!("Wir liefern an: {address}."),
    already_open: "Diese Bestellung lief bereits. Wir haben keine weitere ausgelöst.",
    placed: "Vielen Dank. Ihre Bestellung ist eingegangen.",
    skip: "Nächste Bestellung aussetzen",
    keep: "Nächste Bestellung doch ausführen",
    rule_skip: "Die nächste Bestellung wird ausgesetzt.",
    skipped: "Wir setzen die nächste Bestellung aus. Sobald Ihr Gerät sie anfordert, erhalten Sie eine E-Mail und können es sich noch anders überlegen.",
    kept: "Die nächste Bestellung wird wie gewohnt ausgeführt.",
    newest_orders: "Neueste Bestellungen",
    older_orders: "Ältere Bestellungen",
    pause_all: "Alle Bestellungen pausieren",
    pause_about: "In dieser Zeit bestellen wir für keines Ihrer Geräte etwas. Pausen, die Sie einzeln eingestellt haben, werden ersetzt. Laufende Bestellungen kommen noch an.",
    pause_choose: "Zeitraum wählen",
    pause_button: "Alle Bestellungen pausieren",
    paused: |from, until| format!("Alle Bestellungen sind vom {from} bis zum {until} pausiert."),
    partly_paused: "Einige Ihrer Bestellungen sind pausiert.",
    resume_about: "Wenn Sie die Pause beenden, werden Bestellungen, die darauf warten, sofort ausgeführt.",
    paused_state: "Pausiert",
    resume: "Pause beenden",
    pause_saved: "Ihre Pause ist gespeichert.",
    pause_ended: "Die Pause ist beendet. Bestellungen, die darauf gewartet haben, werden jetzt ausgeführt.",
};
