//! `opendrs consent`: which apps have a customer's consent, and how it is withdrawn for them.

use super::program::Place;

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_listed_and_withdrawn() {
    let place = Place::seeded();
    let server = place.serve(&[]);
    assert_eq!(place.on_store(&["consent", "list"]).good(), "");
    let linked = place.link("SN-1", &[]);
    let access = linked["access_token"].as_str().unwrap();
    let given = place.on_store(&["consent", "list", "--json"]).good();
    let given: serde_json::Value = serde_json::from_str(&given).unwrap();
    assert_eq!(given["scopes"], serde_json::json!(["dash:replenish"]));
    let profile = given["profile"].as_str().unwrap();
    let listed = place.on_store(&["consent", "list"]).good();
    assert!(listed.contains(profile) && listed.ends_with("(dash:replenish)\n"), "{listed}");

    let withdraw = ["consent", "withdraw", "--profile", profile];
    assert!(place.on_store(&withdraw).good().contains("has no consent of theirs any more"));
    assert_eq!(server.info(access).await.status, 400);
    assert_eq!(place.on_store(&["consent", "list"]).good(), "");
    assert_eq!(place.on_store(&["device", "list"]).good(), "");
    let again = place.on_store(&withdraw).bad();
    assert!(again.contains("`opendrs consent list` tells which have"), "{again}");
    let nobody = place.on_store(&["consent", "list", "--customer", "nobody@example.com"]).bad();
    assert!(nobody.contains("no customer has the address nobody@example.com"), "{nobody}");
}
