//! Cancels an order in a shop, however far it has come.

use super::orphaned_drafts;
use super::place::discard_order;
use super::wire::{
    CANCEL, CancelResponse, REFUND, RefundResponse, SEEK, SETTLE, SeekResponse, SettleResponse, VendureOrder,
    VendurePayment,
};
use super::{ConnectorOutcome, ConnectorResult, VendureShop};
use crate::App;
use crate::fulfilment::FulfilmentJob;
use opendrs_domain::order::{CancelledBy, Order};
use opendrs_store::fulfilment::BackendCall;
use serde_json::json;

/// The reason for a cancellation, as the shop's staff reads it.
fn cancellation_reason(order: &Order) -> String {
    let cancellation = order.cancellation.as_ref();
    let what = match cancellation.map(|cancellation| cancellation.by) {
        None => "Expired at OpenDRS: the problem was not resolved in time",
        Some(CancelledBy::Customer) => "Cancelled at OpenDRS by the customer",
        Some(CancelledBy::MailLink) => "Cancelled at OpenDRS by the link in a mail to the customer",
        Some(CancelledBy::Device) => "Cancelled at OpenDRS by the device",
        Some(CancelledBy::Shop) => "Cancelled at OpenDRS by the shop",
        Some(CancelledBy::Operator) => "Cancelled at OpenDRS by an operator",
    };
    match cancellation.and_then(|cancellation| cancellation.reason.as_ref()) {
        Some(why) => format!("{what}: {why}"),
        None => what.to_owned(),
    }
}

/// Cancels the order. What the shop has shipped stays with the customer: that gives a note, not an error.
pub(super) async fn cancel_order(
    app: &App,
    shop: &VendureShop,
    job: &FulfilmentJob,
    call: &BackendCall,
) -> ConnectorResult {
    let (instance, reason) = (job.order.instance_id().to_string(), cancellation_reason(&job.order));
    let code = call.reference.as_deref().unwrap_or_default();
    let SeekResponse { paid, begun } = shop.execute(app, &SEEK, json!({ "id": instance, "code": code })).await?;
    // Drafts whose answers were lost are recognised by the draft that is known. Without that one their owner is
    // unknown.
    let mut note = match (call.begun_at, call.reference.as_deref()) {
        (Some(since), Some(code)) => {
            orphaned_drafts::remove_orphaned_drafts(app, shop, since, code).await?;
            None
        }
        (Some(_), None) => {
            Some("the shop may have begun it and was not heard: look for an empty draft there".to_owned())
        }
        (None, _) => None,
    };
    let paid: Vec<_> = paid.items.into_iter().filter(|found| found.find_payment(&instance).is_some()).collect();
    let begun = begun.items.into_iter().filter(|found| paid.iter().all(|other| other.id != found.id));
    for found in begun.collect::<Vec<_>>().iter().chain(&paid) {
        let under_way = cancel_shop_order(app, shop, found, &reason).await?;
        let ended = under_way.is_none();
        note = under_way.or(note);
        if ended && let Some(payment) = found.find_payment(&instance) {
            refund_payment(app, shop, payment, &instance, &reason).await?;
        }
    }
    Ok(ConnectorOutcome { operator_note: note, ..ConnectorOutcome::default() })
}

/// A note for the operator, if the order can no longer be cancelled.
async fn cancel_shop_order(
    app: &App,
    shop: &VendureShop,
    found: &VendureOrder,
    reason: &str,
) -> Result<Option<String>, String> {
    match found.state.as_str() {
        "Cancelled" => {}
        _ if found.is_unfinished() => discard_order(app, shop, &found.id, &found.state).await?,
        "PartiallyShipped" | "Shipped" | "PartiallyDelivered" | "Delivered" => {
            return Ok(Some(format!(
                "the shop's order {} is under way already: it was not cancelled there",
                found.code
            )));
        }
        _ => {
            let input = json!({ "orderId": found.id, "cancelShipping": true, "reason": reason });
            let answer: CancelResponse = shop.execute(app, &CANCEL, json!({ "input": input })).await?;
            if let Some((_, why)) = answer.cancelled.error() {
                return Err(format!("the shop does not cancel its order {}: {why}", found.code));
            }
        }
    }
    Ok(None)
}

/// Records a refund: the shop has a payment in its books, and never had the money.
async fn refund_payment(
    app: &App,
    shop: &VendureShop,
    payment: &VendurePayment,
    instance: &str,
    reason: &str,
) -> Result<(), String> {
    if payment.state != "Settled" {
        return Ok(());
    }
    let refunds = payment.refunds.iter().filter(|refund| refund.state != "Failed");
    let left = payment.amount - refunds.clone().map(|refund| refund.total).sum::<i64>();
    let mut pending: Vec<String> = refunds.filter(|r| r.state == "Pending").map(|r| r.id.clone()).collect();
    if left > 0 {
        // The last three fields are deprecated, but shops of 3.7 cannot store a refund without them.
        let input = json!({
            "paymentId": payment.id, "amount": left, "reason": reason, "lines": [], "shipping": 0, "adjustment": 0,
        });
        let RefundResponse { refund } = shop.execute(app, &REFUND, json!({ "input": input })).await?;
        if let Some((_, why)) = refund.step.error() {
            return Err(format!("the shop does not enter a refund: {why}"));
        }
        pending.extend(refund.id.filter(|_| refund.state.as_deref() == Some("Pending")));
    }
    for id in pending {
        let input = json!({ "id": id, "transactionId": instance });
        let SettleResponse { settled } = shop.execute(app, &SETTLE, json!({ "input": input })).await?;
        if let Some((_, why)) = settled.error() {
            return Err(format!("the shop does not settle a refund: {why}"));
        }
    }
    Ok(())
}
