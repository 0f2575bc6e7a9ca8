//! Mails in a maker's brand: sender, logo, footer, and their previews.

use crate::harness::fixtures::{ANN, FILTER, branded_seed};
use crate::harness::{MailServer, Options, Server, Store, TestBrowser};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_config::SmtpSecurity;
use opendrs_domain::brand::{Brand, MailSender};
use opendrs_domain::text::{Email, Name};
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_service::mail;
use opendrs_service::seed::SeedDeclaration;

both!(
    by on:
    a_mail_about_a_device_is_its_makers,
    a_mail_about_an_account_is_the_operators,
    a_preview_shows_both_schemes_and_a_telephone,
);

async fn on(store: Store, test: impl AsyncFn(&Server)) {
    let server = Server::start_on(store, Options { seed: branded_seed(), ..Options::default() }).await;
    test(&server).await;
    server.remove_store().await;
}

/// Places an order.
async fn order(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
}

async fn a_mail_about_a_device_is_its_makers(server: &Server) {
    order(server).await;
    let letter = server.newest_mail().await;
    assert_eq!(letter.brand.maker.as_deref(), Some("Aqua Appliances"));
    assert_eq!(letter.logo.map(|logo| logo.hash), letter.brand.brand.logo.map(|logo| logo.hash));
    let text = server.newest_mail_text().await;
    let footer = "\n\nAqua Appliances Ltd\n1 Harbour Street, Dublin\n\nContact us: mailto:help@aqua.example\n\
                  Privacy notice: https://aqua.example/privacy\nTerms and conditions: https://aqua.example/terms\n\
                  Right of withdrawal: https://aqua.example/withdrawal\n";
    assert!(text.ends_with(footer), "{text}");
}

async fn a_mail_about_an_account_is_the_operators(server: &Server) {
    let mut visit = TestBrowser::open(server, "/account/forgotten").await;
    let form = visit.form("/account/forgotten").fill("email", ANN);
    visit.submit(&form).await;
    let letter = server.newest_mail().await;
    assert_eq!((letter.brand.maker, letter.brand.brand), (None, Brand::default()));
    assert!(!server.newest_mail_text().await.contains("aqua.example"));
}

async fn a_preview_shows_both_schemes_and_a_telephone(server: &Server) {
    order(server).await;
    let id = mail::list_newest(server.app(), 1).await.unwrap()[0].id;
    let mut visit = TestBrowser::open(server, &format!("/-/mail/{id}")).await;
    let html = visit.page.text();
    let frames: Vec<_> = html.split("<iframe").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    assert_eq!(frames.len(), 3, "{html}");
    for (frame, title) in frames.iter().zip(["Light", "Dark", "Phone"]) {
        assert!(frame.contains(" sandbox ") && frame.contains(&format!("title=\"{title}\"")), "{frame}");
    }
    for link in ["https://aqua.example/terms", "/order/cancel?token=", "mailto:help@aqua.example"] {
        assert!(html.split("<li>").skip(1).any(|item| item.contains(link)), "{link}: {html}");
    }
    let policy = visit.page.header("content-security-policy");
    assert!(policy.contains("frame-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    for (query, condition) in [
        ("", "@media (prefers-color-scheme: dark) {"),
        ("?scheme=light", "@media not all {"),
        ("?scheme=dark", "@media all {"),
    ] {
        let page = visit.go_to(&format!("/-/mail/{id}/html{query}")).await.page.clone();
        let html = page.text();
        assert!(html.contains(condition) && html.contains("<img class=\"ink\" src=\"/-/picture/"), "{html}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'self'") && policy.contains("img-src 'self'"), "{policy}");
        assert_eq!(page.header("x-frame-options"), "SAMEORIGIN");
    }
}

/// The head of the newest mail of a server with this sender, and the whole message.
async fn sent(seed: SeedDeclaration, settings: Vec<(&'static str, String)>) -> crate::harness::ReceivedMail {
    let mails = MailServer::start(SmtpSecurity::None).await;
    let server = Server::start_with(Options { seed, settings, mailer: mails.mailer(), ..Options::default() }).await;
    order(&server).await;
    server.advance("0s").await;
    mails.take_received().await.pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maker_sends_from_its_own_address_with_its_logo() {
    let got = sent(branded_seed(), Vec::new()).await;
    assert_eq!(got.header("From"), "\"Aqua Appliances\" <orders@aqua-appliances.example>");
    assert_eq!(got.header("Reply-To"), "help@aqua.example");
    assert!(got.envelope[0].contains("<orders@aqua-appliances.example>"), "{:?}", got.envelope);
    let types: Vec<_> = got.message.lines().filter_map(|line| line.strip_prefix("Content-Type: ")).collect();
    let kinds: Vec<_> = types.iter().map(|kind| kind.split(';').next().unwrap()).collect();
    assert_eq!(kinds, ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]);
    assert!(got.message.contains("Content-ID: <logo>") && got.message.contains("Content-Disposition: inline"));
    assert!(got.decoded_message().contains("src=\"cid:logo\""));
    let encoded = got.message.split("Content-ID: <logo>").nth(1).unwrap().split("\r\n\r\n").nth(1).unwrap();
    let encoded = encoded.split("\r\n--").next().unwrap().replace("\r\n", "");
    assert!(STANDARD.decode(encoded).unwrap().starts_with(b"\x89PNG"));
    assert!(!got.message.contains("List-Unsubscribe"), "every mail is about a contract or an account");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maker_without_an_address_sends_from_the_operators() {
    let mut seed = branded_seed();
    let sender = MailSender { name: Some(Name::parse("Aqua").unwrap()), address: None, reply_to: None };
    seed.makers[0].brand.as_mut().unwrap().sender = sender;
    seed.pictures.clear();
    let got = sent(seed, vec![("OPENDRS_MAIL_REPLY_TO", "help@host.example".into())]).await;
    assert_eq!(got.header("From"), "Aqua <orders@aqua.example>");
    assert_eq!(got.header("Reply-To"), Email::parse("help@host.example").unwrap().as_str());
    assert!(!got.message.contains("multipart/related"), "without a logo there is nothing to relate");
}
