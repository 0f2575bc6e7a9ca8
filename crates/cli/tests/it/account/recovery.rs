//! A forgotten password.

use super::{NEW_PASSWORD, link_path};
use crate::harness::fixtures::{ANN, PASSWORD};
use crate::harness::{Server, TestBrowser};

both!(
    a_forgotten_password_is_replaced_with_the_link_of_a_mail,
    an_address_without_an_account_gets_other_news_and_the_page_looks_the_same,
    a_link_works_once_and_for_an_hour,
    a_link_to_an_address_ends_when_the_account_leaves_it,
    the_mail_is_in_the_customers_language,
);

async fn ask_for_link(server: &Server, email: &str) -> TestBrowser {
    let mut visit = TestBrowser::open(server, "/account/forgotten").await;
    let form = visit.form("/account/forgotten").fill("email", email);
    visit.submit(&form).await;
    visit
}

async fn try_password(server: &Server, password: &str) -> String {
    let mut visit = TestBrowser::open(server, "/settings").await;
    let form = visit.form("/ap/signin").fill("email", ANN).fill("password", password);
    visit.submit(&form).await.title()
}

async fn a_forgotten_password_is_replaced_with_the_link_of_a_mail(server: &Server) {
    let mut signed_in = TestBrowser::signed_in(server, ANN).await;
    let visit = ask_for_link(server, ANN).await;
    assert_eq!(visit.status_and_title(), (200, "Check your email".into()));
    let mut reader = TestBrowser::open(server, &link_path(&server.newest_mail().await)).await;
    assert!(reader.page.text().contains(ANN));
    let weak = reader.form("/account/reset").fill("password", "12345678");
    assert_eq!(reader.submit(&weak).await.page.status, 400);
    let form = reader.form("/account/reset").fill("password", NEW_PASSWORD);
    assert_eq!(reader.submit(&form).await.status_and_title(), (200, "Your new password is saved".into()));
    assert_eq!(try_password(server, PASSWORD).await, "Sign in");
    assert_eq!(try_password(server, NEW_PASSWORD).await, "Your devices");
    assert_eq!(signed_in.go_to("/settings").await.title(), "Sign in", "every session ended");
    assert_eq!(server.mail_kinds().await, ["recovery", "password_changed"]);
}

async fn an_address_without_an_account_gets_other_news_and_the_page_looks_the_same(server: &Server) {
    let (known, unknown) = (ask_for_link(server, ANN).await, ask_for_link(server, "zed@example.com").await);
    assert_eq!(known.page.text().replace(ANN, ""), unknown.page.text().replace("zed@example.com", ""));
    assert_eq!(server.mail_kinds().await, ["recovery", "not_registered"]);
}

async fn a_link_works_once_and_for_an_hour(server: &Server) {
    ask_for_link(server, ANN).await;
    let first = link_path(&server.newest_mail().await);
    ask_for_link(server, ANN).await;
    let second = link_path(&server.newest_mail().await);
    let mut reader = TestBrowser::open(server, &first).await;
    let form = reader.form("/account/reset").fill("password", NEW_PASSWORD);
    assert_eq!(reader.submit(&form).await.page.status, 200);
    assert_eq!(reader.submit(&form).await.page.status, 400, "the form sent twice");
    for used in [&first, &second] {
        let late = TestBrowser::open(server, used).await;
        assert_eq!(late.page.status, 400);
        assert!(late.page.text().contains("This link or code has expired or was already used."));
    }
    ask_for_link(server, ANN).await;
    let third = link_path(&server.newest_mail().await);
    server.advance("60m").await;
    assert_eq!(TestBrowser::open(server, &third).await.page.status, 400);
    // A link for another purpose opens nothing here.
    TestBrowser::ask_for_account(server, "dora@example.com").await;
    let other = link_path(&server.newest_mail().await).replace("/account/create", "/account/reset");
    assert_eq!(TestBrowser::open(server, &other).await.page.status, 400);
}

async fn a_link_to_an_address_ends_when_the_account_leaves_it(server: &Server) {
    ask_for_link(server, ANN).await;
    let recovery = link_path(&server.newest_mail().await);
    let mut owner = TestBrowser::signed_in(server, ANN).await;
    owner.go_to("/account").await;
    let form = owner.form("/account/email").fill("email_new", "new@example.com").fill("password", PASSWORD);
    owner.submit(&form).await;
    let mut reader = TestBrowser::open(server, &link_path(&server.newest_mail().await)).await;
    let confirm = reader.form("/account/email/confirm");
    assert_eq!(reader.submit(&confirm).await.page.status, 200);
    assert_eq!(TestBrowser::open(server, &recovery).await.page.status, 400);
}

async fn the_mail_is_in_the_customers_language(server: &Server) {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let form = ann.form("/settings/language").fill("language", "de");
    ann.submit(&form).await;
    ask_for_link(server, ANN).await;
    assert!(server.newest_mail_text().await.starts_with("Guten Tag,"));
}
