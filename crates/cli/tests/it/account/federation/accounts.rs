//! What a proved identity does: a new account, a link, a sign-in, and the end of the link.

use super::{CREATE, EXISTS, FAILED, FederatedServer, SEEDED, eve, on, with_address_of};
use crate::account::{NEW_PASSWORD, link_path};
use crate::harness::fixtures::{ANN, BOB, PASSWORD};
use crate::harness::{ProviderFault, Signer, TestBrowser, authorize_path};
use opendrs_domain::account::AccountMail;
use opendrs_domain::mail::MailContent;
use opendrs_domain::text::Email;
use opendrs_service::customer;
use serde_json::json;

both!(by on:
    a_new_customer_creates_an_account_without_a_password,
    a_customer_without_a_password_chooses_one_by_mail,
    a_known_identity_signs_in_and_a_block_keeps_it_out,
    a_sign_up_goes_on_after_the_provider,
    an_account_is_linked_after_a_sign_in_of_its_own,
    the_second_step_belongs_to_the_link_and_not_to_later_sign_ins,
    a_link_is_removed_with_the_password,
    a_link_without_a_password_is_removed_too,
    a_deletion_removes_the_link,
    one_identity_makes_one_account,
    a_form_that_is_sent_twice_leads_on_twice,
    another_identity_replaces_the_first_and_says_so,
    the_profile_may_be_at_the_userinfo_endpoint,
    every_algorithm_with_a_private_key_is_accepted,
    a_name_is_checked,
);

async fn a_new_customer_creates_an_account_without_a_password(server: &FederatedServer) {
    let mut visit = server.sign_in_at_provider("/settings", &eve()).await;
    assert_eq!(visit.status_and_title(), (200, CREATE.into()));
    let html = visit.page.text();
    assert!(html.contains("Aqua Shop has confirmed your email address eve@example.com."), "{html}");
    assert!(html.contains("We use your name and email address from Aqua Shop"), "{html}");
    assert_eq!(server.row_count("customer").await, SEEDED, "nothing before the button");
    let form = visit.form("/ap/federated/create");
    assert!(form.fields.contains(&("name".into(), "Eve Example".into())), "{:?}", form.fields);
    visit.submit(&form).await;
    assert_eq!(visit.status_and_title(), (200, "Your devices".into()));
    assert_eq!(server.mail_kinds().await, ["account_created"]);
    visit.go_to("/account").await;
    let html = visit.page.text();
    assert!(html.contains("Your account has no password yet.") && html.contains("You can sign in with Aqua Shop."));
    // No password opens it.
    for password in ["", PASSWORD] {
        let mut guess = TestBrowser::open(server, "/settings").await;
        let form = guess.form("/ap/signin").fill("email", "eve@example.com").fill("password", password);
        assert_eq!(guess.submit(&form).await.status_and_title(), (400, "Sign in".into()));
    }
    assert_eq!(visit.go_to("/ap/federated/continue").await.status_and_title(), (400, FAILED.into()), "it is used up");
    // The store has a digest in place of the subject.
    let rows = format!("{:?}", server.all_rows().await);
    assert!(!rows.contains("eve-7") && rows.contains("eve@example.com"));
}

async fn a_customer_without_a_password_chooses_one_by_mail(server: &FederatedServer) {
    let mut visit = server.create_by_provider(&eve()).await;
    assert_eq!(visit.go_to("/account/second-factor").await.title(), "Your account", "it needs a password");
    assert!(!visit.page.text().contains("type=\"password\""), "{}", visit.page.text());
    let form = visit.form("/account/forgotten");
    visit.submit(&form).await;
    let mail = server.newest_mail().await;
    visit.go_to(&link_path(&mail)).await;
    let form = visit.form("/account/reset").fill("password", NEW_PASSWORD);
    visit.submit(&form).await;
    let mut again = TestBrowser::open(server, "/account").await;
    let form = again.form("/ap/signin").fill("email", "eve@example.com").fill("password", NEW_PASSWORD);
    again.submit(&form).await;
    assert_eq!(again.title(), "Your account");
    assert!(!again.page.text().contains("has no password") && again.page.text().contains("identity_password"));
}

async fn a_known_identity_signs_in_and_a_block_keeps_it_out(server: &FederatedServer) {
    server.create_by_provider(&eve()).await;
    let mut visit = server.sign_in_at_provider("/account", &eve()).await;
    assert_eq!(visit.status_and_title(), (200, "Your account".into()));
    // The mail address at the provider no longer matters: the subject decides.
    let moved = json!({ "sub": "eve-7", "email": ANN, "email_verified": false });
    let mut other = server.sign_in_at_provider("/account", &moved).await;
    assert!(other.page.text().contains("eve@example.com"), "{}", other.page.text());
    let id =
        customer::find_id_by_email(server.app(), &Email::parse("eve@example.com").unwrap()).await.unwrap().unwrap();
    customer::block(server.app(), id).await.unwrap();
    assert_eq!(visit.go_to("/account").await.title(), "Sign in", "sessions ended");
    let blocked = server.sign_in_at_provider("/account", &eve()).await;
    assert_eq!(blocked.status_and_title(), (400, FAILED.into()));
    assert_eq!(other.go_to("/account").await.title(), "Sign in");
}

async fn a_sign_up_goes_on_after_the_provider(server: &FederatedServer) {
    let path = authorize_path(&[]);
    let visit = server.sign_in_at_provider(&path, &eve()).await;
    assert_eq!(visit.status_and_title(), (200, CREATE.into()));
    let mut visit = TestBrowser { browser: visit.browser.clone(), page: visit.page.clone() };
    let form = visit.form("/ap/federated/create");
    visit.submit(&form).await;
    visit.form("/ap/consent");
    // The next time, the provider leads directly to the consent page.
    server.sign_in_at_provider(&path, &eve()).await.form("/ap/consent");
}

async fn an_account_is_linked_after_a_sign_in_of_its_own(server: &FederatedServer) {
    let person = with_address_of(ANN);
    // A browser with an earlier session of the customer, which somebody else may sit at.
    let mut open = TestBrowser::signed_in(server, ANN).await;
    server.advance("1m").await;
    open.go_to("/ap/federated?return_to=/account").await;
    let back = server.provider.sign_in(open.location(), &person);
    assert_eq!(open.go_to(&back).await.status_and_title(), (200, EXISTS.into()));
    assert!(!open.page.text().contains("/ap/federated/link"));

    let mut visit = server.sign_in_at_provider("/account", &person).await;
    assert_eq!(visit.status_and_title(), (200, EXISTS.into()));
    visit.go_to("/ap/federated/continue?sign-in=1").await;
    assert!(!visit.page.text().contains("Continue with"), "no circle");
    // Another customer's sign-in does not link.
    visit.sign_in(BOB).await;
    assert_eq!(visit.title(), EXISTS);
    visit.go_to("/ap/federated/continue?sign-in=1").await;
    let form = visit.form("/ap/signin").fill("password", "wrong");
    assert_eq!(visit.submit(&form).await.status_and_title(), (400, "Sign in".into()));
    server.advance("1m").await;
    visit.sign_in(ANN).await;
    assert_eq!(visit.status_and_title(), (200, "Sign in with Aqua Shop in future?".into()));
    assert_eq!(server.row_count("customer_identity").await, 0, "nothing before the button");
    let form = visit.form("/ap/federated/link");
    visit.submit(&form).await;
    assert_eq!(visit.status_and_title(), (200, "Your account".into()));
    assert_eq!(server.mail_kinds().await, ["identity_linked"]);
    assert_eq!(server.newest_mail().await.to.as_str(), ANN);
    let linked = server.sign_in_at_provider("/account", &person).await;
    assert_eq!(linked.status_and_title(), (200, "Your account".into()));
    assert!(linked.page.text().contains(ANN));
    TestBrowser::signed_in(server, ANN).await;
}

async fn the_second_step_belongs_to_the_link_and_not_to_later_sign_ins(server: &FederatedServer) {
    let (_, app) = crate::account::second_factor::set_up(server).await;
    server.advance("1m").await;
    let mut visit = server.sign_in_at_provider("/account", &with_address_of(ANN)).await;
    visit.go_to("/ap/federated/continue?sign-in=1").await;
    visit.sign_in(ANN).await;
    assert_eq!(visit.title(), "Enter your code");
    assert_eq!(visit.go_to("/ap/federated/continue").await.title(), EXISTS, "the password alone does not link");
    visit.go_to("/ap/federated/continue?sign-in=1").await;
    visit.sign_in(ANN).await;
    let form = visit.form("/ap/second-step").fill("code", &app.code(server));
    visit.submit(&form).await;
    let form = visit.form("/ap/federated/link");
    assert_eq!(visit.submit(&form).await.title(), "Your account");
    let later = server.sign_in_at_provider("/account", &with_address_of(ANN)).await;
    assert_eq!(later.title(), "Your account", "the provider is responsible");
}

/// Ann's account is linked. Returns her browser at its page.
pub(super) async fn link_ann(server: &FederatedServer) -> TestBrowser {
    let mut visit = server.sign_in_at_provider("/account", &with_address_of(ANN)).await;
    visit.go_to("/ap/federated/continue?sign-in=1").await;
    visit.sign_in(ANN).await;
    let form = visit.form("/ap/federated/link");
    visit.submit(&form).await;
    assert_eq!(visit.title(), "Your account");
    visit
}

async fn a_link_is_removed_with_the_password(server: &FederatedServer) {
    let mut ann = link_ann(server).await;
    let form = ann.form("/account/identity/remove").fill("password", "wrong");
    assert_eq!(ann.submit(&form).await.page.status, 400);
    assert!(ann.page.text().contains("id=\"identity_password-error\""), "{}", ann.page.text());
    let form = ann.form("/account/identity/remove").fill("password", PASSWORD);
    ann.submit(&form).await;
    assert!(ann.page.text().contains("The link has been removed."), "{}", ann.page.text());
    assert_eq!(server.mail_kinds().await, ["identity_linked", "identity_removed"]);
    assert_eq!((server.row_count("federated_identity").await, server.row_count("customer_identity").await), (0, 0));
    assert_eq!(ann.submit(&form).await.page.status, 400, "there is none");
    let again = server.sign_in_at_provider("/account", &with_address_of(ANN)).await;
    assert_eq!(again.title(), EXISTS);
}

async fn a_link_without_a_password_is_removed_too(server: &FederatedServer) {
    let mut visit = server.create_by_provider(&eve()).await;
    visit.go_to("/account").await;
    assert!(visit.page.text().contains("ask for a new password"), "{}", visit.page.text());
    let form = visit.form("/account/identity/remove");
    visit.submit(&form).await;
    assert!(visit.page.text().contains("The link has been removed."));
    let again = server.sign_in_at_provider("/account", &eve()).await;
    assert_eq!(again.title(), EXISTS, "the account stays");
}

async fn a_deletion_removes_the_link(server: &FederatedServer) {
    let mut ann = link_ann(server).await;
    let form = ann.form("/account/delete").fill("password", PASSWORD);
    ann.submit(&form).await;
    server.advance("14d").await;
    assert_eq!((server.row_count("federated_identity").await, server.row_count("customer_identity").await), (0, 0));
    let again = server.sign_in_at_provider("/account", &with_address_of(ANN)).await;
    assert_eq!(again.title(), CREATE);
}

async fn one_identity_makes_one_account(server: &FederatedServer) {
    let mut browsers = Vec::new();
    for email in ["eve@example.com", "eve@example.net", "eve@example.org"] {
        let person = json!({ "sub": "eve-7", "email": email, "email_verified": true, "name": "Eve" });
        browsers.push(server.sign_in_at_provider("/settings", &person).await);
    }
    let forms: Vec<_> = browsers.iter().map(|visit| visit.form("/ap/federated/create")).collect();
    let sent = browsers.iter_mut().zip(&forms).map(|(visit, form)| visit.submit(form));
    let mut statuses: Vec<_> =
        futures_util::future::join_all(sent).await.into_iter().map(|visit| visit.page.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200], "whoever proved the identity is signed in");
    assert_eq!((server.row_count("customer").await, server.row_count("federated_identity").await), (SEEDED + 1, 1));
    assert_eq!(server.row_count("customer_email").await, SEEDED + 1);
}

/// Sends a form twice at once from one browser. Returns the title of each page that follows.
async fn submit_twice(visit: &TestBrowser, path: &str) -> [String; 2] {
    let form = visit.form(path);
    let (mut one, mut two) = (visit.clone(), visit.clone());
    futures_util::future::join(one.submit(&form), two.submit(&form)).await;
    [one, two].map(|visit| visit.title())
}

async fn a_form_that_is_sent_twice_leads_on_twice(server: &FederatedServer) {
    let visit = server.sign_in_at_provider("/account", &eve()).await;
    assert_eq!(submit_twice(&visit, "/ap/federated/create").await, ["Your account", "Your account"]);
    assert_eq!(server.row_count("customer").await, SEEDED + 1);
    let mut visit = server.sign_in_at_provider("/account", &with_address_of(ANN)).await;
    visit.go_to("/ap/federated/continue?sign-in=1").await;
    visit.sign_in(ANN).await;
    assert_eq!(submit_twice(&visit, "/ap/federated/link").await, ["Your account", "Your account"]);
    assert_eq!(server.mail_kinds().await, ["account_created", "identity_linked"]);
}

/// The provider of the earlier link that the newest mail names.
async fn newest_linked(server: &FederatedServer) -> Option<String> {
    match server.newest_mail().await.content {
        MailContent::Account(AccountMail::IdentityLinked { replaced, .. }) => replaced,
        other => panic!("{other:?}"),
    }
}

async fn another_identity_replaces_the_first_and_says_so(server: &FederatedServer) {
    link_ann(server).await;
    assert_eq!(newest_linked(server).await, None, "there was none before");
    let other = json!({ "sub": "ann-2", "email": ANN, "email_verified": true });
    let mut visit = server.sign_in_at_provider("/account", &other).await;
    visit.go_to("/ap/federated/continue?sign-in=1").await;
    visit.sign_in(ANN).await;
    let html = visit.page.text();
    assert!(html.contains("another sign-in at Aqua Shop, which will no longer work."), "{html}");
    let form = visit.form("/ap/federated/link");
    visit.submit(&form).await;
    assert_eq!(newest_linked(server).await.as_deref(), Some("Aqua Shop"));
    assert_eq!(server.sign_in_at_provider("/account", &other).await.title(), "Your account");
    assert_eq!(server.sign_in_at_provider("/account", &with_address_of(ANN)).await.title(), EXISTS);
}

async fn the_profile_may_be_at_the_userinfo_endpoint(server: &FederatedServer) {
    server.provider.set_fault(Some(ProviderFault::ProfileElsewhere));
    server.create_by_provider(&eve()).await;
    assert_eq!(server.provider.take_requests(), ["document", "token", "keys", "userinfo"]);
    server.sign_in_at_provider("/account", &eve()).await;
    assert_eq!(server.provider.take_requests(), ["token"], "a known identity needs no more");
    server.provider.set_fault(Some(ProviderFault::OtherUserInfo));
    let person = json!({ "sub": "mallory", "email": "m@example.com", "email_verified": true });
    let visit = server.sign_in_at_provider("/account", &person).await;
    assert_eq!(visit.status_and_title(), (400, FAILED.into()));
}

async fn every_algorithm_with_a_private_key_is_accepted(server: &FederatedServer) {
    for (n, signer) in Signer::all().into_iter().enumerate() {
        server.provider.rotate_key(signer, &format!("of another kind {n}"));
        // Keys are read again for an unknown key, once a minute.
        server.clock.move_by(60);
        let visit = server.sign_in_at_provider("/settings", &eve()).await;
        assert_eq!(visit.status_and_title(), (200, CREATE.into()), "algorithm {n}");
    }
}

async fn a_name_is_checked(server: &FederatedServer) {
    let nameless = json!({ "sub": "x", "email": "x@example.com", "email_verified": true });
    let mut visit = server.sign_in_at_provider("/settings", &nameless).await;
    let form = visit.form("/ap/federated/create");
    assert_eq!(visit.submit(&form).await.status_and_title(), (400, CREATE.into()));
    assert!(visit.page.text().contains("id=\"name-error\""));
    let form = visit.form("/ap/federated/create").fill("name", "Xenia");
    assert_eq!(visit.submit(&form).await.title(), "Your devices");
}
