//! Changes of name, mail address and password by a signed-in customer.

use super::{NEW_PASSWORD, link_path};
use crate::harness::fixtures::{ANN, BOB, PASSWORD};
use crate::harness::{Server, TestBrowser};
use opendrs_domain::text::Email;
use opendrs_service::customer;

both!(
    a_name_is_changed,
    a_password_needs_the_current_one_and_ends_other_sessions,
    a_mail_address_changes_once_its_owner_confirmed_it,
    an_address_of_another_account_is_not_taken,
    a_link_to_a_new_address_ends_with_the_next_change,
    a_link_to_a_new_address_ends_with_a_new_password_and_a_block,
    a_mail_to_an_unproved_address_names_nobody,
    what_was_typed_is_kept,
);

async fn a_name_is_changed(server: &Server) {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to("/account").await;
    let form = visit.form("/account/name").fill("name", "Ann <Other>");
    visit.submit(&form).await;
    let html = visit.page.text();
    assert!(html.contains("Your name is saved.") && html.contains("Ann &#60;Other&#62;"), "{html}");
    let form = visit.form("/account/name").fill("name", " ");
    assert_eq!(visit.submit(&form).await.page.status, 400);
}

async fn a_password_needs_the_current_one_and_ends_other_sessions(server: &Server) {
    let mut other = TestBrowser::signed_in(server, ANN).await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to("/account").await;
    let fill = |visit: &TestBrowser, current: &str, new: &str| {
        visit.form("/account/password").fill("current", current).fill("password", new)
    };
    for (current, new, field) in [("wrong", NEW_PASSWORD, "current"), (PASSWORD, "12345678", "password")] {
        let form = fill(&visit, current, new);
        assert_eq!(visit.submit(&form).await.page.status, 400);
        assert!(visit.page.text().contains(&format!("id=\"{field}-error\"")), "{}", visit.page.text());
    }
    let form = fill(&visit, PASSWORD, NEW_PASSWORD);
    assert_eq!(visit.submit(&form).await.status_and_title(), (200, "Your account".into()));
    assert_eq!(other.go_to("/settings").await.title(), "Sign in");
    assert_eq!(server.mail_kinds().await, ["password_changed"]);
    let mut again = TestBrowser::open(server, "/settings").await;
    let form = again.form("/ap/signin").fill("email", ANN).fill("password", NEW_PASSWORD);
    assert_eq!(again.submit(&form).await.title(), "Your devices");
}

/// Asks for another address on Ann's account page.
async fn ask_for_address(server: &Server, email: &str, password: &str) -> TestBrowser {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    fill_in_address(&mut visit, email, password).await;
    visit
}

async fn ask_for_address_of(server: &Server, customer: &str, email: &str) {
    let mut visit = TestBrowser::signed_in(server, customer).await;
    fill_in_address(&mut visit, email, PASSWORD).await;
}

async fn fill_in_address(visit: &mut TestBrowser, email: &str, password: &str) {
    visit.go_to("/account").await;
    let form = visit.form("/account/email").fill("email_new", email).fill("password", password);
    visit.submit(&form).await;
}

async fn a_mail_address_changes_once_its_owner_confirmed_it(server: &Server) {
    let refused = ask_for_address(server, "new@example.com", "wrong").await;
    assert_eq!(refused.page.status, 400);
    assert!(refused.page.text().contains("id=\"email_password-error\""));
    assert_eq!(server.mail_kinds().await, [""; 0]);
    let visit = ask_for_address(server, "New@example.com", PASSWORD).await;
    assert_eq!(visit.status_and_title(), (200, "Check your email".into()));
    let mail = server.newest_mail().await;
    assert_eq!(mail.to.as_str(), "new@example.com");
    let mut reader = TestBrowser::open(server, &link_path(&mail)).await;
    let form = reader.form("/account/email/confirm");
    assert_eq!(TestBrowser::signed_in(server, ANN).await.page.status, 200, "not yet");
    assert_eq!(reader.submit(&form).await.status_and_title(), (200, "Your email address has changed".into()));
    assert_eq!(server.mail_kinds().await, ["confirm_new_email", "email_changed"]);
    assert_eq!(server.newest_mail().await.to.as_str(), ANN, "the old address gets a mail");
    assert_eq!(reader.submit(&form).await.page.status, 400, "once");
    TestBrowser::signed_in(server, "new@example.com").await;
    let mut old = TestBrowser::open(server, "/settings").await;
    assert_eq!(old.sign_in(ANN).await.page.status, 400);
    // The old address is free again.
    TestBrowser::ask_for_account(server, ANN).await;
    assert_eq!(server.mail_kinds().await.last(), Some(&"confirm_address"));
}

async fn an_address_of_another_account_is_not_taken(server: &Server) {
    let visit = ask_for_address(server, BOB, PASSWORD).await;
    assert_eq!(visit.status_and_title(), (200, "Check your email".into()), "the page does not tell");
    assert_eq!(server.mail_kinds().await, ["already_registered"]);
    assert_eq!(ask_for_address(server, ANN, PASSWORD).await.page.status, 400, "their own");
    // Two accounts ask for one free address: the first that confirms has it.
    ask_for_address(server, "new@example.com", PASSWORD).await;
    let mut ann = TestBrowser::open(server, &link_path(&server.newest_mail().await)).await;
    TestBrowser::ask_for_account(server, "new@example.com").await;
    let mut carl = TestBrowser::open(server, &link_path(&server.newest_mail().await)).await;
    let form = carl.form("/account/create").fill("name", "Dora").fill("password", NEW_PASSWORD);
    assert_eq!(carl.submit(&form).await.title(), "Your devices");
    let form = ann.form("/account/email/confirm");
    assert_eq!(ann.submit(&form).await.page.status, 400);
    assert!(ann.page.text().contains("already has an account"), "{}", ann.page.text());
    TestBrowser::signed_in(server, ANN).await;
}

async fn a_link_to_a_new_address_ends_with_the_next_change(server: &Server) {
    ask_for_address(server, "first@example.com", PASSWORD).await;
    let first = link_path(&server.newest_mail().await);
    ask_for_address(server, "second@example.com", PASSWORD).await;
    let mut reader = TestBrowser::open(server, &link_path(&server.newest_mail().await)).await;
    let form = reader.form("/account/email/confirm");
    reader.submit(&form).await;
    assert_eq!(TestBrowser::open(server, &first).await.page.status, 400);
}

async fn a_link_to_a_new_address_ends_with_a_new_password_and_a_block(server: &Server) {
    ask_for_address(server, "evil@example.com", PASSWORD).await;
    let link = link_path(&server.newest_mail().await);
    let mut opened = TestBrowser::open(server, &link).await;
    let form = opened.form("/account/email/confirm");
    let mut owner = TestBrowser::signed_in(server, ANN).await;
    owner.go_to("/account").await;
    let change = owner.form("/account/password").fill("current", PASSWORD).fill("password", NEW_PASSWORD);
    owner.submit(&change).await;
    assert_eq!(TestBrowser::open(server, &link).await.page.status, 400);
    assert_eq!(opened.submit(&form).await.page.status, 400, "the form that was open");

    ask_for_address_of(server, BOB, "other@example.com").await;
    let link = link_path(&server.newest_mail().await);
    let id = customer::find_id_by_email(server.app(), &Email::parse(BOB).unwrap()).await.unwrap().unwrap();
    customer::block(server.app(), id).await.unwrap();
    assert_eq!(TestBrowser::open(server, &link).await.page.status, 400);
}

async fn a_mail_to_an_unproved_address_names_nobody(server: &Server) {
    for email in ["stranger@example.com", BOB] {
        ask_for_address(server, email, PASSWORD).await;
        let text = server.newest_mail_text().await;
        assert!(text.starts_with("Hello,\n") && !text.contains("Ann") && !text.contains(ANN), "{text}");
        assert!(text.contains("someone entered this address"), "{text}");
    }
}

async fn what_was_typed_is_kept(server: &Server) {
    let refused = ask_for_address(server, "new@example.com", "wrong").await;
    assert!(refused.page.text().contains("value=\"new@example.com\""), "{}", refused.page.text());
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to("/account").await;
    let long = "x".repeat(121);
    let form = visit.form("/account/name").fill("name", &long);
    visit.submit(&form).await;
    assert!(visit.page.status == 400 && visit.page.text().contains(&long));
}
