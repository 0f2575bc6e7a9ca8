//! Mails about a withdrawal from the contract, and about a refund.
//!
//! Invariant: the confirmation has all that the customer declared, and when, so that they can keep it as a proof.

use super::ComposedMail;
use opendrs_domain::mail::OrderSummary;
use opendrs_domain::text::to_single_line;
use opendrs_service::mail::MailMessage;

impl ComposedMail {
    pub(super) fn compose_withdrawn(&mut self, letter: &MailMessage, bought: &OrderSummary) {
        let texts = self.texts;
        let said = &texts.withdrawals;
        let at = texts.moment(&bought.withdrawal.as_ref().map_or(letter.at, |withdrawal| withdrawal.at));
        let number = bought.number().to_string();
        self.set_order_subject(said.subject, bought);
        self.add_line((said.mail)(&at));
        self.add_line((said.declaration)(&self.name, &number));
        said.next.iter().for_each(|sentence| self.add_line(*sentence));
        self.add_fact(said.time, at);
        self.add_fact(said.name, self.name.clone());
        self.add_product_facts(bought);
        if let Some(ordered) = &bought.opened_at {
            self.add_fact(texts.parts.ordered, texts.moment(ordered));
        }
        if let Some(reason) = bought.withdrawal.as_ref().and_then(|withdrawal| withdrawal.reason.as_ref()) {
            self.add_fact(texts.letters.reason, to_single_line(reason));
        }
    }

    pub(super) fn compose_refunded(&mut self, bought: &OrderSummary) {
        let said = &self.texts.withdrawals;
        let amount = bought.refund.as_ref().map_or_else(String::new, |refund| self.texts.money(&refund.amount));
        self.set_order_subject(said.refund_subject, bought);
        self.add_line((said.refund_mail)(&amount));
        self.add_fact(said.refund, amount);
        self.add_product_facts(bought);
    }
}
