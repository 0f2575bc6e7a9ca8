//! Mails that were given up: listed, and sent again when an operator says so.

use crate::harness::{Linking, MailServer, Options, Server, Store};
use opendrs_domain::mail::State;
use opendrs_domain::time::Time;
use opendrs_server::mail::Security;
use opendrs_service::mail::{self, Again};

both!(by with_a_mail_server: what_was_given_up_is_listed_and_sent_again);

struct Post {
    server: Server,
    mails: MailServer,
}

async fn with_a_mail_server(store: Store, test: impl AsyncFn(&Post)) {
    let mails = MailServer::start(Security::None).await;
    let server = Server::on(store, Options { post: mails.post(), ..Options::default() }).await;
    let post = Post { server, mails };
    test(&post).await;
    post.server.remove_store().await;
}

async fn what_was_given_up_is_listed_and_sent_again(Post { server, mails }: &Post) {
    let app = server.app();
    mails.will(&["550 no such mailbox", "250 well", "550 no such mailbox"]);
    for serial in ["SN-1", "SN-2", "SN-3"] {
        server.link(Linking::default().serial(serial)).await;
        server.advance("1h").await;
    }
    mails.all().await;
    let all = mail::newest(app, 10).await.unwrap();
    let states: Vec<_> = all.iter().map(|mail| mail.state).collect();
    assert_eq!(states, [State::Dead, State::Sent, State::Dead]);
    let dead = mail::newest_failed(app, 10).await.unwrap();
    assert_eq!(dead.iter().map(|mail| mail.id).collect::<Vec<_>>(), [all[0].id, all[2].id]);
    assert_eq!(mail::newest_failed(app, 1).await.unwrap()[0].id, all[2].id);

    let last = dead[1].ended_at.unwrap();
    assert_eq!(mail::resend(app, Again::Failed(last)).await.unwrap(), 1, "those of before are left alone");
    let on_its_way = mail::resend(app, Again::One(all[2].id)).await.unwrap_err().to_string();
    assert!(on_its_way.contains("is on its way"), "{on_its_way}");
    server.advance("0s").await;
    assert_eq!(mails.only().await.envelope[1], "RCPT TO:<ann@example.com>");
    assert_eq!(mail::resend(app, Again::Failed(Time::from_micros(0))).await.unwrap(), 1);
    server.advance("0s").await;
    mails.only().await;
    assert_eq!(mail::newest_failed(app, 10).await.unwrap(), []);
    assert_eq!(mail::resend(app, Again::One(all[1].id)).await.unwrap(), 1, "one that was sent, too, if it is named");

    // It has as many attempts as a new one.
    mails.will(&["451 later"]);
    server.advance("0s").await;
    let retried = mail::find(app, &all[1].id.to_string()).await.unwrap();
    assert_eq!(retried.state, State::Waiting, "{retried:?}");
}
