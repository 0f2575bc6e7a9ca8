//! Mails that were given up: an operator lists and resends them.

use crate::harness::{LinkOptions, MailServer, Options, Server, Store};
use opendrs_config::SmtpSecurity;
use opendrs_domain::mail::MailState;
use opendrs_domain::time::Time;
use opendrs_service::mail::{self, ResendSelection};

both!(by with_a_mail_server: what_was_given_up_is_listed_and_sent_again);

struct ResendSetup {
    server: Server,
    mails: MailServer,
}

async fn with_a_mail_server(store: Store, test: impl AsyncFn(&ResendSetup)) {
    let mails = MailServer::start(SmtpSecurity::None).await;
    let server = Server::start_on(store, Options { mailer: mails.mailer(), ..Options::default() }).await;
    let post = ResendSetup { server, mails };
    test(&post).await;
    post.server.remove_store().await;
}

async fn what_was_given_up_is_listed_and_sent_again(ResendSetup { server, mails }: &ResendSetup) {
    let app = server.app();
    mails.queue_replies(&["550 no such mailbox", "250 well", "550 no such mailbox"]);
    for serial in ["SN-1", "SN-2", "SN-3"] {
        server.link_device(LinkOptions::default().serial(serial)).await;
        server.advance("1h").await;
    }
    mails.take_received().await;
    let all = mail::list_newest(app, 10).await.unwrap();
    let states: Vec<_> = all.iter().map(|mail| mail.state).collect();
    assert_eq!(states, [MailState::Dead, MailState::Sent, MailState::Dead]);
    let dead = mail::list_newest_failed(app, 10).await.unwrap();
    assert_eq!(dead.iter().map(|mail| mail.id).collect::<Vec<_>>(), [all[0].id, all[2].id]);
    assert_eq!(mail::list_newest_failed(app, 1).await.unwrap()[0].id, all[2].id);

    let last = dead[1].ended_at.unwrap();
    assert_eq!(mail::resend(app, ResendSelection::Failed(last)).await.unwrap(), 1, "those of before are left alone");
    let on_its_way = mail::resend(app, ResendSelection::Mail(all[2].id)).await.unwrap_err().to_string();
    assert!(on_its_way.contains("is on its way"), "{on_its_way}");
    server.advance("0s").await;
    assert_eq!(mails.take_only_received().await.envelope[1], "RCPT TO:<ann@example.com>");
    assert_eq!(mail::resend(app, ResendSelection::Failed(Time::from_micros(0))).await.unwrap(), 1);
    server.advance("0s").await;
    mails.take_only_received().await;
    assert_eq!(mail::list_newest_failed(app, 10).await.unwrap(), []);
    assert_eq!(
        mail::resend(app, ResendSelection::Mail(all[1].id)).await.unwrap(),
        1,
        "one that was sent, too, if it is named"
    );

    // A resent mail has as many attempts as a new one.
    mails.queue_replies(&["451 later"]);
    server.advance("0s").await;
    let retried = mail::find(app, &all[1].id.to_string()).await.unwrap();
    assert_eq!(retried.state, MailState::Waiting, "{retried:?}");
}
