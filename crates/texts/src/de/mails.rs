//! Texts of German mails.

use crate::{MailTexts, Text};
use opendrs_domain::order::{CancelledBy, OrderProblem};

pub const MAIL_TEXTS: MailTexts = MailTexts {
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
    problem: describe_problem,
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
    delivery_assumed_subject: "Sollte angekommen sein",
    delivery_assumed: "Ihre Bestellung sollte inzwischen angekommen sein. Eine Zustellbestätigung haben wir nicht erhalten. Wenn sie nicht \
              angekommen ist, antworten Sie auf diese E-Mail.",
    cancelled_subject: "Storniert",
    cancelled,
    not_charged: "Es wird nichts versandt und nichts berechnet.",
    no_reason: "nicht angegeben",
    expired_subject: "Nicht bestellt",
    expired: |asked, problem| {
        if asked {
            format!("Ihre Bestellung wurde nicht aufgegeben, weil sie nicht rechtzeitig bestätigt wurde. {problem}")
        } else {
            format!("Ihre Bestellung wurde nicht aufgegeben, weil dies nicht rechtzeitig geklärt wurde. {problem}")
        }
    },
    order_ended: "Es wird nichts versandt und nichts berechnet. Das Gerät kann erneut bestellen.",
    reordering_on_subject: |model| format!("Automatische Nachbestellung für Ihr Gerät {model}"),
    reordering_on: [
        "Von jetzt an bestellt Ihr Gerät automatisch nach, was Sie gewählt haben, wenn der Vorrat zur Neige geht.",
        "Eine E-Mail benachrichtigt Sie über jede Bestellung mit ihrem Preis, solange sie noch storniert werden kann.",
    ],
    reordering_off_subject: |model| format!("Automatische Nachbestellung ausgeschaltet für Ihr Gerät {model}"),
    reordering_off: "Ihr Gerät bestellt nichts mehr automatisch nach.",
    slot_product: |title, price| format!("{title}, {price}"),
    slot_off: "ausgeschaltet",
    deregistered_subject: |model| format!("Ihr Gerät {model} ist nicht mehr registriert"),
    deregistered: |model| format!("Ihr Gerät {model} ist nicht mehr registriert. Es bestellt nichts mehr für Sie."),
    taken_over_subject: |model| format!("Ihr Gerät {model} wurde von jemand anderem registriert"),
    taken_over: |model| {
        format!("Ihr Gerät {model} wurde von jemand anderem registriert. Es bestellt nichts mehr für Sie.")
    },
    taken_over_advice: "Wenn Sie das Gerät weitergegeben haben, ist alles in Ordnung. Wenn nicht, hat die Person, die es registriert \
                 hat, das Gerät zur Hand: Sie können es erneut für sich einrichten.",
    takeover_announced_subject: |model| format!("Ein anderes Konto richtet Ihr Gerät {model} ein"),
    takeover_announced: |model| {
        format!(
            "Jemand richtet Ihr Gerät {model} mit einem anderen Konto ein. Danach gehört es diesem Konto und bestellt nichts mehr für Sie."
        )
    },
    takeover_announced_advice: "Wenn Sie das Gerät weitergegeben haben, müssen Sie nichts tun. Wenn es noch Ihnen gehört, öffnen Sie den Link und wählen Sie „Mein Gerät behalten“. Sonst geht es an das andere Konto.",
    takeover_announced_link: "Mein Gerät behalten",
    takeover_requested_subject: |model| format!("Darf ein anderes Konto Ihr Gerät {model} übernehmen?"),
    takeover_requested: |model| {
        format!(
            "Jemand möchte Ihr Gerät {model} mit einem anderen Konto einrichten. Ohne Ihre Zustimmung bleibt es Ihres."
        )
    },
    takeover_requested_until: |until| format!("Sie können bis zum {until} antworten."),
    takeover_requested_link: "Zustimmen oder ablehnen",
    takeover_undo_until: |until| {
        format!(
            "Wenn Sie das Gerät weitergegeben haben, müssen Sie nichts tun. Wenn es noch Ihnen gehört, können Sie es bis zum {until} zurückholen."
        )
    },
    takeover_undo_link: "Mein Gerät zurückholen",
    takeover_agreed_subject: |model| format!("Sie können das Gerät {model} jetzt einrichten"),
    takeover_agreed: |model, until| {
        format!(
            "Der Besitzer des Geräts {model} hat der Übergabe zugestimmt. Richten Sie es bis zum {until} am Gerät oder in seiner App ein."
        )
    },
    takeover_declined_subject: |model| format!("Das Gerät {model} bleibt bei seinem Besitzer"),
    takeover_declined: |model| format!("Der Besitzer des Geräts {model} hat der Übergabe nicht zugestimmt."),
    takeover_undone_subject: |model| format!("Ihr Gerät {model} gehört wieder seinem früheren Besitzer"),
    takeover_undone: |model| {
        format!("Der frühere Besitzer Ihres Geräts {model} hat es zurückgeholt. Es bestellt nichts mehr für Sie.")
    },
    open_orders_continue: "Eine laufende Bestellung wird noch ausgeführt.",
    price_changed_subject: "Der Preis hat sich geändert",
    price_changed: |before, price| {
        format!("Der Preis eines Produkts, das Sie nachbestellen, hat sich von {before} auf {price} geändert.")
    },
    price_needs_approval: |model| {
        format!(
            "Bevor Ihr Gerät {model} zu diesem Preis bestellt, fragen wir Sie. Ohne Ihre Zustimmung wird nichts bestellt."
        )
    },
    price_will_apply: |model| {
        format!(
            "Ihr Gerät {model} bestellt ab jetzt zu diesem Preis. Wenn Sie das nicht möchten, legen Sie einen Höchstpreis \
             fest, wählen Sie ein anderes Produkt oder schalten Sie das automatische Nachbestellen aus."
        )
    },
    price_before: "Bisheriger Preis",
    price_agreed: "Vereinbarter Preis",
    daily_limit_subject: |model| format!("Heute keine weiteren E-Mails zu Ihrem Gerät {model}"),
    daily_limit_reached: |model| {
        format!(
            "Zu Ihrem Gerät {model} gibt es mehr Neues, als wir an einem Tag senden. Vorerst senden wir dazu keine \
             weiteren E-Mails. Ihre Bestellungen und Einstellungen finden Sie auf der Seite Ihrer Geräte."
        )
    },
};

fn describe_problem(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "Wir brauchen eine Adresse, an die geliefert werden kann.",
        Some(OrderProblem::OutOfStock) => "Das Produkt ist nicht vorrätig.",
        Some(OrderProblem::PaymentFailed) => "Die Zahlung ist fehlgeschlagen.",
        Some(OrderProblem::PriceTooHigh) => "Der Preis ist höher, als Sie vereinbart haben.",
        Some(OrderProblem::ApprovalRequired) => "Sie möchten vorher gefragt werden.",
        Some(OrderProblem::OrderLimitReached) => "Ihre Höchstzahl von Bestellungen ist erreicht.",
        Some(OrderProblem::Paused) => "Sie haben Bestellungen für diese Zeit pausiert.",
        Some(OrderProblem::AwaitingBackend) => "Der Händler hat sie nicht bestätigt.",
        None => "Etwas ist schiefgegangen.",
    }
}

fn held_subject(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::ApprovalRequired | OrderProblem::PriceTooHigh | OrderProblem::OrderLimitReached) => {
            "Ihre Zustimmung ist erforderlich"
        }
        Some(OrderProblem::Paused) => "Ihre Bestellung wartet, bis Ihre Pause endet",
        Some(OrderProblem::MissingAddress) => "Für Ihre Bestellung fehlt eine Adresse",
        Some(OrderProblem::OutOfStock) => "Ihre Bestellung wartet auf Ware",
        Some(OrderProblem::PaymentFailed) => "Die Zahlung Ihrer Bestellung ist fehlgeschlagen",
        Some(OrderProblem::AwaitingBackend) | None => "Wir konnten Ihre Bestellung noch nicht aufgeben",
    }
}

fn remedy(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "Öffnen Sie die Bestellung, und geben Sie eine Adresse ein.",
        Some(OrderProblem::PaymentFailed) => {
            "Öffnen Sie die Bestellung, sobald Sie bezahlen können, oder stornieren Sie sie."
        }
        Some(OrderProblem::PriceTooHigh | OrderProblem::ApprovalRequired | OrderProblem::OrderLimitReached) => {
            "Öffnen Sie die Bestellung, um den Preis zu sehen, und bestätigen oder stornieren Sie sie."
        }
        Some(OrderProblem::Paused) => {
            "Sie brauchen nichts zu tun. Wenn Sie die Ware früher möchten, öffnen Sie die Bestellung, und bestätigen Sie sie."
        }
        Some(OrderProblem::OutOfStock) => {
            "Sie brauchen nichts zu tun. Wenn Sie lieber etwas anderes möchten, stornieren Sie diese Bestellung, und \
             wählen Sie in den Einstellungen des Geräts ein anderes Produkt."
        }
        Some(OrderProblem::AwaitingBackend) | None => "Sie brauchen nichts zu tun.",
    }
}

fn unanswered(problem: Option<OrderProblem>, until: &str, resumes: Option<&str>) -> String {
    match (problem, resumes) {
        (Some(OrderProblem::ApprovalRequired), _) => {
            format!("Ohne Ihre Zustimmung bis zum {until} wird nichts bestellt.")
        }
        (Some(OrderProblem::PriceTooHigh), _) => format!(
            "Sinkt der Preis vor dem {until}, geben wir die Bestellung auf. Sonst wird ohne Ihre Zustimmung bis dahin nichts \
             bestellt."
        ),
        (Some(OrderProblem::OrderLimitReached), _) => format!(
            "Lässt Ihre Höchstzahl sie vor dem {until} zu, geben wir die Bestellung auf. Sonst wird ohne Ihre Zustimmung bis \
             dahin nichts bestellt."
        ),
        (Some(OrderProblem::Paused), Some(day)) => {
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
