//! Why not, in German.

use opendrs_domain::customer::BadAddress;
use opendrs_domain::language::Language;
use opendrs_domain::money::BadMoney;
use opendrs_domain::order::{NotApproved, NotCancelled};
use opendrs_domain::rule::{BadRule, Counted, MOST};
use opendrs_service::{BadChoice, Error};

pub fn refusal(error: &Error) -> String {
    match error {
        Error::InvalidToken => {
            "Dieser Link gilt nicht mehr. Öffnen Sie die Seite erneut am Gerät oder in der App.".into()
        }
        Error::WrongPassword => "Die E-Mail-Adresse oder das Passwort ist nicht richtig.".into(),
        Error::Blocked => "Dieses Konto ist gesperrt. Wenden Sie sich an den Betreiber dieses Dienstes.".into(),
        Error::Throttled(seconds) => {
            format!("Zu viele Versuche. Versuchen Sie es in {} erneut.", self::seconds(*seconds))
        }
        Error::TooOften(seconds) => {
            format!("Zu viele Aufrufe. Versuchen Sie es in {} erneut, und seltener.", self::seconds(*seconds))
        }
        Error::SignupGone => {
            "Diese Einrichtung ist nicht mehr offen. Beginnen Sie erneut am Gerät oder in der App.".into()
        }
        Error::UnknownOrder => "Diese Bestellung ist unbekannt oder gehört zu einem anderen Gerät oder Konto.".into(),
        Error::UnknownSlot { .. } => "Das Gerät hat dieses Fach nicht.".into(),
        Error::NotCancelled(why) => match why {
            NotCancelled::TooLate => {
                "Die Bestellung kann nicht mehr storniert werden: Die Frist dafür ist abgelaufen.".into()
            }
            NotCancelled::Over => "Die Bestellung ist bereits abgeschlossen oder storniert.".into(),
            NotCancelled::Test => "Eine Testbestellung storniert das Gerät selbst, mit CancelTestOrder.".into(),
            NotCancelled::Standard => {
                "Dies ist keine Testbestellung: Der Kunde storniert sie auf der Seite der Einstellungen.".into()
            }
        },
        Error::NotApproved(NotApproved::NotHeld) => "Diese Bestellung wartet nicht mehr auf Sie.".into(),
        Error::NotApproved(NotApproved::OtherPrice(price)) => {
            let price = Language::German.money(price);
            format!(
                "Der Preis hat sich inzwischen geändert: Er beträgt jetzt {price}. Sehen Sie die Bestellung erneut an."
            )
        }
        Error::BadChoice(choice) => bad_choice(choice),
        Error::Unavailable(_) => "Der Dienst ist vorübergehend nicht erreichbar. Versuchen Sie es erneut.".into(),
        Error::Internal(_) => "Es ist ein innerer Fehler aufgetreten.".into(),
        // What devices, clients and operators are told, who are spoken to in English; no page asks for it.
        Error::InsufficientScope(_)
        | Error::Unsubscribed(_)
        | Error::TooManyOrders(_)
        | Error::NotTestDevice
        | Error::OtherDevice { .. }
        | Error::BadField(_)
        | Error::NotReported(_)
        | Error::OAuth { .. }
        | Error::BadCommand(_)
        | Error::UnknownEvent(_)
        | Error::BadSeed { .. } => "Die Anfrage konnte nicht ausgeführt werden.".into(),
    }
}

fn seconds(seconds: i64) -> String {
    match seconds {
        1 => "1 Sekunde".into(),
        seconds => format!("{seconds} Sekunden"),
    }
}

fn bad_choice(choice: &BadChoice) -> String {
    match choice {
        BadChoice::Torn => "Das Formular ist nicht vollständig angekommen.".into(),
        BadChoice::Unreadable => "Das Formular ist nicht lesbar.".into(),
        BadChoice::Expired => {
            "Dieses Formular ist abgelaufen. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es erneut."
                .into()
        }
        BadChoice::NoButton => "Bitte drücken Sie eine der Schaltflächen.".into(),
        BadChoice::Malformed(_) => "Das Formular enthält eine ungültige Angabe.".into(),
        BadChoice::Address(part) => {
            let part = match part {
                BadAddress::Street => "Straße und Hausnummer",
                BadAddress::Optional => "die zweite Zeile oder die Region",
                BadAddress::City => "den Ort",
                BadAddress::PostalCode => "die Postleitzahl",
                BadAddress::Country => "das Land (zwei Buchstaben, etwa DE)",
            };
            format!("Bitte prüfen Sie in der Adresse {part}.")
        }
        BadChoice::NoAddress => "Bitte geben Sie eine Lieferadresse ein.".into(),
        BadChoice::TakeoverForbidden => {
            "Dieses Gerät gehört zu einem anderen Konto. Erst wenn es dort entfernt wurde, können Sie es einrichten."
                .into()
        }
        BadChoice::TakeoverDeclined => {
            "Dieses Gerät gehört zu einem anderen Konto, und der Besitzer hat der Übergabe nicht zugestimmt.".into()
        }
        BadChoice::OtherOwner => {
            "Dieses Gerät gehört inzwischen zu einem anderen Konto. Beginnen Sie die Einrichtung erneut.".into()
        }
        BadChoice::TakeoverOver => "Hier gibt es nichts mehr zu beantworten.".into(),
        BadChoice::NotOffered => "Dieses Produkt wird hierfür nicht angeboten.".into(),
        BadChoice::NotOfThese => "Bitte wählen Sie eines der angebotenen Produkte.".into(),
        BadChoice::NoAnswer => "Bitte wählen Sie ein Produkt, oder bestellen Sie hierfür nichts.".into(),
        BadChoice::NothingToOrder => "Wählen Sie ein Produkt, um die automatische Nachbestellung einzuschalten.".into(),
        BadChoice::NothingToRule => "Wählen Sie zuerst ein Produkt.".into(),
        BadChoice::Unanswered(slot) => format!("Bitte wählen Sie zuerst ein Produkt für: {slot}."),
        BadChoice::AllSkipped => "Bitte wählen Sie mindestens ein Produkt.".into(),
        BadChoice::Rule(rule) => bad_rule(rule),
    }
}

fn bad_rule(rule: &BadRule) -> String {
    match rule {
        BadRule::NoMode => "Wählen Sie, ob sofort oder erst nach Rückfrage bestellt wird.".into(),
        BadRule::Price(BadMoney::Amount { amount, currency, digits: 0 }) => {
            format!("Der Höchstpreis: „{amount}“ ist kein Preis in {currency}. Schreiben Sie nur Ziffern.")
        }
        BadRule::Price(BadMoney::Amount { amount, currency, digits }) => format!(
            "Der Höchstpreis: „{amount}“ ist kein Preis in {currency}. Schreiben Sie Ziffern mit höchstens {digits} \
             Nachkommastellen, etwa „24,99“."
        ),
        BadRule::Price(BadMoney::Currency(currency)) => format!("Der Höchstpreis: „{currency}“ ist keine Währung."),
        BadRule::NoCap => "Geben Sie den Höchstpreis an, oder wählen Sie keinen eigenen.".into(),
        BadRule::Number(counted) => {
            let what = match counted {
                Counted::Percent => "die Prozent über dem Preis",
                Counted::Orders => "die Zahl der Bestellungen",
                Counted::Days => "die Zahl der Tage",
            };
            format!("Schreiben Sie {what} als ganze Zahl von 1 bis {MOST}.")
        }
        BadRule::HalfALimit => {
            "Geben Sie sowohl die Zahl der Bestellungen als auch die der Tage an, oder keine von beiden.".into()
        }
        BadRule::Date(text) => format!("„{text}“ ist kein Datum: Schreiben Sie es als Jahr-Monat-Tag."),
        BadRule::HalfAPause => {
            "Geben Sie sowohl den ersten als auch den letzten Tag der Pause an, oder keinen von beiden.".into()
        }
        BadRule::PauseBackwards => "Der letzte Tag der Pause liegt vor ihrem ersten.".into(),
    }
}
