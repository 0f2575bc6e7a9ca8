//! Disabling ends access immediately: of clients, their secrets, token keys and customers. On both engines.

use crate::harness::fixtures::{ANN, APP, BOB, FILTER, MODEL, OTHER_MODEL, OTHER_WEB, PASSWORD, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, authorize_path, valid_body};
use opendrs_domain::id::CustomerId;
use opendrs_domain::text::Email;
use opendrs_domain::version::ApiEndpoint::{DeviceStatus, OrderInfo, Replenish, SlotStatus, SubscriptionInfo};
use opendrs_service::login::client::{self, ClientChange};
use opendrs_service::{customer, keys};

both!(
    a_disabled_client_ends_its_codes_and_tokens_for_good,
    a_removed_client_is_never_enabled_again,
    a_sign_up_under_way_is_refused_when_its_client_is_disabled,
    two_secrets_are_accepted_while_they_are_exchanged,
    a_retired_key_ends_the_tokens_that_were_made_with_it,
    a_blocked_customer_is_signed_out_and_their_devices_are_refused,
    a_customer_who_is_blocked_during_a_sign_up_links_nothing,
);

/// The status of each call of a device.
async fn calls(server: &Server, device: &LinkedDevice) -> Vec<u16> {
    let slot = format!("/slotStatus/{FILTER}");
    let replenish = format!("/replenish/{FILTER}");
    let calls = [
        server.device_call(device, SubscriptionInfo, "/subscriptionInfo"),
        server.device_call(device, SlotStatus, &slot).body(valid_body(SlotStatus)),
        server.device_call(device, DeviceStatus, "/deviceStatus").body(valid_body(DeviceStatus)),
        server.device_call(device, Replenish, &replenish),
    ];
    let mut found = Vec::new();
    for call in calls {
        let reply = call.send().await;
        if reply.status == 400 {
            assert_eq!(reply.text(), r#"{"message":"Invalid token"}"#);
        }
        found.push(reply.status.as_u16());
    }
    found
}

const GOOD: [u16; 4] = [200; 4];
const REFUSED: [u16; 4] = [400; 4];

/// The status of a web client's grant, and the OAuth error if it is refused.
async fn grant(server: &Server, (client, secret): (&str, &str), more: &[(&str, &str)]) -> (u16, String) {
    let reply =
        server.token_request(&[&[("client_id", client), ("client_secret", secret)], more].concat()).send().await;
    (reply.status.as_u16(), reply.json()["error"].as_str().unwrap_or_default().to_owned())
}

async fn refresh(server: &Server, device: &LinkedDevice) -> (u16, String) {
    let more = [("grant_type", "refresh_token"), ("refresh_token", device.refresh.as_str())];
    grant(server, (WEB, SECRET), &more).await
}

async fn exchange(server: &Server, code: &str) -> (u16, String) {
    grant(server, (WEB, SECRET), &[("grant_type", "authorization_code"), ("code", code)]).await
}

async fn token_info(server: &Server, token: &str) -> u16 {
    server.request("GET", "/auth/o2/tokeninfo").header("x-amz-access-token", token).send().await.status.as_u16()
}

fn ok() -> (u16, String) {
    (200, String::new())
}

fn refused(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

async fn change(server: &Server, id: &str, change: ClientChange) {
    client::apply_change(server.app(), id, change).await.unwrap();
}

async fn a_disabled_client_ends_its_codes_and_tokens_for_good(server: &Server) {
    let device = server.link_default_device().await;
    let other = server.link_device(LinkOptions::default().serial("SN-2").client(OTHER_WEB, OTHER_MODEL)).await;
    let profile = server.profile_token("profile").await;
    let order = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let order = format!("/getOrderInfo/{}", order["eventInstanceId"].as_str().unwrap());
    assert_eq!(server.device_call(&device, OrderInfo, &order).send().await.status, 200);
    // Called twice, so that the writer of PostgreSQL has the device in its cache.
    assert_eq!(calls(server, &device).await, GOOD);
    assert_eq!(calls(server, &device).await, GOOD);
    let code = server.link_for_code(LinkOptions::default().serial("SN-3"), REDIRECT, None).await;

    change(server, WEB, ClientChange::Disable).await;
    assert_eq!(calls(server, &device).await, REFUSED);
    assert_eq!(server.device_call(&device, OrderInfo, &order).send().await.status, 400);
    assert_eq!(refresh(server, &device).await, refused(401, "invalid_client"));
    assert_eq!(exchange(server, &code).await, refused(401, "invalid_client"));
    assert_eq!((token_info(server, &device.access).await, token_info(server, &profile).await), (400, 400));
    assert_eq!(TestBrowser::open(server, &authorize_path(&[])).await.page.status, 400, "nobody logs in through it");
    let info = server.device_call(&other, SubscriptionInfo, "/subscriptionInfo");
    assert_eq!(info.send().await.status, 200, "another client's");

    change(server, WEB, ClientChange::Enable).await;
    assert_eq!(calls(server, &device).await, REFUSED, "what ended stays ended");
    assert_eq!(refresh(server, &device).await, refused(400, "invalid_grant"));
    assert_eq!(exchange(server, &code).await, refused(400, "invalid_grant"));
    assert_eq!((token_info(server, &device.access).await, token_info(server, &profile).await), (400, 400));
    let again = server.link_default_device().await;
    assert_eq!(calls(server, &again).await, GOOD);
    assert_eq!((refresh(server, &again).await, token_info(server, &again.access).await), (ok(), 200));
    let code = server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    assert_eq!(exchange(server, &code).await, ok());
    assert_eq!(token_info(server, &server.profile_token("profile").await).await, 200);
    // The registration is the same for tokens of both generations, and only those of the new generation are valid.
    for _ in 0..2 {
        assert_eq!((calls(server, &again).await, calls(server, &device).await), (GOOD.into(), REFUSED.into()));
    }
}

async fn a_removed_client_is_never_enabled_again(server: &Server) {
    let device = server.link_default_device().await;
    change(server, WEB, ClientChange::Remove).await;
    change(server, WEB, ClientChange::Remove).await;
    assert_eq!(calls(server, &device).await, REFUSED);
    for wanted in [ClientChange::Enable, ClientChange::Disable, ClientChange::RetireSecret] {
        let why = client::apply_change(server.app(), WEB, wanted).await.unwrap_err().to_string();
        assert!(why.contains("was removed permanently: declare a new one in a seed"), "{why}");
    }
    // The device can be linked again through another client of the maker.
    let again = server.link_device(LinkOptions::default().client(APP, MODEL)).await;
    assert_eq!(calls(server, &again).await, GOOD);
}

async fn a_sign_up_under_way_is_refused_when_its_client_is_disabled(server: &Server) {
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    let mut late = visit.clone();
    change(server, WEB, ClientChange::Disable).await;
    visit.press("/ap/consent", "consentApproved").await;
    assert_eq!(visit.page.status, 410);
    change(server, WEB, ClientChange::Enable).await;
    server.complete_sign_up(&mut late).await;
    assert_eq!(late.page.status, 302, "nothing was issued that could have ended: {}", late.page.text());
}

async fn two_secrets_are_accepted_while_they_are_exchanged(server: &Server) {
    let device = server.link_default_device().await;
    let with = async |secret: &str| {
        let more = [("grant_type", "refresh_token"), ("refresh_token", device.refresh.as_str())];
        grant(server, (WEB, secret), &more).await.0
    };
    let (changed, new) = client::rotate_secret(server.app(), WEB).await.unwrap();
    assert!(new.len() == 64 && changed.former_secret_hash.is_some());
    assert_eq!((with(SECRET).await, with(&new).await), (200, 200));
    let why = client::rotate_secret(server.app(), WEB).await.unwrap_err().to_string();
    assert!(why.contains(&format!("end the older one first with `opendrs client secret retire {WEB}`")), "{why}");
    change(server, WEB, ClientChange::RetireSecret).await;
    assert_eq!((with(&new).await, with(SECRET).await), (200, 401));
    let why = client::apply_change(server.app(), WEB, ClientChange::RetireSecret).await.unwrap_err().to_string();
    assert!(why.contains("has one secret only, which stays"), "{why}");
    let why = client::rotate_secret(server.app(), APP).await.unwrap_err().to_string();
    assert!(why.contains("has no secret: its kind, android, proves its codes by PKCE"), "{why}");
    assert_eq!(calls(server, &device).await, GOOD, "its tokens are as good as before");
}

async fn a_retired_key_ends_the_tokens_that_were_made_with_it(server: &Server) {
    let app = server.app();
    let (device, profile) = (server.link_default_device().await, server.profile_token("profile").await);
    assert_eq!(calls(server, &device).await, GOOD);
    let why = keys::retire_token_key(app, 1).await.unwrap_err().to_string();
    assert_eq!(why, "token key 1 makes new tokens: add another one first with `opendrs keys rotate`");
    assert_eq!(keys::rotate_token_key(app).await.unwrap(), 2);
    let other = server.link_device(LinkOptions::default().serial("SN-2")).await;
    assert_eq!(calls(server, &device).await, GOOD);

    keys::retire_token_key(app, 1).await.unwrap();
    keys::retire_token_key(app, 1).await.unwrap();
    assert_eq!(calls(server, &device).await, REFUSED);
    assert_eq!(refresh(server, &device).await, refused(400, "invalid_grant"));
    assert_eq!((token_info(server, &device.access).await, token_info(server, &profile).await), (400, 400));
    assert_eq!((calls(server, &other).await, refresh(server, &other).await), (GOOD.into(), ok()));
    let listed = keys::list_token_keys(app).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|key| (key.number, key.retired_at.is_some())).collect();
    assert_eq!(listed, [(1, true), (2, false)]);
    assert_eq!(keys::rotate_token_key(app).await.unwrap(), 3, "no number is given twice");
    let why = keys::retire_token_key(app, 9).await.unwrap_err().to_string();
    assert_eq!(why, "there is no token key 9: `opendrs keys list` lists the keys");
}

async fn id_of(server: &Server, email: &str) -> CustomerId {
    customer::find_id_by_email(server.app(), &Email::parse(email).unwrap()).await.unwrap().unwrap()
}

async fn a_blocked_customer_is_signed_out_and_their_devices_are_refused(server: &Server) {
    let (ann, app) = (id_of(server, ANN).await, server.app());
    let (device, profile) = (server.link_default_device().await, server.profile_token("profile").await);
    let bobs = server.link_device(LinkOptions::default().serial("SN-2").customer(BOB)).await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    assert_eq!((calls(server, &device).await, calls(server, &device).await), (GOOD.into(), GOOD.into()));

    assert!(customer::block(app, ann).await.unwrap() && !customer::block(app, ann).await.unwrap());
    assert_eq!(calls(server, &device).await, REFUSED);
    assert_eq!(refresh(server, &device).await, refused(400, "invalid_grant"));
    assert_eq!((token_info(server, &device.access).await, token_info(server, &profile).await), (400, 400));
    assert_eq!(visit.go_to("/settings").await.title(), "Sign in");
    let form = visit.form("/ap/signin").fill("email", ANN).fill("password", PASSWORD);
    visit.submit(&form).await;
    assert!(visit.page.status == 400 && visit.page.text().contains("This account is blocked."), "{:?}", visit.page);
    let wrong = visit.form("/ap/signin").fill("email", ANN).fill("password", "another");
    visit.submit(&wrong).await;
    assert!(!visit.page.text().contains("blocked"), "only someone who knows the password learns it");
    assert_eq!(calls(server, &bobs).await, GOOD, "another customer's");

    assert!(customer::unblock(app, ann).await.unwrap() && !customer::unblock(app, ann).await.unwrap());
    assert_eq!(calls(server, &device).await, GOOD, "devices go on");
    assert_eq!(refresh(server, &device).await, ok());
    assert_eq!(token_info(server, &profile).await, 400, "apps ask anew");
    assert_eq!(token_info(server, &server.profile_token("profile").await).await, 200);
    assert_eq!(visit.go_to("/settings").await.title(), "Sign in", "so do browsers");
    visit.sign_in(ANN).await;
    assert_eq!(visit.title(), "Your devices");
}

async fn a_customer_who_is_blocked_during_a_sign_up_links_nothing(server: &Server) {
    let ann = id_of(server, ANN).await;
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    customer::block(server.app(), ann).await.unwrap();
    visit.press("/ap/consent", "consentApproved").await;
    assert_eq!((visit.title().as_str(), server.row_count("device").await), ("This page has expired", 0));
    assert_eq!(visit.go_to("/settings").await.title(), "Sign in");
}
