//! Installations without a mail server: mails are kept, and shown where an operator allows it.

use crate::harness::fixtures::FILTER;
use crate::harness::{Options, Server, TestBrowser};
use opendrs_domain::mail::MailState;
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_service::mail;

both!(mails_are_kept_and_shown, time_moves_and_says_which_mails_it_sent);

async fn mails_are_kept_and_shown(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.advance("0s").await;
    let kept = mail::list_newest(server.app(), 9).await.unwrap();
    assert!(kept.iter().all(|mail| mail.state == MailState::Kept && mail.due_at.is_none()), "{kept:?}");
    let mut visit = TestBrowser::open(server, "/-/mail").await;
    let html = visit.page.text();
    let order = html.find("Your order: Water filter").unwrap();
    assert!(order < html.find("Automatic reordering for your").unwrap(), "the newest first");
    let id = kept[1].id;
    assert_eq!(visit.go_to(&format!("/-/mail/{id}")).await.title(), "Your order: Water filter, pack of 3");
    let link = server.newest_mail().await.cancel_url.unwrap();
    assert!(visit.page.text().contains(&format!("<a href=\"{link}\">Cancel this order</a>")));
    let page = visit.go_to(&format!("/-/mail/{id}/html")).await.page.clone();
    assert!(page.text().contains(">24.99 USD</td>"), "{}", page.text());
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'unsafe-inline'"));
}

async fn time_moves_and_says_which_mails_it_sent(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let answer = server.request("POST", "/-/clock").body(r#"{"advance":"25h"}"#).send().await.json();
    let fired: Vec<_> = answer["fired"].as_array().unwrap().iter().filter(|fired| fired["mail"].is_string()).collect();
    let told: Vec<_> = fired.iter().map(|f| (f["at"].as_str().unwrap(), f["mail"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("2018-03-02T07:00:00.000Z", "subscribed"),
            ("2018-03-02T07:00:00.000Z", "order_placed"),
            ("2018-03-03T07:30:00.000Z", "order_shipped"),
        ]
    );
    assert_eq!((fired[0]["recipient"].as_str(), fired[0]["outcome"].as_str()), (Some("ann@example.com"), Some("kept")));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_mail_where_time_stands_for_itself() {
    let server = Server::start_with(Options { test_clock: false, ..Options::default() }).await;
    server.link_default_device().await;
    let id = mail::list_newest(server.app(), 1).await.unwrap()[0].id;
    for path in ["/-/mail".to_owned(), format!("/-/mail/{id}"), format!("/-/mail/{id}/html")] {
        assert_eq!(server.request("GET", &path).send().await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_hides_mails_whose_links_open_accounts_where_time_stands_for_itself() {
    let settings = vec![("OPENDRS_MAIL_PAGE", "true".to_owned())];
    let server = Server::start_with(Options { test_clock: false, settings, ..Options::default() }).await;
    server.link_default_device().await;
    let mut visit = TestBrowser::open(&server, "/account/forgotten").await;
    let form = visit.form("/account/forgotten").fill("email", crate::harness::fixtures::ANN);
    visit.submit(&form).await;
    let id = mail::list_newest(server.app(), 1).await.unwrap()[0].id;
    let list = TestBrowser::open(&server, "/-/mail").await.page.text();
    assert!(list.contains("Automatic reordering for your") && !list.contains("Choose a new password"), "{list}");
    for path in [format!("/-/mail/{id}"), format!("/-/mail/{id}/html")] {
        let page = TestBrowser::open(&server, &path).await.page;
        assert!(page.status == 400 && !page.text().contains("token="), "{}", page.text());
    }
}
