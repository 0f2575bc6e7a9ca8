//! Has a shop take an order.
//!
//! Invariant: whether the customer's price covers it is seen before anything is made, and once more before it is paid;
//! what was begun before and not completed is removed first, since the world may have changed meanwhile.

use super::ask::Trouble;
use super::lost;
use super::wire::{
    BEGIN, Begun, DISCARD, Discarded, FILL, Filled, Found, LOOK, Looked, MOVE, Method, Moved, PAY, Paid, QUOTE, Quoted,
    Variant,
};
use super::{Outcome, Said, Shop, reports};
use crate::App;
use crate::fulfilment::call::{Noted, note};
use crate::fulfilment::{Job, terms};
use opendrs_domain::customer::Address;
use opendrs_domain::fulfilment::Report;
use opendrs_domain::money::Money;
use opendrs_domain::order::{PriceParts, Problem, Recipient};
use opendrs_domain::rule::Terms;
use opendrs_store::fulfilment::Call;
use serde_json::{Value, json};

/// One order on its way into the shop.
struct Placing<'a> {
    app: &'a App,
    shop: &'a Shop,
    job: &'a Job,
    call: &'a Call,
    /// What the customer allows.
    terms: Terms,
    instance: String,
}

fn problem(problem: Problem, note: impl Into<String>) -> Outcome {
    Outcome { reports: vec![Report::Problem(problem)], note: Some(note.into()), ..Outcome::default() }
}

fn taken(price: Option<Money>, parts: PriceParts, then: Vec<Report>) -> Outcome {
    let mut said = vec![Report::Accepted { expected_at: None, parts }];
    said.extend(then);
    Outcome { reports: said, price, watched: true, note: None }
}

/// Asks for an order, unless the shop has it; the words that follow from it, or what went wrong and is tried again.
pub(super) async fn place(app: &App, shop: &Shop, job: &Job, call: &Call) -> Said {
    let instance = job.order.instance().to_string();
    let terms = terms(app, job).await.map_err(|error| error.to_string())?;
    Placing { app, shop, job, call, terms, instance }.run().await
}

impl Placing<'_> {
    async fn run(&self) -> Said {
        let Self { app, shop, job, call, instance, .. } = self;
        let Job { recipient, sku, .. } = job;
        let code = call.reference.as_deref().unwrap_or_default();
        let variables = json!({ "id": instance, "code": code, "sku": sku, "email": recipient.email.as_str() });
        let looked: Looked = shop.ask(app, &LOOK, variables).await?;
        if let Some(found) = looked.sought.paid.items.iter().find(|found| found.payment(instance).is_some()) {
            return self.found(&looked, found).await;
        }
        if let Some(found) = looked.sought.begun.items.first().filter(|found| found.state != "Cancelled") {
            if !found.is_unfinished() {
                // Somebody in the shop completed it by hand.
                return self.found(&looked, found).await;
            }
            self.discard(&found.id, &found.state).await?;
        }
        let variant = match variant(&looked.variants.items, sku) {
            Ok(variant) => variant,
            Err(why) => return Ok(problem(Problem::OutOfStock, why)),
        };
        let Some(address) = &recipient.address else { return Ok(problem(Problem::Address, "there is no address")) };
        let address = self.address(&recipient.name, address);
        let input = json!({ "shippingAddress": address, "lines": [{ "productVariantId": variant.id, "quantity": 1 }] });
        let quoted: Quoted = shop.ask(app, &QUOTE, json!({ "input": input })).await?;
        let Some(method) = cheapest(quoted.methods, shop.shipping_method.as_deref()) else {
            let named = shop.shipping_method.as_deref().unwrap_or("any way to ship");
            return Ok(problem(Problem::Address, format!("the shop does not offer {named} to this address")));
        };
        let total = variant.price_with_tax.saturating_add(method.price_with_tax);
        let agreed = |total, currency: &str| self.agreed(looked.money(total, currency), total, currency);
        if let Err(dear) = agreed(total, &variant.currency_code) {
            return Ok(dear);
        }
        note(app, job, call, Noted::Begins).await?;
        let Begun { draft } = shop.ask(app, &BEGIN, json!({})).await?;
        let named = |unheard| Noted::Named(draft.code.clone(), unheard);
        if let Err(why) = note(app, job, call, named(call.begun_at)).await {
            self.discard(&draft.id, "Draft").await?;
            return Err(why);
        }
        let known = looked.customers.items.first().map(|named| named.id.as_str());
        let (total, currency) = match self.fill(&draft.id, (known, &address), (variant, &method)).await {
            Ok(total) => total,
            Err(Refusal::Problem(outcome)) => {
                self.discard(&draft.id, "Draft").await?;
                return Ok(outcome);
            }
            Err(Refusal::Failed(why)) => return Err(why),
        };
        match agreed(total, &currency) {
            Ok(price) => {
                if let Some(since) = call.begun_at {
                    lost::remove(app, shop, since, &draft.code).await?;
                    note(app, job, call, named(None)).await?;
                }
                let shipping = looked.money(method.price_with_tax, &currency);
                self.pay(&draft.id, price, PriceParts { shipping, tax: None }).await
            }
            Err(dear) => {
                self.discard(&draft.id, "Draft").await?;
                Ok(dear)
            }
        }
    }

    /// The shop has the order already.
    async fn found(&self, looked: &Looked, found: &Found) -> Said {
        if found.state == "Cancelled" {
            return Ok(Outcome { reports: reports(found), ..Outcome::default() });
        }
        let price = looked.money(found.total_with_tax, &found.currency_code);
        if found.is_unfinished() {
            self.settle(&found.id).await?;
        }
        Ok(taken(price, PriceParts::default(), reports(found)))
    }

    /// The price, if the customer allows it.
    fn agreed(&self, price: Option<Money>, total: i64, currency: &str) -> Result<Money, Outcome> {
        let limit = self.job.order.limit();
        match price {
            Some(price) if self.terms.allows_charge(&self.job.order, &price) => Ok(price),
            Some(price) if price.currency == limit.currency => {
                let note = format!("it costs {price} in the shop, the customer agreed to {limit}");
                Err(Outcome { price: Some(price), ..problem(Problem::Price, note) })
            }
            _ => {
                let note = format!("the shop's price, {total} in {currency}, cannot be compared with {limit}");
                Err(problem(Problem::Price, note))
            }
        }
    }

    fn address(&self, name: &str, address: &Address) -> Value {
        let Address { line1, line2, city, region, postal_code, country } = address;
        json!({
            "fullName": name, "streetLine1": line1, "streetLine2": line2, "city": city, "province": region,
            "postalCode": postal_code, "countryCode": country,
        })
    }

    /// Puts everything into a draft; what it comes to.
    async fn fill(
        &self,
        id: &str,
        (known, address): (Option<&str>, &Value),
        (variant, method): (&Variant, &Method),
    ) -> Result<(i64, String), Refusal> {
        let Recipient { name, email, .. } = &self.job.recipient;
        let (first, last) = name.rsplit_once(' ').unwrap_or(("", name));
        // Who is known there keeps the name they have there.
        let person =
            known.is_none().then(|| json!({ "emailAddress": email.as_str(), "firstName": first, "lastName": last }));
        let variables = json!({
            "id": id, "customer": known, "person": person, "address": address,
            "item": { "productVariantId": variant.id, "quantity": 1 }, "method": method.id,
        });
        let filled: Filled = match self.shop.ask(self.app, &FILL, variables).await {
            Err(Trouble::Refused { field, why }) if field == "address" => {
                return Err(Refusal::Problem(problem(Problem::Address, why)));
            }
            filled => filled?,
        };
        if let Some((code, why)) = filled.item.refusal() {
            return Err(match code {
                "INSUFFICIENT_STOCK_ERROR" => Refusal::Problem(problem(Problem::OutOfStock, why)),
                _ => Refusal::Failed(format!("the shop refuses the product: {why}")),
            });
        }
        if let Some((_, why)) = filled.customer.refusal() {
            return Err(Refusal::Failed(format!("the shop refuses the customer: {why}")));
        }
        if let Some((_, why)) = filled.shipping.step.refusal() {
            return Err(Refusal::Problem(problem(Problem::Address, why)));
        }
        let total = filled.shipping.total_with_tax.zip(filled.shipping.currency_code);
        total.ok_or_else(|| Refusal::Failed("the shop did not say what the order comes to".into()))
    }

    /// Completes a draft.
    async fn pay(&self, id: &str, price: Money, parts: PriceParts) -> Said {
        let Self { app, shop, job, instance, .. } = self;
        // Not `public`, so that a shop's pages do not show it.
        let metadata = json!({
            "orderNumber": job.order.number().to_string(), "customerReference": job.device.directed_customer,
        });
        let payment = json!({
            "orderId": id, "method": shop.payment_method, "transactionId": instance, "metadata": metadata,
        });
        let refused = match shop.ask::<Paid>(app, &PAY, json!({ "id": id, "payment": payment })).await {
            Err(Trouble::Refused { field, why }) if field == "pay" => why,
            paid => {
                let paid = paid?;
                if let Some((_, why)) = paid.arrange.refusal() {
                    return Err(format!("the shop does not let the order be paid: {why}"));
                }
                match paid.pay.step.refusal() {
                    Some((_, why)) => why.to_owned(),
                    None => {
                        if paid.pay.state.as_deref() == Some("ArrangingPayment") {
                            self.settle(id).await?;
                        }
                        return Ok(taken(Some(price), parts, Vec::new()));
                    }
                }
            }
        };
        self.discard(id, "ArrangingPayment").await?;
        Ok(problem(Problem::Payment, refused))
    }

    /// Lets a paid order be one; most shops do so by themselves.
    async fn settle(&self, id: &str) -> Result<(), String> {
        let moved: Moved = self.shop.ask(self.app, &MOVE, json!({ "id": id, "state": "PaymentSettled" })).await?;
        match moved.moved.refusal() {
            Some((_, why)) => Err(format!("the order is paid, but the shop does not let it go on: {why}")),
            None => Ok(()),
        }
    }

    async fn discard(&self, id: &str, state: &str) -> Result<(), String> {
        discard(self.app, self.shop, id, state).await
    }
}

/// Why a draft could not be filled.
enum Refusal {
    /// There is a word for it.
    Problem(Outcome),
    /// It is tried again.
    Failed(String),
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::Failed(trouble.into())
    }
}

/// Removes an order that was never completed.
pub(super) async fn discard(app: &App, shop: &Shop, id: &str, state: &str) -> Result<(), String> {
    if state == "Draft" {
        let Discarded { gone } = shop.ask(app, &DISCARD, json!({ "id": id })).await?;
        return match gone.result.as_str() {
            "DELETED" => Ok(()),
            _ => Err(format!("the shop keeps a draft of it: {}", gone.message.unwrap_or_default())),
        };
    }
    let moved: Moved = shop.ask(app, &MOVE, json!({ "id": id, "state": "Cancelled" })).await?;
    match moved.moved.refusal() {
        Some((_, why)) => Err(format!("the shop keeps what was begun of it: {why}")),
        None => Ok(()),
    }
}

/// The one that is sold under this number.
fn variant<'v>(variants: &'v [Variant], sku: &str) -> Result<&'v Variant, String> {
    let mut sold = variants.iter().filter(|variant| variant.enabled && variant.product.enabled);
    match (sold.next(), sold.next()) {
        (None, _) => Err(format!("the shop sells nothing with the SKU {sku}")),
        (Some(_), Some(_)) => Err(format!("the shop sells several products with the SKU {sku}")),
        (Some(variant), None) if variant.stock_level == "OUT_OF_STOCK" => Err("the shop has none left".into()),
        (Some(variant), None) => Ok(variant),
    }
}

/// The method of this code, or else the one that costs least.
fn cheapest(methods: Vec<Method>, code: Option<&str>) -> Option<Method> {
    methods.into_iter().filter(|m| code.is_none_or(|code| m.code == code)).min_by_key(|m| m.price_with_tax)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_variant_is_sold_under_a_number() {
        let of = |words: &[(bool, bool, &str)]| -> Vec<Variant> {
            let variants = words.iter().enumerate().map(|(at, (variant, product, stock))| {
                let value = json!({ "id": at.to_string(), "enabled": variant, "product": { "enabled": product },
                    "stockLevel": stock, "priceWithTax": 1, "currencyCode": "USD" });
                serde_json::from_value(value).unwrap()
            });
            variants.collect()
        };
        let found = |words| variant(&of(words), "X").map(|variant| variant.id.clone());
        assert_eq!(found(&[(false, true, "IN_STOCK"), (true, false, "3"), (true, true, "LOW_STOCK")]), Ok("2".into()));
        for (words, says) in [
            (&[][..], "nothing with the SKU X"),
            (&[(true, true, "OUT_OF_STOCK")][..], "none left"),
            (&[(true, true, "IN_STOCK"), (true, true, "IN_STOCK")][..], "several"),
        ] {
            assert!(found(words).unwrap_err().contains(says));
        }
    }

    #[test]
    fn the_cheapest_way_is_taken_unless_one_is_named() {
        let methods = || -> Vec<Method> {
            let all = json!([{ "id": "1", "code": "express", "priceWithTax": 900 }, { "id": "2", "code": "post", "priceWithTax": 5 }]);
            serde_json::from_value(all).unwrap()
        };
        let id = |code| cheapest(methods(), code).map(|m| m.id);
        assert_eq!(
            (id(None).as_deref(), id(Some("express")).as_deref(), id(Some("boat"))),
            (Some("2"), Some("1"), None)
        );
    }
}
