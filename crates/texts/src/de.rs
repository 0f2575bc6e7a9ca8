//! German texts. They address the customer as „Sie“. The name of a device model follows „Gerät“, because its
//! grammatical gender is unknown.

mod account;
mod brand;
mod device;
mod errors;
mod federation;
mod mails;
mod ordering;
mod parts;
mod second_factor;
mod withdrawal;

use super::{
    CancelWindow, ConsentTexts, ConsentWithdrawalTexts, DeviceRemovalTexts, ErrorHeadings, ErrorPageTexts, LeaveTexts,
    Marked, NotFoundTexts, OrderTexts, RuleTexts, SettingsTexts, SetupTexts, SharedTexts, SignInTexts, TakeoverTexts,
    TeaserTexts, Text, Texts,
};
use opendrs_domain::language::Language;
use opendrs_domain::order::{OrderProblem, OrderTrigger};

pub static TEXTS: Texts = Texts {
    language: Language::German,
    shared: SharedTexts {
        languages: "Sprache",
        exit: "Zurück zur App",
        cancel: "Abbrechen",
        cancel_order: "Diese Bestellung stornieren",
        your_devices: "Ihre Geräte",
        shipping_address: "Lieferadresse",
        product: "Produkt",
        none_offered: "Dafür gibt es noch kein Produkt.",
        stop: ".",
        sign_out: "Abmelden",
        line1: "Straße und Hausnummer",
        line2: "Wohnung, Etage, Firma (optional)",
        city: "Ort",
        region: "Bundesland oder Region (optional)",
        postal_code: "Postleitzahl",
        country: "Land (zwei Buchstaben, zum Beispiel DE)",
    },
    parts: parts::PART_TEXTS,
    brand: brand::BRAND_TEXTS,
    sign_in: SignInTexts {
        title: "Anmelden",
        email: "E-Mail-Adresse",
        password: "Passwort",
        remember: "30 Tage angemeldet bleiben",
    },
    missing: NotFoundTexts {
        home_title: "Automatische Nachbestellung",
        home_text: "Ein neues Gerät richten Sie am Gerät selbst oder in seiner App ein. Ihre bereits eingerichteten Geräte finden Sie unter „Ihre Geräte“.",
        title: "Seite nicht gefunden",
        text: "Unter dieser Adresse gibt es keine Seite. Bitte prüfen Sie die Adresse oder öffnen Sie „Ihre Geräte“.",
        form_title: "Diese Seite lässt sich nicht direkt öffnen",
        form_text: "Sie öffnet sich nur, wenn Sie ein Formular absenden. Bitte gehen Sie zurück und senden Sie das Formular noch einmal ab, oder öffnen Sie „Ihre Geräte“.",
    },
    takeovers: TakeoverTexts {
        notice: "Dieses Gerät gehört zu einem anderen Konto. Wenn Sie die Einrichtung abschließen, gehört es Ihnen, und wir informieren den bisherigen Besitzer per E-Mail.",
        blocked: "Dieses Gerät gehört zu einem anderen Konto",
        waiting: |until| {
            format!(
                "Wir haben den Besitzer per E-Mail gebeten, Ihnen das Gerät zu überlassen. Er kann bis zum {until} zustimmen. Sobald er zugestimmt hat, richten Sie das Gerät bitte noch einmal ein."
            )
        },
        back: "Zurück zur App",
        requested: |model| format!("Ihr Gerät {model} übergeben?"),
        requested_why: "Jemand möchte Ihr Gerät mit einem anderen Konto einrichten. Wenn Sie zustimmen, ist das möglich, und das Gerät bestellt nicht mehr für Sie nach.",
        announced: |model| format!("Ihr Gerät {model} wird mit einem anderen Konto eingerichtet"),
        announced_why: "Wenn das Gerät noch Ihnen gehört, wählen Sie „Mein Gerät behalten“. Die Einrichtung mit dem anderen Konto ist dann nicht mehr möglich.",
        done: |model| format!("Ihr Gerät {model} gehört jetzt zu einem anderen Konto"),
        done_why: "Wenn Sie das Gerät zurückholen, bestellt es wie bisher für Sie nach und wird aus dem anderen Konto entfernt.",
        until: |until| format!("Sie können bis zum {until} antworten."),
        agree: "Gerät übergeben",
        decline: "Mein Gerät behalten",
        undo: "Mein Gerät zurückholen",
        agreed: "Sie haben der Übergabe zugestimmt",
        agreed_text: "Das Gerät kann jetzt mit dem anderen Konto eingerichtet werden.",
        declined: "Sie behalten Ihr Gerät",
        declined_text: "Es kann nicht mit dem anderen Konto eingerichtet werden.",
        undone: "Das Gerät gehört wieder Ihnen",
        undone_text: "Es bestellt wie bisher für Sie nach.",
        closed: "Diese Anfrage ist abgeschlossen",
    },
    leaving: LeaveTexts {
        title: "Einen Moment, bitte",
        text: "Sie werden weitergeleitet. Wenn nichts passiert, nutzen Sie bitte diesen Link.",
        link: "Weiter",
    },
    consent: ConsentTexts {
        title: |profile| format!("{profile} bittet um Ihre Einwilligung"),
        asks: |maker| format!("Diese App von {maker} bittet um Ihre Einwilligung für:"),
        replenish: "das Nachbestellen von Verbrauchsmaterial für dieses Gerät und das Abrufen des Bestellstatus",
        profile: "die Verwendung Ihres Namens und Ihrer E-Mail-Adresse",
        user_id: "das Wiedererkennen Ihres Kontos anhand einer Kennung",
        postal_code: "die Verwendung Ihrer Postleitzahl",
        device: "Gerät: ",
        serial: |serial| format!(", Seriennummer {serial}."),
        share: |maker| format!("Den Inhalt und den Status der Bestellungen dieses Geräts geben wir an {maker} weiter."),
        privacy: |maker| format!("Datenschutzhinweise von {maker}"),
        allow: "Zustimmen",
    },
    set_up: SetupTexts {
        choose: |slot| format!("{slot}: bitte auswählen"),
        step: |model, number, count| format!("Für Ihr Gerät {model}, Schritt {number} von {count}"),
        once: "Wir bestellen nach, wenn der Vorrat im Gerät knapp wird. Sie wählen nur einmal und können das Produkt jederzeit \
               ändern oder die Nachbestellung ausschalten.",
        per_order: |amount| format!("{amount} pro Bestellung."),
        tax: "Inklusive Steuern und Versand.",
        out_of_stock: "Zurzeit nicht auf Lager.",
        next: "Weiter",
        skip: "Nicht nachbestellen",
        title: "Automatische Nachbestellung bestätigen",
        confirm: "Bitte prüfen und bestätigen Sie",
        will_order: |model| {
            format!("Ihr Gerät {model} bestellt Folgendes automatisch nach, wenn der Vorrat knapp wird:")
        },
        column_slot: "Für",
        column_price: "Preis pro Bestellung",
        skipped: "wird nicht nachbestellt",
        test: "Dies ist ein Testgerät: Ihnen wird nichts berechnet, und es wird nichts versandt.",
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
        complete_paying: "Zahlungspflichtig abonnieren",
        choose_again: "Auswahl ändern",
    },
    teaser: TeaserTexts {
        title: |model| format!("Automatische Nachbestellung für Ihr Gerät {model}"),
        heading: "Immer genug im Haus",
        notices: Marked(
            "Ihr Gerät ",
            " erkennt, wenn sein Verbrauchsmaterial knapp wird, und bestellt es automatisch nach.",
        ),
        points: [
            "Sie wählen das Produkt und sehen den Preis, bevor etwas bestellt wird.",
            "Wir informieren Sie per E-Mail über jede Bestellung und ihren Preis, solange Sie noch stornieren können.",
            "Sie können jederzeit das Produkt wechseln, eine Pause einlegen oder die Nachbestellung ausschalten.",
        ],
        next: "Was möchten Sie tun?",
        start: "Jetzt einrichten",
        later: "Später erinnern",
        skip: "Überspringen",
        unknown_model: "Wir konnten Ihr Gerät nicht finden",
        unknown_model_why: "Der Link nennt kein Gerät, das wir kennen. Bitte öffnen Sie ihn noch einmal in der App Ihres Geräts.",
    },
    settings: SettingsTexts {
        title: |model| format!("Einstellungen Ihres Geräts {model}"),
        serial: |serial| format!("Seriennummer {serial}"),
        test: ". Testgerät: Ihnen wird nichts berechnet, und es wird nichts versandt",
        reordering: Marked("Die automatische Nachbestellung ist ", "."),
        on: "eingeschaltet",
        off: "ausgeschaltet",
        use_product: "Dieses Produkt wählen",
        use_product_paying: "Zahlungspflichtig zu diesem Produkt wechseln",
        switch_on: "Einschalten",
        switch_on_paying: "Zahlungspflichtig abonnieren",
        switch_off: "Ausschalten",
        no_address: ": noch keine Adresse hinterlegt",
        change_address: "Adresse ändern",
        save_address: "Adresse speichern",
        kept: "Bestellungen mit bisheriger Adresse",
        kept_why: "Eine neue Adresse gilt für künftige Bestellungen. Diese Bestellungen behalten die Adresse, mit der sie \
                   aufgegeben wurden. Wenn eine davon noch auf Sie wartet, öffnen Sie sie, um die Adresse zu ändern.",
        kept_order: |number, title, address| format!("Bestellung {number}, {title}: {address}"),
        orders: "Bestellungen dieses Geräts",
        none: "Noch keine.",
        language: "Sprache für Seiten und E-Mails",
        use_language: "Diese Sprache verwenden",
        signed_in: |name| format!("Angemeldet als {name}."),
        open_device: "Öffnen Sie ein Gerät, um zu sehen oder zu ändern, was es nachbestellt.",
        device: |model, serial| format!("{model}, Seriennummer {serial}"),
        no_device: "In Ihrem Konto ist noch kein Gerät. Richten Sie eines am Gerät selbst oder in seiner App ein.",
        link_expired: "Dieser Link ist nicht mehr gültig. Bitte öffnen Sie die Einstellungen noch einmal am Gerät oder in der App.",
        other_account: "Gerät eines anderen Kontos",
        other_account_why: "Dieses Gerät gehört zu einem anderen Konto als dem, mit dem Sie angemeldet sind.",
        other_sign_in: "Mit einem anderen Konto anmelden",
        unregistered: "Dieses Gerät ist nicht registriert",
        unregistered_why: "Bitte richten Sie es noch einmal am Gerät oder in seiner App ein.",
    },
    removal: DeviceRemovalTexts {
        link: "Entfernen",
        title: |model| format!("{model} entfernen"),
        heading: |model| format!("{model} entfernen?"),
        why: "Das Gerät bestellt dann nicht mehr nach, und wir informieren den Hersteller. Bereits aufgegebene Bestellungen kommen noch \
              an. Wenn Sie das Gerät wieder nutzen möchten, richten Sie es am Gerät oder in seiner App ein.",
        button: "Dieses Gerät entfernen",
        keep: "Gerät behalten",
    },
    unlinking: ConsentWithdrawalTexts {
        apps: "Apps mit Ihrer Einwilligung",
        app: |profile, maker, since| format!("{profile} von {maker} hat seit dem {since} Ihre Einwilligung für:"),
        no_app: "Sie haben keiner App eine Einwilligung erteilt.",
        link: "Einwilligung widerrufen",
        title: |profile| format!("Einwilligung für {profile} widerrufen"),
        heading: |profile| format!("Einwilligung für {profile} widerrufen?"),
        why: |profile, maker| {
            format!(
                "{profile} kann dann nicht mehr für Sie handeln, und wir informieren {maker}. Bereits aufgegebene Bestellungen \
                 kommen noch an. Wenn Sie die App wieder nutzen möchten, melden Sie sich dort an und stimmen Sie noch einmal zu."
            )
        },
        devices: |maker| format!("Diese Geräte von {maker} werden aus Ihrem Konto entfernt:"),
        button: "Einwilligung widerrufen",
        keep: "Einwilligung behalten",
    },
    rules: RuleTexts {
        title: |slot| format!("Bestellregeln für: {slot}"),
        about: "Wenn eine Bestellung Ihren Regeln nicht entspricht, halten wir sie an und informieren Sie. Ohne Ihre Zustimmung ändern wir \
                keine Bestellung.",
        mode: "Wenn das Gerät bestellen möchte",
        automatic: "Automatisch bestellen",
        ask: "Mich vorher fragen",
        cap: "Höchstpreis",
        cap_agreed: |price, day| {
            let day = day.map_or(String::new(), |day| format!(" am {day}"));
            format!("Höchstpreis (vereinbart{day}: {price})")
        },
        no_cap: |ask_above| match ask_above {
            0 => "Kein Höchstpreis: fragen, sobald der Preis höher ist als vereinbart".into(),
            percent => {
                format!("Kein Höchstpreis: fragen, sobald der Preis mehr als {percent} % höher ist als vereinbart")
            }
        },
        cap_amount: |currency| format!("Ein Betrag in {currency}"),
        cap_percent: "Ein Prozentsatz über dem vereinbarten Preis",
        cap_value: "Betrag oder Prozentsatz",
        limit: "Begrenzung der Bestellungen (ohne Begrenzung beide Felder leer lassen)",
        limit_orders: "Höchstzahl an Bestellungen",
        limit_days: "Zeitraum in Tagen",
        pause: "Pause (ohne Pause beide Felder leer lassen)",
        pause_from: "Erster Tag ohne Bestellungen",
        pause_until: "Letzter Tag ohne Bestellungen",
        substitutes: "Wenn das Produkt nicht auf Lager ist, stattdessen bestellen",
        save: "Regeln speichern",
    },
    orders: OrderTexts {
        title: "Ihre Bestellung",
        brings: |amount, model, serial| format!("{amount} für Ihr Gerät {model}, Seriennummer {serial}."),
        number: |number| format!("Bestellnummer {number}."),
        shipping: |price| format!("Davon {price} für den Versand."),
        tax: |price| format!("Davon {price} Steuern."),
        tax_at: |rate, price| format!("Davon {price} Steuern ({rate} %)."),
        free_shipping: "Versandkostenfrei.",
        unit_price: |price, amount| format!("{price} je {amount}."),
        use_address: "Diese Adresse verwenden",
        use_present: |address| format!("An diese Adresse liefern: {address}"),
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
        delivery_assumed: "Sollte inzwischen angekommen sein",
        cancelled: "Storniert",
        expired: "Nicht aufgegeben: Die Bestellung wurde nicht rechtzeitig bestätigt oder das Problem nicht rechtzeitig gelöst",
        reason: |reason| format!("Grund: {reason}"),
        sold_by: "Verkäufer",
        why: "Grund der Bestellung",
        why_ordered: |trigger, model, approved| {
            let approved = approved.map_or(String::new(), |at| format!(" Sie haben sie am {at} bestätigt."));
            match trigger {
                OrderTrigger::Device => format!("Ihr Gerät {model} hat sie angefordert.{approved}"),
                OrderTrigger::Customer => format!("Sie haben selbst bestellt.{approved}"),
            }
        },
        history: "Verlauf",
        step_held: "Wartet",
        step_approved: "Von Ihnen bestätigt",
        step_placed: "Bestellung aufgegeben",
        step_expired: "Nicht aufgegeben",
        step_withdrawn: "Von Ihnen widerrufen",
        step_returned: "Rücksendung eingegangen",
        step_refunded: "Erstattet",
        cancel_title: "Bestellung stornieren",
        cancel_heading: "Diese Bestellung stornieren?",
        cancel_until: |placed, until| {
            format!("Bestellt am {placed}. Sie können die Bestellung bis zum {until} stornieren.")
        },
        keep: "Wenn Sie die Bestellung behalten möchten, schließen Sie diese Seite.",
        cancelled_title: "Ihre Bestellung wurde storniert",
        cancelled_text: "Es wird nichts versandt, und Ihnen wird nichts berechnet.",
        not_cancelled: "Diese Bestellung kann nicht storniert werden",
    },
    withdrawals: withdrawal::WITHDRAWAL_TEXTS,
    sorry: ErrorPageTexts {
        title: "Das tut uns leid!",
        text: "Bei der Verarbeitung Ihrer Anfrage ist ein Fehler aufgetreten.",
        summary: "Zusammenfassung des Fehlers",
        details: "Einzelheiten der Anfrage",
    },
    error_headings: ErrorHeadings {
        rate_limited: "Bitte warten Sie",
        unavailable: "Bitte versuchen Sie es noch einmal",
        internal: "Etwas ist schiefgegangen",
        expired: "Diese Seite ist abgelaufen",
        failed: "Das hat nicht geklappt",
    },
    error_message: errors::describe_error,
    account: account::ACCOUNT_TEXTS,
    ordering: ordering::ORDERING_TEXTS,
    second_factor: second_factor::SECOND_FACTOR_TEXTS,
    device_names: device::DEVICE_NAME_TEXTS,
    slot_statements: device::SLOT_STATEMENT_TEXTS,
    federation: federation::FEDERATION_TEXTS,
    letters: mails::MAIL_TEXTS,
};

fn expected_suffix(at: Option<&str>) -> String {
    at.map_or(String::new(), |at| format!(", erwartet am {at}"))
}

fn held_status(problem: Option<OrderProblem>) -> Text {
    match problem {
        None => "Wird gerade aufgegeben",
        Some(OrderProblem::MissingAddress) => "Wartet: Wir brauchen eine gültige Lieferadresse",
        Some(OrderProblem::OutOfStock) => "Wartet: Das Produkt ist nicht auf Lager",
        Some(OrderProblem::PaymentFailed) => "Wartet: Die Zahlung ist fehlgeschlagen",
        Some(OrderProblem::AwaitingBackend) => "Wird gerade bestätigt",
        Some(OrderProblem::PriceTooHigh) => "Wartet auf Ihre Zustimmung: Der Preis ist höher als vereinbart",
        Some(OrderProblem::ApprovalRequired) => "Wartet auf Ihre Zustimmung",
        Some(OrderProblem::OrderLimitReached) => {
            "Wartet auf Ihre Zustimmung: Ihre Höchstzahl an Bestellungen ist erreicht"
        }
        Some(OrderProblem::Paused) => "Wartet, bis Ihre Pause endet",
        Some(OrderProblem::Skipped) => "Ausgesetzt, wie gewünscht",
    }
}
