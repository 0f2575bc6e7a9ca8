//! The connection to a mail server: what is sent, and what happens if the server refuses.

use crate::harness::fixtures::{ANN, FILTER, customer as declared};
use crate::harness::{LinkOptions, LinkedDevice, MailServer, Options, Server, TestBrowser};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_config::{SmtpSecurity, SmtpSettings};
use opendrs_domain::language::Language;
use opendrs_domain::mail::{MailOutcome, MailState};
use opendrs_domain::text::Email;
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_server::mail::SmtpMailer;
use opendrs_service::customer;
use opendrs_service::mail::{self, MailFuture, MailMessage, Mailer};
use opendrs_service::seed::{self, CustomerSeed, SeedDeclaration};
use opendrs_store::mail::StoredMail;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::Notify;

async fn server(post: Arc<dyn Mailer>) -> (Server, LinkedDevice) {
    let server = Server::start_with(Options { mailer: post, ..Options::default() }).await;
    let device = server.link_default_device().await;
    (server, device)
}

async fn newest(server: &Server) -> StoredMail {
    mail::list_newest(server.app(), 1).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_whole() {
    let mails = MailServer::start(SmtpSecurity::None).await;
    let (server, device) = server(mails.mailer()).await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.advance("0s").await;
    let [subscribed, placed] = <[_; 2]>::try_from(mails.take_received().await).unwrap();
    assert_eq!(subscribed.header("Subject"), "Automatic reordering for your Aqua Pitcher");
    assert_eq!(placed.envelope[0].split(' ').take(2).collect::<Vec<_>>(), ["MAIL", "FROM:<orders@aqua.example>"]);
    assert_eq!(placed.envelope[1], "RCPT TO:<ann@example.com>");
    let id = newest(&server).await.id;
    for (name, value) in [
        ("From", "\"Aqua Appliances\" <orders@aqua.example>"),
        ("To", "\"Ann Example\" <ann@example.com>"),
        ("Subject", "Your order: Water filter, pack of 3"),
        ("Date", "Fri, 02 Mar 2018 07:00:00 +0000"),
        ("Message-ID", &format!("<{id}@aqua.example>")),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "en"),
    ] {
        assert_eq!(placed.header(name), value);
    }
    assert!(placed.header("Content-Type").starts_with("multipart/alternative;"));
    let (plain, link) = (placed.decoded_message(), server.newest_mail().await.cancel_url.unwrap());
    assert!(plain.contains("Content-Type: text/plain; charset=utf-8"), "{plain}");
    assert!(plain.contains(&format!("Cancel this order:\r\n{link}\r\n")), "{plain}");
    assert!(plain.contains(&format!("<a class=\"link\" href=\"{link}\"")), "{plain}");
    assert_eq!(newest(&server).await.state, MailState::Sent);
    server.advance("1h").await;
    assert_eq!(mails.take_received().await.len(), 0, "once is enough");
}

/// A header as a mail program shows it: encoded words are decoded, and joined where they are adjacent (RFC 2047).
fn decoded(header: &str) -> String {
    let (mut bytes, mut after_encoded) = (Vec::new(), true);
    for word in header.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        if !(after_encoded && encoded.is_some() || bytes.is_empty()) {
            bytes.push(b' ');
        }
        bytes.extend(encoded.map_or(word.as_bytes().to_vec(), |encoded| STANDARD.decode(encoded).unwrap()));
        after_encoded = encoded.is_some();
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn international_domains_are_sent_as_a_labels() {
    let mails = MailServer::start(SmtpSecurity::None).await;
    let from = "Aqua <orders@büro.example>".parse().unwrap();
    let (server, _) = server(Arc::new(SmtpMailer::new(SmtpSettings { from, ..mails.settings() }).unwrap())).await;
    let dora =
        CustomerSeed { email: Email::parse("Dora@Bücher.Example").unwrap(), ..declared(ANN, "Dora", Some("1 A")) };
    seed::apply(server.app(), SeedDeclaration { customers: vec![dora], ..SeedDeclaration::default() }).await.unwrap();
    mails.take_received().await;
    // Every spelling of the address signs in the same customer.
    for spelling in ["dora@bu\u{308}cher.example", "dora@xn--bcher-kva.example", "DORA@BÜCHER。EXAMPLE"] {
        assert_ne!(TestBrowser::signed_in(&server, spelling).await.title(), "Sign in", "{spelling}");
    }
    server.link_device(LinkOptions::default().customer("dora@bücher.example").serial("SN-9")).await;
    server.advance("0s").await;
    let got = mails.take_received().await.into_iter().find(|mail| mail.envelope[1].contains("dora")).unwrap();
    assert_eq!(got.envelope[0].split(' ').nth(1), Some("FROM:<orders@xn--bro-hoa.example>"));
    assert_eq!(got.envelope[1], "RCPT TO:<dora@xn--bcher-kva.example>");
    assert_eq!(got.header("To"), "Dora <dora@xn--bcher-kva.example>");
    assert!(got.header("Message-ID").ends_with("@xn--bro-hoa.example>"), "{}", got.header("Message-ID"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_in_its_readers_language() {
    let mails = MailServer::start(SmtpSecurity::None).await;
    let (server, device) = server(mails.mailer()).await;
    let ann = customer::find_id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    customer::set_language(server.app(), ann, Language::Japanese).await.unwrap();
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.advance("0s").await;
    // A mail that was recorded before the change of language gets its text when it is sent.
    let [subscribed, placed] = <[_; 2]>::try_from(mails.take_received().await).unwrap();
    assert_eq!(decoded(&subscribed.header("Subject")), "Aqua Pitcherの自動再注文");
    assert_eq!(decoded(&placed.header("Subject")), "ご注文を承りました：Water filter, pack of 3");
    assert_eq!(placed.header("Content-Language"), "ja");
    for line in placed.message.lines() {
        assert!(line.is_ascii() && line.len() < 998, "{line}");
    }
    let encoded = placed.message.split("base64\r\n\r\n").nth(1).unwrap().split("--").next().unwrap();
    let text = String::from_utf8(STANDARD.decode(encoded.replace("\r\n", "")).unwrap()).unwrap();
    assert!(text.starts_with("Ann Example 様\r\n") && text.contains("お届け先: 1 Main Street"), "{text}");
    let html = placed.decoded_message();
    assert!(html.contains("<html lang=\"ja\">") && html.contains(">この注文をキャンセルする</a>"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_put_off_comes_again_as_the_same() {
    let mails = MailServer::start(SmtpSecurity::None).await;
    mails.queue_replies(&["451 greylisted", ""]);
    let (server, _) = server(mails.mailer()).await;
    server.advance("0s").await;
    let first = mails.take_only_received().await;
    let waiting = newest(&server).await;
    assert_eq!((waiting.state, waiting.attempts), (MailState::Waiting, 1));
    assert!(waiting.reason.unwrap().contains("greylisted"));
    // The server may have accepted the second attempt; its answer is lost.
    server.advance("61s").await;
    mails.take_only_received().await;
    assert_eq!(newest(&server).await.state, MailState::Waiting);
    server.advance("5m").await;
    let third = mails.take_only_received().await;
    assert_eq!(third.header("Message-ID"), first.header("Message-ID"));
    assert_eq!((newest(&server).await.state, newest(&server).await.attempts), (MailState::Sent, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_is_given_up() {
    let mails = MailServer::start(SmtpSecurity::None).await;
    mails.queue_replies(&["550 no such customer"]);
    let (server, _) = server(mails.mailer()).await;
    server.advance("4d").await;
    mails.take_only_received().await;
    let dead = newest(&server).await;
    assert_eq!((dead.state, dead.attempts), (MailState::Dead, 1));
    assert!(dead.reason.unwrap().contains("no such customer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_gone_is_waited_for_three_days() {
    let mails = MailServer::start(SmtpSecurity::None).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (server, _) =
        server(Arc::new(SmtpMailer::new(SmtpSettings { port: Some(nobody), ..mails.settings() }).unwrap())).await;
    server.advance("71h").await;
    assert_eq!(newest(&server).await.state, MailState::Waiting);
    server.advance("2h").await;
    let dead = newest(&server).await;
    assert_eq!((dead.state, dead.attempts), (MailState::Dead, 11));
    assert!(dead.reason.unwrap().ends_with("; it was tried for three days"));
    server.advance("31d").await;
    opendrs_service::schedule::purge(server.app()).await.unwrap();
    assert_eq!(server.mail_kinds().await, [""; 0], "and is not kept for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_travels_under_tls_alone() {
    for security in [SmtpSecurity::Tls, SmtpSecurity::StartTls] {
        let mails = MailServer::start(security).await;
        let login = Some(("aqua".to_owned(), "s3cret".to_owned()));
        let (server, _) = server(Arc::new(SmtpMailer::new(SmtpSettings { login, ..mails.settings() }).unwrap())).await;
        server.advance("0s").await;
        let got = mails.take_only_received().await;
        assert_eq!((got.secure, got.login.as_deref()), (true, Some("AUTH PLAIN AGFxdWEAczNjcmV0")), "{security:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_cannot_be_trusted_gets_nothing() {
    let (stranger, plain) = (MailServer::start(SmtpSecurity::Tls).await, MailServer::start(SmtpSecurity::None).await);
    for (mails, settings, says) in [
        (&stranger, SmtpSettings { ca_pem: None, ..stranger.settings() }, "certificate"),
        (&plain, SmtpSettings { security: SmtpSecurity::StartTls, ..plain.settings() }, "STARTTLS"),
    ] {
        let (server, _) = server(Arc::new(SmtpMailer::new(settings).unwrap())).await;
        server.advance("0s").await;
        let waiting = newest(&server).await;
        assert_eq!((mails.take_received().await.len(), waiting.state), (0, MailState::Waiting));
        let reason = waiting.reason.unwrap();
        assert!(reason.contains(says), "{reason}");
    }
}

/// A mailer that notifies the test of each mail, and never answers the first one.
#[derive(Default)]
struct HangingMailer {
    has_mail: Notify,
    count: AtomicU32,
}

impl Mailer for HangingMailer {
    fn send<'a>(&'a self, _: &'a MailMessage) -> MailFuture<'a> {
        Box::pin(async {
            self.has_mail.notify_one();
            match self.count.fetch_add(1, Ordering::SeqCst) {
                0 => std::future::pending().await,
                _ => MailOutcome::Sent,
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_it_sends_loses_no_mail() {
    let lost = Arc::new(HangingMailer::default());
    let (server, _) = server(lost.clone()).await;
    tokio::select! {
        done = mail::send_due(server.app()) => panic!("{done:?}"),
        () = lost.has_mail.notified() => {}
    }
    assert_eq!(newest(&server).await.state, MailState::Sending);
    server.advance("4m").await;
    assert_eq!(newest(&server).await.attempts, 1, "the lease holds");
    server.advance("1m").await;
    assert_eq!((newest(&server).await.state, newest(&server).await.attempts), (MailState::Sent, 2));
}
