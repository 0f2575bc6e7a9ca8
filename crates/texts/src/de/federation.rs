//! German texts of federated sign-in.

use crate::FederationTexts;

pub const FEDERATION_TEXTS: FederationTexts = FederationTexts {
    continue_with: |provider| format!("Weiter mit {provider}"),
    create_title: "Konto anlegen",
    create_why: |provider, email| {
        format!("{provider} hat Ihre E-Mail-Adresse {email} bestätigt. Bei uns haben Sie noch kein Konto.")
    },
    create_terms: |provider| {
        format!(
            "Wir übernehmen Ihren Namen und Ihre E-Mail-Adresse von {provider} für Ihr Konto und Ihre Bestellungen. Danach können Sie sich mit {provider} anmelden."
        )
    },
    exists_title: "Sie haben schon ein Konto",
    exists_why: |provider, email| {
        format!(
            "Zu {email} gibt es schon ein Konto. Melden Sie sich dort einmal an. Danach können Sie auch {provider} verwenden."
        )
    },
    exists_sign_in: "Bei diesem Konto anmelden",
    link_title: |provider| format!("Künftig mit {provider} anmelden?"),
    link_why: |provider, email| {
        format!(
            "Wir verknüpfen Ihr Konto {email} mit {provider}. Danach können Sie sich auf beiden Wegen anmelden. Die Verknüpfung können Sie jederzeit in Ihrem Konto entfernen."
        )
    },
    link_replaces: |earlier| {
        format!(
            "Ihr Konto ist schon mit einer anderen Anmeldung bei {earlier} verknüpft. Diese gilt danach nicht mehr."
        )
    },
    link_now: "Konten verknüpfen",
    not_now: "Jetzt nicht",
    failed_title: "Die Anmeldung hat nicht geklappt",
    back: "Zurück zur Anmeldung",
    title: "Anmeldung über einen anderen Dienst",
    linked_since: |provider, day| format!("Sie können sich mit {provider} anmelden. Verknüpft am {day}."),
    remove: "Verknüpfung entfernen",
    remove_why: "Für die nächste Anmeldung fordern Sie danach über „Passwort vergessen?“ ein neues Passwort an.",
    removed_saved: "Die Verknüpfung ist entfernt.",
    no_password: "Ihr Konto hat noch kein Passwort. Sie benötigen eines, um die E-Mail-Adresse zu ändern, die Anmeldung in zwei Schritten einzurichten, Ihre Daten herunterzuladen oder das Konto zu löschen.",
    choose_password: "Passwort wählen",
    linked_subject: |provider| format!("Ihr Konto ist mit {provider} verknüpft"),
    linked: |provider, earlier| {
        let now = format!("Sie können sich jetzt mit {provider} in Ihrem Konto anmelden.");
        [
            earlier.map_or_else(
                || now.clone(),
                |earlier| format!("{now} Die früher verknüpfte Anmeldung bei {earlier} gilt nicht mehr."),
            ),
            "Falls Sie das nicht waren, ändern Sie sofort Ihr Passwort und entfernen Sie die Verknüpfung in Ihrem Konto."
                .into(),
        ]
    },
    removed_subject: |provider| format!("Ihr Konto ist nicht mehr mit {provider} verknüpft"),
    removed: |provider| {
        [
            format!("Sie können sich nicht mehr mit {provider} in Ihrem Konto anmelden."),
            "Falls Sie das nicht waren, melden Sie sich an und ändern Sie sofort Ihr Passwort.".into(),
        ]
    },
};
