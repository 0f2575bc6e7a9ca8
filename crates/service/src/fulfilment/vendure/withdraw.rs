//! Informs a shop that a customer has withdrawn from the contract: by a note on the order, which its staff reads.
//!
//! What happens to goods and money is the staff's decision, so no refund and no cancellation is entered. Invariant: an
//! order has one such note, whatever answers were lost.

use super::admin_api::GraphqlOperation;
use super::wire::{VendureList, VendureOrder, found};
use super::{ConnectorOutcome, ConnectorResult, VendureShop, reports_from_order};
use crate::App;
use crate::fulfilment::FulfilmentJob;
use opendrs_domain::order::Order;
use serde::Deserialize;
use serde_json::{Value, json};

/// Queries a completed order with its newest notes.
const NOTES: GraphqlOperation = GraphqlOperation {
    name: "Notes",
    text: concat!(
        "query Notes($id: String!) {
           paid: orders(options: { filter: { transactionId: { eq: $id } }, take: 10 }) { items { ...Found
             history(options: { take: 100, sort: { createdAt: DESC } }) { items { type data } } } } } ",
        found!()
    ),
};

/// Adds a note to an order, which the shop's staff reads.
const NOTE: GraphqlOperation = GraphqlOperation {
    name: "Note",
    text: "mutation Note($input: AddNoteToOrderInput!) { noted: addNoteToOrder(input: $input) { id } }",
};

/// An order with its history.
#[derive(Deserialize)]
struct NotedOrder {
    #[serde(flatten)]
    order: VendureOrder,
    history: VendureList<VendureHistoryEntry>,
}

/// An entry of an order's history; a note has the type `ORDER_NOTE`.
#[derive(Clone, Deserialize)]
struct VendureHistoryEntry {
    #[serde(rename = "type")]
    kind: String,
    data: Value,
}

/// The response to [`NOTES`].
#[derive(Deserialize)]
struct NotesResponse {
    paid: VendureList<NotedOrder>,
}

/// The note, as the shop's staff reads it.
fn withdrawal_note(order: &Order) -> Option<String> {
    let withdrawal = order.withdrawal.as_ref()?;
    let what = format!("The customer withdrew from the contract at OpenDRS on {}", withdrawal.at);
    Some(match &withdrawal.reason {
        Some(why) => format!("{what}: {why}"),
        None => format!("{what}."),
    })
}

/// Adds the note, unless the order has it. An order that is under way is polled again afterwards.
pub(super) async fn note_withdrawal(app: &App, shop: &VendureShop, job: &FulfilmentJob) -> ConnectorResult {
    let instance = job.order.instance_id().to_string();
    let Some(note) = withdrawal_note(&job.order) else { return Ok(ConnectorOutcome::default()) };
    let NotesResponse { paid } = shop.execute(app, &NOTES, json!({ "id": instance })).await?;
    let found = paid.items.into_iter().find(|found| found.order.find_payment(&instance).is_some());
    let Some(NotedOrder { order, history }) = found else {
        return Err("the shop has no completed order for it".into());
    };
    let is_known = history.items.iter().any(|entry| entry.kind == "ORDER_NOTE" && entry.data["note"] == note.as_str());
    if !is_known {
        let input = json!({ "id": order.id, "note": note, "isPublic": false });
        let _: Value = shop.execute(app, &NOTE, json!({ "input": input })).await?;
    }
    let is_watched = !matches!(order.state.as_str(), "Cancelled" | "Delivered");
    Ok(ConnectorOutcome { reports: reports_from_order(&order), is_watched, ..ConnectorOutcome::default() })
}
