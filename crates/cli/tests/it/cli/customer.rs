//! `opendrs customer`: a customer is blocked by another process than the server.

use super::program::Place;
use serde_json::Value;

const ANN: &str = "customer@example.com";

async fn a_customer_is_blocked_and_unblocked(place: &Place) {
    place.seed();
    let server = place.serve(&[]);
    let token = place.link("SN-1", &[])["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.info(&token).await.status, 200);
    let said = place.on_store(&["customer", "block", ANN]).good();
    assert_eq!(said, format!("{ANN} is blocked. Lift the block with `opendrs customer unblock {ANN}`.\n"));
    assert_eq!(server.info(&token).await.status, 400);
    let refused = place
        .on_store(&["device", "link", "--client", super::program::CLIENT, "--model", "Aqua-Pitcher_7", "--serial", "S"])
        .bad();
    assert!(refused.contains("is blocked: unblock them first"), "{refused}");
    let again = place.on_store(&["customer", "block", ANN, "--json"]).good();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again, serde_json::json!({ "customer": ANN, "blocked": true, "changed": false }));
    let lifted = place.on_store(&["customer", "unblock", ANN]).good();
    assert!(lifted.contains("can sign in again, and their devices are accepted again"), "{lifted}");
    assert_eq!(server.info(&token).await.status, 200);
    assert_eq!(place.on_store(&["customer", "unblock", ANN]).good(), format!("{ANN} is not blocked.\n"));
    let unknown = place.on_store(&["customer", "block", "no@example.com"]).bad();
    assert!(unknown.contains("no customer has the address no@example.com"), "{unknown}");
}

on_either!(a_customer_is_blocked_and_unblocked);
