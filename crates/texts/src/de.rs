//! German texts. They address the customer as „Sie“. The name of a device model follows „Gerät“, because its
//! grammatical gender is unknown.

mod errors;
mod mails;
mod parts;

use super::{
    CancelWindow, ConsentTexts, ConsentWithdrawalTexts, DeviceRemovalTexts, ErrorHeadings, ErrorPageTexts, LeaveTexts,
    Marked, NotFoundTexts, OrderTexts, RuleTexts, SettingsTexts, SetupTexts, SharedTexts, SignInTexts, TakeoverTexts,
    TeaserTexts, Text, Texts,
};
use opendrs_domain::language::Language;
use opendrs_domain::order::OrderProblem;

pub static TEXTS: Texts = Texts {
    language: Language::German,
    shared: SharedTexts {
        languages: "Sprache",
        exit: "Beenden",
        cancel: "Abbrechen",
        cancel_order: "Diese Bestellung stornieren",
        your_devices: "Ihre Geräte",
        shipping_address: "Lieferadresse",
        product: "Produkt",
        none_offered: "Hierfür wird noch kein Produkt angeboten.",
        stop: ".",
        sign_out: "Abmelden",
        line1: "Straße und Hausnummer",
        line2: "Wohnung, Etage, Firma (freiwillig)",
        city: "Ort",
        region: "Bundesland oder Region (freiwillig)",
        postal_code: "Postleitzahl",
        country: "Land (zwei Buchstaben, etwa DE)",
    },
    parts: parts::PART_TEXTS,
    sign_in: SignInTexts {
        title: "Anmelden",
        email: "E-Mail-Adresse",
        password: "Passwort",
        remember: "30 Tage lang angemeldet bleiben",
    },
    missing: NotFoundTexts {
        home_title: "Automatische Nachbestellung",
        home_text: "Richten Sie ein neues Gerät am Gerät selbst oder in seiner App ein. Geräte, die Sie eingerichtet haben, finden Sie in Ihrer Liste.",
        title: "Seite nicht gefunden",
        text: "Unter dieser Adresse gibt es keine Seite. Prüfen Sie die Adresse, oder gehen Sie zu Ihren Geräten.",
        form_title: "Diese Seite lässt sich nicht direkt öffnen",
        form_text: "Sie nimmt nur entgegen, was ein Formular sendet. Gehen Sie zurück und nutzen Sie das Formular erneut, oder gehen Sie zu Ihren Geräten.",
    },
    takeovers: TakeoverTexts {
        notice: "Dieses Gerät gehört zu einem anderen Konto. Wenn Sie die Einrichtung abschließen, gehört es Ihnen, und der frühere Besitzer wird benachrichtigt.",
        blocked: "Dieses Gerät gehört zu einem anderen Konto",
        waiting: |until| {
            format!(
                "Wir haben den Besitzer per E-Mail um Zustimmung gebeten. Stimmt er bis {until} zu, richten Sie das Gerät erneut ein."
            )
        },
        back: "Zurück zur App",
        requested: |model| format!("Gerät {model} übergeben?"),
        requested_why: "Ein anderes Konto möchte Ihr Gerät einrichten. Wenn Sie zustimmen, ist das möglich, und das Gerät bestellt nichts mehr für Sie.",
        announced: |model| format!("Ein anderes Konto richtet Ihr Gerät {model} ein"),
        announced_why: "Wenn das Gerät noch Ihnen gehört, wählen Sie „Mein Gerät behalten“. Das andere Konto kann die Einrichtung dann nicht abschließen.",
        done: |model| format!("Ein anderes Konto hat Ihr Gerät {model}"),
        done_why: "Wenn Sie das Gerät zurückholen, bestellt es wieder für Sie wie zuvor, und das andere Konto verliert es.",
        until: |until| format!("Sie können bis zum {until} antworten."),
        agree: "Übergeben",
        decline: "Mein Gerät behalten",
        undo: "Mein Gerät zurückholen",
        agreed: "Sie haben zugestimmt",
        agreed_text: "Das andere Konto kann das Gerät jetzt einrichten.",
        declined: "Sie behalten Ihr Gerät",
        declined_text: "Das andere Konto kann es nicht einrichten.",
        undone: "Ihr Gerät ist zurück",
        undone_text: "Es bestellt wieder für Sie wie zuvor.",
        closed: "Diese Anfrage ist abgeschlossen",
    },
    leaving: LeaveTexts {
        title: "Einen Moment, bitte",
        text: "Sie werden weitergeleitet. Wenn nichts geschieht, nutzen Sie diesen Link.",
        link: "Weiter",
    },
    consent: ConsentTexts {
        title: |profile| format!("{profile} bittet um Ihre Einwilligung"),
        asks: |maker| format!("von {maker} bittet um Ihre Einwilligung in:"),
        replenish: "die Nachbestellung von Verbrauchsmaterial für dieses Gerät und die Einsicht in den Stand dieser \
                    Bestellungen",
        profile: "die Nutzung Ihres Namens und Ihrer E-Mail-Adresse",
        user_id: "die Nutzung einer Kennung Ihres Kontos",
        postal_code: "die Nutzung Ihrer Postleitzahl",
        device: "Gerät: ",
        serial: |serial| format!(", Seriennummer {serial}."),
        share: |maker| format!("Einzelheiten und Stand seiner Bestellungen geben wir an {maker} weiter."),
        privacy: |maker| format!("Datenschutzhinweise von {maker}"),
        allow: "Zustimmen",
    },
    set_up: SetupTexts {
        choose: |slot| format!("{slot}: bitte auswählen"),
        step: |model, number, count| format!("für Ihr Gerät {model}, Schritt {number} von {count}"),
        once: "Bestellt wird, wenn der Vorrat des Geräts zur Neige geht. Sie wählen einmal und können das Produkt \
               jederzeit ändern oder die Nachbestellung beenden.",
        per_order: |amount| format!("{amount} je Bestellung."),
        tax: "Inklusive Steuern und Versand.",
        out_of_stock: "Zurzeit nicht vorrätig.",
        next: "Weiter",
        skip: "Hierfür nichts bestellen",
        title: "Automatische Nachbestellung bestätigen",
        confirm: "Bitte bestätigen Sie",
        will_order: |model| {
            format!("Ihr Gerät {model} bestellt Folgendes selbsttätig nach, wenn der Vorrat zur Neige geht:")
        },
        column_slot: "Für",
        column_price: "Preis je Bestellung",
        skipped: "nichts",
        test: "Dies ist ein Testgerät: Es wird nichts berechnet und nichts versandt.",
        cancel_within: |window| {
            let window = match window {
                CancelWindow::Hours(1) => "1 Stunde".to_owned(),
                CancelWindow::Hours(hours) => format!("{hours} Stunden"),
                CancelWindow::Minutes(1) => "1 Minute".to_owned(),
                CancelWindow::Minutes(minutes) => format!("{minutes} Minuten"),
            };
            format!("Nach jeder Bestellung haben Sie {window} Zeit, sie zu stornieren.")
        },
        complete: "Einrichtung abschließen",
        choose_again: "Neu auswählen",
    },
    teaser: TeaserTexts {
        title: |model| format!("Automatische Nachbestellung für Ihr Gerät {model}"),
        heading: "Immer genug im Haus",
        notices: Marked(
            "Ihr Gerät ",
            " bemerkt, wenn sein Verbrauchsmaterial zur Neige geht, und bestellt es selbsttätig nach.",
        ),
        points: [
            "Sie wählen das Produkt und sehen seinen Preis, bevor etwas bestellt wird.",
            "Wir benachrichtigen Sie über jede Bestellung, und Sie haben Zeit, sie zu stornieren.",
            "Sie können jederzeit das Produkt wechseln, pausieren oder aufhören.",
        ],
        next: "Wie es weitergeht",
        start: "Jetzt einrichten",
        later: "Später erinnern",
        skip: "Überspringen",
        unknown_model: "Diese Seite gibt es nicht",
        unknown_model_why: "Dieser Link ist unvollständig: Er nennt kein Gerät, das wir kennen. Öffnen Sie ihn bitte noch einmal in der App Ihres Geräts.",
    },
    settings: SettingsTexts {
        title: |model| format!("Einstellungen Ihres Geräts {model}"),
        serial: |serial| format!("Seriennummer {serial}"),
        test: ". Testgerät: Es wird nichts berechnet und nichts versandt",
        reordering: Marked("Die automatische Nachbestellung ist ", "."),
        on: "eingeschaltet",
        off: "ausgeschaltet",
        use_product: "Dieses Produkt verwenden",
        switch_on: "Einschalten",
        switch_off: "Ausschalten",
        no_address: ": noch keine Adresse",
        change_address: "Adresse ändern",
        save_address: "Adresse speichern",
        kept: "Bestellungen, die ihre Adresse behalten",
        kept_why: "Eine neue Adresse gilt für spätere Bestellungen. Diese behalten die Adresse, mit der sie aufgegeben \
                   wurden. Wartet eine davon noch auf Sie, öffnen Sie sie, um sie anderswohin zu senden.",
        kept_order: |number, title, address| format!("Bestellung {number}, {title}: {address}"),
        orders: "Bestellungen dieses Geräts",
        none: "Noch keine.",
        language: "Sprache der Seiten und E-Mails",
        use_language: "Diese Sprache verwenden",
        signed_in: |name| format!("Angemeldet als {name}."),
        open_device: "Öffnen Sie ein Gerät, um zu sehen und zu ändern, was es nachbestellt.",
        device: |model, serial| format!("{model}, Seriennummer {serial}"),
        no_device: "Mit Ihrem Konto ist kein Gerät verknüpft.",
        link_expired: "Dieser Link gilt nicht mehr. Öffnen Sie die Einstellungen erneut am Gerät oder in der App.",
        other_account: "Gerät eines anderen Kontos",
        other_account_why: "Dieses Gerät ist mit einem anderen Konto verknüpft als dem, mit dem Sie angemeldet sind.",
        other_sign_in: "Mit einem anderen Konto anmelden",
        unregistered: "Dieses Gerät ist nicht registriert",
        unregistered_why: "Beginnen Sie seine Einrichtung erneut am Gerät oder in seiner App.",
    },
    removal: DeviceRemovalTexts {
        link: "Entfernen",
        title: |model| format!("{model} entfernen"),
        heading: |model| format!("{model} entfernen?"),
        why: "Das Gerät kann dann nichts mehr bestellen, und sein Hersteller wird benachrichtigt. Laufende Bestellungen werden \
              ausgeführt. Um es wieder zu verwenden, richten Sie es am Gerät oder in seiner App neu ein.",
        button: "Dieses Gerät entfernen",
        keep: "Behalten",
    },
    unlinking: ConsentWithdrawalTexts {
        apps: "Apps mit Ihrer Einwilligung",
        app: |profile, maker, since| format!("{profile} von {maker}, seit {since}. Sie haben eingewilligt in:"),
        no_app: "Keine App hat Ihre Einwilligung.",
        link: "Einwilligung widerrufen",
        title: |profile| format!("Einwilligung für {profile} widerrufen"),
        heading: |profile| format!("Einwilligung für {profile} widerrufen?"),
        why: |profile, maker| {
            format!(
                "{profile} kann dann nichts mehr in Ihrem Namen tun, und {maker} wird benachrichtigt. Laufende Bestellungen \
                 werden ausgeführt. Um die App wieder zu verwenden, melden Sie sich in ihr an und stimmen Sie erneut zu."
            )
        },
        devices: |maker| format!("Diese Geräte von {maker} werden aus Ihrem Konto entfernt:"),
        button: "Einwilligung widerrufen",
        keep: "Alles so lassen",
    },
    rules: RuleTexts {
        title: |slot| format!("Regeln für: {slot}"),
        about: "Eine Bestellung, die gegen eine Regel verstößt, wird zurückgestellt, und Sie entscheiden; ohne Sie wird \
                sie nie geändert.",
        mode: "Wenn das Gerät bestellt",
        automatic: "Bestellung aufgeben",
        ask: "Mich vorher fragen",
        cap: "Höchstpreis",
        cap_agreed: |price, day| {
            let day = day.map_or(String::new(), |day| format!(" am {day}"));
            format!("Höchstpreis. Vereinbart{day}: {price}")
        },
        no_cap: |ask_above| match ask_above {
            0 => "Kein eigener: fragen, sobald es mehr kostet als vereinbart".into(),
            percent => format!("Kein eigener: fragen, sobald es über {percent} % mehr kostet als vereinbart"),
        },
        cap_amount: |currency| format!("Ein Betrag in {currency}"),
        cap_percent: "Prozent über dem vereinbarten Preis",
        cap_value: "Betrag oder Prozent",
        limit: "Wie viele Bestellungen; ohne Grenze lassen Sie beide Felder leer",
        limit_orders: "Höchstens so viele Bestellungen",
        limit_days: "in so vielen Tagen",
        pause: "Pause; ohne Pause lassen Sie beide Felder leer",
        pause_from: "Erster Tag ohne Bestellungen",
        pause_until: "Letzter Tag ohne Bestellungen",
        substitutes: "Wenn es nicht vorrätig ist, stattdessen bestellen",
        save: "Diese Regeln speichern",
    },
    orders: OrderTexts {
        title: "Ihre Bestellung",
        brings: |amount, model, serial| format!("{amount} für Ihr Gerät {model}, Seriennummer {serial}."),
        number: |number| format!("Bestellnummer {number}."),
        shipping: |price| format!("Darin {price} für den Versand."),
        tax: |price| format!("Darin {price} Steuer."),
        use_address: "Diese Adresse verwenden",
        use_present: |address| format!("An {address} senden"),
        pay: |_| "Zahlungspflichtig bestellen".into(),
        try_again: "Erneut versuchen",
        held: held_status,
        preparing: |at| format!("In Vorbereitung{}", expected_suffix(at)),
        shipped: |at, carrier, number| {
            let carrier = carrier.map_or(String::new(), |carrier| format!(" mit {carrier}"));
            let number = number.map_or(String::new(), |number| format!(", Sendungsnummer {number}"));
            format!("Versandt{carrier}{}{number}", expected_suffix(at))
        },
        delivered: |day| format!("Zugestellt am {day}"),
        delivery_assumed: "Sollte angekommen sein",
        cancelled: "Storniert",
        expired: "Nicht aufgegeben: Sie wurde nicht bestätigt, oder das Hindernis wurde nicht rechtzeitig behoben",
        reason: |reason| format!("Grund: {reason}"),
        cancel_title: "Bestellung stornieren",
        cancel_heading: "Diese Bestellung stornieren?",
        cancel_until: |placed, until| format!("Bestellt am {placed}. Sie kann bis zum {until} storniert werden."),
        keep: "Um sie zu behalten, schließen Sie diese Seite.",
        cancelled_title: "Ihre Bestellung ist storniert",
        cancelled_text: "Es wird nichts versandt und nichts berechnet.",
        not_cancelled: "Diese Bestellung kann nicht storniert werden",
    },
    sorry: ErrorPageTexts {
        title: "Das tut uns leid!",
        text: "Bei der Bearbeitung Ihrer Anfrage ist ein Fehler aufgetreten.",
        summary: "Zusammenfassung des Fehlers",
        details: "Einzelheiten der Anfrage",
    },
    error_headings: ErrorHeadings {
        rate_limited: "Bitte warten Sie",
        unavailable: "Bitte versuchen Sie es erneut",
        internal: "Etwas ist schiefgegangen",
        expired: "Diese Seite ist abgelaufen",
        failed: "Das hat nicht geklappt",
    },
    error_message: errors::describe_error,
    letters: mails::MAIL_TEXTS,
};

fn expected_suffix(at: Option<&str>) -> String {
    at.map_or(String::new(), |at| format!(", erwartet am {at}"))
}

fn held_status(problem: Option<OrderProblem>) -> Text {
    match problem {
        None => "Wird gerade aufgegeben",
        Some(OrderProblem::MissingAddress) => "Wartet: Eine gültige Lieferadresse wird gebraucht",
        Some(OrderProblem::OutOfStock) => "Wartet: Das Produkt ist nicht vorrätig",
        Some(OrderProblem::PaymentFailed) => "Wartet: Die Zahlung ist fehlgeschlagen",
        Some(OrderProblem::AwaitingBackend) => "Wird gerade bestätigt",
        Some(OrderProblem::PriceTooHigh) => "Wartet auf Ihre Zustimmung: Der Preis ist höher, als Sie vereinbart haben",
        Some(OrderProblem::ApprovalRequired) => "Wartet auf Ihre Zustimmung",
        Some(OrderProblem::OrderLimitReached) => {
            "Wartet auf Ihre Zustimmung: Ihre Höchstzahl von Bestellungen ist erreicht"
        }
        Some(OrderProblem::Paused) => "Wartet, bis Ihre Pause endet",
    }
}
