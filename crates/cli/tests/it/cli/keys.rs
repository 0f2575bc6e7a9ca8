//! `opendrs keys`: a new token key while the server runs; all tokens stay valid.

use super::program::{CLIENT, ProgramFolder, SECRET};
use serde_json::Value;

async fn old_and_new_tokens_work(place: &ProgramFolder) {
    place.apply_seed();
    let server = place.serve(&[]);
    let old = place.link_device("SN-1", &[]);
    let text = |linked: &Value, key: &str| linked[key].as_str().unwrap().to_owned();
    assert_eq!(server.subscription_info(&text(&old, "access_token")).await.status, 200);
    assert_eq!(place.run_on_store(&["keys", "list"]).expect_success().lines().count(), 1);

    let keys = place.run_on_store(&["keys", "rotate"]).expect_success();
    let numbers: Vec<_> = keys.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(numbers, ["1", "2"], "{keys}");
    assert_eq!(place.run_on_store(&["keys", "list"]).expect_success(), keys);

    // The server has not loaded the key yet; a token made with it makes the server load it.
    let new = place.link_device("SN-2", &[]);
    for linked in [&new, &old] {
        assert_eq!(server.subscription_info(&text(linked, "access_token")).await.status, 200);
        let refresh = text(linked, "refresh_token").replace('|', "%7C");
        let body =
            format!("grant_type=refresh_token&client_id={CLIENT}&client_secret={SECRET}&refresh_token={refresh}");
        let reply = server.post("/auth/o2/token", &body).await;
        assert_eq!(server.subscription_info(&text(&reply.json(), "access_token")).await.status, 200);
    }
    let forged = format!("Atza|{}", "A".repeat(400));
    assert_eq!(server.subscription_info(&forged).await.status, 400);
}

async fn a_key_is_retired(place: &ProgramFolder) {
    place.apply_seed();
    let server = place.serve(&[]);
    let token = |serial| place.link_device(serial, &[])["access_token"].as_str().unwrap().to_owned();
    let old = token("SN-1");
    let refused = place.run_on_store(&["keys", "retire", "1"]).expect_failure();
    assert!(refused.contains("makes new tokens: add another one first with `opendrs keys rotate`"), "{refused}");
    place.run_on_store(&["keys", "rotate"]).expect_success();
    let new = token("SN-2");
    assert_eq!(
        (server.subscription_info(&old).await.status.as_u16(), server.subscription_info(&new).await.status.as_u16()),
        (200, 200)
    );
    let listed = place.run_on_store(&["keys", "retire", "1"]).expect_success();
    assert!(
        listed.lines().next().unwrap().contains("  retired 20") && !listed.lines().nth(1).unwrap().contains("retired"),
        "{listed}"
    );
    assert_eq!(
        (server.subscription_info(&old).await.status.as_u16(), server.subscription_info(&new).await.status.as_u16()),
        (400, 200)
    );
    let listed = place.run_on_store(&["keys", "list", "--json"]).expect_success();
    let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<_> =
        listed.iter().map(|key| (key["key"].clone(), key["signs"].clone(), key["retiredAt"].is_null())).collect();
    assert_eq!(found, [(1.into(), false.into(), false), (2.into(), true.into(), true)]);
    let unknown = place.run_on_store(&["keys", "retire", "7"]).expect_failure();
    assert!(unknown.contains("there is no token key 7: `opendrs keys list` lists the keys"), "{unknown}");
}

on_either!(old_and_new_tokens_work, a_key_is_retired);

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_of_notifications_is_there_from_the_first_start_on() {
    let place = ProgramFolder::new();
    let mut server = place.serve(&[]);
    let made = server.wait_for_line("the signing key of notifications was created");
    let file = made.split(['"', ' ', '=']).find(|word| word.ends_with(".pem")).unwrap().to_owned();
    let certificate = server.get(&format!("/{file}")).await;
    assert_eq!(certificate.status, 200, "{made}");
    assert!(certificate.text().starts_with("-----BEGIN CERTIFICATE-----"));
    server.terminate();

    let server = place.serve(&[]);
    assert_eq!(server.get(&format!("/{file}")).await.status, 200, "the next start has the same");
}
