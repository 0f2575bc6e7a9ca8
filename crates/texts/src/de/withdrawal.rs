//! German texts about withdrawals from the contract.

use crate::WithdrawalTexts;

pub const WITHDRAWAL_TEXTS: WithdrawalTexts = WithdrawalTexts {
    begin: "Vertrag widerrufen",
    heading: "Diesen Vertrag widerrufen?",
    right: |days, until| match until {
        Some(day) => format!("Sie können diesen Vertrag bis zum Ablauf des {day} ohne Angabe von Gründen widerrufen."),
        None => {
            format!("Sie können diesen Vertrag bis {days} Tage nach der Lieferung ohne Angabe von Gründen widerrufen.")
        }
    },
    declaration: |name, number| format!("Hiermit widerrufe ich, {name}, den Vertrag über die Bestellung {number}."),
    confirmation_to: |email| format!("Wir senden eine Bestätigung an {email}."),
    reason: "Grund (optional)",
    confirm: "Widerruf bestätigen",
    keep: "Wenn Sie den Vertrag nicht widerrufen möchten, schließen Sie einfach diese Seite.",
    done: "Ihr Widerruf ist eingegangen",
    received: |at| format!("Sie haben den Vertrag am {at} widerrufen. Sie erhalten eine Bestätigung per E-Mail."),
    next: [
        "Wenn Sie die Ware haben oder noch erhalten, senden Sie sie bitte innerhalb von 14 Tagen zurück.",
        "Sie erhalten Ihr Geld innerhalb von 14 Tagen zurück. Wir können damit warten, bis die Ware angekommen ist oder Sie uns zeigen, dass Sie sie abgesandt haben.",
    ],
    back: "Zurück zur Bestellung",
    refused: "Dieser Vertrag kann nicht widerrufen werden",
    withdrawn: |at| format!("Sie haben den Vertrag am {at} widerrufen"),
    returned: |day| format!("Ihre Rücksendung ist am {day} angekommen"),
    refunded: |amount, day| format!("{amount} am {day} erstattet"),
    subject: "Ihr Widerruf",
    mail: |at| {
        format!(
            "Sie haben den Vertrag über diese Bestellung am {at} widerrufen. Hiermit bestätigen wir den Eingang Ihres Widerrufs. Bitte bewahren Sie diese E-Mail auf."
        )
    },
    name: "Ihr Name",
    time: "Widerruf eingegangen",
    refund_subject: "Ihre Erstattung",
    refund_mail: |amount| format!("Wir haben Ihnen für diese Bestellung {amount} erstattet."),
    refund: "Erstattung",
};
