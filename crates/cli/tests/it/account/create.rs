//! The creation of an account.

use super::{NEW_PASSWORD, link_path};
use crate::harness::fixtures::ANN;
use crate::harness::{Options, Server, TestBrowser, authorize_path};

both!(
    a_stranger_creates_an_account_with_the_code_of_a_mail,
    the_link_of_the_mail_does_it_in_another_browser,
    somebody_who_is_signed_in_creates_another_account,
    the_authorization_goes_on_after_the_account_is_created,
    an_address_with_an_account_gets_other_news_and_the_page_looks_the_same,
    a_wrong_code_is_refused_and_guesses_wait,
    a_code_and_a_link_end,
    of_two_who_confirm_one_address_the_first_has_the_account,
    passwords_and_names_are_refused_at_their_fields,
    mails_to_one_address_are_limited,
);

async fn create(visit: &mut TestBrowser, name: &str, password: &str) {
    let form = visit.form("/account/create").fill("name", name).fill("password", password);
    visit.submit(&form).await;
}

async fn a_stranger_creates_an_account_with_the_code_of_a_mail(server: &Server) {
    let mut visit = TestBrowser::ask_for_account(server, "Dora@Example.com").await;
    assert_eq!(visit.status_and_title(), (200, "Check your email".into()));
    assert!(visit.page.text().contains("an email to dora@example.com."), "{}", visit.page.text());
    let code = server.newest_code().await;
    assert!(server.newest_mail_text().await.contains(&format!("Your code: {code}")));
    // People type codes as they read them.
    let typed = format!(" {} {}", &code[..3], &code[3..]).replace('1', "１");
    let form = visit.form("/account/confirm").fill("code", &typed);
    visit.submit(&form).await;
    assert_eq!(visit.title(), "Almost done");
    create(&mut visit, "Dora Newman", NEW_PASSWORD).await;
    assert_eq!(visit.status_and_title(), (200, "Your devices".into()));
    assert!(visit.page.text().contains("Dora Newman"));
    assert_eq!(server.mail_kinds().await, ["confirm_address", "account_created"]);

    let mut again = TestBrowser::open(server, "/settings").await;
    let form = again.form("/ap/signin").fill("email", "dora@example.com").fill("password", NEW_PASSWORD);
    assert_eq!(again.submit(&form).await.title(), "Your devices");
}

async fn the_link_of_the_mail_does_it_in_another_browser(server: &Server) {
    TestBrowser::ask_for_account(server, "dora@example.com").await;
    let link = link_path(&server.newest_mail().await);
    let before = server.all_rows().await;
    let mut other = TestBrowser::open(server, &link).await;
    assert_eq!(server.all_rows().await, before, "opening the link changes nothing");
    create(&mut other, "Dora Newman", NEW_PASSWORD).await;
    assert_eq!(other.title(), "Your devices");
    // Back leads on.
    assert_eq!(other.go_to(&link).await.title(), "Your devices");
    // For others the link is of no use now.
    let late = TestBrowser::open(server, &link).await;
    assert_eq!(late.page.status, 400);
    assert!(late.page.text().contains("already has an account"), "{}", late.page.text());
}

async fn somebody_who_is_signed_in_creates_another_account(server: &Server) {
    TestBrowser::ask_for_account(server, "dora@example.com").await;
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let former = ann.browser.cookie_header();
    ann.go_to(&link_path(&server.newest_mail().await)).await;
    assert_eq!(ann.title(), "Almost done");
    create(&mut ann, "Dora Newman", NEW_PASSWORD).await;
    assert!(ann.page.text().contains("Dora Newman"), "{}", ann.page.text());
    let reply = server.request("GET", "/settings").header("cookie", former).send().await;
    assert!(reply.text().contains("id=\"ap_signin_form\""), "the former session ended");
}

async fn the_authorization_goes_on_after_the_account_is_created(server: &Server) {
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    let html = visit.page.text();
    let at = html.find("/account/new?return_to=").unwrap();
    let link = html[at..].split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    visit.go_to(&link).await;
    let form = visit.form("/account/new").fill("email", "dora@example.com");
    visit.submit(&form).await;
    let form = visit.form("/account/confirm").fill("code", &server.newest_code().await);
    visit.submit(&form).await;
    create(&mut visit, "Dora Newman", NEW_PASSWORD).await;
    assert!(visit.page.text().contains("consentApproved"), "the app asks for consent: {}", visit.page.text());
}

async fn an_address_with_an_account_gets_other_news_and_the_page_looks_the_same(server: &Server) {
    let known = TestBrowser::ask_for_account(server, ANN).await;
    let unknown = TestBrowser::ask_for_account(server, "zed@example.com").await;
    assert_eq!(server.mail_kinds().await, ["already_registered", "confirm_address"]);
    let bare = |visit: &TestBrowser, email: &str| {
        let form = visit.form("/account/confirm");
        let html = form.fields.iter().fold(visit.page.text(), |html, (_, value)| match value.as_str() {
            "" => html,
            value => html.replace(value, ""),
        });
        html.replace(email, "")
    };
    assert_eq!(bare(&known, ANN), bare(&unknown, "zed@example.com"));
}

async fn a_wrong_code_is_refused_and_guesses_wait(server: &Server) {
    let mut visit = TestBrowser::ask_for_account(server, "dora@example.com").await;
    let code = server.newest_code().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..6 {
        let form = visit.form("/account/confirm").fill("code", wrong);
        visit.submit(&form).await;
        assert_eq!(visit.page.status, 400);
        assert!(visit.page.text().contains("This code does not match"));
    }
    let form = visit.form("/account/confirm").fill("code", &code);
    assert_eq!(visit.submit(&form).await.page.status, 429, "even the right one");
    server.advance("5s").await;
    assert_eq!(visit.submit(&form).await.title(), "Almost done");
}

async fn a_code_and_a_link_end(server: &Server) {
    let mut visit = TestBrowser::ask_for_account(server, "dora@example.com").await;
    let (code, link) = (server.newest_code().await, link_path(&server.newest_mail().await));
    let form = visit.form("/account/confirm").fill("code", &code);
    server.advance("61m").await;
    assert_eq!(visit.submit(&form).await.page.status, 400);
    assert!(visit.page.text().contains("This link or code has expired"));
    assert_eq!(TestBrowser::open(server, &link).await.title(), "Almost done");
    server.advance("23h").await;
    assert_eq!(TestBrowser::open(server, &link).await.page.status, 400);
    for altered in ["/account/create", "/account/create?token=x", &link[..link.len() - 1], &format!("{link}A")] {
        assert_eq!(TestBrowser::open(server, altered).await.page.status, 400, "{altered}");
    }
}

async fn of_two_who_confirm_one_address_the_first_has_the_account(server: &Server) {
    TestBrowser::ask_for_account(server, "dora@example.com").await;
    let link = link_path(&server.newest_mail().await);
    let mut pages = Vec::new();
    for _ in 0..4 {
        pages.push(TestBrowser::open(server, &link).await);
    }
    let confirm = |(mut visit, n): (TestBrowser, usize)| async move {
        let form = visit.form("/account/create").fill("name", &format!("Dora {n}")).fill("password", NEW_PASSWORD);
        visit.submit(&form).await;
        visit.page.status.as_u16()
    };
    let statuses = futures_util::future::join_all(pages.into_iter().zip(0..).map(confirm)).await;
    let created = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(created, 1, "{statuses:?}");
    assert_eq!(server.mail_kinds().await, ["confirm_address", "account_created"]);
}

async fn passwords_and_names_are_refused_at_their_fields(server: &Server) {
    TestBrowser::ask_for_account(server, "dora@example.com").await;
    let mut visit = TestBrowser::open(server, &link_path(&server.newest_mail().await)).await;
    for (name, password, field, words) in [
        ("", NEW_PASSWORD, "name", "Please enter your name"),
        ("Dora\u{202e}", NEW_PASSWORD, "name", "Please enter your name"),
        ("Dora", "short", "password", "at least 8 characters"),
        ("Dora", "password1", "password", "easy to guess"),
        ("Dora", "dora@example.com", "password", "easy to guess"),
        ("<b>Dora</b>", &"x".repeat(1025), "password", "at most 1024 characters"),
    ] {
        create(&mut visit, name, password).await;
        let html = visit.page.text();
        assert_eq!(visit.page.status, 400, "{name} {password}");
        assert!(html.contains(words) && html.contains(&format!("id=\"{field}-error\"")), "{words}: {html}");
        assert!(!html.contains("<b>Dora"), "{html}");
    }
    create(&mut visit, "Dora", "Grüße aus Köln 漢字").await;
    assert_eq!(visit.title(), "Your devices");
    let rows = format!("{:?}", server.all_rows().await);
    assert!(rows.contains("dora@example.com") && !rows.contains("Köln"), "passwords are stored as hashes alone");
}

async fn mails_to_one_address_are_limited(server: &Server) {
    for _ in 0..5 {
        assert_eq!(TestBrowser::ask_for_account(server, "dora@example.com").await.page.status, 200);
    }
    let refused = TestBrowser::ask_for_account(server, "dora@example.com").await;
    assert_eq!(refused.page.status, 429);
    assert!(refused.form("/account/new").fields.contains(&("email".into(), "dora@example.com".into())));
    assert_eq!(TestBrowser::ask_for_account(server, "other@example.com").await.page.status, 200);
    assert_eq!(server.mail_kinds().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_limited_from_wherever_they_are_tried() {
    let proxies = vec!["127.0.0.1".to_owned()].try_into().unwrap();
    let server = Server::start_with(Options { proxies, ..Options::default() }).await;
    let visit = TestBrowser::ask_for_account(&server, "dora@example.com").await;
    let code = server.newest_code().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let form = visit.form("/account/confirm");
    let cookie = visit.browser.cookie_header();
    let guess = async |n: usize, typed: &str| {
        let call = server.request("POST", "/account/confirm").header("cookie", &cookie);
        let call = call.header("x-forwarded-for", format!("203.{}.{}.7", n / 250, n % 250));
        call.body(form.clone().fill("code", typed).encode()).send().await
    };
    for n in 0..20 {
        assert_eq!(guess(n, wrong).await.status, 400, "{n}");
    }
    let reply = guess(99, &code).await;
    assert_eq!(reply.status, 429, "even the right one");
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(TestBrowser::open(&server, &link_path(&server.newest_mail().await)).await.title(), "Almost done");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_goes_on_at_the_login_host_where_it_has_its_own() {
    let login_url = Some("http://login.example");
    let server = Server::start_with(Options { login_url, ..Options::default() }).await;
    for (n, (return_to, leads_to)) in (0..).zip([
        ("/ap/oa?client_id=x", "http://login.example/ap/oa?client_id=x"),
        ("/settings/address", "/settings/address"),
    ]) {
        let mut visit = TestBrowser::open(&server, "/account/new").await;
        let email = format!("dora{n}@example.com");
        let form = visit.form("/account/new").fill("email", &email).fill("return_to", return_to);
        visit.submit(&form).await;
        let mut reader = TestBrowser::open(&server, &link_path(&server.newest_mail().await)).await;
        let form = reader.form("/account/create").fill("name", "Dora").fill("password", NEW_PASSWORD);
        let reply = reader.browser.submit(&form).await.unwrap();
        assert_eq!(reply.header("location"), leads_to);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_accounts_are_closed_nobody_creates_one() {
    let server =
        Server::start_with(Options { settings: vec![("OPENDRS_ACCOUNTS_OPEN", "false".into())], ..Options::default() })
            .await;
    let visit = TestBrowser::open(&server, "/account/new").await;
    assert_eq!(visit.page.status, 400);
    assert!(visit.page.text().contains("New accounts are not available here."));
    assert!(!TestBrowser::open(&server, "/settings").await.page.text().contains("/account/new"));
}
