//! Composing a mail: its subject, sentences, facts and links, then rendered as text and as HTML.
//!
//! The sentences themselves are in [`crate::Texts`], the looks in [`html`]. Invariant: text and HTML have the same
//! content. Every link leads to this installation, except the carrier's page of a parcel and the links of the footer.
//! Texts of makers, shops and customers are one line each, and escaped in HTML.

mod account;
mod footer;
mod html;
mod withdrawal;

pub use footer::{LegalLink, MailFooter};
pub use html::{ColourScheme, LOGO_CONTENT_ID, MailLook};

use crate::{MailTexts, ReaderTexts};
use askama::Template;
use opendrs_domain::brand::{Accent, AccentPalette};
use opendrs_domain::mail::{MailContent, OrderSummary, PriceChangeSummary, SlotSummary};
use opendrs_domain::order::{OrderProblem, OrderTrigger, PriceParts, Tracking};
use opendrs_domain::picture::Picture;
use opendrs_domain::text::to_single_line;
use opendrs_domain::time::Time;
use opendrs_service::mail::{MailDevice, MailMessage};

/// A mail with its texts.
#[derive(Clone)]
pub struct ComposedMail {
    /// The texts of the mail's language.
    pub texts: &'static ReaderTexts,
    /// The subject, in one line.
    pub subject: String,
    /// The recipient's name.
    pub name: String,
    /// The greeting.
    pub hello: String,
    /// The sentences of the body.
    pub lines: Vec<String>,
    /// The facts for a table: name and value.
    pub facts: Vec<(String, String)>,
    /// The links: label and URL. The first one is the button.
    pub links: Vec<(&'static str, String)>,
    /// The last line: the device, or the account, that the mail is about.
    pub about: String,
    /// Whose mail it is, and the links of that brand.
    pub footer: MailFooter,
    /// The brand's accent, in both schemes.
    palette: Option<AccentPalette>,
    /// The brand's logo.
    logo: Option<Picture>,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct TextTemplate<'a> {
    words: &'a ComposedMail,
}

/// Returns the label of the link to a takeover's page.
fn takeover_link_label(said: &MailTexts, news: &MailContent) -> &'static str {
    match news {
        MailContent::TakeoverAsked(_) => said.takeover_requested_link,
        MailContent::ChangedHands(_) => said.takeover_undo_link,
        _ => said.takeover_announced_link,
    }
}

impl ComposedMail {
    /// Composes a mail in its reader's language.
    #[must_use]
    pub fn compose(letter: &MailMessage) -> Self {
        let texts = ReaderTexts::find(letter.language, letter.zone);
        let said = &texts.letters;
        let name = to_single_line(&letter.name);
        let model = letter.device.as_ref().map_or(String::new(), |device| to_single_line(&device.name));
        let about = letter.device.as_ref().map(|MailDevice { full_name, serial, is_test, .. }| {
            (said.device)(&to_single_line(full_name), &to_single_line(serial), *is_test)
        });
        let mut words = Self {
            texts,
            subject: String::new(),
            hello: if name.is_empty() { texts.account.mails.hello.into() } else { (said.hello)(&name) },
            name,
            lines: Vec::new(),
            facts: Vec::new(),
            links: Vec::new(),
            about: about.unwrap_or_else(|| account::about_line(letter, &texts.account.mails).into()),
            footer: MailFooter::of_brand(&letter.brand, &texts.brand),
            palette: letter.brand.brand.accent.map(Accent::palette),
            logo: letter.brand.brand.logo.filter(|_| letter.logo.is_some()),
        };
        let held = matches!(letter.content, MailContent::Held(_));
        let open = if held { said.decide } else { said.see };
        words.links.extend(letter.order_url.iter().map(|url| (open, url.clone())));
        words.links.extend(letter.cancel_url.iter().map(|url| (texts.shared.cancel_order, url.clone())));
        words
            .links
            .extend(letter.takeover_url.iter().map(|url| (takeover_link_label(said, &letter.content), url.clone())));
        if letter.device.is_some() {
            words.links.push((texts.shared.your_devices, letter.settings_url.clone()));
        }
        match &letter.content {
            MailContent::Placed(bought) => words.compose_placed(letter, bought, &model),
            MailContent::Held(bought) => words.compose_held(letter, bought, &model),
            MailContent::Shipped(bought) => words.compose_shipped(letter, bought),
            MailContent::Delivered(bought) => words.compose_delivered(letter, bought),
            MailContent::Cancelled(bought) => words.compose_cancelled(letter, bought),
            MailContent::Expired(bought) => words.compose_expired(bought),
            MailContent::Withdrawn(bought) => words.compose_withdrawn(letter, bought),
            MailContent::Refunded(bought) => words.compose_refunded(bought),
            MailContent::Subscribed(slots) => words.compose_subscribed(slots, &model),
            MailContent::Deregistered => {
                words.compose_registration_ended((said.deregistered_subject)(&model), [(said.deregistered)(&model)]);
            }
            MailContent::TakeoverAnnounced(_) => {
                words.subject = (said.takeover_announced_subject)(&model);
                words.lines.extend([(said.takeover_announced)(&model), said.takeover_announced_advice.to_owned()]);
            }
            MailContent::TakeoverAsked(by) => {
                words.subject = (said.takeover_requested_subject)(&model);
                words.lines.extend([
                    (said.takeover_requested)(&model),
                    (said.takeover_requested_until)(&texts.moment(&by.answer_by)),
                ]);
            }
            MailContent::ChangedHands(by) => {
                let lines = [(said.taken_over)(&model), (said.takeover_undo_until)(&texts.moment(&by.answer_by))];
                words.compose_registration_ended((said.taken_over_subject)(&model), lines);
            }
            MailContent::TakeoverAgreed(until) => {
                words.subject = (said.takeover_agreed_subject)(&model);
                words.add_line((said.takeover_agreed)(&model, &texts.moment(until)));
            }
            MailContent::TakeoverDeclined => {
                words.subject = (said.takeover_declined_subject)(&model);
                words.add_line((said.takeover_declined)(&model));
            }
            MailContent::TakenBack => words
                .compose_registration_ended((said.takeover_undone_subject)(&model), [(said.takeover_undone)(&model)]),
            MailContent::TakenOver => {
                let lines = [(said.taken_over)(&model), said.taken_over_advice.to_owned()];
                words.compose_registration_ended((said.taken_over_subject)(&model), lines);
            }
            MailContent::PriceChanged(news) => words.compose_price_changed(news, &model),
            MailContent::Account(news) => words.compose_account(letter, news),
            MailContent::TooMany => {
                words.subject = (said.daily_limit_subject)(&model);
                words.add_line((said.daily_limit_reached)(&model));
            }
        }
        words
    }

    /// Renders the mail as text.
    ///
    /// # Errors
    /// [`askama::Error`].
    pub fn to_text(&self) -> askama::Result<String> {
        Ok(TextTemplate { words: self }.render()? + "\n")
    }

    /// Returns what lists of mails show beside the subject.
    fn preheader(&self) -> String {
        let rest = self.lines.iter().map(String::as_str);
        rest.collect::<Vec<_>>().join(" ")
    }

    fn add_line(&mut self, sentence: impl Into<String>) {
        self.lines.push(sentence.into());
    }

    fn add_fact(&mut self, name: impl Into<String>, value: String) {
        self.facts.push((name.into(), value));
    }

    fn set_order_subject(&mut self, what: &str, bought: &OrderSummary) {
        self.subject = (self.texts.letters.subject)(bought.test, what, &to_single_line(&bought.title));
    }

    fn add_product_facts(&mut self, bought: &OrderSummary) {
        let texts = self.texts;
        self.add_fact(texts.letters.order_number, bought.number().to_string());
        self.add_fact(texts.letters.product, to_single_line(&bought.title));
        self.add_fact(texts.letters.quantity, texts.amount(&bought.quantity, &to_single_line(&bought.unit)));
        let parts = PriceParts { shipping: bought.shipping.clone(), tax: bought.tax.clone() };
        let price = std::iter::once(texts.money(&bought.price)).chain(texts.price_parts(&parts, bought.tax_rate));
        self.add_fact(texts.letters.price, price.collect::<Vec<_>>().join(" · "));
    }

    fn add_shipping_facts(&mut self, letter: &MailMessage, expected: Option<Time>) {
        let said = &self.texts.letters;
        let address = letter.address.as_deref().unwrap_or(said.no_address);
        self.add_fact(said.ships_to, to_single_line(address));
        if let Some(at) = expected {
            self.add_fact(said.expected, self.texts.date(&at));
        }
    }

    /// Adds the tracking facts, and the carrier's link before all other links.
    fn add_tracking(&mut self, Tracking { number, carrier, link }: &Tracking) {
        let said = &self.texts.letters;
        for (name, value) in [(said.carrier, carrier), (said.tracking, number)] {
            if let Some(value) = value {
                self.add_fact(name, to_single_line(value));
            }
        }
        if let Some(link) = link {
            self.links.insert(0, (said.track, link.clone()));
        }
    }

    fn compose_placed(&mut self, letter: &MailMessage, bought: &OrderSummary, model: &str) {
        let said = &self.texts.letters;
        self.set_order_subject(said.placed_subject, bought);
        self.add_line(match bought.trigger {
            OrderTrigger::Device => (said.placed)(model),
            OrderTrigger::Customer => (said.placed_by_hand)(model),
        });
        self.add_product_facts(bought);
        self.add_shipping_facts(letter, bought.expected_at);
        if letter.cancel_url.is_some() {
            self.add_line((said.cancel_until)(&self.texts.moment(&bought.window_ends_at)));
        }
    }

    fn compose_held(&mut self, letter: &MailMessage, bought: &OrderSummary, model: &str) {
        let said = &self.texts.letters;
        let (problem, subject) = (bought.problem(), (said.held_subject)(bought.problem()));
        if bought.reminder {
            self.set_order_subject(&(said.reminder_subject)(subject), bought);
            self.add_line(said.reminder);
        } else {
            self.set_order_subject(subject, bought);
        }
        self.add_line((said.held)(model, (said.problem)(problem)));
        self.add_line((said.remedy)(problem));
        let (until, resumes) = (self.texts.moment(&bought.window_ends_at), bought.resumes_at);
        let resumes = resumes.map(|at| self.texts.date(&at));
        self.add_line((said.unanswered)(problem, &until, resumes.as_deref()));
        self.add_product_facts(bought);
        self.add_shipping_facts(letter, None);
    }

    fn compose_shipped(&mut self, letter: &MailMessage, bought: &OrderSummary) {
        let said = &self.texts.letters;
        self.set_order_subject(said.shipped_subject, bought);
        self.add_line(said.shipped);
        self.add_product_facts(bought);
        self.add_shipping_facts(letter, bought.expected_at);
        self.add_tracking(&bought.tracking);
    }

    fn compose_delivered(&mut self, letter: &MailMessage, bought: &OrderSummary) {
        let said = &self.texts.letters;
        let (subject, sentence) = if bought.assumed {
            (said.delivery_assumed_subject, said.delivery_assumed)
        } else {
            (said.delivered_subject, said.delivered)
        };
        self.set_order_subject(subject, bought);
        self.add_line(sentence);
        self.add_product_facts(bought);
        // A confirmed delivery has no expected day any more.
        self.add_shipping_facts(letter, bought.expected_at.filter(|_| bought.assumed));
        self.add_tracking(&bought.tracking);
    }

    fn compose_cancelled(&mut self, letter: &MailMessage, bought: &OrderSummary) {
        let said = &self.texts.letters;
        let cancellation = bought.cancellation.as_ref();
        self.set_order_subject(said.cancelled_subject, bought);
        self.add_line((said.cancelled)(cancellation.map(|cancellation| cancellation.by)));
        self.add_line(said.not_charged);
        self.add_product_facts(bought);
        self.add_shipping_facts(letter, None);
        if let Some(reason) = cancellation.and_then(|cancellation| self.texts.cancel_reason(cancellation)) {
            self.add_fact(said.reason, to_single_line(reason));
        }
    }

    fn compose_expired(&mut self, bought: &OrderSummary) {
        let said = &self.texts.letters;
        self.set_order_subject(said.expired_subject, bought);
        let asked = bought.problem().is_some_and(OrderProblem::is_customer_decision);
        self.add_line((said.expired)(asked, (said.problem)(bought.problem())));
        self.add_line(said.order_ended);
        self.add_product_facts(bought);
    }

    fn compose_subscribed(&mut self, slots: &[SlotSummary], model: &str) {
        let texts = self.texts;
        let said = &texts.letters;
        if slots.iter().any(|slot| slot.product.is_some()) {
            self.subject = (said.reordering_on_subject)(model);
            said.reordering_on.iter().for_each(|sentence| self.add_line(*sentence));
        } else {
            self.subject = (said.reordering_off_subject)(model);
            self.add_line(said.reordering_off);
        }
        for slot in slots {
            let chosen = match &slot.product {
                Some((title, price)) => (said.slot_product)(&to_single_line(title), &texts.money(price)),
                None => said.slot_off.to_owned(),
            };
            self.add_fact(to_single_line(&slot.name), chosen);
        }
    }

    fn compose_price_changed(&mut self, news: &PriceChangeSummary, model: &str) {
        let texts = self.texts;
        let said = &texts.letters;
        let (title, price, before) = (to_single_line(&news.title), texts.money(&news.price), texts.money(&news.before));
        self.subject = (said.subject)(false, said.price_changed_subject, &title);
        self.add_line((said.price_changed)(&before, &price));
        self.add_line(if news.asks { (said.price_needs_approval)(model) } else { (said.price_will_apply)(model) });
        self.add_fact(said.product, title);
        self.add_fact(said.price, price);
        self.add_fact(said.price_before, before);
        if let Some(agreed) = &news.agreed {
            self.add_fact(said.price_agreed, texts.money(agreed));
        }
    }

    fn compose_registration_ended<const N: usize>(&mut self, subject: String, lines: [String; N]) {
        self.subject = subject;
        self.lines.extend(lines);
        self.add_line(self.texts.letters.open_orders_continue);
    }
}

#[cfg(test)]
mod tests;
