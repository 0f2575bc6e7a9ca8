//! The back end that is a Vendure shop: orders are made, cancelled and polled through its Admin API.
//!
//! What it is: the shop of the settings, and the reports that follow from its orders. What it is not: the time of a
//! call ([`super::backend_call`]). Invariant: the payment that completes an order carries our `eventInstanceId` as its
//! `transactionId`. It is searched for before anything is made. So one order here is one completed order there,
//! whatever answers were lost.

mod admin_api;
mod cancel;
mod orphaned_drafts;
mod place;
mod watch;
mod wire;
mod withdraw;

use super::connector::{ConnectorFuture, ConnectorOutcome, ConnectorResult, FulfilmentConnector};
use super::job::FulfilmentJob;
pub use super::settings::VendureShop;
use crate::App;
use crate::outbound::Outbound;
use admin_api::GraphqlOperation;
use opendrs_domain::fulfilment::BackendReport;
use opendrs_domain::order::{Cancellation, CancelledBy, Tracking};
use opendrs_domain::time::Span;
use opendrs_store::fulfilment::BackendCall;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use wire::VendureOrder;

/// The most requests that one order takes, one after the other.
const MAX_REQUESTS: i64 = 13;

/// A query that every key with a role may send, and that changes nothing.
const CHANNEL_QUERY: GraphqlOperation =
    GraphqlOperation { name: "OpenDrsChannel", text: "query OpenDrsChannel { activeChannel { code } }" };

impl VendureShop {
    /// Queries the channel that the shop sells in, to check that the shop is reachable and accepts the key.
    ///
    /// # Errors
    /// A sentence that states why the check failed.
    pub async fn check_connection(&self, network: &dyn Outbound, deadline: Duration) -> Result<(), String> {
        let answer: Result<Value, _> = self.execute_over(network, deadline, &CHANNEL_QUERY, json!({})).await;
        answer.map(drop).map_err(String::from)
    }
}

impl FulfilmentConnector for VendureShop {
    fn place<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        call: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult> {
        Box::pin(place::place_order(app, self, job, call))
    }

    fn cancel<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        call: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult> {
        Box::pin(cancel::cancel_order(app, self, job, call))
    }

    fn withdraw<'a>(
        &'a self,
        app: &'a App,
        job: &'a FulfilmentJob,
        _: &'a BackendCall,
    ) -> ConnectorFuture<'a, ConnectorResult> {
        Box::pin(withdraw::note_withdrawal(app, self, job))
    }

    fn order_statuses<'a>(
        &'a self,
        app: &'a App,
        calls: &'a [&'a BackendCall],
    ) -> ConnectorFuture<'a, Vec<ConnectorResult>> {
        Box::pin(watch::poll_orders(app, self, calls))
    }

    fn max_requests(&self) -> i64 {
        MAX_REQUESTS
    }

    fn poll_interval(&self) -> Span {
        self.poll_interval
    }
}

/// The reports that follow from a completed order in the shop. Earlier reports are repeated.
fn reports_from_order(found: &VendureOrder) -> Vec<BackendReport> {
    let parcels = found.fulfillments.iter().flatten();
    let mut tracked = parcels.map(|parcel| {
        let number = parcel.tracking_code.as_deref();
        Tracking::new(number, parcel.method.as_deref().filter(|_| number.is_some()), None)
    });
    let tracking = tracked.rfind(|tracking| tracking.number.is_some()).unwrap_or_default();
    let shipped = BackendReport::Shipped { expected_at: None, tracking };
    match found.state.as_str() {
        "Cancelled" => vec![BackendReport::Cancelled(Cancellation { by: CancelledBy::Shop, reason: None })],
        "Shipped" | "PartiallyDelivered" => vec![shipped],
        "Delivered" => vec![shipped, BackendReport::Delivered],
        _ => Vec::new(),
    }
}

/// The shop's code of the order that a hint is about.
///
/// # Errors
/// A sentence that states what is wrong with the body.
pub fn parse_hint(body: &[u8]) -> Result<String, String> {
    #[derive(Deserialize)]
    struct HintBody {
        order: String,
    }
    let hint: HintBody =
        opendrs_domain::json::parse_object(body).map_err(|e| format!("the body cannot be read: {e}"))?;
    Ok(hint.order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shops_states_are_words_of_ours() {
        let found = |state: &str, parcels: &str| -> VendureOrder {
            let text = format!(
                r#"{{"id":"1","code":"A","state":"{state}","totalWithTax":1,"currencyCode":"USD","payments":null,"fulfillments":{parcels}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let shipped = |number, carrier| {
            let tracking = Tracking::new(number, carrier, None);
            BackendReport::Shipped { expected_at: None, tracking }
        };
        for state in ["PaymentSettled", "PaymentAuthorized", "PartiallyShipped", "Modifying", "OnAnotherPlanet"] {
            assert_eq!(reports_from_order(&found(state, "[]")), [], "{state}");
        }
        let cancelled = Cancellation { by: CancelledBy::Shop, reason: None };
        assert_eq!(reports_from_order(&found("Cancelled", "null")), [BackendReport::Cancelled(cancelled)]);
        assert_eq!(reports_from_order(&found("Shipped", "null")), [shipped(None, None)]);
        let parcels = r#"[{"trackingCode":"old"},{"trackingCode":" 1Z\n9 ","method":"DHL"},{"trackingCode":""},
            {"trackingCode":null,"method":"by hand"}]"#;
        assert_eq!(
            reports_from_order(&found("Delivered", parcels)),
            [shipped(Some("1Z 9"), Some("DHL")), BackendReport::Delivered]
        );
    }

    #[test]
    fn a_shop_is_shown_without_its_key() {
        let shop = VendureShop {
            url: "https://shop.example/admin-api".into(),
            api_key: "hush".into(),
            channel: None,
            shipping_method: None,
            payment_method: "opendrs".into(),
            poll_interval: Span::from_mins(5),
            hint_secrets: Vec::new(),
        };
        assert!(!format!("{shop:?}").contains("hush"), "{shop:?}");
    }
}
