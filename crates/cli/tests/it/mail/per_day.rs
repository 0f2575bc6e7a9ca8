//! The number of mails per device and day, and the fate of further mails.

use crate::harness::fixtures::{CARTRIDGE, FILTER};
use crate::harness::{LinkOptions, MailServer, Options, Server, Store};
use opendrs_config::SmtpSecurity;
use opendrs_domain::mail::MailState;
use opendrs_domain::version::ApiEndpoint::{Deregister, Replenish};
use opendrs_service::limit::RateLimitSettings;
use opendrs_service::mail::{self, ResendSelection};

both!(by two_mails_a_day:
    what_is_over_the_limit_is_suppressed_with_one_notice,
    what_was_suppressed_can_be_sent_again,
);

struct DailyLimitSetup {
    server: Server,
    mails: MailServer,
}

async fn two_mails_a_day(store: Store, test: impl AsyncFn(&DailyLimitSetup)) {
    let mails = MailServer::start(SmtpSecurity::None).await;
    let rates = RateLimitSettings { device_mails_per_day: 2, ..RateLimitSettings::default() };
    let server = Server::start_on(store, Options { rates, mailer: mails.mailer(), ..Options::default() }).await;
    let post = DailyLimitSetup { server, mails };
    test(&post).await;
    post.server.remove_store().await;
}

impl DailyLimitSetup {
    /// The subjects of the mails that arrived since the last call.
    async fn deliver_and_read_subjects(&self) -> Vec<String> {
        self.server.advance("0s").await;
        // The notice is written when the first mail is suppressed.
        self.server.advance("0s").await;
        self.mails.take_received().await.iter().map(|mail| mail.header("Subject")).collect()
    }

    async fn states(&self) -> Vec<(&'static str, &'static str)> {
        let mails = mail::list_newest(self.server.app(), 100).await.unwrap();
        mails.iter().map(|mail| (mail.content.kind(), mail.state.as_str())).collect()
    }
}

const NOTICE: &str = "No more emails about your Aqua Pitcher today";
const SUBSCRIBED: &str = "Automatic reordering for your Aqua Pitcher";
const ORDER: &str = "Your order: Water filter, pack of 3";

async fn what_is_over_the_limit_is_suppressed_with_one_notice(post: &DailyLimitSetup) {
    let server = &post.server;
    let device = server.link_default_device().await;
    for slot in [FILTER, CARTRIDGE] {
        server.device_call(&device, Replenish, &format!("/replenish/{slot}")).send().await;
    }
    assert_eq!(post.deliver_and_read_subjects().await, [SUBSCRIBED, ORDER, NOTICE]);
    let states =
        [("subscribed", "sent"), ("order_placed", "sent"), ("order_placed", "suppressed"), ("too_many", "sent")];
    assert_eq!(post.states().await, states);
    let other = server.link_device(LinkOptions::default().serial("SN-2")).await;
    server.device_call(&other, Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert_eq!(post.deliver_and_read_subjects().await, [SUBSCRIBED, ORDER], "another device's mails are sent");
    server.device_call(&device, Deregister, "/registration").body("{}").send().await;
    assert_eq!(post.deliver_and_read_subjects().await.len(), 1, "that a device is gone is always told");
    server.advance("1d").await;
    assert_eq!(post.states().await.iter().filter(|(kind, _)| *kind == "too_many").count(), 1);
}

async fn what_was_suppressed_can_be_sent_again(post: &DailyLimitSetup) {
    let server = &post.server;
    let device = server.link_default_device().await;
    for slot in [FILTER, CARTRIDGE] {
        server.device_call(&device, Replenish, &format!("/replenish/{slot}")).send().await;
    }
    assert_eq!(post.deliver_and_read_subjects().await.len(), 3);
    let all = mail::list_newest(server.app(), 100).await.unwrap();
    let suppressed = all.iter().find(|mail| mail.state == MailState::Suppressed).unwrap();
    let reason = suppressed.reason.as_deref().unwrap();
    assert!(reason.contains("limits.mails_per_day"), "{reason}");
    assert_eq!(mail::resend(server.app(), ResendSelection::Mail(suppressed.id)).await.unwrap(), 1);
    assert_eq!(post.deliver_and_read_subjects().await.len(), 1, "an operator's own is not counted");
    assert_eq!(mail::find(server.app(), &suppressed.id.to_string()).await.unwrap().state, MailState::Sent);
}
