//! `opendrs consent`: listing a customer's consents, and withdrawing one.

use super::program::ProgramFolder;

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_listed_and_withdrawn() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    assert_eq!(place.run_on_store(&["consent", "list"]).expect_success(), "");
    let linked = place.link_device("SN-1", &[]);
    let access = linked["access_token"].as_str().unwrap();
    let given = place.run_on_store(&["consent", "list", "--json"]).expect_success();
    let given: serde_json::Value = serde_json::from_str(&given).unwrap();
    assert_eq!(given["scopes"], serde_json::json!(["dash:replenish"]));
    let profile = given["profile"].as_str().unwrap();
    let listed = place.run_on_store(&["consent", "list"]).expect_success();
    assert!(listed.contains(profile) && listed.ends_with("(dash:replenish)\n"), "{listed}");

    let withdraw = ["consent", "withdraw", "--profile", profile];
    assert!(place.run_on_store(&withdraw).expect_success().contains("consent for amzn1.application."));
    assert_eq!(server.subscription_info(access).await.status, 400);
    assert_eq!(place.run_on_store(&["consent", "list"]).expect_success(), "");
    assert_eq!(place.run_on_store(&["device", "list"]).expect_success(), "");
    let again = place.run_on_store(&withdraw).expect_failure();
    assert!(again.contains("`opendrs consent list` lists those that have one"), "{again}");
    let nobody = place.run_on_store(&["consent", "list", "--customer", "nobody@example.com"]).expect_failure();
    assert!(nobody.contains("no customer has the address nobody@example.com"), "{nobody}");
}
