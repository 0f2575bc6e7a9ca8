//! Sign-ins in two steps: an authenticator app and recovery codes, as transcripts. On both engines.

use super::NEW_PASSWORD;
use crate::harness::fixtures::{ANN, BOB, PASSWORD};
use crate::harness::{Server, TestBrowser};
use opendrs_client::HtmlForm;
use opendrs_domain::account::AppSecret;
use opendrs_domain::text::Email;
use opendrs_service::account::second_factor;
use opendrs_service::customer;

both!(
    a_sign_in_takes_two_steps,
    a_code_of_the_app_opens_one_session,
    a_recovery_code_works_once,
    the_second_step_ends,
    what_changes_the_second_factor_needs_the_password,
    nobody_confirms_the_set_up_of_another_customer,
    guesses_at_codes_are_slowed,
    an_operator_switches_a_lost_one_off,
);

/// An authenticator app.
pub(super) struct AuthenticatorApp(AppSecret);

impl AuthenticatorApp {
    /// Reads the key as a person types it.
    fn from_page(html: &str) -> Self {
        let key = html.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).unwrap();
        let bits: String = key
            .bytes()
            .filter(|byte| *byte != b' ')
            .map(|byte| format!("{:05b}", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|c| *c == byte).unwrap()))
            .collect();
        let byte = |n: usize| bits.get(8 * n..8 * n + 8).map_or(0, |byte| u8::from_str_radix(byte, 2).unwrap());
        Self(AppSecret::new(&std::array::from_fn(byte)))
    }

    pub(super) fn code(&self, server: &Server) -> String {
        self.0.code_at(server.app().now()).unwrap()
    }
}

/// Ann sets it up. Returns her browser with the page of the recovery codes.
pub(super) async fn set_up(server: &Server) -> (TestBrowser, AuthenticatorApp) {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to("/account/second-factor").await;
    let app = AuthenticatorApp::from_page(&visit.page.text());
    let form = confirmation(&visit, &app.code(server), PASSWORD);
    assert_eq!(visit.submit(&form).await.status_and_title(), (200, "Your recovery codes".into()));
    (visit, app)
}

fn confirmation(visit: &TestBrowser, code: &str, password: &str) -> HtmlForm {
    visit.form("/account/second-factor").fill("code", code).fill("password", password)
}

fn recovery_codes(visit: &TestBrowser) -> Vec<String> {
    let html = visit.page.text();
    html.split("<li><code>").skip(1).map(|rest| rest.split("</code>").next().unwrap().to_owned()).collect()
}

/// A browser at the second step of Ann's sign-in.
async fn second_step(server: &Server) -> TestBrowser {
    let mut visit = TestBrowser::open(server, "/settings").await;
    visit.sign_in(ANN).await;
    assert_eq!(visit.status_and_title(), (200, "Enter your code".into()));
    visit
}

async fn enter(visit: &mut TestBrowser, code: &str) -> (u16, String) {
    let form = visit.form("/ap/second-step").fill("code", code);
    visit.submit(&form).await.status_and_title()
}

async fn a_sign_in_takes_two_steps(server: &Server) {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/account").await;
    assert!(ann.page.text().contains("Set up two-step sign-in"));
    ann.go_to("/account/second-factor").await;
    let html = ann.page.text();
    assert!(html.contains("aria-label=\"QR code for your authenticator app\"") && html.contains("<svg"), "{html}");
    let app = AuthenticatorApp::from_page(&html);
    for (code, password, field) in [("000000", PASSWORD, "code"), (&app.code(server), "wrong", "second_password")] {
        let form = confirmation(&ann, code, password);
        assert_eq!(ann.submit(&form).await.page.status, 400);
        assert!(ann.page.text().contains(&format!("id=\"{field}-error\"")), "{}", ann.page.text());
        assert_eq!(AuthenticatorApp::from_page(&ann.page.text()).code(server), app.code(server), "the key stays");
    }
    assert_eq!(server.row_count("second_factor").await, 0);
    let form = confirmation(&ann, &app.code(server), PASSWORD);
    assert_eq!(ann.submit(&form).await.status_and_title(), (200, "Your recovery codes".into()));
    assert_eq!(recovery_codes(&ann).len(), 10);
    assert_eq!(server.mail_kinds().await, ["second_factor_on"]);
    assert_eq!(ann.submit(&form).await.status_and_title(), (200, "Your account".into()), "it is on already");
    assert_eq!(ann.go_to("/account/second-factor").await.title(), "Your account");
    assert!(ann.page.text().contains("You have 10 recovery codes left."));

    server.advance("1m").await;
    let mut visit = second_step(server).await;
    assert_eq!(enter(&mut visit, "000000").await, (400, "Enter your code".into()));
    assert_eq!(visit.page.text().matches("autofocus").count(), 1);
    assert!(visit.page.text().contains("id=\"code-error\""));
    let mut elsewhere = TestBrowser { browser: visit.browser.clone(), page: visit.page.clone() };
    assert_eq!(elsewhere.go_to("/settings").await.title(), "Sign in", "the password alone opens nothing");
    assert_eq!(enter(&mut visit, &app.code(server)).await, (200, "Your devices".into()));
    TestBrowser::signed_in(server, BOB).await;
}

async fn a_code_of_the_app_opens_one_session(server: &Server) {
    let (_, app) = set_up(server).await;
    let mut early = second_step(server).await;
    assert_eq!(enter(&mut early, &app.code(server)).await.0, 400, "the code of the set-up was used");
    server.advance("1m").await;
    let code = app.code(server);
    let mut browsers = [second_step(server).await, second_step(server).await, second_step(server).await];
    let sent = browsers.iter_mut().map(|visit| enter(visit, &code));
    let mut statuses: Vec<_> =
        futures_util::future::join_all(sent).await.into_iter().map(|(status, _)| status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400]);
    server.advance("5m").await;
    assert_eq!(enter(&mut second_step(server).await, &app.code(server)).await.0, 200);
}

async fn a_recovery_code_works_once(server: &Server) {
    let (mut ann, _) = set_up(server).await;
    let codes = recovery_codes(&ann);
    let typed = codes[3].to_lowercase().replace('-', " ");
    let mut visit = second_step(server).await;
    assert_eq!(enter(&mut visit, &typed).await, (200, "Your devices".into()));
    assert_eq!(server.mail_kinds().await, ["second_factor_on", "recovery_code_used"]);
    assert_eq!(enter(&mut second_step(server).await, &codes[3]).await.0, 400, "it was used");
    ann.go_to("/account").await;
    assert!(ann.page.text().contains("You have 9 recovery codes left."));

    let form = ann.form("/account/second-factor/change").fill("password", PASSWORD).press("codes");
    assert_eq!(ann.submit(&form).await.title(), "Your recovery codes");
    let renewed = recovery_codes(&ann);
    server.advance("10m").await;
    assert_eq!(enter(&mut second_step(server).await, &codes[4]).await.0, 400, "the earlier ones ended");
    server.advance("10m").await;
    assert_eq!(enter(&mut second_step(server).await, &renewed[4]).await.0, 200);
}

async fn the_second_step_ends(server: &Server) {
    let (_, app) = set_up(server).await;
    server.advance("1m").await;
    let mut late = second_step(server).await;
    server.advance("10m").await;
    assert_eq!(enter(&mut late, &app.code(server)).await, (400, "Sign in".into()));

    let mut outdated = second_step(server).await;
    let made_up = outdated.form("/ap/second-step").fill("token", "x").fill("code", &app.code(server));
    let mut visit = TestBrowser { browser: outdated.browser.clone(), page: outdated.page.clone() };
    assert_eq!(visit.submit(&made_up).await.status_and_title(), (400, "Sign in".into()));
    server.change_password(ANN, NEW_PASSWORD).await;
    assert_eq!(enter(&mut outdated, &app.code(server)).await, (400, "Sign in".into()));
}

async fn what_changes_the_second_factor_needs_the_password(server: &Server) {
    let (mut ann, _) = set_up(server).await;
    ann.go_to("/account").await;
    for button in ["codes", "off"] {
        let form = ann.form("/account/second-factor/change").fill("password", "wrong").press(button);
        assert_eq!(ann.submit(&form).await.page.status, 400);
        assert!(ann.page.text().contains("id=\"factor_password-error\""), "{}", ann.page.text());
    }
    let form = ann.form("/account/second-factor/change").fill("password", PASSWORD).press("off");
    ann.submit(&form).await;
    assert!(ann.page.text().contains("Two-step sign-in is off."), "{}", ann.page.text());
    assert_eq!((server.row_count("second_factor").await, server.row_count("recovery_code").await), (0, 0));
    assert_eq!(server.mail_kinds().await, ["second_factor_on", "second_factor_off"]);
    TestBrowser::signed_in(server, ANN).await;
    assert_eq!(ann.submit(&form).await.status_and_title(), (200, "Your account".into()), "there is none");
    assert!(ann.page.text().contains("Set up two-step sign-in"));
}

async fn nobody_confirms_the_set_up_of_another_customer(server: &Server) {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/account/second-factor").await;
    let app = AuthenticatorApp::from_page(&ann.page.text());
    let token = ann.form("/account/second-factor").fields.into_iter().find(|(name, _)| name == "token").unwrap().1;
    let mut bob = TestBrowser::signed_in(server, BOB).await;
    bob.go_to("/account/second-factor").await;
    let form = confirmation(&bob, &app.code(server), PASSWORD).fill("token", &token);
    assert_eq!(bob.submit(&form).await.page.status, 400);
    assert_eq!(server.row_count("second_factor").await, 0);
}

async fn guesses_at_codes_are_slowed(server: &Server) {
    let (_, app) = set_up(server).await;
    server.advance("1m").await;
    let mut visit = second_step(server).await;
    let mut statuses = Vec::new();
    for guess in 0..10 {
        statuses.push(enter(&mut visit, &format!("{guess:06}")).await.0);
    }
    let allowed = statuses.iter().take_while(|status| **status == 400).count();
    assert!((3..10).contains(&allowed) && statuses[allowed..].iter().all(|status| *status == 429), "{statuses:?}");
    let wait: i64 = visit.page.header("retry-after").parse().unwrap();
    server.advance(&format!("{wait}s")).await;
    assert_eq!(enter(&mut visit, &app.code(server)).await, (200, "Your devices".into()), "after the wait");
}

async fn an_operator_switches_a_lost_one_off(server: &Server) {
    set_up(server).await;
    let ann = customer::find_id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    assert!(second_factor::reset(server.app(), ann).await.unwrap());
    assert!(!second_factor::reset(server.app(), ann).await.unwrap());
    assert_eq!(server.mail_kinds().await, ["second_factor_on", "second_factor_off"]);
    TestBrowser::signed_in(server, ANN).await;
}
