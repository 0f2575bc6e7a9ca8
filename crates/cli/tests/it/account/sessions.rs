//! The sessions that a customer sees and ends.

use crate::harness::fixtures::{ANN, BOB};
use crate::harness::{Server, TestBrowser};
use opendrs_client::HtmlForm;

both!(
    a_customer_sees_and_ends_their_sessions,
    all_other_sessions_end_together,
    another_customers_session_is_not_ended,
    an_unused_session_ends,
);

/// The forms that end one session.
fn end_forms(visit: &TestBrowser) -> Vec<HtmlForm> {
    let forms = HtmlForm::parse_all(&visit.page.text()).into_iter();
    forms.filter(|form| form.fields.iter().any(|(name, _)| name == "session")).collect()
}

async fn a_customer_sees_and_ends_their_sessions(server: &Server) {
    let mut other = TestBrowser::signed_in(server, ANN).await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to("/account").await;
    assert!(visit.page.text().contains("This browser"));
    let forms = end_forms(&visit);
    assert_eq!(forms.len(), 1, "not the one in use: {}", visit.page.text());
    visit.submit(&forms[0]).await;
    assert!(visit.page.text().contains("Signed out.") && end_forms(&visit).is_empty());
    assert_eq!(other.go_to("/settings").await.title(), "Sign in");
    assert_eq!(visit.submit(&forms[0]).await.page.status, 200, "again changes nothing");
}

async fn all_other_sessions_end_together(server: &Server) {
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(TestBrowser::signed_in(server, ANN).await);
    }
    let mut bob = TestBrowser::signed_in(server, BOB).await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to("/account").await;
    let forms = HtmlForm::parse_all(&visit.page.text());
    let has_button = |form: &HtmlForm| form.buttons.iter().any(|(name, _)| name == "others");
    let all = forms.into_iter().find(has_button).unwrap().press("others");
    assert_eq!(visit.submit(&all).await.title(), "Your account");
    for other in &mut others {
        assert_eq!(other.go_to("/settings").await.title(), "Sign in");
    }
    assert_eq!(bob.go_to("/settings").await.title(), "Your devices");
}

async fn another_customers_session_is_not_ended(server: &Server) {
    let mut bob = TestBrowser::signed_in(server, BOB).await;
    TestBrowser::signed_in(server, ANN).await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    let mut second = TestBrowser::signed_in(server, BOB).await;
    second.go_to("/account").await;
    let of_bob = end_forms(&second)[0].fields.iter().find(|(name, _)| name == "session").unwrap().1.clone();
    visit.go_to("/account").await;
    let form = end_forms(&visit)[0].clone().fill("session", &of_bob);
    assert_eq!(visit.submit(&form).await.page.status, 200);
    assert_eq!(bob.go_to("/settings").await.title(), "Your devices");
    for id in ["x", "", &"z".repeat(64), &"0".repeat(64)] {
        let form = end_forms(&visit)[0].clone().fill("session", id);
        visit.submit(&form).await;
        assert!([200, 400].contains(&visit.page.status.as_u16()), "{id}: {}", visit.page.status);
        visit.go_to("/account").await;
    }
}

async fn an_unused_session_ends(server: &Server) {
    let mut visit = TestBrowser::open(server, "/settings").await;
    let form = visit.form("/ap/signin").fill("rememberMe", "true");
    let form = form.fill("email", ANN).fill("password", crate::harness::fixtures::PASSWORD);
    visit.submit(&form).await;
    for _ in 0..2 {
        server.advance("13d").await;
        assert_eq!(visit.go_to("/settings").await.title(), "Your devices", "use goes on");
    }
    server.advance("14d").await;
    assert_eq!(visit.go_to("/settings").await.title(), "Sign in");
}
