//! Authorization codes at the token endpoint: used once, in time, by the client they were issued to, with the PKCE
//! verifier.
//!
//! Not here: client authentication (`clients`), and the later use of the tokens (`refresh`, `resource`). Invariant: at
//! most one of all exchanges of a code succeeds, on all nodes together.

use super::Clients;
use super::parties::{
    DIGEST, MODES, S256, VERIFIER, assert_refused, create_code, link_by_code, parse_tokens, pkce_authorize_path,
    redeem_code, refresh_tokens, send_web_grant, set_client_modes, status_and_error, subscription_info_status,
};
use crate::harness::fixtures::{APP, APP_REDIRECT, LOCAL_REDIRECT, MODEL, OTHER_SECRET, OTHER_WEB, REDIRECT};
use crate::harness::{LinkOptions, Options, Server};
use futures_util::future::join_all;
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::profile::ClientMode;

rules! {
    rfc6749_4_1_2_code_replay {
        number: 22,
        source: "RFC 6749, 4.1.2; ASVS 10.4.2",
        rule: "A code that comes twice is refused, and what its first use gave ends, on every node.",
        result: "`invalid_grant`; access and refresh token of the first use are refused from then on",
        also: &[("crates/cli/tests/it/login/token.rs", "a_code_that_comes_twice_kills_what_it_gave")],
    }
    rfc6749_10_5_code_race {
        number: 23,
        source: "RFC 6749, 10.5; ASVS 10.4.2",
        rule: "Of parallel exchanges of one code, one succeeds at most.",
        result: "One of 16 on two nodes succeeds; as the others are replays, its tokens end",
    }
    rfc6749_5_2_code_of_another {
        number: 24,
        source: "RFC 6749, 4.1.3 and 5.2; ASVS 10.4.3",
        rule: "A code that is expired, another client's, or sent for another redirect URI is refused.",
        result: "`invalid_grant`; a code lives for five minutes",
    }
    rfc6749_4_1_3_redirect_uri_of_confidential_clients {
        number: 24,
        source: "RFC 6749, 4.1.3",
        clients: Clients::Lwa,
        rule: "A code is exchanged with the redirect URI that it was sent to.",
        result: "A public client must send it; a client with a secret may leave it out, and what it sends must be equal",
        reason: Some("Clouds of the original protocol leave it out; they prove themselves by their secret."),
    }
    rfc9700_2_1_redirect_uri_of_every_client {
        number: 24,
        source: "RFC 6749, 4.1.3; RFC 9700, 2.1",
        clients: Clients::Strict,
        rule: "A code is exchanged with the redirect URI that it was sent to.",
        result: "Missing: `invalid_request`, and the code stays good; different: `invalid_grant`",
    }
    rfc7636_4_6_wrong_verifier {
        number: 25,
        source: "RFC 7636, 4.1 and 4.6",
        rule: "A verifier that is missing, malformed or wrong is refused, and the code is spent by the try.",
        result: "`invalid_grant`, also for the right verifier afterwards",
        also: &[("crates/cli/tests/it/login/token_refused.rs", "a_code_whose_proof_fails_is_burnt")],
    }
    rfc9700_4_8_pkce_downgrade {
        number: 26,
        source: "RFC 9700, 4.8.2",
        rule: "A verifier for a code that was issued without a challenge is refused.",
        result: "`invalid_grant`; a strict client's code without a challenge is refused in any case",
    }
}

async fn rfc6749_4_1_2_code_replay(server: &Server) {
    let nodes = [server.another_node(Options::default()).await, server.another_node(again()).await];
    for mode in MODES {
        set_client_modes(server, mode).await;
        let neighbour = link_by_code(server, "SN-1").await;
        for (node, serial) in nodes.iter().chain([server]).zip(["SN-2", "SN-3", "SN-4"]) {
            let code = create_code(server, serial).await;
            let device = parse_tokens(&redeem_code(server, &code).await);
            assert_eq!(
                (subscription_info_status(server, &device).await, subscription_info_status(node, &device).await),
                (200, 200)
            );
            assert_refused(&redeem_code(node, &code).await, 400, "invalid_grant");
            for asked in nodes.iter().chain([server]) {
                assert_eq!(subscription_info_status(asked, &device).await, 400, "{mode:?}");
                assert_refused(&refresh_tokens(asked, &device.refresh).await, 400, "invalid_grant");
                assert_refused(&redeem_code(asked, &code).await, 400, "invalid_grant");
            }
        }
        assert_eq!(subscription_info_status(server, &neighbour).await, 200, "another device's");
    }
}

/// The options of a node that is started after another one.
fn again() -> Options {
    Options { start: 1, ..Options::default() }
}

async fn rfc6749_10_5_code_race(server: &Server) {
    let other = server.another_node(Options::default()).await;
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let code = create_code(server, serial).await;
        let tries = (0..16).map(|n| redeem_code(if n % 2 == 0 { server } else { &other }, &code));
        let replies = join_all(tries).await;
        let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 15), "{mode:?}");
        for reply in lost {
            assert_refused(reply, 400, "invalid_grant");
        }
        let device = parse_tokens(won[0]);
        for node in [server, &other] {
            assert_eq!(subscription_info_status(node, &device).await, 400, "{mode:?}");
            assert_refused(&refresh_tokens(node, &device.refresh).await, 400, "invalid_grant");
        }
    }
}

async fn rfc6749_5_2_code_of_another(server: &Server) {
    for mode in MODES {
        set_client_modes(server, mode).await;
        let sent = create_code(server, "SN-1").await;
        let before = server.all_rows().await;
        let stolen = [("redirect_uri", REDIRECT), ("code_verifier", VERIFIER), ("code", sent.as_str())];
        let grant = ("grant_type", "authorization_code");
        let brew = [grant, ("client_id", OTHER_WEB), ("client_secret", OTHER_SECRET)];
        assert_refused(&server.token_request(&[&brew[..], &stolen].concat()).send().await, 400, "invalid_grant");
        let app = [grant, ("client_id", APP)];
        assert_refused(&server.token_request(&[&app[..], &stolen].concat()).send().await, 400, "invalid_grant");
        for strange in ["ANxxxxxxxxxxxxxxxxxx", &sent[..19], &sent.to_lowercase(), "", "' OR 1=1"] {
            let reply = redeem_code(server, strange).await;
            assert_eq!(reply.status, 400, "{strange}");
        }
        assert_eq!(server.all_rows().await, before, "{mode:?}");
        assert_eq!(redeem_code(server, &sent).await.status, 200, "nobody spent it");

        for uri in [LOCAL_REDIRECT, "https://setup.example.net/drs/done/", "https://evil.example/"] {
            let sent = create_code(server, "SN-1").await;
            let more = [("code", sent.as_str()), ("redirect_uri", uri), ("code_verifier", VERIFIER)];
            assert_refused(&send_web_grant(server, "authorization_code", &more).await, 400, "invalid_grant");
            assert_refused(&redeem_code(server, &sent).await, 400, "invalid_grant");
        }
        for (wait, wanted) in [("4m 59s", (200, "")), ("5m", (400, "invalid_grant"))] {
            let sent = create_code(server, "SN-1").await;
            server.advance(wait).await;
            assert_eq!(status_and_error(&redeem_code(server, &sent).await), (wanted.0, wanted.1.to_owned()), "{wait}");
        }
    }
}

async fn rfc6749_4_1_3_redirect_uri_of_confidential_clients(server: &Server) {
    let sent = create_code(server, "SN-1").await;
    let reply = send_web_grant(server, "authorization_code", &[("code", &sent), ("code_verifier", VERIFIER)]).await;
    assert_eq!(reply.status, 200);
    let linking = LinkOptions::default().client(APP, MODEL);
    let sent = server.link_for_code(linking, APP_REDIRECT, Some(Challenge::S256(DIGEST.into()))).await;
    let app = [
        ("grant_type", "authorization_code"),
        ("client_id", APP),
        ("code", sent.as_str()),
        ("code_verifier", VERIFIER),
    ];
    assert_refused(&server.token_request(&app).send().await, 400, "invalid_request");
    let whole = [&app[..], &[("redirect_uri", APP_REDIRECT)]].concat();
    assert_eq!(server.token_request(&whole).send().await.status, 200);
}

async fn rfc9700_2_1_redirect_uri_of_every_client(server: &Server) {
    set_client_modes(server, ClientMode::Strict).await;
    let sent = create_code(server, "SN-1").await;
    for more in [vec![], vec![("redirect_uri", "")]] {
        let more = [&more[..], &[("code", sent.as_str()), ("code_verifier", VERIFIER)]].concat();
        assert_refused(&send_web_grant(server, "authorization_code", &more).await, 400, "invalid_request");
    }
    assert_eq!(redeem_code(server, &sent).await.status, 200);
    // The same for a code from the sign-up pages.
    let visit = server.sign_up(&pkce_authorize_path(&S256)).await;
    let more = [
        ("code", visit.redirect_param("code").unwrap()),
        ("code_verifier", VERIFIER),
        ("redirect_uri", LOCAL_REDIRECT),
    ];
    assert_refused(&send_web_grant(server, "authorization_code", &more).await, 400, "invalid_grant");
}

async fn rfc7636_4_6_wrong_verifier(server: &Server) {
    let long = "a".repeat(129);
    for mode in MODES {
        set_client_modes(server, mode).await;
        for verifier in [
            None,
            Some(""),
            Some(DIGEST),
            Some(&VERIFIER[..42]),
            Some(&long),
            Some("dBjftJeZ4CVP mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r/wW1gFWFOEjXk"),
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"),
        ] {
            let sent = create_code(server, "SN-1").await;
            let mut more = vec![("code", sent.as_str()), ("redirect_uri", REDIRECT)];
            more.extend(verifier.map(|verifier| ("code_verifier", verifier)));
            assert_refused(&send_web_grant(server, "authorization_code", &more).await, 400, "invalid_grant");
            assert_refused(&redeem_code(server, &sent).await, 400, "invalid_grant");
        }
    }
}

async fn rfc9700_4_8_pkce_downgrade(server: &Server) {
    let unproven = async || server.link_for_code(LinkOptions::default(), REDIRECT, None).await;
    let (before, without) = (unproven().await, unproven().await);
    let sent = unproven().await;
    assert_refused(&redeem_code(server, &sent).await, 400, "invalid_grant");
    let more = [("code", sent.as_str()), ("redirect_uri", REDIRECT)];
    assert_refused(&send_web_grant(server, "authorization_code", &more).await, 400, "invalid_grant");
    // The same code without a verifier fits its authorization request.
    let sent = unproven().await;
    let more = [("code", sent.as_str()), ("redirect_uri", REDIRECT)];
    assert_eq!(send_web_grant(server, "authorization_code", &more).await.status, 200);
    set_client_modes(server, ClientMode::Strict).await;
    assert_refused(&redeem_code(server, &before).await, 400, "invalid_grant");
    let more = [("code", without.as_str()), ("redirect_uri", REDIRECT)];
    assert_refused(&send_web_grant(server, "authorization_code", &more).await, 400, "invalid_grant");
}
