//! What a letter says: subject, sentences, facts and links; then as text and as HTML.
//!
//! The sentences themselves are in `texts`. Invariant: both forms say the same. Every link is an address of ours,
//! but for the carrier's page of a parcel; what makers, shops and customers wrote is one line each, and escaped where it
//! is HTML.

use opendrs_texts::{Letters, Texts};
use askama::Template;
use opendrs_domain::mail::{Bought, News, PriceChangeSummary, SlotNews};
use opendrs_domain::order::{Problem, Tracking};
use opendrs_domain::text::one_line;
use opendrs_domain::time::Time;
use opendrs_service::mail::Letter;

/// A letter in words.
#[derive(Clone)]
pub struct Words {
    /// What its language says.
    pub(crate) texts: &'static Texts,
    /// The subject: one line.
    pub subject: String,
    /// Who is spoken to.
    pub name: String,
    /// How they are greeted.
    pub hello: String,
    /// The sentences.
    pub lines: Vec<String>,
    /// What is best read as a table: name and value.
    pub facts: Vec<(String, String)>,
    /// Links: what they are for, where they lead.
    pub links: Vec<(&'static str, String)>,
    /// Which device it is about.
    pub device: String,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    words: &'a Words,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    words: &'a Words,
}

/// What the link to a takeover's page is called.
fn takeover_link(said: &Letters, news: &News) -> &'static str {
    match news {
        News::TakeoverAsked(_) => said.asked_link,
        News::ChangedHands(_) => said.taken_link,
        _ => said.announced_link,
    }
}

impl Words {
    /// Finds the words of a letter, in its reader's language.
    #[must_use]
    pub fn of(letter: &Letter) -> Self {
        let texts = Texts::of(letter.language);
        let said = &texts.letters;
        let (model, name) = (one_line(&letter.model), one_line(&letter.name));
        let mut words = Self {
            texts,
            subject: String::new(),
            hello: (said.hello)(&name),
            name,
            lines: Vec::new(),
            facts: Vec::new(),
            links: letter.cancel_url.iter().map(|url| (texts.shared.cancel_order, url.clone())).collect(),
            device: (said.device)(&model, &one_line(&letter.serial), letter.test),
        };
        let held = matches!(letter.news, News::Held(_));
        let open = if held { said.decide } else { said.see };
        words.links.extend(letter.order_url.iter().map(|url| (open, url.clone())));
        words.links.extend(letter.takeover_url.iter().map(|url| (takeover_link(said, &letter.news), url.clone())));
        words.links.push((texts.shared.your_devices, letter.settings_url.clone()));
        match &letter.news {
            News::Placed(bought) => words.placed(letter, bought, &model),
            News::Held(bought) => words.held(letter, bought, &model),
            News::Shipped(bought) => words.shipped(letter, bought),
            News::Delivered(bought) => words.delivered(letter, bought),
            News::Cancelled(bought) => words.cancelled(letter, bought),
            News::Expired(bought) => words.expired(bought),
            News::Subscribed(slots) => words.subscribed(slots, &model),
            News::Deregistered => words.left((said.left_subject)(&model), [(said.left)(&model)]),
            News::TakeoverAnnounced(_) => {
                words.subject = (said.announced_subject)(&model);
                words.lines.extend([(said.announced)(&model), said.announced_more.to_owned()]);
            }
            News::TakeoverAsked(by) => {
                words.subject = (said.asked_subject)(&model);
                words.lines.extend([(said.asked)(&model), (said.asked_until)(&texts.moment(&by.answer_by))]);
            }
            News::ChangedHands(by) => {
                let lines = [(said.taken)(&model), (said.taken_until)(&texts.moment(&by.answer_by))];
                words.left((said.taken_subject)(&model), lines);
            }
            News::TakeoverAgreed(until) => {
                words.subject = (said.agreed_subject)(&model);
                words.say((said.agreed)(&model, &texts.moment(until)));
            }
            News::TakeoverDeclined => {
                words.subject = (said.declined_subject)(&model);
                words.say((said.declined)(&model));
            }
            News::TakenBack => words.left((said.taken_back_subject)(&model), [(said.taken_back)(&model)]),
            News::TakenOver => {
                let lines = [(said.taken)(&model), said.taken_more.to_owned()];
                words.left((said.taken_subject)(&model), lines);
            }
            News::PriceChanged(news) => words.price_changed(news, &model),
            News::TooMany => {
                words.subject = (said.too_many_subject)(&model);
                words.say((said.too_many)(&model));
            }
        }
        words
    }

    /// As text.
    ///
    /// # Errors
    /// [`askama::Error`].
    pub fn text(&self) -> askama::Result<String> {
        Ok(Text { words: self }.render()? + "\n")
    }

    /// As HTML.
    ///
    /// # Errors
    /// [`askama::Error`].
    pub fn html(&self) -> askama::Result<String> {
        Html { words: self }.render()
    }

    fn say(&mut self, sentence: impl Into<String>) {
        self.lines.push(sentence.into());
    }

    fn fact(&mut self, name: impl Into<String>, value: String) {
        self.facts.push((name.into(), value));
    }

    fn subject(&mut self, what: &str, bought: &Bought) {
        self.subject = (self.texts.letters.subject)(bought.test, what, &one_line(&bought.title));
    }

    fn product(&mut self, bought: &Bought) {
        let texts = self.texts;
        self.fact(texts.letters.order_number, bought.number().to_string());
        self.fact(texts.letters.product, one_line(&bought.title));
        self.fact(texts.letters.quantity, texts.amount(&bought.quantity, &one_line(&bought.unit)));
        self.fact(texts.letters.price, texts.money(&bought.price));
    }

    fn parcel(&mut self, letter: &Letter, expected: Option<Time>) {
        let said = &self.texts.letters;
        let address = letter.address.as_deref().unwrap_or(said.no_address);
        self.fact(said.ships_to, one_line(address));
        if let Some(at) = expected {
            self.fact(said.expected, self.texts.day(&at));
        }
    }

    /// How the parcel is followed; its link comes before the others.
    fn tracking(&mut self, Tracking { number, carrier, link }: &Tracking) {
        let said = &self.texts.letters;
        for (name, value) in [(said.carrier, carrier), (said.tracking, number)] {
            if let Some(value) = value {
                self.fact(name, one_line(value));
            }
        }
        if let Some(link) = link {
            self.links.insert(0, (said.track, link.clone()));
        }
    }

    fn placed(&mut self, letter: &Letter, bought: &Bought, model: &str) {
        let said = &self.texts.letters;
        self.subject(said.placed_subject, bought);
        self.say((said.placed)(model));
        self.product(bought);
        self.parcel(letter, bought.expected_at);
        if letter.cancel_url.is_some() {
            self.say((said.cancel_until)(&self.texts.moment(&bought.window_ends_at)));
        }
    }

    fn held(&mut self, letter: &Letter, bought: &Bought, model: &str) {
        let said = &self.texts.letters;
        let (problem, subject) = (bought.problem(), (said.held_subject)(bought.problem()));
        if bought.reminder {
            self.subject(&(said.reminder_subject)(subject), bought);
            self.say(said.reminder);
        } else {
            self.subject(subject, bought);
        }
        self.say((said.held)(model, (said.problem)(problem)));
        self.say((said.remedy)(problem));
        let (until, resumes) = (self.texts.moment(&bought.window_ends_at), bought.resumes_at);
        let resumes = resumes.map(|at| self.texts.day(&at));
        self.say((said.unanswered)(problem, &until, resumes.as_deref()));
        self.product(bought);
        self.parcel(letter, None);
    }

    fn shipped(&mut self, letter: &Letter, bought: &Bought) {
        let said = &self.texts.letters;
        self.subject(said.shipped_subject, bought);
        self.say(said.shipped);
        self.product(bought);
        self.parcel(letter, bought.expected_at);
        self.tracking(&bought.tracking);
    }

    fn delivered(&mut self, letter: &Letter, bought: &Bought) {
        let said = &self.texts.letters;
        let (subject, sentence) = match bought.assumed {
            false => (said.delivered_subject, said.delivered),
            true => (said.assumed_subject, said.assumed),
        };
        self.subject(subject, bought);
        self.say(sentence);
        self.product(bought);
        // What is there already is expected no more.
        self.parcel(letter, bought.expected_at.filter(|_| bought.assumed));
        self.tracking(&bought.tracking);
    }

    fn cancelled(&mut self, letter: &Letter, bought: &Bought) {
        let said = &self.texts.letters;
        let cancellation = bought.cancellation.as_ref();
        self.subject(said.cancelled_subject, bought);
        self.say((said.cancelled)(cancellation.map(|cancellation| cancellation.by)));
        self.say(said.not_charged);
        self.product(bought);
        self.parcel(letter, None);
        if let Some(reason) = cancellation.and_then(|cancellation| self.texts.cancel_reason(cancellation)) {
            self.fact(said.reason, one_line(reason));
        }
    }

    fn expired(&mut self, bought: &Bought) {
        let said = &self.texts.letters;
        self.subject(said.expired_subject, bought);
        let asked = bought.problem().is_some_and(Problem::asks_customer);
        self.say((said.expired)(asked, (said.problem)(bought.problem())));
        self.say(said.ended);
        self.product(bought);
    }

    fn subscribed(&mut self, slots: &[SlotNews], model: &str) {
        let texts = self.texts;
        let said = &texts.letters;
        if slots.iter().any(|slot| slot.product.is_some()) {
            self.subject = (said.subscribed_subject)(model);
            said.subscribed.iter().for_each(|sentence| self.say(*sentence));
        } else {
            self.subject = (said.off_subject)(model);
            self.say(said.off);
        }
        for slot in slots {
            let chosen = match &slot.product {
                Some((title, price)) => (said.chosen)(&one_line(title), &texts.money(price)),
                None => said.not_chosen.to_owned(),
            };
            self.fact(one_line(&slot.name), chosen);
        }
    }

    fn price_changed(&mut self, news: &PriceChangeSummary, model: &str) {
        let texts = self.texts;
        let said = &texts.letters;
        let (title, price, before) = (one_line(&news.title), texts.money(&news.price), texts.money(&news.before));
        self.subject = (said.subject)(false, said.price_changed_subject, &title);
        self.say((said.price_changed)(&before, &price));
        self.say(if news.asks { (said.price_asks)(model) } else { (said.price_goes_on)(model) });
        self.fact(said.product, title);
        self.fact(said.price, price);
        self.fact(said.price_before, before);
        if let Some(agreed) = &news.agreed {
            self.fact(said.price_agreed, texts.money(agreed));
        }
    }

    fn left<const N: usize>(&mut self, subject: String, lines: [String; N]) {
        self.subject = subject;
        self.lines.extend(lines);
        self.say(self.texts.letters.under_way);
    }
}

#[cfg(test)]
mod tests;
