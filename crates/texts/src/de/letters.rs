//! German mails.

use crate::{Letters, Text};
use opendrs_domain::order::{CancelledBy, Problem};

pub const LETTERS: Letters = Letters {
    hello: |name| format!("Guten Tag {name},"),
    subject: |test, what, title| format!("{}{what}: {title}", if test { "Test: " } else { "" }),
    device: |model, serial, test| {
        let test = if test { ", ein Testgerät: Es wird nichts berechnet und nichts versandt" } else { "" };
        format!("{model}, Seriennummer {serial}{test}")
    },
    product: "Produkt",
    quantity: "Menge",
    price: "Preis",
    ships_to: "Lieferung an",
    no_address: "noch keine Adresse",
    expected: "Voraussichtliche Lieferung",
    order_number: "Bestellnummer",
    carrier: "Versanddienst",
    tracking: "Sendungsnummer",
    reason: "Grund",
    decide: "Bestellung prüfen",
    see: "Bestellung ansehen",
    track: "Sendung verfolgen",
    problem,
    placed_subject: "Ihre Bestellung",
    placed: |model| format!("Ihr Gerät {model} hat dies für Sie bestellt."),
    cancel_until: |until| {
        format!("Sie können die Bestellung bis zum {until} stornieren. Danach wird sie versandt und berechnet.")
    },
    held_subject,
    held: |model, problem| format!("Ihr Gerät {model} möchte dies für Sie bestellen. {problem}"),
    remedy,
    unanswered,
    reminder_subject: |subject| format!("Erinnerung: {subject}"),
    reminder: "Diese Bestellung wartet noch auf Sie. Wir erinnern Sie nicht noch einmal.",
    shipped_subject: "Unterwegs",
    shipped: "Ihre Bestellung ist unterwegs und kann nicht mehr storniert werden.",
    delivered_subject: "Zugestellt",
    delivered: "Ihre Bestellung wurde zugestellt. Wenn sie nicht da ist oder etwas nicht stimmt, antworten Sie auf \
                diese E-Mail.",
    assumed_subject: "Sollte angekommen sein",
    assumed: "Ihre Bestellung sollte inzwischen angekommen sein. Eine Zustellbestätigung haben wir nicht erhalten. Wenn sie nicht \
              angekommen ist, antworten Sie auf diese E-Mail.",
    cancelled_subject: "Storniert",
    cancelled,
    not_charged: "Es wird nichts versandt und nichts berechnet.",
    no_reason: "nicht angegeben",
    expired_subject: "Nicht bestellt",
    expired: |asked, problem| match asked {
        true => {
            format!("Ihre Bestellung wurde nicht aufgegeben, weil sie nicht rechtzeitig bestätigt wurde. {problem}")
        }
        false => {
            format!("Ihre Bestellung wurde nicht aufgegeben, weil dies nicht rechtzeitig geklärt wurde. {problem}")
        }
    },
    ended: "Es wird nichts versandt und nichts berechnet. Das Gerät kann erneut bestellen.",
    subscribed_subject: |model| format!("Automatische Nachbestellung für Ihr Gerät {model}"),
    subscribed: [
        "Von jetzt an bestellt Ihr Gerät automatisch nach, was Sie gewählt haben, wenn der Vorrat zur Neige geht.",
        "Eine E-Mail benachrichtigt Sie über jede Bestellung mit ihrem Preis, solange sie noch storniert werden kann.",
    ],
    off_subject: |model| format!("Automatische Nachbestellung ausgeschaltet für Ihr Gerät {model}"),
    off: "Ihr Gerät bestellt nichts mehr automatisch nach.",
    chosen: |title, price| format!("{title}, {price}"),
    not_chosen: "ausgeschaltet",
    left_subject: |model| format!("Ihr Gerät {model} ist nicht mehr registriert"),
    left: |model| format!("Ihr Gerät {model} ist nicht mehr registriert. Es bestellt nichts mehr für Sie."),
    taken_subject: |model| format!("Ihr Gerät {model} wurde von jemand anderem registriert"),
    taken: |model| format!("Ihr Gerät {model} wurde von jemand anderem registriert. Es bestellt nichts mehr für Sie."),
    taken_more: "Wenn Sie das Gerät weitergegeben haben, ist alles in Ordnung. Wenn nicht, hat die Person, die es registriert \
                 hat, das Gerät zur Hand: Sie können es erneut für sich einrichten.",
    announced_subject: |model| format!("Ein anderes Konto richtet Ihr Gerät {model} ein"),
    announced: |model| {
        format!(
            "Jemand richtet Ihr Gerät {model} mit einem anderen Konto ein. Danach gehört es diesem Konto und bestellt nichts mehr für Sie."
        )
    },
    announced_more: "Wenn Sie das Gerät weitergegeben haben, müssen Sie nichts tun. Wenn es noch Ihnen gehört, öffnen Sie den Link und wählen Sie „Mein Gerät behalten“. Sonst geht es an das andere Konto.",
    announced_link: "Mein Gerät behalten",
    asked_subject: |model| format!("Darf ein anderes Konto Ihr Gerät {model} übernehmen?"),
    asked: |model| {
        format!(
            "Jemand möchte Ihr Gerät {model} mit einem anderen Konto einrichten. Ohne Ihre Zustimmung bleibt es Ihres."
        )
    },
    asked_until: |until| format!("Sie können bis zum {until} antworten."),
    asked_link: "Zustimmen oder ablehnen",
    taken_until: |until| {
        format!(
            "Wenn Sie das Gerät weitergegeben haben, müssen Sie nichts tun. Wenn es noch Ihnen gehört, können Sie es bis zum {until} zurückholen."
        )
    },
    taken_link: "Mein Gerät zurückholen",
    agreed_subject: |model| format!("Sie können das Gerät {model} jetzt einrichten"),
    agreed: |model, until| {
        format!(
            "Der Besitzer des Geräts {model} hat der Übergabe zugestimmt. Richten Sie es bis zum {until} am Gerät oder in seiner App ein."
        )
    },
    declined_subject: |model| format!("Das Gerät {model} bleibt bei seinem Besitzer"),
    declined: |model| format!("Der Besitzer des Geräts {model} hat der Übergabe nicht zugestimmt."),
    taken_back_subject: |model| format!("Ihr Gerät {model} gehört wieder seinem früheren Besitzer"),
    taken_back: |model| {
        format!("Der frühere Besitzer Ihres Geräts {model} hat es zurückgeholt. Es bestellt nichts mehr für Sie.")
    },
    under_way: "Eine laufende Bestellung wird noch ausgeführt.",
    price_changed_subject: "Der Preis hat sich geändert",
    price_changed: |before, price| {
        format!("Der Preis eines Produkts, das Sie nachbestellen, hat sich von {before} auf {price} geändert.")
    },
    price_asks: |model| {
        format!(
            "Bevor Ihr Gerät {model} zu diesem Preis bestellt, fragen wir Sie. Ohne Ihre Zustimmung wird nichts bestellt."
        )
    },
    price_goes_on: |model| {
        format!(
            "Ihr Gerät {model} bestellt ab jetzt zu diesem Preis. Wenn Sie das nicht möchten, legen Sie einen Höchstpreis \
             fest, wählen Sie ein anderes Produkt oder schalten Sie das automatische Nachbestellen aus."
        )
    },
    price_before: "Bisheriger Preis",
    price_agreed: "Vereinbarter Preis",
    too_many_subject: |model| format!("Heute keine weiteren E-Mails zu Ihrem Gerät {model}"),
    too_many: |model| {
        format!(
            "Zu Ihrem Gerät {model} gibt es mehr Neues, als wir an einem Tag senden. Vorerst senden wir dazu keine \
             weiteren E-Mails. Ihre Bestellungen und Einstellungen finden Sie auf der Seite Ihrer Geräte."
        )
    },
};

fn problem(problem: Option<Problem>) -> Text {
    match problem {
        Some(Problem::Address) => "Wir brauchen eine Adresse, an die geliefert werden kann.",
        Some(Problem::OutOfStock) => "Das Produkt ist nicht vorrätig.",
        Some(Problem::Payment) => "Die Zahlung ist fehlgeschlagen.",
        Some(Problem::Price) => "Der Preis ist höher, als Sie vereinbart haben.",
        Some(Problem::Ask) => "Sie möchten vorher gefragt werden.",
        Some(Problem::Limit) => "Ihre Höchstzahl von Bestellungen ist erreicht.",
        Some(Problem::Paused) => "Sie haben Bestellungen für diese Zeit pausiert.",
        Some(Problem::Unconfirmed) => "Der Händler hat sie nicht bestätigt.",
        None => "Etwas ist schiefgegangen.",
    }
}

fn held_subject(problem: Option<Problem>) -> Text {
    match problem {
        Some(Problem::Ask | Problem::Price | Problem::Limit) => "Ihre Zustimmung ist erforderlich",
        Some(Problem::Paused) => "Ihre Bestellung wartet, bis Ihre Pause endet",
        Some(Problem::Address) => "Für Ihre Bestellung fehlt eine Adresse",
        Some(Problem::OutOfStock) => "Ihre Bestellung wartet auf Ware",
        Some(Problem::Payment) => "Die Zahlung Ihrer Bestellung ist fehlgeschlagen",
        Some(Problem::Unconfirmed) | None => "Wir konnten Ihre Bestellung noch nicht aufgeben",
    }
}

fn remedy(problem: Option<Problem>) -> Text {
    match problem {
        Some(Problem::Address) => "Öffnen Sie die Bestellung, und geben Sie eine Adresse ein.",
        Some(Problem::Payment) => "Öffnen Sie die Bestellung, sobald Sie bezahlen können, oder stornieren Sie sie.",
        Some(Problem::Price | Problem::Ask | Problem::Limit) => {
            "Öffnen Sie die Bestellung, um den Preis zu sehen, und bestätigen oder stornieren Sie sie."
        }
        Some(Problem::Paused) => {
            "Sie brauchen nichts zu tun. Wenn Sie die Ware früher möchten, öffnen Sie die Bestellung, und bestätigen Sie sie."
        }
        Some(Problem::OutOfStock) => {
            "Sie brauchen nichts zu tun. Wenn Sie lieber etwas anderes möchten, stornieren Sie diese Bestellung, und \
             wählen Sie in den Einstellungen des Geräts ein anderes Produkt."
        }
        Some(Problem::Unconfirmed) | None => "Sie brauchen nichts zu tun.",
    }
}

fn unanswered(problem: Option<Problem>, until: &str, resumes: Option<&str>) -> String {
    match (problem, resumes) {
        (Some(Problem::Ask), _) => format!("Ohne Ihre Zustimmung bis zum {until} wird nichts bestellt."),
        (Some(Problem::Price), _) => format!(
            "Sinkt der Preis vor dem {until}, geben wir die Bestellung auf. Sonst wird ohne Ihre Zustimmung bis dahin nichts \
             bestellt."
        ),
        (Some(Problem::Limit), _) => format!(
            "Lässt Ihre Höchstzahl sie vor dem {until} zu, geben wir die Bestellung auf. Sonst wird ohne Ihre Zustimmung bis \
             dahin nichts bestellt."
        ),
        (Some(Problem::Paused), Some(day)) => {
            format!("Wir geben sie am {day} auf, wenn Ihre Pause vorbei ist und nichts anderes entgegensteht.")
        }
        _ => format!(
            "Wir geben sie auf, sobald das geklärt ist. Ist es bis zum {until} nicht geklärt, entfällt die Bestellung, und \
             Ihnen wird nichts berechnet."
        ),
    }
}

fn cancelled(by: Option<CancelledBy>) -> Text {
    match by {
        Some(CancelledBy::Customer) => "Sie haben diese Bestellung storniert.",
        Some(CancelledBy::MailLink) => "Diese Bestellung wurde über den Link in unserer E-Mail storniert.",
        Some(CancelledBy::Device) => "Ihr Gerät hat diese Bestellung storniert.",
        Some(CancelledBy::Shop) => "Der Händler hat diese Bestellung storniert.",
        Some(CancelledBy::Operator) => "Der Kundendienst hat diese Bestellung storniert.",
        None => "Diese Bestellung wurde storniert.",
    }
}
