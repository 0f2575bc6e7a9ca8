//! German texts of the second factor of sign-ins.

use crate::SecondFactorTexts;

pub const SECOND_FACTOR_TEXTS: SecondFactorTexts = SecondFactorTexts {
    title: "Anmeldung in zwei Schritten",
    why: "Ergänzen Sie Ihre Anmeldung um einen zweiten Schritt: einen Code aus einer App auf Ihrem Smartphone. Dann reicht Ihr Passwort allein nicht mehr aus.",
    set_up: "Anmeldung in zwei Schritten einrichten",
    on_since: |day| format!("Eingeschaltet seit {day}."),
    codes_left: |count| match count {
        1 => "Sie haben noch 1 Wiederherstellungscode.".into(),
        count => format!("Sie haben noch {count} Wiederherstellungscodes."),
    },
    new_codes: "Neue Wiederherstellungscodes anfordern",
    switch_off: "Ausschalten",
    scan: "Scannen Sie diesen QR-Code mit einer Authenticator-App auf Ihrem Smartphone.",
    open_app: "Sie sind gerade am Smartphone? App mit diesem Schlüssel öffnen.",
    type_key: "Sie können es nicht scannen? Geben Sie stattdessen diesen Schlüssel in der App ein:",
    qr: "QR-Code für Ihre Authenticator-App",
    app_code: "Code aus der App",
    switch_on: "Einschalten",
    codes_title: "Ihre Wiederherstellungscodes",
    codes_why: "Wenn Sie Ihr Smartphone nicht zur Hand haben, können Sie sich mit jedem dieser Codes einmal anmelden. Schreiben Sie sie auf oder drucken Sie sie jetzt aus. Wir zeigen sie nicht noch einmal an.",
    codes_saved: "Ich habe sie gesichert",
    step_title: "Code eingeben",
    step_why: "Öffnen Sie Ihre Authenticator-App und geben Sie den angezeigten Code ein. Sie können auch einen Wiederherstellungscode verwenden.",
    step_code: "Code",
    start_over: "Von vorn beginnen",
    off_saved: "Die Anmeldung in zwei Schritten ist ausgeschaltet.",
    on_subject: "Anmeldung in zwei Schritten eingeschaltet",
    on: [
        "Ab jetzt brauchen Sie für die Anmeldung einen Code aus Ihrer Authenticator-App.",
        "Falls Sie das nicht waren, melden Sie sich an und ändern Sie sofort Ihr Passwort.",
    ],
    off_subject: "Anmeldung in zwei Schritten ausgeschaltet",
    off: [
        "Ab jetzt genügt Ihr Passwort für die Anmeldung.",
        "Falls Sie das nicht waren, ändern Sie sofort Ihr Passwort und schalten Sie die Anmeldung in zwei Schritten wieder ein.",
    ],
    used_subject: "Ein Wiederherstellungscode wurde verwendet",
    used: [
        "Jemand hat sich mit einem Ihrer Wiederherstellungscodes in Ihrem Konto angemeldet. Dieser Code ist damit verbraucht.",
        "Falls Sie das nicht waren, ändern Sie sofort Ihr Passwort und fordern Sie neue Wiederherstellungscodes an.",
    ],
};
