//! Texts of errors in German.

use opendrs_domain::customer::AddressError;
use opendrs_domain::language::Language;
use opendrs_domain::money::ParseMoneyError;
use opendrs_domain::order::{ApproveError, CancelError};
use opendrs_domain::rule::{MAX_FORM_NUMBER, RuleFormError, RuleFormNumber};
use opendrs_service::{Error, FormError};

pub fn describe_error(error: &Error) -> String {
    match error {
        Error::InvalidToken => {
            "Dieser Link gilt nicht mehr. Öffnen Sie die Seite erneut am Gerät oder in der App.".into()
        }
        Error::WrongPassword => "Die E-Mail-Adresse oder das Passwort ist nicht richtig.".into(),
        Error::CustomerBlocked => "Dieses Konto ist gesperrt. Wenden Sie sich an den Betreiber dieses Dienstes.".into(),
        Error::Throttled(seconds) => {
            format!("Zu viele Versuche. Versuchen Sie es in {} erneut.", self::seconds_text(*seconds))
        }
        Error::RateLimited(seconds) => {
            format!("Zu viele Aufrufe. Versuchen Sie es in {} erneut, und seltener.", self::seconds_text(*seconds))
        }
        Error::SignupClosed => {
            "Diese Einrichtung ist nicht mehr offen. Beginnen Sie erneut am Gerät oder in der App.".into()
        }
        Error::UnknownOrder => "Diese Bestellung ist unbekannt oder gehört zu einem anderen Gerät oder Konto.".into(),
        Error::UnknownSlot { .. } => "Das Gerät hat dieses Fach nicht.".into(),
        Error::CancelRejected(why) => match why {
            CancelError::TooLate => {
                "Die Bestellung kann nicht mehr storniert werden: Die Frist dafür ist abgelaufen.".into()
            }
            CancelError::AlreadyFinal => "Die Bestellung ist bereits abgeschlossen oder storniert.".into(),
            CancelError::IsTestOrder => "Eine Testbestellung storniert das Gerät selbst, mit CancelTestOrder.".into(),
            CancelError::IsStandardOrder => {
                "Dies ist keine Testbestellung: Der Kunde storniert sie auf der Seite der Einstellungen.".into()
            }
        },
        Error::ApproveRejected(ApproveError::NotHeld) => "Diese Bestellung wartet nicht mehr auf Sie.".into(),
        Error::ApproveRejected(ApproveError::PriceChanged(price)) => {
            let price = Language::German.format_money(price);
            format!(
                "Der Preis hat sich inzwischen geändert: Er beträgt jetzt {price}. Sehen Sie die Bestellung erneut an."
            )
        }
        Error::InvalidForm(choice) => describe_bad_choice(choice),
        Error::Unavailable(_) => "Der Dienst ist vorübergehend nicht erreichbar. Versuchen Sie es erneut.".into(),
        Error::Internal(_) => "Es ist ein innerer Fehler aufgetreten.".into(),
        // Errors for devices, clients and operators, who get the English text. No page causes them.
        Error::InsufficientScope(_)
        | Error::Unsubscribed(_)
        | Error::OrderLimitReached(_)
        | Error::NotTestDevice
        | Error::OtherDevice { .. }
        | Error::BadField(_)
        | Error::ReportRejected(_)
        | Error::OAuth { .. }
        | Error::InvalidCommand(_)
        | Error::UnknownEvent(_)
        | Error::InvalidSeed { .. } => "Die Anfrage konnte nicht ausgeführt werden.".into(),
    }
}

fn seconds_text(seconds: i64) -> String {
    match seconds {
        1 => "1 Sekunde".into(),
        seconds => format!("{seconds} Sekunden"),
    }
}

fn describe_bad_choice(choice: &FormError) -> String {
    match choice {
        FormError::Incomplete => "Das Formular ist nicht vollständig angekommen.".into(),
        FormError::Unreadable => "Das Formular ist nicht lesbar.".into(),
        FormError::Expired => {
            "Dieses Formular ist abgelaufen. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es erneut."
                .into()
        }
        FormError::NoButton => "Bitte drücken Sie eine der Schaltflächen.".into(),
        FormError::Malformed(_) => "Das Formular enthält eine ungültige Angabe.".into(),
        FormError::Address(part) => {
            let part = match part {
                AddressError::Street => "Straße und Hausnummer",
                AddressError::Optional => "die zweite Zeile oder die Region",
                AddressError::City => "den Ort",
                AddressError::PostalCode => "die Postleitzahl",
                AddressError::Country => "das Land (zwei Buchstaben, etwa DE)",
            };
            format!("Bitte prüfen Sie in der Adresse {part}.")
        }
        FormError::NoAddress => "Bitte geben Sie eine Lieferadresse ein.".into(),
        FormError::TakeoverForbidden => {
            "Dieses Gerät gehört zu einem anderen Konto. Erst wenn es dort entfernt wurde, können Sie es einrichten."
                .into()
        }
        FormError::TakeoverDeclined => {
            "Dieses Gerät gehört zu einem anderen Konto, und der Besitzer hat der Übergabe nicht zugestimmt.".into()
        }
        FormError::OwnerChanged => {
            "Dieses Gerät gehört inzwischen zu einem anderen Konto. Beginnen Sie die Einrichtung erneut.".into()
        }
        FormError::TakeoverClosed => "Hier gibt es nichts mehr zu beantworten.".into(),
        FormError::ProductNotOffered => "Dieses Produkt wird hierfür nicht angeboten.".into(),
        FormError::ChooseOfferedProduct => "Bitte wählen Sie eines der angebotenen Produkte.".into(),
        FormError::NoSelection => "Bitte wählen Sie ein Produkt, oder bestellen Sie hierfür nichts.".into(),
        FormError::NoProductToOrder => {
            "Wählen Sie ein Produkt, um die automatische Nachbestellung einzuschalten.".into()
        }
        FormError::NoProductForRules => "Wählen Sie zuerst ein Produkt.".into(),
        FormError::SlotUnanswered(slot) => format!("Bitte wählen Sie zuerst ein Produkt für: {slot}."),
        FormError::AllSlotsSkipped => "Bitte wählen Sie mindestens ein Produkt.".into(),
        FormError::InvalidRule(rule) => describe_bad_rule(rule),
    }
}

fn describe_bad_rule(rule: &RuleFormError) -> String {
    match rule {
        RuleFormError::MissingMode => "Wählen Sie, ob sofort oder erst nach Rückfrage bestellt wird.".into(),
        RuleFormError::Price(ParseMoneyError::Amount { amount, currency, digits: 0 }) => {
            format!("Der Höchstpreis: „{amount}“ ist kein Preis in {currency}. Schreiben Sie nur Ziffern.")
        }
        RuleFormError::Price(ParseMoneyError::Amount { amount, currency, digits }) => format!(
            "Der Höchstpreis: „{amount}“ ist kein Preis in {currency}. Schreiben Sie Ziffern mit höchstens {digits} \
             Nachkommastellen, etwa „24,99“."
        ),
        RuleFormError::Price(ParseMoneyError::Currency(currency)) => {
            format!("Der Höchstpreis: „{currency}“ ist keine Währung.")
        }
        RuleFormError::MissingCap => "Geben Sie den Höchstpreis an, oder wählen Sie keinen eigenen.".into(),
        RuleFormError::MissingCapKind => {
            "Wählen Sie, ob der Höchstpreis ein Betrag oder ein Prozentsatz ist, oder lassen Sie das Feld leer.".into()
        }
        RuleFormError::Number(counted) => {
            let what = match counted {
                RuleFormNumber::Percent => "die Prozent über dem Preis",
                RuleFormNumber::Orders => "die Zahl der Bestellungen",
                RuleFormNumber::Days => "die Zahl der Tage",
            };
            format!("Schreiben Sie {what} als ganze Zahl von 1 bis {MAX_FORM_NUMBER}.")
        }
        RuleFormError::IncompleteLimit => {
            "Geben Sie sowohl die Zahl der Bestellungen als auch die der Tage an, oder keine von beiden.".into()
        }
        RuleFormError::Date(text) => format!("„{text}“ ist kein Datum: Schreiben Sie es als Jahr-Monat-Tag."),
        RuleFormError::IncompletePause => {
            "Geben Sie sowohl den ersten als auch den letzten Tag der Pause an, oder keinen von beiden.".into()
        }
        RuleFormError::PauseEndsBeforeStart => "Der letzte Tag der Pause liegt vor ihrem ersten.".into(),
    }
}
