//! `opendrs device`: linking without a browser, listing, and removal; the output for scripts is JSON.

use super::program::{CLIENT, FILTER, ProgramFolder, REDIRECT, SECRET};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_device_may_call_the_server() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    let linked = place.link_device("SN-1", &[]);
    let keys: Vec<_> = linked.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["access_token", "expires_in", "refresh_token", "slots"]);
    let (access, refresh) = (linked["access_token"].as_str().unwrap(), linked["refresh_token"].as_str().unwrap());
    assert!(access.starts_with("Atza|") && refresh.starts_with("Atzr|"));
    assert_eq!(linked["expires_in"], 3600);
    assert_eq!(
        linked["slots"][FILTER],
        json!({ "productInfoList": [{ "asin": "B000000001", "quantity": 3, "unit": "count" }], "subscribed": true })
    );
    assert_eq!(server.subscription_info(access).await.status, 200);

    let some = place.link_device("SN-2", &["--subscribe", &format!("{FILTER}=B000000002"), "--test-device"]);
    assert_eq!(some["slots"][FILTER]["productInfoList"][0]["asin"], "B000000002");
    let placed = server.replenish(some["access_token"].as_str().unwrap(), FILTER).await.json();
    assert_eq!(placed["detailCode"], "TEST_ORDER_PLACED");
    let none = place.link_device("SN-3", &["--subscribe", "none"]);
    assert_eq!(server.replenish(none["access_token"].as_str().unwrap(), FILTER).await.status, 400);

    let listed = place.run_on_store(&["events", "list"]).expect_success();
    assert_eq!(listed.lines().filter(|line| line.contains("DeviceRegisteredNotification")).count(), 3, "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_with_its_proof_key_is_exchanged_by_the_server() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let more = ["--code", "--redirect-uri", REDIRECT, "--code-challenge", challenge, "--code-challenge-method", "S256"];
    let linked = place.link_device("SN-1", &more);
    let code = linked["code"].as_str().unwrap();
    let keys: Vec<_> = linked.as_object().unwrap().keys().cloned().collect();
    assert_eq!((keys, &linked["expires_in"]), (vec!["code".into(), "expires_in".into(), "slots".into()], &json!(300)));
    assert!(code.starts_with("AN") && code.len() == 20);

    let body = format!(
        "grant_type=authorization_code&code={code}&client_id={CLIENT}&client_secret={SECRET}&redirect_uri={REDIRECT}\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let reply = server.post("/auth/o2/token", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(server.subscription_info(reply.json()["access_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_devices_are_listed_and_removed() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    assert_eq!(place.run_on_store(&["device", "list"]).expect_success(), "");
    let linked = place.link_device("SN-1", &[]);
    place.link_device("SN-2", &["--test-device"]);
    let access = linked["access_token"].as_str().unwrap();
    let listed = place.run_on_store(&["device", "list"]).expect_success();
    let of = |serial: &str| listed.lines().find(|line| line.contains(serial)).unwrap_or_else(|| panic!("{listed}"));
    assert!(of("SN-1").ends_with("Aqua-Pitcher_7 SN-1  Aqua Pitcher"), "{listed}");
    assert!(of("SN-2").ends_with("  test device"), "{listed}");
    let objects = place.run_on_store(&["device", "list", "--json"]).expect_success();
    let first: serde_json::Value = serde_json::from_str(objects.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["model"], &first["serial"], &first["test"]),
        (&json!("Aqua-Pitcher_7"), &json!("SN-1"), &json!(false))
    );

    let remove = ["device", "remove", "--model", "Aqua-Pitcher_7", "--serial", "SN-1"];
    assert_eq!(place.run_on_store(&remove).expect_success(), "Aqua Pitcher, serial SN-1, is no longer registered.\n");
    assert_eq!(server.subscription_info(access).await.text(), r#"{"message":"Invalid token"}"#);
    let told = place.run_on_store(&["events", "list"]).expect_success();
    assert!(told.lines().last().unwrap().contains("DeviceDeregisteredNotification  Aqua-Pitcher_7 SN-1"), "{told}");
    let said = place.run_on_store(&remove).expect_failure();
    assert!(
        said.starts_with("opendrs: the customer has no device Aqua-Pitcher_7 SN-1: `opendrs device list`"),
        "{said}"
    );
    let said = place.run_on_store(&["device", "list", "--customer", "nobody@example.com"]).expect_failure();
    assert_eq!(said, "opendrs: no customer has the address nobody@example.com\n");
}

#[test]
fn what_cannot_be_linked_is_named() {
    let place = ProgramFolder::seeded();
    let link = |words: &[&str]| {
        let usual = [("--client", CLIENT), ("--model", "Aqua-Pitcher_7"), ("--serial", "SN-1")];
        let usual = usual.into_iter().filter(|(name, _)| !words.contains(name)).flat_map(|(name, value)| [name, value]);
        place
            .run_on_store(&["device", "link"].into_iter().chain(usual).chain(words.iter().copied()).collect::<Vec<_>>())
    };
    for (words, says) in [
        (&["--model", "Nothing"][..], "model Nothing does not exist"),
        (&["--client", "amzn1.application-oa2-client.00000000000000000000000000000000"], "does not exist"),
        (&["--customer", "nobody@example.com"], "no customer has the address nobody@example.com: seed one first"),
        (&["--subscribe", "beans=B000000001"], "has no slot beans; it has 7c0a3f5e"),
        (
            &["--subscribe", &format!("{FILTER}=B000000003")],
            "does not offer that product; it offers B000000001, B000000002",
        ),
        (&["--code", "--redirect-uri", "https://evil.example/"], "https://evil.example/ is no redirect URI of client"),
    ] {
        let said = link(words).expect_failure();
        assert!(said.starts_with("opendrs: ") && said.contains(says), "{words:?}: {said}");
    }
    for (words, says) in [
        (&["--serial", "a b"][..], "is not a serial"),
        (&["--model", ""], "is not a device model id"),
        (&["--subscribe", "some"], "write all, none, or SLOT=ASIN,SLOT=ASIN"),
        (&["--code"], "--redirect-uri"),
        (&["--code-challenge", "x"], "--code"),
    ] {
        let ended = link(words);
        assert!(ended.status == 2 && ended.stdout.is_empty() && ended.stderr.contains(says), "{words:?}: {ended:?}");
    }
    let events = place.run_on_store(&["events", "list"]).expect_success();
    assert_eq!(events, "", "nothing was linked");
}
