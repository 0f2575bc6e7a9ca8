//! How a browser leaves for a client: by a GET that does not belong to a form. A page's policy forbids redirects of a
//! form's navigation to other targets. Programs that read pages get the redirect that they expect.

use crate::harness::fixtures::{ANN, APP, APP_REDIRECT, LOCAL_REDIRECT, REDIRECT, WEB};
use crate::harness::{Options, Server, TestBrowser, authorize_path, fixtures};

both!(
    a_browser_leaves_by_a_get_of_its_own,
    a_program_that_reads_pages_is_redirected,
    an_app_is_opened_by_the_forms_own_navigation,
    a_sign_in_that_ends_at_the_client_leaves_by_a_get
);

/// The point at which a sign-up ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SignUpEnd {
    SignInCancelled,
    ConsentDenied,
    SlotCancelled,
    OverviewCancelled,
    Completed,
    CompletedTwice,
}

const SIGN_UP_ENDS: [SignUpEnd; 6] = [
    SignUpEnd::SignInCancelled,
    SignUpEnd::ConsentDenied,
    SignUpEnd::SlotCancelled,
    SignUpEnd::OverviewCancelled,
    SignUpEnd::Completed,
    SignUpEnd::CompletedTwice,
];

/// Performs a sign-up to its end. Sends the last form without following its answer.
async fn run_sign_up(visit: &mut TestBrowser, end: SignUpEnd) {
    let last = async |visit: &mut TestBrowser, action: &str, button: &str| {
        let form = visit.form(action).press(button);
        visit.page = visit.browser.submit(&form).await.unwrap();
        form
    };
    if end == SignUpEnd::SignInCancelled {
        last(visit, "/ap/signin", "cancel").await;
        return;
    }
    visit.sign_in(ANN).await;
    if end == SignUpEnd::ConsentDenied {
        last(visit, "/ap/consent", "consentDenied").await;
        return;
    }
    if visit.title() == "Aqua companion app" {
        visit.press("/ap/consent", "consentApproved").await;
    }
    if end == SignUpEnd::SlotCancelled {
        last(visit, "/slot_action", "cancel").await;
        return;
    }
    for _slot in 0..2 {
        let form = visit.form("/slot_action");
        visit.submit(&form).await;
    }
    if end == SignUpEnd::OverviewCancelled {
        last(visit, "/setup_overview", "cancel").await;
        return;
    }
    let form = last(visit, "/setup_overview", "completeSetup").await;
    if end == SignUpEnd::CompletedTwice {
        visit.page = visit.browser.submit(&form).await.unwrap();
    }
}

fn authorize_path_to(redirect: &str) -> String {
    authorize_path(&[("redirect_uri", Some(redirect))])
}

async fn a_browser_leaves_by_a_get_of_its_own(server: &Server) {
    for end in SIGN_UP_ENDS {
        for redirect in [REDIRECT, LOCAL_REDIRECT] {
            let mut visit = TestBrowser::navigate(server, &authorize_path_to(redirect)).await;
            run_sign_up(&mut visit, end).await;
            let page = &visit.page;
            let target = page.header("refresh").strip_prefix("0;url=").unwrap_or_else(|| panic!("{end:?}"));
            assert!(page.status == 200 && page.header("location").is_empty(), "{end:?}: {}", page.status);
            assert!(target.starts_with(redirect), "{end:?}: {target}");
            let completed = matches!(end, SignUpEnd::Completed | SignUpEnd::CompletedTwice);
            assert_eq!(target.contains("code=AN"), completed, "{end:?}: {target}");
            assert_eq!(target.contains("error=access_denied"), !completed, "{end:?}: {target}");
            assert!(target.contains("state=s-1"), "{end:?}: {target}");
            let link = format!(r#"<a class="button" href="{}">"#, target.replace('&', "&#38;"));
            assert!(page.text().contains(&link), "without Refresh there is a link: {}", page.text());
            assert!(page.header("content-security-policy").contains("form-action 'self';"), "{end:?}");
            assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
        }
    }
}

async fn a_program_that_reads_pages_is_redirected(server: &Server) {
    for end in SIGN_UP_ENDS {
        let mut visit = TestBrowser::open(server, &authorize_path_to(REDIRECT)).await;
        run_sign_up(&mut visit, end).await;
        assert_eq!((visit.page.status.as_u16(), visit.page.header("refresh")), (302, ""), "{end:?}");
        assert!(visit.location().starts_with(REDIRECT) && visit.page.body.is_empty(), "{end:?}: {}", visit.location());
    }
}

async fn an_app_is_opened_by_the_forms_own_navigation(server: &Server) {
    let challenge = "a".repeat(43);
    let path = authorize_path(&[
        ("client_id", Some(APP)),
        ("redirect_uri", Some(APP_REDIRECT)),
        ("code_challenge", Some(&challenge)),
    ]);
    for end in SIGN_UP_ENDS {
        let mut visit = TestBrowser::navigate(server, &path).await;
        let policy = visit.page.header("content-security-policy").to_owned();
        assert!(policy.contains("form-action 'self' amzn:;"), "{policy}");
        run_sign_up(&mut visit, end).await;
        assert_eq!(visit.page.status, 302, "{end:?}");
        assert!(visit.location().starts_with(APP_REDIRECT), "{end:?}: {}", visit.location());
    }
}

async fn a_sign_in_that_ends_at_the_client_leaves_by_a_get(server: &Server) {
    let path = authorize_path(&[("scope", Some("profile")), ("scope_data", None)]);
    server.sign_up(&path).await;
    for (mut visit, navigates) in
        [(TestBrowser::navigate(server, &path).await, true), (TestBrowser::open(server, &path).await, false)]
    {
        let form = visit.form("/ap/signin").fill("email", ANN).fill("password", fixtures::PASSWORD);
        visit.page = visit.browser.submit(&form).await.unwrap();
        let next = if navigates {
            visit.page.header("refresh").strip_prefix("0;url=").expect("a page on the way").to_owned()
        } else {
            visit.location().to_owned()
        };
        assert_eq!(visit.page.status.as_u16(), if navigates { 200 } else { 303 });
        assert_eq!(next, path, "the consent is known, so the client follows");
        visit.page = visit.browser.get(&next).await.unwrap();
        assert_eq!(visit.page.status, 302, "no form began this navigation");
        assert!(visit.location().starts_with(REDIRECT), "{}", visit.location());
    }

    // Linking a device begins on pages of this server, so there is no page between the sign-in and the first of them.
    let mut visit = TestBrowser::navigate(server, &authorize_path(&[])).await;
    let form = visit.form("/ap/signin").fill("email", ANN).fill("password", fixtures::PASSWORD);
    visit.page = visit.browser.submit(&form).await.unwrap();
    assert_eq!((visit.page.status.as_u16(), visit.location()), (303, authorize_path(&[]).as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_page_at_an_address_of_version_6_is_named_in_no_policy() {
    let redirect = "http://[::1]:8200/linked";
    let mut seed = fixtures::seed();
    seed.makers[0].profiles[0].clients[0].redirect_uris.push(redirect.into());
    let server = Server::start_with(Options { seed, ..Options::default() }).await;
    let path = authorize_path(&[("client_id", Some(WEB)), ("redirect_uri", Some(redirect))]);
    for mut visit in [TestBrowser::open(&server, &path).await, TestBrowser::navigate(&server, &path).await] {
        let policy = visit.page.header("content-security-policy").to_owned();
        assert!(policy.contains("form-action 'self';"), "a browser would ignore the source: {policy}");
        run_sign_up(&mut visit, SignUpEnd::Completed).await;
        let target = format!("{}{}", visit.location(), visit.page.header("refresh"));
        assert!(target.contains(&format!("{redirect}?code=AN")), "{target}");
    }
}
