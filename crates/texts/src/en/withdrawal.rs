//! English texts about withdrawals from the contract.

use crate::WithdrawalTexts;

pub const WITHDRAWAL_TEXTS: WithdrawalTexts = WithdrawalTexts {
    begin: "Withdraw from contract",
    heading: "Withdraw from this contract?",
    right: |days, until| {
        let right = "You can withdraw from this contract without giving a reason";
        match until {
            Some(day) => format!("{right} until the end of {day}."),
            None => format!("{right} until {days} days after the delivery."),
        }
    },
    declaration: |name, number| format!("I, {name}, withdraw from the contract for order {number}."),
    confirmation_to: |email| format!("We'll send a confirmation to {email}."),
    reason: "Reason (optional)",
    confirm: "Confirm withdrawal",
    keep: "If you want to keep the order, close this page.",
    done: "We have received your withdrawal",
    received: |at| format!("You withdrew from the contract on {at}. You'll get a confirmation by email."),
    next: [
        "If you have the goods, or still receive them, please send them back within 14 days.",
        "You get your money back within 14 days. We may wait until the goods have arrived, or until you show us that you have sent them.",
    ],
    back: "Back to the order",
    refused: "You cannot withdraw from this contract",
    withdrawn: |at| format!("You withdrew from the contract on {at}"),
    returned: |day| format!("Your return arrived on {day}"),
    refunded: |amount, day| format!("{amount} refunded on {day}"),
    subject: "Your withdrawal",
    mail: |at| {
        format!("You withdrew from the contract for this order on {at}. This email confirms it; please keep it.")
    },
    name: "Name",
    time: "Withdrawal received",
    refund_subject: "Your refund",
    refund_mail: |amount| format!("We have refunded {amount} for this order."),
    refund: "Refund",
};
