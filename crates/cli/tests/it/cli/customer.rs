//! `opendrs customer`: another process than the server blocks a customer.

use super::program::ProgramFolder;
use serde_json::Value;

const ANN: &str = "customer@example.com";

async fn a_customer_is_blocked_and_unblocked(place: &ProgramFolder) {
    place.apply_seed();
    let server = place.serve(&[]);
    let token = place.link_device("SN-1", &[])["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.subscription_info(&token).await.status, 200);
    let said = place.run_on_store(&["customer", "block", ANN]).expect_success();
    assert_eq!(said, format!("{ANN} is blocked. Lift the block with `opendrs customer unblock {ANN}`.\n"));
    assert_eq!(server.subscription_info(&token).await.status, 400);
    let refused = place
        .run_on_store(&[
            "device",
            "link",
            "--client",
            super::program::CLIENT,
            "--model",
            "Aqua-Pitcher_7",
            "--serial",
            "S",
        ])
        .expect_failure();
    assert!(refused.contains("is blocked: unblock them first"), "{refused}");
    let again = place.run_on_store(&["customer", "block", ANN, "--json"]).expect_success();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again, serde_json::json!({ "customer": ANN, "blocked": true, "changed": false }));
    let lifted = place.run_on_store(&["customer", "unblock", ANN]).expect_success();
    assert!(lifted.contains("can sign in again, and their devices are accepted again"), "{lifted}");
    assert_eq!(server.subscription_info(&token).await.status, 200);
    assert_eq!(place.run_on_store(&["customer", "unblock", ANN]).expect_success(), format!("{ANN} is not blocked.\n"));
    let unknown = place.run_on_store(&["customer", "block", "no@example.com"]).expect_failure();
    assert!(unknown.contains("no customer has the address no@example.com"), "{unknown}");
}

on_either!(a_customer_is_blocked_and_unblocked);
