//! What a letter says: subject, sentences, facts and links; then as text and as HTML.
//!
//! Invariant: both forms say the same. Every link is an address of ours; what makers and customers wrote is one line
//! each, and escaped where it is HTML.

use askama::Template;
use opendrs_domain::mail::{Bought, News, SlotNews};
use opendrs_domain::order::Problem;
use opendrs_domain::time::Time;
use opendrs_service::mail::Letter;

/// A letter in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The subject: one line.
    pub subject: String,
    /// Who is spoken to.
    pub name: String,
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

/// On one line: a title may hold what would end a header or forge a line of the text.
fn line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() || c == '\u{2028}' { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fact(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

impl Words {
    /// Finds the words of a letter.
    #[must_use]
    pub fn of(letter: &Letter) -> Self {
        let model = line(&letter.model);
        let test = if letter.test { ", a test device: nothing is charged and nothing is shipped" } else { "" };
        let mut words = Self {
            subject: String::new(),
            name: line(&letter.name),
            lines: Vec::new(),
            facts: Vec::new(),
            links: letter.cancel_url.iter().map(|url| ("Cancel this order", url.clone())).collect(),
            device: format!("{model}, serial {}{test}", line(&letter.serial)),
        };
        words.links.extend(letter.order_url.iter().map(|url| ("See the order and decide", url.clone())));
        words.links.push(("Your devices", letter.settings_url.clone()));
        match &letter.news {
            News::Placed(bought) => words.placed(letter, bought, &model),
            News::Held(bought) => words.held(letter, bought, &model),
            News::Shipped(bought) => words.shipped(letter, bought),
            News::Delivered(bought) => words.delivered(letter, bought),
            News::Cancelled(bought) => words.cancelled(bought),
            News::Expired(bought) => words.expired(bought),
            News::Subscribed(slots) => words.subscribed(slots, &model),
            News::Deregistered => words.left(&model, "is no longer registered", &[]),
            News::TakenOver => words.left(&model, "was registered by somebody else", &TAKEN_OVER),
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

    fn subject(&mut self, what: &str, bought: &Bought) {
        let test = if bought.test { "Test: " } else { "" };
        self.subject = format!("{test}{what}: {}", line(&bought.title));
    }

    fn product(&mut self, bought: &Bought) {
        self.facts.push(fact("Product", line(&bought.title)));
        self.facts.push(fact("Quantity", format!("{} {}", bought.quantity, line(&bought.unit))));
        self.facts.push(fact("Price", bought.price.to_string()));
    }

    fn parcel(&mut self, letter: &Letter, expected: Option<Time>) {
        let address = letter.address.as_deref().unwrap_or("no address yet");
        self.facts.push(fact("Ships to", line(address)));
        self.facts.extend(expected.map(|at| fact("Expected", at.to_reading_text())));
    }

    fn placed(&mut self, letter: &Letter, bought: &Bought, model: &str) {
        self.subject("Your order", bought);
        self.say(format!("Your {model} ordered this for you."));
        self.product(bought);
        self.parcel(letter, bought.expected_at);
        if letter.cancel_url.is_some() {
            let until = bought.window_ends_at.to_reading_text();
            self.say(format!("You can cancel it until {until}. After that it is sent, and you pay for it."));
        }
    }

    fn held(&mut self, letter: &Letter, bought: &Bought, model: &str) {
        self.subject("We could not place your order yet", bought);
        self.say(format!("Your {model} wants to order this for you. {}", problem(bought)));
        self.say(match bought.problem() {
            Some(Problem::Address) => "Open the order and enter an address.",
            Some(Problem::Payment) => "Open the order once you can pay, or cancel it.",
            Some(Problem::Price | Problem::Ask | Problem::Limit | Problem::Paused) => {
                "It waits for your word: open the order to see what it costs, and order or cancel it."
            }
            Some(Problem::OutOfStock) => {
                "You need not do anything. If you would rather have something else, cancel this order and choose \
                 another product in the device's settings."
            }
            Some(Problem::Unconfirmed) | None => "You need not do anything.",
        });
        let until = bought.window_ends_at.to_reading_text();
        self.say(format!("The order is placed once nothing stands in its way, until {until}; then it ends."));
        self.product(bought);
        self.parcel(letter, None);
    }

    fn shipped(&mut self, letter: &Letter, bought: &Bought) {
        self.subject("On its way", bought);
        self.say("Your order has left and can no longer be cancelled.");
        self.product(bought);
        self.parcel(letter, bought.expected_at);
    }

    fn delivered(&mut self, letter: &Letter, bought: &Bought) {
        if letter.delivery_known {
            self.subject("Delivered", bought);
            self.say(
                "Your order has been delivered. If it is not there, or something is wrong with it, reply to this mail.",
            );
        } else {
            self.subject("Should be there by now", bought);
            self.say("Your order should have arrived by now; the carrier does not tell us. If it has not, reply to this mail.");
        }
        self.product(bought);
        self.parcel(letter, bought.expected_at);
    }

    fn cancelled(&mut self, bought: &Bought) {
        self.subject("Cancelled", bought);
        self.say("Your order was cancelled. Nothing is sent and nothing is charged.");
        self.product(bought);
    }

    fn expired(&mut self, bought: &Bought) {
        self.subject("Not ordered", bought);
        self.say(format!("Your order was not placed. {}", problem(bought)));
        self.say("It ended without being placed: nothing is sent and nothing is charged. The device may order again.");
        self.product(bought);
    }

    fn subscribed(&mut self, slots: &[SlotNews], model: &str) {
        if slots.iter().any(|slot| slot.product.is_some()) {
            self.subject = format!("Automatic reordering for your {model}");
            self.say("From now on your device orders by itself what you chose, when it runs low.");
            self.say("A mail tells you of each order, with its price, while it can still be cancelled.");
        } else {
            self.subject = format!("Automatic reordering is off for your {model}");
            self.say("Your device orders nothing by itself any more.");
        }
        for slot in slots {
            let product = slot.product.as_ref();
            let chosen = product.map_or_else(|| "off".into(), |(title, price)| format!("{}, {price}", line(title)));
            self.facts.push(fact(&line(&slot.name), chosen));
        }
    }

    fn left(&mut self, model: &str, what: &str, more: &[&str]) {
        self.subject = format!("Your {model} {what}");
        self.say(format!("Your {model} {what}. It orders nothing for you any more."));
        more.iter().for_each(|sentence| self.say(*sentence));
        self.say("An order that is under way goes on.");
    }
}

/// Who it was is not told.
const TAKEN_OVER: [&str; 1] = ["If you gave the device away, all is well. If not, whoever did this has it at hand: \
                                you can set it up again for yourself."];

fn problem(bought: &Bought) -> &'static str {
    match bought.problem() {
        Some(Problem::Address) => "There is no address to deliver to.",
        Some(Problem::OutOfStock) => "The product is out of stock.",
        Some(Problem::Payment) => "It could not be paid for.",
        Some(Problem::Price) => "It costs more than you allow.",
        Some(Problem::Ask) => "You want to be asked first.",
        Some(Problem::Limit) => "There were as many orders as you allow.",
        Some(Problem::Paused) => "You paused orders at this time.",
        Some(Problem::Unconfirmed) => "The shop did not confirm it.",
        None => "Something stood in its way.",
    }
}

#[cfg(test)]
mod tests;
