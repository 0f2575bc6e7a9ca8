//! Polls the orders that a shop has, many in one request.

use super::wire::{WATCH, WatchResponse};
use super::{ConnectorOutcome, ConnectorResult, VendureShop, reports_from_order};
use crate::App;
use opendrs_store::fulfilment::BackendCall;
use serde_json::json;
use std::collections::HashMap;

/// The reports about the order of each call, in the order of the calls.
pub(super) async fn poll_orders(app: &App, shop: &VendureShop, calls: &[&BackendCall]) -> Vec<ConnectorResult> {
    let codes: Vec<_> = calls.iter().filter_map(|call| call.reference.as_deref()).collect();
    let watched: WatchResponse = match shop.execute(app, &WATCH, json!({ "codes": codes })).await {
        Ok(watched) => watched,
        Err(trouble) => {
            let why = String::from(trouble);
            return calls.iter().map(|_| Err(why.clone())).collect();
        }
    };
    let found: HashMap<_, _> = watched.orders.items.iter().map(|found| (found.code.as_str(), found)).collect();
    let outcome = |call: &&BackendCall| {
        let code = call.reference.as_deref().unwrap_or_default();
        let found = found.get(code).ok_or_else(|| format!("the shop no longer has its order {code}"))?;
        let watched = !matches!(found.state.as_str(), "Cancelled" | "Delivered");
        Ok(ConnectorOutcome { reports: reports_from_order(found), is_watched: watched, ..ConnectorOutcome::default() })
    };
    calls.iter().map(outcome).collect()
}
