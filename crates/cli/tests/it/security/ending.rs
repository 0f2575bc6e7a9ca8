//! What ends with a client or a redirect URI, and what happens to lifetimes when a clock is set.
//!
//! Not here: the end of a registration (`absent`) and of a token family (`refresh`). Invariant: whatever ended stays
//! ended, also when its client is enabled again. Setting a clock never extends a lifetime.

use super::parties::{
    MODES, assert_refused, create_code, link_by_code, link_profile_scope, parse_tokens, pkce_authorize_path,
    redeem_code, refresh_tokens, set_client_modes, status_and_error, subscription_info_status,
};
use crate::cli::program::ProgramFolder;
use crate::harness::fixtures::{self, ANN, LOCAL_REDIRECT, OTHER_MODEL, OTHER_WEB, PASSWORD, REDIRECT, SECRET, WEB};
use crate::harness::{LinkOptions, LinkedDevice, Options, Server, SettableClock, TestBrowser};
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::version::ApiEndpoint::{DeviceStatus, SubscriptionInfo};
use opendrs_service::login::client::{self, ClientChange};
use opendrs_service::seed;
use std::sync::Arc;

rules! {
    asvs_10_4_disabled_client {
        number: 49,
        source: "ASVS 7.4.2 and 10.4.9; RFC 7009, 2.1",
        rule: "A disabled client ends: its codes, its tokens and the sign-ups under way, at once and on every node.",
        result: "Device API: 400; token endpoint: 401 `invalid_client`; sign-up: 410. Enabled again, what ended stays ended",
        also: &[("crates/cli/tests/it/login/switched_off.rs", "a_disabled_client_ends_its_codes_and_tokens_for_good")],
    }
    asvs_10_4_removed_client {
        number: 49,
        source: "ASVS 7.4.2 and 10.4.9",
        rule: "A removed client ends for good.",
        result: "As when it is disabled; it cannot be enabled again",
        also: &[("crates/cli/tests/it/login/switched_off.rs", "a_removed_client_is_never_enabled_again")],
    }
    asvs_10_4_1_removed_redirect_uri {
        number: 49,
        source: "ASVS 10.4.1",
        rule: "A code that was sent to a redirect URI is worth nothing once that URI is taken from the client.",
        result: "`invalid_grant`; requests with the URI: 400, a page; codes that were sent elsewhere stay good",
        also: &[("crates/cli/tests/it/login/token_refused.rs", "a_code_dies_with_the_redirect_it_was_sent_to")],
    }
    asvs_9_2_1_test_clock_goes_forward_only {
        number: 50,
        source: "ASVS 9.2.1",
        rule: "Where a test moves the clock, lifetimes follow it, and it cannot be set back.",
        result: "`/-/clock` and `opendrs clock` advance; a negative time is refused and changes nothing",
        also: &[("crates/cli/tests/it/cli/clock.rs", "what_cannot_be_moved_is_told")],
    }
    asvs_9_2_1_machine_clock_jumps {
        number: 50,
        source: "ASVS 9.2.1",
        rule: "A machine's clock that is set forward or back by an hour locks nobody out and revives nothing that was used.",
        result: "What is good stays good until its end by the clock; used codes and turned refresh tokens stay used; a wait \
                 is no longer than 15 minutes; leap seconds and all offsets are read",
    }
}

/// Checks that every node refuses a device's tokens and its unused code.
async fn all_refused(nodes: [&Server; 2], device: &LinkedDevice, unused: &str, wanted: (u16, &str)) {
    let wanted = (wanted.0, wanted.1.to_owned());
    for node in nodes {
        assert_eq!(subscription_info_status(node, device).await, 400);
        assert_eq!(status_and_error(&refresh_tokens(node, &device.refresh).await), wanted);
        assert_eq!(status_and_error(&redeem_code(node, unused).await), wanted);
        let reply = node.request("GET", "/auth/o2/tokeninfo").bearer_token(&device.access).send().await;
        assert_eq!(reply.status, 400);
    }
}

async fn asvs_10_4_disabled_client(server: &Server) {
    let node = server.another_node(Options::default()).await;
    let bystander = server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let (device, app) = (link_by_code(server, serial).await, link_profile_scope(server, "profile").await);
        let unused = create_code(server, serial).await;
        assert_eq!(
            (subscription_info_status(server, &device).await, subscription_info_status(&node, &device).await),
            (200, 200)
        );
        let mut under_way = TestBrowser::open(server, &pkce_authorize_path(&[])).await;
        under_way.sign_in(ANN).await;

        client::apply_change(server.app(), WEB, ClientChange::Disable).await.unwrap();
        all_refused([server, &node], &device, &unused, (401, "invalid_client")).await;
        for node in [server, &node] {
            assert_eq!(node.request("GET", "/user/profile").bearer_token(&app.access).send().await.status, 400);
            assert_eq!(
                node.request("GET", &pkce_authorize_path(&[])).send().await.status,
                400,
                "nobody signs in through it"
            );
            assert_eq!(subscription_info_status(node, &bystander).await, 200, "another client's");
        }
        let form = opendrs_client::HtmlForm::parse_all(&under_way.page.text()).remove(0);
        assert_eq!(under_way.submit(&form.press("consentApproved")).await.page.status, 410);

        client::apply_change(server.app(), WEB, ClientChange::Enable).await.unwrap();
        all_refused([server, &node], &device, &unused, (400, "invalid_grant")).await;
        assert_eq!(node.request("GET", "/user/profile").bearer_token(&app.access).send().await.status, 400);
        assert_eq!(
            subscription_info_status(&node, &link_by_code(server, serial).await).await,
            200,
            "a new sign-in is good"
        );
    }
}

async fn asvs_10_4_removed_client(server: &Server) {
    let node = server.another_node(Options::default()).await;
    let (device, unused) = (link_by_code(server, "SN-1").await, create_code(server, "SN-1").await);
    assert_eq!(
        (subscription_info_status(server, &device).await, subscription_info_status(&node, &device).await),
        (200, 200)
    );
    client::apply_change(server.app(), WEB, ClientChange::Remove).await.unwrap();
    all_refused([server, &node], &device, &unused, (401, "invalid_client")).await;
    assert_eq!(server.request("GET", &pkce_authorize_path(&[])).send().await.status, 400);
    for change in [ClientChange::Enable, ClientChange::Disable] {
        assert!(client::apply_change(server.app(), WEB, change).await.is_err());
    }
    let mut seed = fixtures::seed();
    seed.customers.clear();
    // A seed that still declares it does not bring it back.
    let _ = seed::apply(server.app(), seed).await;
    all_refused([server, &node], &device, &unused, (401, "invalid_client")).await;
}

async fn asvs_10_4_1_removed_redirect_uri(server: &Server) {
    let node = server.another_node(Options::default()).await;
    for mode in MODES {
        set_client_modes(server, mode).await;
        let gone = create_code(server, "SN-1").await;
        let proof = Some(Challenge::S256(super::parties::DIGEST.into()));
        let kept = server.link_for_code(LinkOptions::default().serial("SN-2"), LOCAL_REDIRECT, proof).await;
        let without = |uri: &str| {
            let mut seed = fixtures::seed();
            seed.customers.clear();
            seed.makers[0].profiles[0].clients[0].redirect_uris.retain(|one| one != uri);
            seed
        };
        seed::apply(server.app(), without(REDIRECT)).await.unwrap();
        for node in [server, &node] {
            assert_refused(&redeem_code(node, &gone).await, 400, "invalid_grant");
            let page = node.request("GET", &pkce_authorize_path(&[])).send().await;
            assert_eq!((page.status.as_u16(), page.header("location")), (400, ""));
        }
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", WEB),
            ("client_secret", SECRET),
            ("code", kept.as_str()),
            ("redirect_uri", LOCAL_REDIRECT),
            ("code_verifier", super::parties::VERIFIER),
        ];
        assert_eq!(node.token_request(&fields).send().await.status, 200, "it was sent elsewhere");
        seed::apply(server.app(), without("")).await.unwrap();
        super::parties::assert_sign_in_page(&node, &pkce_authorize_path(&[])).await;
    }
}

async fn asvs_9_2_1_test_clock_goes_forward_only(server: &Server) {
    let place = ProgramFolder::new();
    let clock = |by: &str| place.run(&["clock", "advance", "--server", &server.base_url, "--", by]);
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let (device, sent) = (link_by_code(server, serial).await, create_code(server, serial).await);
        let show = async || server.request("GET", "/-/clock").send().await.text();
        let (now, before) = (show().await, server.all_rows().await);
        for body in [
            r#"{"advance":"-1h"}"#,
            r#"{"advance":"-1s"}"#,
            r#"{"back":"1h"}"#,
            r#"{"now":"2018-03-02T06:00:00Z"}"#,
            r#"{"advance":-3600}"#,
            r#"{"advance":"99999999999999h"}"#,
        ] {
            let reply = server.request("POST", "/-/clock").body(body).send().await;
            assert_eq!(reply.status, 400, "{body}: {}", reply.text());
        }
        for by in ["-1h", "-90s", "1h -2h"] {
            let ended = clock(by);
            assert!(ended.status == 1 && ended.stdout.is_empty(), "{by}: {ended:?}");
        }
        assert_eq!((show().await, server.all_rows().await == before), (now, true));

        clock("59m 59s").expect_success();
        assert_eq!(subscription_info_status(server, &device).await, 200);
        assert_refused(&redeem_code(server, &sent).await, 400, "invalid_grant");
        server.request("POST", "/-/clock").body(r#"{"advance":"1s"}"#).send().await;
        assert_eq!(subscription_info_status(server, &device).await, 400, "an hour is over");
        assert_eq!(
            subscription_info_status(server, &parse_tokens(&refresh_tokens(server, &device.refresh).await)).await,
            200
        );
    }
}

const HOUR: i64 = 3600;

async fn asvs_9_2_1_machine_clock_jumps(server: &Server) {
    let clock = Arc::new(SettableClock::default());
    let node = server.another_node(Options { clock: clock.clone(), ..Options::default() }).await;
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(&node, mode).await;
        let used = create_code(&node, serial).await;
        let (device, unused) = (parse_tokens(&redeem_code(&node, &used).await), create_code(&node, serial).await);
        let mut ann = TestBrowser::signed_in(&node, ANN).await;

        clock.move_by(-HOUR);
        assert_eq!(subscription_info_status(&node, &device).await, 200);
        assert_eq!(ann.go_to("/settings").await.title(), "Your devices");
        let next = parse_tokens(&refresh_tokens(&node, &device.refresh).await);
        let last = parse_tokens(&refresh_tokens(&node, &next.refresh).await);
        for one in [&next, &last] {
            assert_eq!(subscription_info_status(&node, one).await, 200, "issued before the earlier one");
        }
        assert_eq!(redeem_code(&node, &unused).await.status, 200);
        assert_refused(&redeem_code(&node, &unused).await, 400, "invalid_grant");

        clock.move_by(2 * HOUR);
        assert_eq!(subscription_info_status(&node, &last).await, 400, "an hour after its end");
        assert_eq!(ann.go_to("/settings").await.title(), "Your devices");
        assert_eq!(
            subscription_info_status(&node, &parse_tokens(&refresh_tokens(&node, &last.refresh).await)).await,
            200
        );
        clock.move_by(-HOUR);
        assert_refused(&redeem_code(&node, &used).await, 400, "invalid_grant");
        assert_refused(&refresh_tokens(&node, &device.refresh).await, 400, "invalid_grant");
    }
    // A throttling period that began before the clock was set back.
    let mut visit = TestBrowser::open(&node, "/settings").await;
    for _ in 0..6 {
        let wrong = visit.form("/ap/signin").fill("email", ANN).fill("password", "wrong");
        visit.submit(&wrong).await;
    }
    clock.move_by(-24 * HOUR);
    let right = visit.form("/ap/signin").fill("email", ANN).fill("password", PASSWORD);
    let wait = visit.submit(&right).await.page.header("retry-after").to_owned();
    let wait = if wait.is_empty() { 0 } else { wait.parse::<i64>().unwrap() };
    assert!(wait <= 901, "the owner of the account waits for {wait} s");
    clock.move_by(wait + 1);
    visit = TestBrowser::open(&node, "/settings").await;
    visit.sign_in(ANN).await;
    assert_eq!(visit.title(), "Your devices");

    let device = link_by_code(&node, "SN-3").await;
    let status = node.device_call(&device, DeviceStatus, "/deviceStatus");
    for date in [
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.5+00:00",
        "2018-03-25T02:30:00+01:00",
        "2018-10-28T02:30:00+0200",
        "2018-10-28T02:30:00+0100",
        "2018-02-28T23:59:59-12:00",
    ] {
        let body = format!(r#"{{"mostRecentlyActiveDate":"{date}"}}"#);
        assert_eq!(status.clone().body(body).send().await.status, 200, "{date}");
    }
    for date in ["2018-02-29T00:00:00Z", "2016-12-31T23:59:61Z", "2018-03-02T24:00:00Z"] {
        let body = format!(r#"{{"mostRecentlyActiveDate":"{date}"}}"#);
        assert_eq!(status.clone().body(body).send().await.status, 400, "{date}");
    }
    assert_eq!(node.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await.status, 200);
}
