//! Refresh tokens of strict clients: each use gives a new one, and an old one ends the token family. On both engines.

use super::strict::{
    assert_refresh_refused, create_code, exchange_code, link_strict_app, make_all_clients_strict, parse_tokens,
    refresh_tokens, send_web_grant, subscription_info_status,
};
use crate::harness::fixtures::{ANN, APP, OTHER_MODEL, OTHER_WEB, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser};
use futures_util::future::join_all;
use opendrs_domain::profile::ClientMode;
use opendrs_service::login::client::set_mode;

both!(
    each_use_of_a_refresh_token_gives_another,
    a_refresh_token_ends_unused_after_90_days,
    a_family_of_refresh_tokens_ends_after_400_days,
    a_new_password_ends_what_strict_clients_hold_and_nothing_else,
    the_one_before_is_good_for_a_minute,
    one_used_after_a_minute_ends_its_family,
    one_used_after_the_next_ends_its_family_at_once,
    an_apps_tokens_turn_under_its_consent,
    uses_at_once_turn_it_once,
    who_may_not_use_it_does_not_turn_it,
    a_withdrawn_consent_forgets_where_tokens_stand,
);

async fn each_use_of_a_refresh_token_gives_another(server: &Server) {
    make_all_clients_strict(server).await;
    let first = exchange_code(server, &create_code(server, "SN-1").await).await;
    let (mut last, mut all) = (first.clone(), vec![first.refresh]);
    for _ in 0..5 {
        server.advance("1h").await;
        last = refresh_tokens(server, &last.refresh).await;
        assert_eq!(subscription_info_status(server, &last).await, 200);
        all.push(last.refresh.clone());
    }
    server.advance("89d").await;
    all.push(refresh_tokens(server, &last.refresh).await.refresh);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 7);
}

async fn a_refresh_token_ends_unused_after_90_days(server: &Server) {
    let lwa = server.link_device(LinkOptions::default().serial("SN-9")).await;
    make_all_clients_strict(server).await;
    let device = exchange_code(server, &create_code(server, "SN-1").await).await;
    let app = link_strict_app(server).await;
    let used = exchange_code(server, &create_code(server, "SN-2").await).await;
    server.advance("45d").await;
    let used = refresh_tokens(server, &used.refresh).await;
    server.advance("45d").await;
    let before = server.all_rows().await;
    for token in [&device.refresh, &app.refresh, &lwa.refresh] {
        assert_refresh_refused(server, token).await;
    }
    assert_eq!(server.all_rows().await, before, "nothing is revoked");
    let next = refresh_tokens(server, &used.refresh).await;
    assert_eq!(subscription_info_status(server, &next).await, 200);
    let unused = refresh_tokens(server, &next.refresh).await;
    // It was issued a microsecond after the token before.
    server.advance("90d 1s").await;
    assert_refresh_refused(server, &unused.refresh).await;
    set_mode(server.app(), WEB, ClientMode::Lwa).await.unwrap();
    refresh_tokens(server, &lwa.refresh).await;
}

async fn a_family_of_refresh_tokens_ends_after_400_days(server: &Server) {
    make_all_clients_strict(server).await;
    let mut device = exchange_code(server, &create_code(server, "SN-1").await).await;
    let mut app = link_strict_app(server).await;
    for _ in 0..7 {
        server.advance("57d").await;
        device = refresh_tokens(server, &device.refresh).await;
        app = refresh_tokens(server, &app.refresh).await;
    }
    let lost = refresh_tokens(server, &device.refresh).await;
    assert_eq!(subscription_info_status(server, &lost).await, 200, "after 399 days");
    server.advance("23h 59m 59s").await;
    let again = refresh_tokens(server, &app.refresh).await;
    server.advance("1s").await;
    for token in [&lost.refresh, &app.refresh, &again.refresh] {
        assert_refresh_refused(server, token).await;
    }
    assert_eq!(subscription_info_status(server, &again).await, 400, "an app's token speaks for no device");
    let anew = exchange_code(server, &create_code(server, "SN-1").await).await;
    assert_eq!(
        subscription_info_status(server, &refresh_tokens(server, &anew.refresh).await).await,
        200,
        "another sign-in begins anew"
    );
}

async fn a_new_password_ends_what_strict_clients_hold_and_nothing_else(server: &Server) {
    let lwa = server.link_device(LinkOptions::default().serial("SN-9")).await;
    make_all_clients_strict(server).await;
    let first = exchange_code(server, &create_code(server, "SN-1").await).await;
    server.advance("1m").await;
    server.change_password(ANN, "another password").await;
    assert_refresh_refused(server, &first.refresh).await;
    assert_eq!(
        subscription_info_status(server, &first).await,
        200,
        "the registration stands, and an access token lives for an hour"
    );
    for client in [WEB, APP] {
        set_mode(server.app(), client, ClientMode::Lwa).await.unwrap();
    }
    refresh_tokens(server, &lwa.refresh).await;
}

async fn the_one_before_is_good_for_a_minute(server: &Server) {
    make_all_clients_strict(server).await;
    let first = exchange_code(server, &create_code(server, "SN-1").await).await;
    server.advance("2h").await;
    let lost = refresh_tokens(server, &first.refresh).await;
    for wait in ["0s", "30s", "30s"] {
        server.advance(wait).await;
        let again = refresh_tokens(server, &first.refresh).await;
        assert_eq!(subscription_info_status(server, &again).await, 200, "{wait}");
    }
    let again = refresh_tokens(server, &first.refresh).await;
    let next = refresh_tokens(server, &again.refresh).await;
    for device in [&lost, &again, &next] {
        assert_eq!(subscription_info_status(server, device).await, 200, "no access token kills another");
    }
    server.advance("1m").await;
    assert_eq!(
        subscription_info_status(server, &refresh_tokens(server, &lost.refresh).await).await,
        200,
        "it is of the one that was given again"
    );
}

async fn one_used_after_a_minute_ends_its_family(server: &Server) {
    make_all_clients_strict(server).await;
    let first = exchange_code(server, &create_code(server, "SN-1").await).await;
    let other = exchange_code(server, &create_code(server, "SN-1").await).await;
    let second = refresh_tokens(server, &first.refresh).await;
    let bystander = refresh_tokens(server, &other.refresh).await;
    server.advance("61s").await;
    assert_refresh_refused(server, &first.refresh).await;
    for device in [&first, &second] {
        assert_eq!(subscription_info_status(server, device).await, 400);
        assert_refresh_refused(server, &device.refresh).await;
    }
    assert_eq!(subscription_info_status(server, &bystander).await, 200, "another family of the same device");
    assert_eq!(subscription_info_status(server, &refresh_tokens(server, &bystander.refresh).await).await, 200);
    assert_eq!(server.event_names().await, ["DeviceRegistered", "SubscriptionChanged"], "the registration stands");
}

async fn one_used_after_the_next_ends_its_family_at_once(server: &Server) {
    make_all_clients_strict(server).await;
    let first = exchange_code(server, &create_code(server, "SN-1").await).await;
    let second = refresh_tokens(server, &first.refresh).await;
    let third = refresh_tokens(server, &second.refresh).await;
    assert_eq!(subscription_info_status(server, &third).await, 200);
    assert_refresh_refused(server, &first.refresh).await;
    for device in [&first, &second, &third] {
        assert_eq!(subscription_info_status(server, device).await, 400);
        assert_refresh_refused(server, &device.refresh).await;
    }
}

async fn an_apps_tokens_turn_under_its_consent(server: &Server) {
    make_all_clients_strict(server).await;
    let device = exchange_code(server, &create_code(server, "SN-1").await).await;
    let profile = async |of: &LinkedDevice| {
        server.request("GET", "/user/profile").bearer_token(&of.access).send().await.status.as_u16()
    };
    let [first, other] = [link_strict_app(server).await, link_strict_app(server).await];
    let second = refresh_tokens(server, &first.refresh).await;
    let again = refresh_tokens(server, &first.refresh).await;
    assert_eq!([profile(&second).await, profile(&again).await], [200, 200]);
    server.advance("61s").await;
    assert_refresh_refused(server, &first.refresh).await;
    for app in [&first, &second, &again] {
        assert_eq!(profile(app).await, 400);
        assert_refresh_refused(server, &app.refresh).await;
    }
    assert_eq!(profile(&refresh_tokens(server, &other.refresh).await).await, 200, "another sign-in");
    assert_eq!(
        subscription_info_status(server, &refresh_tokens(server, &device.refresh).await).await,
        200,
        "a device is no app"
    );
}

/// How much later than its last rotation a device's newest refresh token was issued, in microseconds.
fn ahead(rows: &[String]) -> i64 {
    let words = rows[0].split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    let mut stands = words.filter_map(|word| <[&str; 4]>::try_from(word.split(':').collect::<Vec<_>>()).ok());
    let [_, current, _, turned_at] = stands.next().unwrap_or_else(|| panic!("{rows:?}"));
    current.parse::<i64>().unwrap() - turned_at.parse::<i64>().unwrap()
}

async fn uses_at_once_turn_it_once(server: &Server) {
    make_all_clients_strict(server).await;
    let first = exchange_code(server, &create_code(server, "SN-1").await).await;
    let uses = (0..16).map(|_| refresh_tokens(server, &first.refresh));
    let all = join_all(uses).await;
    // The clock stands still, so each rotation issues its token a microsecond after the token before.
    assert_eq!(ahead(&server.all_rows().await["device"]), 1);
    for device in &all {
        assert_eq!(subscription_info_status(server, device).await, 200);
    }
    refresh_tokens(server, &all[7].refresh).await;
    assert_refresh_refused(server, &first.refresh).await;
}

async fn who_may_not_use_it_does_not_turn_it(server: &Server) {
    make_all_clients_strict(server).await;
    server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    let device = exchange_code(server, &create_code(server, "SN-1").await).await;
    let before = server.all_rows().await;
    let token = ("refresh_token", device.refresh.as_str());
    let grant = ("grant_type", "refresh_token");
    for (fields, error) in [
        (vec![grant, ("client_id", APP), token], "invalid_grant"),
        (vec![grant, ("client_id", WEB), token], "invalid_client"),
        (vec![grant, ("client_id", WEB), ("client_secret", "wrong"), token], "invalid_client"),
        (vec![grant, ("client_id", WEB), ("client_secret", SECRET), token, ("scope", "profile")], "invalid_scope"),
        (
            vec![grant, ("client_id", WEB), ("client_secret", SECRET), ("refresh_token", device.access.as_str())],
            "invalid_grant",
        ),
    ] {
        assert_eq!(server.token_request(&fields).send().await.json()["error"], error, "{fields:?}");
    }
    assert_eq!(server.all_rows().await, before);
    let narrow = [token, ("scope", "dash:replenish")];
    let narrow = parse_tokens(&send_web_grant(server, "refresh_token", &narrow).await);
    assert_eq!(subscription_info_status(server, &refresh_tokens(server, &narrow.refresh).await).await, 200);
}

async fn a_withdrawn_consent_forgets_where_tokens_stand(server: &Server) {
    make_all_clients_strict(server).await;
    let app = link_strict_app(server).await;
    let next = refresh_tokens(server, &app.refresh).await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let unlink = ann
        .page
        .text()
        .split("href=\"/settings/unlink")
        .nth(1)
        .and_then(|rest| Some(rest.split('"').next()?.to_owned()));
    ann.go_to(&format!("/settings/unlink{}", unlink.unwrap())).await.press("/settings/unlink", "").await;
    assert_refresh_refused(server, &app.refresh).await;
    assert_refresh_refused(server, &next.refresh).await;
    let anew = link_strict_app(server).await;
    let next = refresh_tokens(server, &anew.refresh).await;
    assert_eq!(server.request("GET", "/user/profile").bearer_token(&next.access).send().await.status, 200);
}
