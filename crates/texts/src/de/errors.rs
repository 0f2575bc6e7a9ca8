//! Texts of errors in German.

use opendrs_domain::account::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, PasswordError};
use opendrs_domain::customer::AddressError;
use opendrs_domain::federation::FederationRefusal;
use opendrs_domain::language::Language;
use opendrs_domain::money::ParseMoneyError;
use opendrs_domain::order::{ApproveError, CancelError, WithdrawError};
use opendrs_domain::rule::{MAX_FORM_NUMBER, RuleFormError, RuleFormNumber};
use opendrs_domain::slot_statement::{MAX_STOCK, StatementError};
use opendrs_domain::text::DeviceName;
use opendrs_service::{Error, FormError};

pub fn describe_error(error: &Error) -> String {
    match error {
        Error::InvalidToken => {
            "Dieser Link ist nicht mehr gültig. Bitte öffnen Sie die Seite noch einmal am Gerät oder in der App.".into()
        }
        Error::WrongPassword => "Die E-Mail-Adresse oder das Passwort ist nicht richtig.".into(),
        Error::CustomerBlocked => "Dieses Konto ist gesperrt. Bitte wenden Sie sich an den Kundendienst.".into(),
        Error::Throttled(seconds) => {
            format!("Das waren zu viele Versuche. Bitte versuchen Sie es in {} noch einmal.", seconds_text(*seconds))
        }
        Error::RateLimited(seconds) => {
            format!(
                "Das waren zu viele Anfragen. Bitte warten Sie {} und versuchen Sie es dann noch einmal.",
                seconds_text(*seconds)
            )
        }
        Error::OrderLimitReached(_) => "Dieses Gerät hat die Höchstzahl an Bestellungen für einen Tag erreicht. Es wurde nichts bestellt. Bitte versuchen Sie es morgen noch einmal.".into(),
        Error::SignupClosed => {
            "Diese Einrichtung ist nicht mehr möglich. Bitte beginnen Sie noch einmal am Gerät oder in der App.".into()
        }
        Error::UnknownOrder => {
            "Wir konnten diese Bestellung nicht finden. Vielleicht gehört sie zu einem anderen Gerät oder Konto.".into()
        }
        Error::UnknownSlot { .. } => "Dieses Gerät benötigt dieses Verbrauchsmaterial nicht.".into(),
        Error::CancelRejected(why) => match why {
            CancelError::TooLate => "Die Frist für die Stornierung dieser Bestellung ist abgelaufen.".into(),
            CancelError::AlreadyFinal => "Die Bestellung ist bereits abgeschlossen oder storniert.".into(),
            CancelError::IsTestOrder => "Dies ist eine Testbestellung. Nur das Gerät kann sie stornieren.".into(),
            CancelError::IsStandardOrder => {
                "Bitte stornieren Sie diese Bestellung in den Einstellungen des Geräts.".into()
            }
        },
        Error::WithdrawRejected(why) => match why {
            WithdrawError::NotOffered => "Für diese Bestellung wird kein Widerruf angeboten.".into(),
            WithdrawError::Cancellable => {
                "Sie können diese Bestellung noch stornieren. Bitte verwenden Sie die Schaltfläche auf ihrer Seite."
                    .into()
            }
            WithdrawError::NoContract => "Diese Bestellung wurde nicht aufgegeben oder wurde storniert.".into(),
            WithdrawError::TooLate => "Die Widerrufsfrist für diesen Vertrag ist abgelaufen.".into(),
        },
        Error::ApproveRejected(ApproveError::NotHeld) => "Diese Bestellung wartet nicht mehr auf Sie.".into(),
        Error::ApproveRejected(ApproveError::PriceChanged(price)) => {
            let price = Language::German.format_money(price);
            format!(
                "Der Preis hat sich geändert. Er beträgt jetzt {price}. Bitte prüfen Sie die Bestellung noch einmal."
            )
        }
        Error::FederationRefused(why) => match why {
            FederationRefusal::Cancelled => "Sie haben die Anmeldung abgebrochen. Sie können es noch einmal versuchen oder sich mit Ihrem Passwort anmelden.",
            FederationRefusal::Unusable(_) | FederationRefusal::ProviderError(_) => {
                "Der andere Dienst ist zurzeit nicht erreichbar. Bitte versuchen Sie es später noch einmal oder melden Sie sich mit Ihrem Passwort an."
            }
            FederationRefusal::NoVerifiedEmail => {
                "Der andere Dienst hat uns keine bestätigte E-Mail-Adresse übermittelt. Bitte bestätigen Sie sie dort, oder legen Sie hier ein Konto mit Ihrer E-Mail-Adresse an."
            }
            FederationRefusal::NotConfigured
            | FederationRefusal::UnknownState
            | FederationRefusal::Malformed
            | FederationRefusal::OtherIssuer
            | FederationRefusal::Token(_) => "Die Anmeldung hat zu lange gedauert oder wurde unterbrochen. Bitte beginnen Sie noch einmal.",
        }
        .into(),
        Error::InvalidForm(choice) => describe_bad_choice(choice),
        Error::Unavailable(_) => {
            "Der Dienst ist vorübergehend nicht erreichbar. Bitte versuchen Sie es noch einmal.".into()
        }
        Error::Internal(_) => {
            "Es ist ein interner Fehler aufgetreten. Bitte versuchen Sie es später noch einmal.".into()
        }
        // Errors for devices, clients and operators, who get the English text. No page causes them.
        Error::InsufficientScope(_)
        | Error::Unsubscribed(_)
        | Error::NotTestDevice
        | Error::OtherDevice { .. }
        | Error::BadField(_)
        | Error::ReportRejected(_)
        | Error::OAuth { .. }
        | Error::InvalidCommand(_)
        | Error::UnknownEvent(_)
        | Error::InvalidSeed { .. } => "Wir konnten Ihre Anfrage nicht ausführen.".into(),
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
        FormError::Incomplete => "Das Formular ist nicht vollständig angekommen. Bitte senden Sie es noch einmal ab.".into(),
        FormError::Unreadable => "Wir konnten das Formular nicht lesen. Bitte senden Sie es noch einmal ab.".into(),
        FormError::Expired => {
            "Dieses Formular ist abgelaufen, oder Ihr Browser nimmt keine Cookies an. Bitte erlauben Sie Cookies, gehen Sie zurück und laden Sie die Seite neu."
                .into()
        }
        FormError::NoButton => "Bitte wählen Sie eine der Schaltflächen.".into(),
        FormError::Malformed(_) => "Das Formular enthält eine ungültige Angabe. Bitte laden Sie die Seite neu und versuchen Sie es noch einmal.".into(),
        FormError::Address(part) => {
            let part = match part {
                AddressError::Street => "Straße und Hausnummer",
                AddressError::Optional => "die zweite Zeile und die Region",
                AddressError::City => "den Ort",
                AddressError::PostalCode => "die Postleitzahl",
                AddressError::Country => "das Land (zwei Buchstaben, zum Beispiel DE)",
            };
            format!("Bitte prüfen Sie in der Adresse {part}.")
        }
        FormError::NoAddress => "Bitte geben Sie eine Lieferadresse ein.".into(),
        FormError::TakeoverForbidden => {
            "Dieses Gerät gehört zu einem anderen Konto. Sie können es einrichten, sobald der Besitzer es dort entfernt hat."
                .into()
        }
        FormError::TakeoverDeclined => {
            "Dieses Gerät gehört zu einem anderen Konto, und der Besitzer möchte es behalten.".into()
        }
        FormError::OwnerChanged => {
            "Dieses Gerät gehört inzwischen zu einem anderen Konto. Bitte beginnen Sie die Einrichtung noch einmal.".into()
        }
        FormError::TakeoverClosed => "Hier gibt es nichts mehr zu beantworten.".into(),
        FormError::ProductNotOffered => "Dieses Produkt ist hier nicht verfügbar.".into(),
        FormError::ChooseOfferedProduct => "Bitte wählen Sie eines der angebotenen Produkte.".into(),
        FormError::NoSelection => "Bitte wählen Sie ein Produkt oder „Nicht nachbestellen“.".into(),
        FormError::NoProductToOrder => {
            "Bitte wählen Sie ein Produkt, bevor Sie die automatische Nachbestellung einschalten.".into()
        }
        FormError::NotReordered => "Es wurde nichts bestellt, weil dieses Gerät hierfür zurzeit nichts nachbestellt.".into(),
        FormError::ProductChanged => "Das Produkt wurde inzwischen geändert. Bitte prüfen Sie es und bestellen Sie noch einmal.".into(),
        FormError::WrongAppCode => "Dieser Code ist nicht richtig oder wurde bereits verwendet. Bitte geben Sie den Code ein, den Ihre App jetzt anzeigt.".into(),
        FormError::SignInExpired => "Ihre Anmeldung hat zu lange gedauert, oder Ihr Konto wurde geändert. Bitte melden Sie sich noch einmal an.".into(),
        FormError::OutOfStock => "Dieses Produkt ist zurzeit nicht auf Lager.".into(),
        FormError::NoProductForRules => "Bitte wählen Sie zuerst ein Produkt.".into(),
        FormError::SlotUnanswered(slot) => format!("Bitte wählen Sie zuerst ein Produkt für: {slot}."),
        FormError::AllSlotsSkipped => "Bitte wählen Sie mindestens ein Produkt.".into(),
        FormError::AccountsClosed => {
            "Neue Konten werden hier nicht angelegt. Bitte fragen Sie den Hersteller Ihres Geräts.".into()
        }
        FormError::InvalidEmail => {
            "Bitte geben Sie Ihre vollständige E-Mail-Adresse ein, zum Beispiel anna@example.com.".into()
        }
        FormError::InvalidName => "Bitte geben Sie Ihren Namen ein, höchstens 120 Zeichen.".into(),
        FormError::InvalidDeviceName => format!(
            "Bitte geben Sie einen Namen mit höchstens {} Zeichen ein, in einer Zeile und ohne besondere Steuerzeichen.",
            DeviceName::MAX_CHARS
        ),
        FormError::WrongCode => "Dieser Code stimmt nicht. Bitte prüfen Sie ihn oder senden Sie eine weitere E-Mail.".into(),
        FormError::LinkEnded => {
            "Dieser Link oder Code ist abgelaufen oder wurde schon verwendet. Bitte fordern Sie einen neuen an.".into()
        }
        FormError::EmailTaken => "Zu dieser E-Mail-Adresse gibt es schon ein Konto. Bitte melden Sie sich an.".into(),
        FormError::OwnEmail => "Das ist schon die E-Mail-Adresse Ihres Kontos.".into(),
        FormError::WrongCurrentPassword => "Ihr aktuelles Passwort stimmt nicht.".into(),
        FormError::InvalidPassword(why) => match why {
            PasswordError::TooShort => format!("Bitte wählen Sie ein Passwort mit mindestens {MIN_PASSWORD_CHARS} Zeichen."),
            PasswordError::TooLong => format!("Bitte wählen Sie ein Passwort mit höchstens {MAX_PASSWORD_CHARS} Zeichen."),
            PasswordError::Common => {
                "Dieses Passwort ist leicht zu erraten. Bitte wählen Sie ein längeres, etwa drei oder vier Wörter.".into()
            }
        },
        FormError::InvalidStatement(why) => match why {
            StatementError::Date(text) => format!("„{text}“ ist kein Datum. Bitte geben Sie Jahr, Monat und Tag ein, zum Beispiel 2026-11-23."),
            StatementError::Day => "Bitte wählen Sie einen Tag zwischen dem Jahr 2000 und heute.".into(),
            StatementError::Stock => format!("Bitte geben Sie Ihren Vorrat als ganze Zahl von 0 bis {MAX_STOCK} ein."),
        },
        FormError::InvalidRule(rule) => describe_bad_rule(rule),
    }
}

fn describe_bad_rule(rule: &RuleFormError) -> String {
    match rule {
        RuleFormError::MissingMode => "Bitte wählen Sie, ob wir automatisch bestellen oder Sie vorher fragen.".into(),
        RuleFormError::Price(ParseMoneyError::Amount { amount, currency, digits: 0 }) => {
            format!(
                "„{amount}“ ist kein Betrag in {currency}. Bitte geben Sie den Höchstpreis als ganze Zahl ein, zum Beispiel 25."
            )
        }
        RuleFormError::Price(ParseMoneyError::Amount { amount, currency, digits }) => format!(
            "„{amount}“ ist kein Betrag in {currency}. Bitte geben Sie den Höchstpreis als Zahl mit höchstens {digits} \
             Nachkommastellen ein, zum Beispiel 24,99."
        ),
        RuleFormError::Price(ParseMoneyError::Currency(currency)) => {
            format!("„{currency}“ ist keine Währung. Bitte prüfen Sie den Höchstpreis.")
        }
        RuleFormError::MissingCap => "Bitte geben Sie den Höchstpreis ein oder wählen Sie „Kein Höchstpreis“.".into(),
        RuleFormError::MissingCapKind => {
            "Bitte wählen Sie, ob der Höchstpreis ein Betrag oder ein Prozentsatz ist, oder lassen Sie das Feld leer."
                .into()
        }
        RuleFormError::Number(counted) => {
            let what = match counted {
                RuleFormNumber::Percent => "den Prozentsatz über dem Preis",
                RuleFormNumber::Orders => "die Zahl der Bestellungen",
                RuleFormNumber::Days => "die Zahl der Tage",
            };
            format!("Bitte geben Sie {what} als ganze Zahl von 1 bis {MAX_FORM_NUMBER} ein.")
        }
        RuleFormError::IncompleteLimit => {
            "Bitte geben Sie die Zahl der Bestellungen und die Zahl der Tage ein, oder lassen Sie beide Felder leer."
                .into()
        }
        RuleFormError::Date(text) => {
            format!("„{text}“ ist kein Datum. Bitte geben Sie Jahr, Monat und Tag ein, zum Beispiel 2026-11-23.")
        }
        RuleFormError::IncompletePause => {
            "Bitte geben Sie den ersten und den letzten Tag der Pause ein, oder lassen Sie beide Felder leer.".into()
        }
        RuleFormError::MissingPause => "Bitte wählen Sie den ersten und den letzten Tag der Pause.".into(),
        RuleFormError::PauseIsOver => {
            "Der letzte Tag der Pause ist schon vorbei. Bitte wählen Sie einen späteren Tag.".into()
        }
        RuleFormError::PauseEndsBeforeStart => "Der letzte Tag der Pause liegt vor ihrem ersten Tag.".into(),
    }
}
