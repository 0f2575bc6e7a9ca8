//! Refresh tokens: their clients, lifetimes and rotation, and how little of them is stored.
//!
//! Not here: codes (`codes`), and what ends with a client (`ending`). Invariant: a refresh token opens nothing beyond
//! what was granted, and its revocation ends the access tokens of its family.

use super::Clients;
use super::parties::{
    MODES, assert_refused, create_code, link_by_code, link_profile_scope, parse_tokens, pkce_authorize_path,
    redeem_code, refresh_tokens, send_web_grant, set_client_modes, status_and_error, subscription_info_status,
};
use crate::harness::fixtures::{ANN, APP, FILTER, OTHER_SECRET, OTHER_WEB, SECRET, WEB};
use crate::harness::{LinkedDevice, Options, Server, TestBrowser};
use futures_util::future::join_all;
use opendrs_domain::login::code as codes;
use opendrs_domain::profile::ClientMode;
use opendrs_domain::version::ApiEndpoint::{Deregister, Replenish};
use opendrs_service::login::client::{self, ClientChange};
use opendrs_service::random::{RandomSource, SystemRandom};
use std::collections::BTreeSet;

rules! {
    rfc6749_10_4_refresh_race {
        number: 23,
        source: "RFC 6749, 10.4; RFC 9700, 4.14.2",
        clients: Clients::Lwa,
        rule: "Of parallel uses of one refresh token, one succeeds at most.",
        result: "All succeed, with the same refresh token; nothing is written",
        reason: Some("Clients of the original protocol keep their first refresh token for good."),
    }
    rfc9700_4_14_2_refresh_race {
        number: 23,
        source: "RFC 9700, 4.14.2; ASVS 10.4.5",
        clients: Clients::Strict,
        rule: "Of parallel uses of one refresh token, one succeeds at most.",
        result: "One turns it; the others, within 60 s, get the successor of that turn; after a use of the successor the \
                 old token ends the family",
        reason: Some("A device that loses power while the answer is on its way would be locked out."),
    }
    rfc6749_6_refresh_by_its_client {
        number: 31,
        source: "RFC 6749, 6 and 10.4",
        rule: "A refresh token is its client's own, opens no more than was granted, and ends when it is revoked.",
        result: "Another client's or revoked: `invalid_grant`; a wider scope: `invalid_scope`",
    }
    asvs_10_4_8_refresh_without_an_end {
        number: 31,
        source: "ASVS 10.4.8",
        clients: Clients::Lwa,
        rule: "A refresh token ends when it is not used, and at a fixed time.",
        result: "It does not end by itself",
        reason: Some("The original protocol documents refresh tokens as valid until they are revoked."),
    }
    asvs_10_4_8_refresh_ends {
        number: 31,
        source: "ASVS 10.4.8; RFC 9700, 4.14.2",
        clients: Clients::Strict,
        rule: "A refresh token ends when it is not used, and at a fixed time.",
        result: "`invalid_grant` after 90 days without a use, and 400 days after the sign-in",
        also: &[("crates/cli/tests/it/login/strict_refresh.rs", "a_family_of_refresh_tokens_ends_after_400_days")],
    }
    rfc9700_4_14_2_no_rotation {
        number: 32,
        source: "RFC 9700, 2.2.2 and 4.14.2",
        clients: Clients::Lwa,
        rule: "Refresh tokens of public clients rotate. A replayed one ends the family.",
        result: "A refresh gives the same refresh token; a code replay, the removal of the device and a disabled client \
                 end it",
        reason: Some("Shipped clients keep their first refresh token, and could not refresh again."),
    }
    rfc9700_4_14_2_rotation {
        number: 32,
        source: "RFC 9700, 2.2.2 and 4.14.2; ASVS 10.4.5",
        clients: Clients::Strict,
        rule: "Refresh tokens rotate. A replayed one ends the family; so do a code replay, a new password, the removal of \
               the device and a disabled client.",
        result: "`invalid_grant` after 60 s or the next use, and for the whole family; a new password ends refresh tokens \
                 alone",
        also: &[("crates/cli/tests/it/login/strict_refresh.rs", "one_used_after_the_next_ends_its_family_at_once")],
    }
    rfc6749_10_10_entropy {
        number: 35,
        source: "RFC 6749, 10.10; ASVS 7.2.3 and 11.5.1",
        rule: "Codes and tokens have 128 random bits, are not kept in clear, and have a prefix that scanners know.",
        result: "Sessions 256 bits; tokens are authenticated with 256 bits and not kept; codes have 107 bits, live for five \
                 minutes, and are kept as a hash",
        reason: Some("A code has exactly 20 characters and begins with `AN`. Guesses at codes are slowed."),
    }
}

async fn race(server: &Server, device: &LinkedDevice) -> Vec<LinkedDevice> {
    let other = server.another_node(Options::default()).await;
    let uses = (0..16).map(|n| refresh_tokens(if n % 2 == 0 { server } else { &other }, &device.refresh));
    join_all(uses).await.iter().map(parse_tokens).collect()
}

async fn rfc6749_10_4_refresh_race(server: &Server) {
    let device = link_by_code(server, "SN-1").await;
    let before = server.all_rows().await;
    let all = race(server, &device).await;
    assert!(all.iter().all(|one| one.refresh == device.refresh));
    assert_eq!(server.all_rows().await, before);
    let different: BTreeSet<_> = all.iter().map(|one| &one.access).collect();
    assert_eq!(different.len(), 16);
}

async fn rfc9700_4_14_2_refresh_race(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    let device = link_by_code(server, "SN-1").await;
    let all = race(server, &device).await;
    let turns = server.all_rows().await["device"][0].clone();
    assert!(all.iter().all(|one| one.refresh != device.refresh));
    for one in &all {
        assert_eq!(subscription_info_status(server, one).await, 200);
    }
    // Another use within the grace period writes nothing and gets the same successor.
    parse_tokens(&refresh_tokens(server, &device.refresh).await);
    assert_eq!(server.all_rows().await["device"][0], turns);
    let next = parse_tokens(&refresh_tokens(server, &all[7].refresh).await);
    assert_refused(&refresh_tokens(server, &device.refresh).await, 400, "invalid_grant");
    for one in all.iter().chain([&next, &device]) {
        assert_eq!(subscription_info_status(server, one).await, 400);
        assert_refused(&refresh_tokens(server, &one.refresh).await, 400, "invalid_grant");
    }
}

async fn rfc6749_6_refresh_by_its_client(server: &Server) {
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let device = link_by_code(server, serial).await;
        let before = server.all_rows().await;
        let stolen = [("grant_type", "refresh_token"), ("refresh_token", device.refresh.as_str())];
        for client in [vec![("client_id", APP)], vec![("client_id", OTHER_WEB), ("client_secret", OTHER_SECRET)]] {
            assert_refused(&server.token_request(&[&stolen[..], &client].concat()).send().await, 400, "invalid_grant");
        }
        for scope in ["profile", "dash:replenish profile", "alexa:all", "*"] {
            let more = [("refresh_token", device.refresh.as_str()), ("scope", scope)];
            assert_refused(&send_web_grant(server, "refresh_token", &more).await, 400, "invalid_scope");
        }
        for token in [&device.access, &device.refresh[..404], &device.refresh.replace("Atzr", "Atza"), "x"] {
            assert_refused(&refresh_tokens(server, token).await, 400, "invalid_grant");
        }
        assert_eq!(server.all_rows().await, before);
        let same = [("refresh_token", device.refresh.as_str()), ("scope", "dash:replenish")];
        let device = parse_tokens(&send_web_grant(server, "refresh_token", &same).await);
        server.device_call(&device, Deregister, "/registration").send().await;
        assert_refused(&refresh_tokens(server, &device.refresh).await, 400, "invalid_grant");
    }
}

async fn asvs_10_4_8_refresh_without_an_end(server: &Server) {
    let device = link_by_code(server, "SN-1").await;
    let app = link_profile_scope(server, "profile").await;
    server.advance("1000d").await;
    for one in [&device, &app] {
        assert_eq!(parse_tokens(&refresh_tokens(server, &one.refresh).await).refresh, one.refresh);
    }
}

async fn asvs_10_4_8_refresh_ends(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    let (unused, mut used) = (link_by_code(server, "SN-1").await, link_by_code(server, "SN-2").await);
    let mut app = link_profile_scope(server, "profile").await;
    for days in [89, 89, 89, 89] {
        server.advance(&format!("{days}d")).await;
        (used, app) = (
            parse_tokens(&refresh_tokens(server, &used.refresh).await),
            parse_tokens(&refresh_tokens(server, &app.refresh).await),
        );
    }
    assert_refused(&refresh_tokens(server, &unused.refresh).await, 400, "invalid_grant");
    server.advance("44d").await;
    for one in [&used, &app] {
        assert_refused(&refresh_tokens(server, &one.refresh).await, 400, "invalid_grant");
    }
    let (idle, in_time) = (link_by_code(server, "SN-3").await, link_by_code(server, "SN-4").await);
    server.advance("89d 23h 59m 59s").await;
    parse_tokens(&refresh_tokens(server, &in_time.refresh).await);
    server.advance("1s").await;
    assert_refused(&refresh_tokens(server, &idle.refresh).await, 400, "invalid_grant");
}

/// Checks that both of a device's tokens are refused.
async fn dead(server: &Server, device: &LinkedDevice) {
    assert_eq!(subscription_info_status(server, device).await, 400);
    assert_eq!(refresh_tokens(server, &device.refresh).await.status, 400);
}

/// The actions that end a token family of either mode immediately.
async fn ends_a_family(server: &Server) {
    let sent = create_code(server, "SN-1").await;
    let device = parse_tokens(&redeem_code(server, &sent).await);
    let next = parse_tokens(&refresh_tokens(server, &device.refresh).await);
    assert_refused(&redeem_code(server, &sent).await, 400, "invalid_grant");
    dead(server, &device).await;
    dead(server, &next).await;

    let device = link_by_code(server, "SN-1").await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let html = ann.page.text();
    let remove = html.split("href=\"/settings/remove").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    ann.go_to(&format!("/settings/remove{}", remove.replace("&#38;", "&"))).await;
    ann.press("/settings/remove", "").await;
    dead(server, &device).await;

    let device = link_by_code(server, "SN-1").await;
    client::apply_change(server.app(), WEB, ClientChange::Disable).await.unwrap();
    assert_eq!(subscription_info_status(server, &device).await, 400);
    assert_refused(&refresh_tokens(server, &device.refresh).await, 401, "invalid_client");
    client::apply_change(server.app(), WEB, ClientChange::Enable).await.unwrap();
    assert_refused(&refresh_tokens(server, &device.refresh).await, 400, "invalid_grant");
}

async fn rfc9700_4_14_2_no_rotation(server: &Server) {
    let device = link_by_code(server, "SN-1").await;
    for _ in 0..3 {
        server.advance("1h").await;
        let next = parse_tokens(&refresh_tokens(server, &device.refresh).await);
        assert_eq!((&next.refresh, subscription_info_status(server, &next).await), (&device.refresh, 200));
    }
    ends_a_family(server).await;
}

async fn rfc9700_4_14_2_rotation(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    for (wait, use_next) in [("61s", false), ("0s", true)] {
        let (first, other) = (link_by_code(server, "SN-1").await, link_by_code(server, "SN-1").await);
        let second = parse_tokens(&refresh_tokens(server, &first.refresh).await);
        if use_next {
            parse_tokens(&refresh_tokens(server, &second.refresh).await);
        }
        server.advance(wait).await;
        assert_refused(&refresh_tokens(server, &first.refresh).await, 400, "invalid_grant");
        dead(server, &first).await;
        dead(server, &second).await;
        assert_eq!(
            subscription_info_status(server, &parse_tokens(&refresh_tokens(server, &other.refresh).await)).await,
            200,
            "another family"
        );
    }
    let device = link_by_code(server, "SN-1").await;
    server.advance("1m").await;
    server.change_password(ANN, "another password").await;
    assert_refused(&refresh_tokens(server, &device.refresh).await, 400, "invalid_grant");
    assert_eq!(subscription_info_status(server, &device).await, 200, "the registration is unchanged");
    server.change_password(ANN, crate::harness::fixtures::PASSWORD).await;
    ends_a_family(server).await;
}

async fn rfc6749_10_10_entropy(server: &Server) {
    let mut codes_seen = BTreeSet::new();
    for _ in 0..10_000 {
        let mut random = [0; codes::RANDOM_BYTES];
        SystemRandom.fill(&mut random);
        assert!(codes_seen.insert(codes::generate(&random)));
    }
    let mut counts = [0; 128];
    codes_seen.iter().flat_map(|code| code[2..].bytes()).for_each(|letter| counts[usize::from(letter)] += 1);
    let used: Vec<u32> = counts.into_iter().filter(|count| *count > 0).collect();
    // 180,000 characters of an alphabet of 62: 2,903 of each, with a deviation of 53.
    assert!(used.len() == 62 && used.iter().all(|count| (2_500..3_300).contains(count)), "{used:?}");

    let visit = server.sign_up(&pkce_authorize_path(&[])).await;
    let sent = visit.redirect_param("code").unwrap().to_owned();
    assert!(sent.len() == 20 && sent.starts_with("AN") && sent.bytes().all(|b| b.is_ascii_alphanumeric()));
    let device = parse_tokens(&redeem_code(server, &sent).await);
    assert!(device.access.starts_with("Atza|") && device.refresh.starts_with("Atzr|"));
    let uses = join_all((0..200).map(|_| refresh_tokens(server, &device.refresh))).await;
    let all: BTreeSet<_> = uses.iter().map(|reply| parse_tokens(reply).access).collect();
    assert!(all.len() == 200 && all.iter().all(|token| token.len() >= 350));
    let cookie = TestBrowser::signed_in(server, ANN).await.browser.cookie_header();
    let session = cookie.strip_prefix("opendrs=").unwrap();
    assert_eq!(session.len(), 64);
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let rows = server.all_rows().await;
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    for secret in
        [&sent, &device.access[5..], &device.refresh[5..], session, SECRET, crate::harness::fixtures::PASSWORD]
    {
        for row in rows.values().flatten() {
            assert!(!row.contains(secret) && !row.contains(&hex(secret)), "the store has {secret}: {row}");
        }
    }
    assert_eq!(status_and_error(&refresh_tokens(server, &device.refresh).await), (200, String::new()));
}
