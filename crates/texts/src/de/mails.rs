//! Texts of German mails.

use crate::{MailTexts, Text};
use opendrs_domain::order::{CancelledBy, OrderProblem};

pub const MAIL_TEXTS: MailTexts = MailTexts {
    hello: |name| format!("Guten Tag {name},"),
    subject: |test, what, title| format!("{}{what}: {title}", if test { "Test: " } else { "" }),
    device: |model, serial, test| {
        let test = if test { ", ein Testgerät: Ihnen wird nichts berechnet, und es wird nichts versandt" } else { "" };
        format!("{model}, Seriennummer {serial}{test}")
    },
    product: "Produkt",
    quantity: "Menge",
    price: "Preis",
    ships_to: "Lieferadresse",
    no_address: "noch keine Adresse",
    expected: "Voraussichtliche Lieferung",
    order_number: "Bestellnummer",
    carrier: "Versanddienstleister",
    tracking: "Sendungsnummer",
    reason: "Grund",
    decide: "Bestellung prüfen",
    see: "Bestellung ansehen",
    track: "Sendung verfolgen",
    problem: describe_problem,
    placed_subject: "Ihre Bestellung",
    placed: |model| format!("Ihr Gerät {model} hat Folgendes für Sie bestellt."),
    placed_by_hand: |model| format!("Sie haben Folgendes für Ihr Gerät {model} bestellt."),
    cancel_until: |until| {
        format!("Sie können die Bestellung bis zum {until} stornieren. Danach wird sie versandt und berechnet.")
    },
    held_subject,
    held: |model, problem| format!("Ihr Gerät {model} möchte Folgendes für Sie bestellen. {problem}"),
    remedy,
    unanswered,
    reminder_subject: |subject| format!("Erinnerung: {subject}"),
    reminder: "Diese Bestellung wartet noch auf Sie. Dies ist unsere letzte Erinnerung.",
    shipped_subject: "Unterwegs",
    shipped: "Ihre Bestellung wurde versandt und kann nicht mehr storniert werden.",
    delivered_subject: "Zugestellt",
    delivered: "Ihre Bestellung wurde zugestellt. Wenn sie nicht angekommen ist oder etwas damit nicht stimmt, antworten Sie auf \
                diese E-Mail.",
    delivery_assumed_subject: "Sollte angekommen sein",
    delivery_assumed: "Ihre Bestellung sollte inzwischen angekommen sein, aber wir haben keine Zustellbestätigung erhalten. Wenn sie nicht \
              angekommen ist, antworten Sie auf diese E-Mail.",
    cancelled_subject: "Storniert",
    cancelled,
    not_charged: "Es wird nichts versandt, und Ihnen wird nichts berechnet.",
    no_reason: "nicht angegeben",
    expired_subject: "Nicht bestellt",
    expired: |asked, problem| {
        if asked {
            format!("Ihre Bestellung wurde nicht aufgegeben, weil sie nicht rechtzeitig bestätigt wurde. {problem}")
        } else {
            format!(
                "Ihre Bestellung wurde nicht aufgegeben, weil das Problem nicht rechtzeitig gelöst wurde. {problem}"
            )
        }
    },
    order_ended: "Es wird nichts versandt, und Ihnen wird nichts berechnet. Ihr Gerät kann wieder bestellen.",
    reordering_on_subject: |model| format!("Automatische Nachbestellung für Ihr Gerät {model}"),
    reordering_on: [
        "Ab jetzt bestellt Ihr Gerät die von Ihnen gewählten Produkte automatisch nach, wenn der Vorrat knapp wird.",
        "Wir informieren Sie per E-Mail über jede Bestellung und ihren Preis, solange Sie noch stornieren können.",
    ],
    reordering_off_subject: |model| format!("Automatische Nachbestellung für Ihr Gerät {model} ausgeschaltet"),
    reordering_off: "Ihr Gerät bestellt nicht mehr automatisch nach.",
    slot_product: |title, price| format!("{title}, {price}"),
    slot_off: "ausgeschaltet",
    deregistered_subject: |model| format!("Ihr Gerät {model} ist nicht mehr registriert"),
    deregistered: |model| format!("Ihr Gerät {model} ist nicht mehr registriert. Es bestellt nicht mehr für Sie nach."),
    taken_over_subject: |model| format!("Ihr Gerät {model} wurde von jemand anderem registriert"),
    taken_over: |model| {
        format!("Ihr Gerät {model} wurde von jemand anderem registriert. Es bestellt nicht mehr für Sie nach.")
    },
    taken_over_advice: "Wenn Sie das Gerät weitergegeben haben, müssen Sie nichts tun. Wenn nicht, hat es jemand registriert, der Zugang \
                 zum Gerät hat. Richten Sie es noch einmal ein, damit es wieder Ihnen gehört.",
    takeover_announced_subject: |model| format!("Ihr Gerät {model} wird mit einem anderen Konto eingerichtet"),
    takeover_announced: |model| {
        format!(
            "Jemand richtet Ihr Gerät {model} mit einem anderen Konto ein. Danach gehört es zu diesem Konto und bestellt nicht mehr für Sie nach."
        )
    },
    takeover_announced_advice: "Wenn Sie das Gerät weitergegeben haben, müssen Sie nichts tun. Wenn es noch Ihnen gehört, öffnen Sie den Link unten und wählen Sie „Mein Gerät behalten“. Wenn Sie nichts tun, geht das Gerät an das andere Konto.",
    takeover_announced_link: "Mein Gerät behalten",
    takeover_requested_subject: |model| format!("Ihr Gerät {model} an ein anderes Konto übergeben?"),
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
            "Der Besitzer des Geräts {model} hat der Übergabe zugestimmt. Bitte richten Sie es bis zum {until} am Gerät oder in seiner App ein."
        )
    },
    takeover_declined_subject: |model| format!("Das Gerät {model} bleibt bei seinem Besitzer"),
    takeover_declined: |model| format!("Der Besitzer des Geräts {model} hat der Übergabe nicht zugestimmt."),
    takeover_undone_subject: |model| format!("Ihr Gerät {model} gehört wieder seinem früheren Besitzer"),
    takeover_undone: |model| {
        format!("Der frühere Besitzer hat das Gerät {model} zurückgeholt. Es bestellt nicht mehr für Sie nach.")
    },
    open_orders_continue: "Bereits aufgegebene Bestellungen kommen noch an.",
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
             fest, wählen Sie ein anderes Produkt oder schalten Sie die automatische Nachbestellung aus."
        )
    },
    price_before: "Bisheriger Preis",
    price_agreed: "Vereinbarter Preis",
    daily_limit_subject: |model| format!("Heute keine weiteren E-Mails zu Ihrem Gerät {model}"),
    daily_limit_reached: |model| {
        format!(
            "Zu Ihrem Gerät {model} gibt es mehr Neuigkeiten, als wir an einem Tag versenden. Vorerst senden wir Ihnen dazu keine \
             weiteren E-Mails. Ihre Bestellungen und Einstellungen finden Sie auf der Seite „Ihre Geräte“."
        )
    },
};

fn describe_problem(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "Wir brauchen eine Adresse, an die wir liefern können.",
        Some(OrderProblem::OutOfStock) => "Das Produkt ist nicht auf Lager.",
        Some(OrderProblem::PaymentFailed) => "Die Zahlung ist fehlgeschlagen.",
        Some(OrderProblem::PriceTooHigh) => "Der Preis ist höher als vereinbart.",
        Some(OrderProblem::ApprovalRequired) => "Sie möchten vor jeder Bestellung gefragt werden.",
        Some(OrderProblem::OrderLimitReached) => "Ihre Höchstzahl an Bestellungen ist erreicht.",
        Some(OrderProblem::Skipped) => "Sie wollten diese Bestellung aussetzen.",
        Some(OrderProblem::Paused) => "Sie haben für diese Zeit eine Pause eingestellt.",
        Some(OrderProblem::AwaitingBackend) => "Der Händler hat die Bestellung nicht bestätigt.",
        None => "Etwas ist schiefgegangen.",
    }
}

fn held_subject(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::ApprovalRequired | OrderProblem::PriceTooHigh | OrderProblem::OrderLimitReached) => {
            "Ihre Zustimmung ist erforderlich"
        }
        Some(OrderProblem::Skipped) => "Ihre Bestellung ist wie gewünscht ausgesetzt",
        Some(OrderProblem::Paused) => "Ihre Bestellung wartet, bis Ihre Pause endet",
        Some(OrderProblem::MissingAddress) => "Für Ihre Bestellung fehlt eine Adresse",
        Some(OrderProblem::OutOfStock) => "Ihr Produkt ist zurzeit nicht auf Lager",
        Some(OrderProblem::PaymentFailed) => "Die Zahlung für Ihre Bestellung ist fehlgeschlagen",
        Some(OrderProblem::AwaitingBackend) | None => "Wir konnten Ihre Bestellung noch nicht aufgeben",
    }
}

fn remedy(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "Öffnen Sie die Bestellung und geben Sie eine Adresse ein.",
        Some(OrderProblem::PaymentFailed) => {
            "Öffnen Sie die Bestellung und versuchen Sie es noch einmal, sobald Sie bezahlen können, oder stornieren Sie sie."
        }
        Some(OrderProblem::PriceTooHigh | OrderProblem::ApprovalRequired | OrderProblem::OrderLimitReached) => {
            "Öffnen Sie die Bestellung, prüfen Sie den Preis und bestätigen oder stornieren Sie sie."
        }
        Some(OrderProblem::Skipped) => {
            "Sie müssen nichts tun. Wenn Sie das Produkt doch möchten, öffnen Sie die Bestellung und bestätigen Sie sie."
        }
        Some(OrderProblem::Paused) => {
            "Sie müssen nichts tun. Wenn Sie das Produkt früher möchten, öffnen Sie die Bestellung und bestätigen Sie sie."
        }
        Some(OrderProblem::OutOfStock) => {
            "Sie müssen nichts tun. Wenn Sie lieber etwas anderes möchten, stornieren Sie diese Bestellung und \
             wählen Sie in den Einstellungen des Geräts ein anderes Produkt."
        }
        Some(OrderProblem::AwaitingBackend) | None => "Sie müssen nichts tun.",
    }
}

fn unanswered(problem: Option<OrderProblem>, until: &str, resumes: Option<&str>) -> String {
    match (problem, resumes) {
        (Some(OrderProblem::ApprovalRequired | OrderProblem::Skipped), _) => {
            format!("Wenn Sie nicht bis zum {until} zustimmen, wird nichts bestellt.")
        }
        (Some(OrderProblem::PriceTooHigh), _) => format!(
            "Wenn der Preis vor dem {until} sinkt, geben wir die Bestellung auf. Sonst wird nur bestellt, wenn Sie bis dahin \
             zustimmen."
        ),
        (Some(OrderProblem::OrderLimitReached), _) => format!(
            "Wenn Ihre Höchstzahl die Bestellung vor dem {until} wieder zulässt, geben wir sie auf. Sonst wird nur bestellt, \
             wenn Sie bis dahin zustimmen."
        ),
        (Some(OrderProblem::Paused), Some(day)) => {
            format!(
                "Wir geben die Bestellung am {day} auf, wenn Ihre Pause vorbei ist und sonst nichts dagegenspricht."
            )
        }
        _ => format!(
            "Wir geben die Bestellung auf, sobald das Problem gelöst ist. Ist es bis zum {until} nicht gelöst, entfällt die \
             Bestellung, und Ihnen wird nichts berechnet."
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
