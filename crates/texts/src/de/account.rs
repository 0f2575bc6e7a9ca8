//! German texts of accounts.

use crate::customer_account::{AccountMailTexts, AccountTexts};

pub const ACCOUNT_TEXTS: AccountTexts = AccountTexts {
    create: "Konto anlegen",
    create_why: "Geben Sie Ihre E-Mail-Adresse ein. Wir senden Ihnen einen Code, mit dem Sie sie bestätigen.",
    send_code: "Code senden",
    has_account: "Haben Sie schon ein Konto?",
    check_mail: "Bitte prüfen Sie Ihr Postfach",
    code_sent: |email| {
        format!("Wir haben eine E-Mail an {email} gesendet. Geben Sie den Code daraus ein oder öffnen Sie den Link.")
    },
    code: "Code (6 Ziffern)",
    check_code: "Weiter",
    no_mail: "Noch keine E-Mail da? Es kann eine Minute dauern. Sehen Sie bitte auch im Spam-Ordner nach.",
    send_again: "Weitere E-Mail senden",
    details: "Fast fertig",
    confirmed: |email| format!("{email} ist bestätigt. Wählen Sie jetzt ein Passwort für Ihr Konto."),
    name: "Ihr Name",
    new_password: "Neues Passwort",
    password_rule: "Mindestens 8 Zeichen. Drei oder vier Wörter ohne Zusammenhang sind ein gutes Passwort.",
    create_now: "Konto anlegen",
    forgotten: "Passwort vergessen?",
    forgotten_why: "Geben Sie Ihre E-Mail-Adresse ein. Wir senden Ihnen einen Link, mit dem Sie ein neues Passwort wählen.",
    send_link: "Link senden",
    link_sent: |email| format!("Wir haben eine E-Mail an {email} gesendet. Der Link darin gilt eine Stunde."),
    choose_password: "Neues Passwort wählen",
    choose_password_for: |email| format!("Für das Konto {email}. Sie werden dabei überall abgemeldet."),
    save_password: "Passwort speichern",
    password_saved: "Ihr neues Passwort ist gespeichert",
    password_saved_text: "Bitte melden Sie sich damit an.",
    title: "Ihr Konto",
    you: "Über Sie",
    save_name: "Namen speichern",
    zone: "Zeitzone",
    zone_about: "Seiten und E-Mails zeigen Uhrzeiten in dieser Zeitzone.",
    zone_automatic: |zone| format!("Automatisch: {zone}"),
    zone_save: "Zeitzone speichern",
    zone_saved: "Ihre Zeitzone ist gespeichert.",
    name_saved: "Ihr Name ist gespeichert.",
    change_email: "E-Mail-Adresse",
    change_email_why: |email| {
        format!("Ihre E-Mail-Adresse ist {email}. Zur Bestätigung senden wir eine E-Mail an die neue Adresse.")
    },
    new_email: "Neue E-Mail-Adresse",
    current_password: "Aktuelles Passwort",
    confirm_email: "Bestätigung senden",
    email_sent: |email| {
        format!("Wir haben eine E-Mail an {email} gesendet. Öffnen Sie den Link darin, um die Adresse zu verwenden.")
    },
    use_email: "Diese E-Mail-Adresse verwenden?",
    use_email_why: |email| format!("Sie melden sich künftig mit {email} an, und wir schreiben Ihnen dorthin."),
    use_email_now: "Adresse verwenden",
    email_changed: "Ihre E-Mail-Adresse wurde geändert",
    email_changed_text: |email| format!("Melden Sie sich künftig mit {email} an."),
    change_password: "Passwort",
    sessions: "Aktive Anmeldungen",
    sessions_why: "Kennen Sie eine dieser Anmeldungen nicht? Melden Sie sie ab und ändern Sie Ihr Passwort.",
    session: |browser, signed_in, used| format!("{browser}: angemeldet {signed_in}, zuletzt verwendet {used}"),
    browser_on: |browser, system| format!("{browser} unter {system}"),
    unknown_browser: "Unbekannter Browser",
    this_browser: "Dieser Browser",
    end_session: "Abmelden",
    end_others: "Auf allen anderen Geräten abmelden",
    sessions_ended: "Abgemeldet.",
    export: "Ihre Daten",
    export_why: "Laden Sie alles herunter, was wir über Sie speichern: Konto, Geräte, Füllstände, Bestellungen und E-Mails. Sie erhalten eine ZIP-Datei mit Tabellen und einer Datei für Programme.",
    export_now: "Meine Daten herunterladen",
    export_preparing: "Wir stellen Ihre Daten zusammen",
    export_preparing_why: "Das dauert einige Minuten. Sobald sie bereitstehen, senden wir Ihnen eine E-Mail.",
    export_ready: "Ihre Daten stehen bereit",
    export_until: |day| format!("Sie können sie bis {day} herunterladen."),
    export_download: "Datei herunterladen",
    delete: "Konto löschen",
    delete_why: |day| {
        format!(
            "Wenn Sie es jetzt anfordern, löschen wir Ihr Konto am {day}. Bis dahin können Sie es sich anders überlegen. Ihre Geräte \
             bestellen so lange weiter, außer Sie entfernen sie. Bestellungen, die unterwegs sind, kommen noch an."
        )
    },
    delete_now: "Mein Konto löschen",
    deletion_planned: |day| format!("Ihr Konto wird am {day} gelöscht"),
    deletion_planned_why: "Dann entfernen wir Ihre Geräte und löschen Ihren Namen und Ihre Adresse aus Ihren Bestellungen.",
    keep: "Mein Konto behalten",
    kept: "Ihr Konto bleibt, wie es ist.",
    open: "Konto",
    mails: MAIL_TEXTS,
};

const MAIL_TEXTS: AccountMailTexts = AccountMailTexts {
    hello: "Guten Tag,",
    about: "Sie erhalten diese E-Mail wegen Ihres Kontos für automatische Nachbestellungen.",
    about_address: "Sie erhalten diese E-Mail, weil jemand diese Adresse auf unseren Seiten für automatische Nachbestellungen eingegeben hat.",
    code: "Ihr Code",
    confirm_subject: |code| format!("{code} ist Ihr Code"),
    confirm: [
        "Mit diesem Code bestätigen Sie Ihre E-Mail-Adresse und legen Ihr Konto an. Er gilt eine Stunde.",
        "Haben Sie das nicht angefordert? Dann müssen Sie nichts tun. Ohne Sie wird kein Konto angelegt.",
    ],
    confirm_link: "Bestätigen und weiter",
    exists_subject: "Sie haben schon ein Konto",
    exists: [
        "Jemand, vermutlich Sie, wollte diese E-Mail-Adresse für ein Konto verwenden. Sie gehört schon zu einem: Bitte melden Sie sich an.",
        "Wenn Sie Ihr Passwort vergessen haben, können Sie ein neues wählen.",
    ],
    forgotten_link: "Neues Passwort wählen",
    created_subject: "Willkommen",
    created: [
        "Ihr Konto ist bereit. Sie können jetzt Geräte einrichten, die ihren Bedarf nachbestellen.",
        "Haben Sie dieses Konto nicht angelegt? Dann wenden Sie sich bitte an den Kundendienst.",
    ],
    account_link: "Ihr Konto",
    recovery_subject: "Neues Passwort wählen",
    recovery: [
        "Mit diesem Link wählen Sie ein neues Passwort. Er gilt eine Stunde.",
        "Haben Sie das nicht angefordert? Dann müssen Sie nichts tun. Ihr Passwort bleibt, wie es ist.",
    ],
    recovery_link: "Neues Passwort wählen",
    unknown_subject: "Zu dieser Adresse gibt es kein Konto",
    unknown: [
        "Jemand, vermutlich Sie, hat ein neues Passwort angefordert. Zu dieser E-Mail-Adresse gibt es kein Konto.",
        "Vielleicht haben Sie eine andere Adresse verwendet. Haben Sie nichts angefordert, dann müssen Sie nichts tun.",
    ],
    create_link: "Konto anlegen",
    password_subject: "Ihr Passwort wurde geändert",
    password: [
        "Das Passwort Ihres Kontos wurde gerade geändert, und andere Browser wurden abgemeldet.",
        "Waren Sie das nicht? Dann wählen Sie sofort ein neues Passwort und wenden Sie sich an den Kundendienst.",
    ],
    new_email_subject: "Bestätigen Sie Ihre neue E-Mail-Adresse",
    new_email: [
        "Öffnen Sie diesen Link, um diese E-Mail-Adresse für Ihr Konto für automatische Nachbestellungen zu verwenden.",
        "Haben Sie das nicht angefordert? Dann müssen Sie nichts tun. Es ändert sich nichts.",
    ],
    new_email_link: "Adresse verwenden",
    email_subject: "Ihre E-Mail-Adresse wurde geändert",
    email: [
        "Ihr Konto hat jetzt eine andere E-Mail-Adresse. An diese hier schreiben wir nicht mehr.",
        "Waren Sie das nicht? Dann wenden Sie sich bitte sofort an den Kundendienst.",
    ],
    deletion_subject: |day| format!("Ihr Konto wird am {day} gelöscht"),
    deletion: [
        "Sie haben uns gebeten, Ihr Konto zu löschen. Vor diesem Tag können Sie sich anmelden und es behalten.",
        "Waren Sie das nicht? Dann melden Sie sich an, behalten Sie das Konto und ändern Sie Ihr Passwort.",
    ],
    kept_subject: "Ihr Konto bleibt bestehen",
    kept: ["Ihr Konto wird nicht gelöscht.", "Waren Sie das nicht? Dann ändern Sie Ihr Passwort."],
    deleted_subject: "Ihr Konto wurde gelöscht",
    deleted: [
        "Wie gewünscht haben wir Ihr Konto, Ihre Geräte und Ihre Adresse gelöscht.",
        "Frühere Bestellungen, die wir für unsere Unterlagen aufbewahren müssen, enthalten Ihren Namen und Ihre Adresse nicht mehr.",
    ],
    export_subject: "Ihre Daten stehen zum Herunterladen bereit",
    export: "Die Datei mit allem, was wir über Sie speichern, steht bereit. Melden Sie sich an, um sie herunterzuladen.",
    export_until: |day| {
        format!(
            "Sie können sie bis {day} herunterladen. Haben Sie das nicht angefordert? Dann ändern Sie bitte Ihr Passwort."
        )
    },
    export_link: "Daten herunterladen",
};
