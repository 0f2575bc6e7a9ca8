//! `opendrs customer`: another process than the server blocks a customer, or exports their data.

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
    let none = place.run_on_store(&["customer", "reset-second-factor", ANN]).expect_success();
    assert_eq!(none, format!("{ANN} has no second factor.\n"));
    let unknown = place.run_on_store(&["customer", "block", "no@example.com"]).expect_failure();
    assert!(unknown.contains("no customer has the address no@example.com"), "{unknown}");
}

on_either!(a_customer_is_blocked_and_unblocked, an_operator_exports_a_customer);

/// A file of the folder, opened as a zip file: its document.
fn document(place: &ProgramFolder, name: &str) -> Value {
    let file = std::fs::File::open(place.path().join(name)).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let text = std::io::read_to_string(zip.by_name("customer.json").unwrap()).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn an_operator_exports_a_customer(place: &ProgramFolder) {
    use std::os::unix::fs::PermissionsExt;
    place.apply_seed();
    let export = ["customer", "export", ANN, "--output", "ann.zip"];
    let said = place.run_on_store(&export).expect_success();
    assert!(said.starts_with(&format!("ann.zip: 2 records about {ANN}, ")), "{said}");
    assert_eq!(document(place, "ann.zip")["profile"]["email"], ANN);
    let path = place.path().join("ann.zip");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&path, "kept").unwrap();
    let refused = place.run_on_store(&export).expect_failure();
    assert!(refused.contains("ann.zip exists: --force replaces it"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept");
    let said = place.run_on_store(&[&export[..], &["--force", "--json"]].concat()).expect_success();
    let said: Value = serde_json::from_str(&said).unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    let records = serde_json::json!({ "profile": 1, "addresses": 1 });
    assert_eq!(said, serde_json::json!({ "customer": ANN, "file": "ann.zip", "bytes": size, "records": records }));
    assert_eq!(document(place, "ann.zip")["addresses"].as_array().unwrap().len(), 1);
    let unknown = ["customer", "export", "no@example.com", "--output", "no.zip"];
    let unknown = place.run_on_store(&unknown).expect_failure();
    assert!(unknown.contains("no customer has the address no@example.com"), "{unknown}");
    assert!(!place.path().join("no.zip").exists());
}
