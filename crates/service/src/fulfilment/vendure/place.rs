//! Places an order in a shop.
//!
//! Invariant: the order's price is checked against what the customer allows before anything is made, and again before
//! it is paid. Anything made before and not completed is removed first, because conditions may have changed meanwhile.

use super::admin_api::AdminApiError;
use super::orphaned_drafts;
use super::wire::{
    BEGIN, BeginResponse, DISCARD, DiscardResponse, FILL, FillResponse, LOOK, LookResponse, MOVE, MoveResponse, PAY,
    PayResponse, ProductVariant, QUOTE, QuoteResponse, ShippingMethod, VendureOrder,
};
use super::{ConnectorOutcome, ConnectorResult, VendureShop, reports_from_order};
use crate::App;
use crate::fulfilment::job::{FulfilmentJob, load_terms};
use crate::fulfilment::placement_progress::{PlacementProgress, record_progress};
use opendrs_domain::customer::Address;
use opendrs_domain::fulfilment::BackendReport;
use opendrs_domain::money::Money;
use opendrs_domain::order::{OrderProblem, PriceParts, Recipient};
use opendrs_domain::rule::SlotTerms;
use opendrs_store::fulfilment::BackendCall;
use serde_json::{Value, json};

/// One order on its way into the shop.
struct Placement<'a> {
    app: &'a App,
    shop: &'a VendureShop,
    job: &'a FulfilmentJob,
    call: &'a BackendCall,
    /// The terms that the customer allows.
    terms: SlotTerms,
    instance: String,
}

fn problem_outcome(problem: OrderProblem, note: impl Into<String>) -> ConnectorOutcome {
    ConnectorOutcome {
        reports: vec![BackendReport::Problem(problem)],
        operator_note: Some(note.into()),
        ..ConnectorOutcome::default()
    }
}

fn accepted_outcome(price: Option<Money>, parts: PriceParts, then: Vec<BackendReport>) -> ConnectorOutcome {
    let mut reports = vec![BackendReport::Accepted { expected_at: None, price_parts: parts }];
    reports.extend(then);
    ConnectorOutcome { reports, price, is_watched: true, operator_note: None }
}

/// Places an order, unless the shop has it. Returns the reports that follow, or an error after which it is retried.
pub(super) async fn place_order(
    app: &App,
    shop: &VendureShop,
    job: &FulfilmentJob,
    call: &BackendCall,
) -> ConnectorResult {
    let instance = job.order.instance_id().to_string();
    let terms = load_terms(app, job).await.map_err(|error| error.to_string())?;
    Placement { app, shop, job, call, terms, instance }.run().await
}

impl Placement<'_> {
    async fn run(&self) -> ConnectorResult {
        let Self { app, shop, job, call, instance, .. } = self;
        let FulfilmentJob { sku, .. } = job;
        let recipient = job.named_recipient()?;
        let code = call.reference.as_deref().unwrap_or_default();
        let variables = json!({ "id": instance, "code": code, "sku": sku, "email": recipient.email.as_str() });
        let looked: LookResponse = shop.execute(app, &LOOK, variables).await?;
        if let Some(found) = looked.sought.paid.items.iter().find(|found| found.find_payment(instance).is_some()) {
            return self.adopt_existing_order(&looked, found).await;
        }
        if let Some(found) = looked.sought.begun.items.first().filter(|found| found.state != "Cancelled") {
            if !found.is_unfinished() {
                // The shop's staff completed it by hand.
                return self.adopt_existing_order(&looked, found).await;
            }
            self.discard_order(&found.id, &found.state).await?;
        }
        let variant = match select_variant(&looked.variants.items, sku) {
            Ok(variant) => variant,
            Err(why) => return Ok(problem_outcome(OrderProblem::OutOfStock, why)),
        };
        let Some(address) = &recipient.address else {
            return Ok(problem_outcome(OrderProblem::MissingAddress, "there is no address"));
        };
        let address = self.address_input(&recipient.name, address);
        let input = json!({ "shippingAddress": address, "lines": [{ "productVariantId": variant.id, "quantity": 1 }] });
        let quoted: QuoteResponse = shop.execute(app, &QUOTE, json!({ "input": input })).await?;
        let Some(method) = select_shipping_method(quoted.methods, shop.shipping_method.as_deref()) else {
            let named = shop.shipping_method.as_deref().unwrap_or("any way to ship");
            return Ok(problem_outcome(
                OrderProblem::MissingAddress,
                format!("the shop does not offer {named} to this address"),
            ));
        };
        let total = variant.price_with_tax.saturating_add(method.price_with_tax);
        let agreed = |total, currency: &str| self.check_price(looked.to_money(total, currency), total, currency);
        if let Err(dear) = agreed(total, &variant.currency_code) {
            return Ok(dear);
        }
        record_progress(app, job, call, PlacementProgress::DraftRequested).await?;
        let BeginResponse { draft } = shop.execute(app, &BEGIN, json!({})).await?;
        let named = |unheard| PlacementProgress::DraftCreated(draft.code.clone(), unheard);
        if let Err(why) = record_progress(app, job, call, named(call.begun_at)).await {
            self.discard_order(&draft.id, "Draft").await?;
            return Err(why);
        }
        let known = looked.customers.items.first().map(|named| named.id.as_str());
        let (total, currency) = match self.fill_draft(&draft.id, known, &address, variant, &method).await {
            Ok(total) => total,
            Err(FillError::Problem(outcome)) => {
                self.discard_order(&draft.id, "Draft").await?;
                return Ok(outcome);
            }
            Err(FillError::Failed(why)) => return Err(why),
        };
        match agreed(total, &currency) {
            Ok(price) => {
                if let Some(since) = call.begun_at {
                    orphaned_drafts::remove_orphaned_drafts(app, shop, since, &draft.code).await?;
                    record_progress(app, job, call, named(None)).await?;
                }
                let shipping = looked.to_money(method.price_with_tax, &currency);
                self.pay_draft(&draft.id, price, PriceParts { shipping, tax: None }).await
            }
            Err(dear) => {
                self.discard_order(&draft.id, "Draft").await?;
                Ok(dear)
            }
        }
    }

    /// Takes over an order that the shop has already.
    async fn adopt_existing_order(&self, looked: &LookResponse, found: &VendureOrder) -> ConnectorResult {
        if found.state == "Cancelled" {
            return Ok(ConnectorOutcome { reports: reports_from_order(found), ..ConnectorOutcome::default() });
        }
        let price = looked.to_money(found.total_with_tax, &found.currency_code);
        if found.is_unfinished() {
            self.settle_payment(&found.id).await?;
        }
        Ok(accepted_outcome(price, PriceParts::default(), reports_from_order(found)))
    }

    /// The price, if the customer allows it.
    fn check_price(&self, price: Option<Money>, total: i64, currency: &str) -> Result<Money, ConnectorOutcome> {
        let limit = self.job.order.price_limit();
        match price {
            Some(price) if self.terms.allows_charge(&self.job.order, &price) => Ok(price),
            Some(price) if price.currency == limit.currency => {
                let note = format!("it costs {price} in the shop, the customer agreed to {limit}");
                Err(ConnectorOutcome { price: Some(price), ..problem_outcome(OrderProblem::PriceTooHigh, note) })
            }
            _ => {
                let note = format!("the shop's price, {total} in {currency}, cannot be compared with {limit}");
                Err(problem_outcome(OrderProblem::PriceTooHigh, note))
            }
        }
    }

    fn address_input(&self, name: &str, address: &Address) -> Value {
        let Address { line1, line2, city, region, postal_code, country } = address;
        json!({
            "fullName": name, "streetLine1": line1, "streetLine2": line2, "city": city, "province": region,
            "postalCode": postal_code, "countryCode": country,
        })
    }

    /// Fills a draft, and returns its total.
    async fn fill_draft(
        &self,
        id: &str,
        known: Option<&str>,
        address: &Value,
        variant: &ProductVariant,
        method: &ShippingMethod,
    ) -> Result<(i64, String), FillError> {
        let Recipient { name, email, .. } = self.job.named_recipient().map_err(FillError::Failed)?;
        let (first, last) = name.rsplit_once(' ').unwrap_or(("", name));
        // A customer whom the shop knows keeps the name they have there.
        let person =
            known.is_none().then(|| json!({ "emailAddress": email.as_str(), "firstName": first, "lastName": last }));
        let variables = json!({
            "id": id, "customer": known, "person": person, "address": address,
            "item": { "productVariantId": variant.id, "quantity": 1 }, "method": method.id,
        });
        let filled: FillResponse = match self.shop.execute(self.app, &FILL, variables).await {
            Err(AdminApiError::Rejected { field, message: why }) if field == "address" => {
                return Err(FillError::Problem(problem_outcome(OrderProblem::MissingAddress, why)));
            }
            filled => filled?,
        };
        if let Some((code, why)) = filled.item.error() {
            return Err(match code {
                "INSUFFICIENT_STOCK_ERROR" => FillError::Problem(problem_outcome(OrderProblem::OutOfStock, why)),
                _ => FillError::Failed(format!("the shop refuses the product: {why}")),
            });
        }
        if let Some((_, why)) = filled.customer.error() {
            return Err(FillError::Failed(format!("the shop refuses the customer: {why}")));
        }
        if let Some((_, why)) = filled.shipping.step.error() {
            return Err(FillError::Problem(problem_outcome(OrderProblem::MissingAddress, why)));
        }
        let total = filled.shipping.total_with_tax.zip(filled.shipping.currency_code);
        total.ok_or_else(|| FillError::Failed("the shop did not say what the order comes to".into()))
    }

    /// Pays a draft, which completes it.
    async fn pay_draft(&self, id: &str, price: Money, parts: PriceParts) -> ConnectorResult {
        let Self { app, shop, job, instance, .. } = self;
        // Not `public`, so that a shop's pages do not show it.
        let metadata = json!({
            "orderNumber": job.order.number().to_string(), "customerReference": job.device.directed_customer_id,
        });
        let payment = json!({
            "orderId": id, "method": shop.payment_method, "transactionId": instance, "metadata": metadata,
        });
        let refused = match shop.execute::<PayResponse>(app, &PAY, json!({ "id": id, "payment": payment })).await {
            Err(AdminApiError::Rejected { field, message: why }) if field == "pay" => why,
            paid => {
                let paid = paid?;
                if let Some((_, why)) = paid.arrange.error() {
                    return Err(format!("the shop does not let the order be paid: {why}"));
                }
                match paid.pay.step.error() {
                    Some((_, why)) => why.to_owned(),
                    None => {
                        if paid.pay.state.as_deref() == Some("ArrangingPayment") {
                            self.settle_payment(id).await?;
                        }
                        return Ok(accepted_outcome(Some(price), parts, Vec::new()));
                    }
                }
            }
        };
        self.discard_order(id, "ArrangingPayment").await?;
        Ok(problem_outcome(OrderProblem::PaymentFailed, refused))
    }

    /// Settles the payment of an order; most shops do so by themselves.
    async fn settle_payment(&self, id: &str) -> Result<(), String> {
        let moved: MoveResponse =
            self.shop.execute(self.app, &MOVE, json!({ "id": id, "state": "PaymentSettled" })).await?;
        match moved.moved.error() {
            Some((_, why)) => Err(format!("the order is paid, but the shop does not let it go on: {why}")),
            None => Ok(()),
        }
    }

    async fn discard_order(&self, id: &str, state: &str) -> Result<(), String> {
        discard_order(self.app, self.shop, id, state).await
    }
}

/// Why a draft could not be filled.
enum FillError {
    /// A problem that is reported.
    Problem(ConnectorOutcome),
    /// An error after which it is retried.
    Failed(String),
}

impl From<AdminApiError> for FillError {
    fn from(trouble: AdminApiError) -> Self {
        Self::Failed(trouble.into())
    }
}

/// Removes an order that was never completed.
pub(super) async fn discard_order(app: &App, shop: &VendureShop, id: &str, state: &str) -> Result<(), String> {
    if state == "Draft" {
        let DiscardResponse { gone } = shop.execute(app, &DISCARD, json!({ "id": id })).await?;
        return match gone.result.as_str() {
            "DELETED" => Ok(()),
            _ => Err(format!("the shop keeps a draft of it: {}", gone.message.unwrap_or_default())),
        };
    }
    let moved: MoveResponse = shop.execute(app, &MOVE, json!({ "id": id, "state": "Cancelled" })).await?;
    match moved.moved.error() {
        Some((_, why)) => Err(format!("the shop keeps what was begun of it: {why}")),
        None => Ok(()),
    }
}

/// The variant with this SKU, if there is exactly one.
fn select_variant<'v>(variants: &'v [ProductVariant], sku: &str) -> Result<&'v ProductVariant, String> {
    let mut sold = variants.iter().filter(|variant| variant.enabled && variant.product.enabled);
    match (sold.next(), sold.next()) {
        (None, _) => Err(format!("the shop sells nothing with the SKU {sku}")),
        (Some(_), Some(_)) => Err(format!("the shop sells several products with the SKU {sku}")),
        (Some(variant), None) if variant.stock_level == "OUT_OF_STOCK" => Err("the shop has none left".into()),
        (Some(variant), None) => Ok(variant),
    }
}

/// The shipping method of this code, or else the cheapest one.
fn select_shipping_method(methods: Vec<ShippingMethod>, code: Option<&str>) -> Option<ShippingMethod> {
    methods.into_iter().filter(|m| code.is_none_or(|code| m.code == code)).min_by_key(|m| m.price_with_tax)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_variant_is_sold_under_a_number() {
        let of = |words: &[(bool, bool, &str)]| -> Vec<ProductVariant> {
            let variants = words.iter().enumerate().map(|(at, (variant, product, stock))| {
                let value = json!({ "id": at.to_string(), "enabled": variant, "product": { "enabled": product },
                    "stockLevel": stock, "priceWithTax": 1, "currencyCode": "USD" });
                serde_json::from_value(value).unwrap()
            });
            variants.collect()
        };
        let found = |words| select_variant(&of(words), "X").map(|variant| variant.id.clone());
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
        let methods = || -> Vec<ShippingMethod> {
            let all = json!([{ "id": "1", "code": "express", "priceWithTax": 900 }, { "id": "2", "code": "post", "priceWithTax": 5 }]);
            serde_json::from_value(all).unwrap()
        };
        let id = |code| select_shipping_method(methods(), code).map(|m| m.id);
        assert_eq!(
            (id(None).as_deref(), id(Some("express")).as_deref(), id(Some("boat"))),
            (Some("2"), Some("1"), None)
        );
    }
}
