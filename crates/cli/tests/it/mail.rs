//! Mail to customers: its texts, its links, and its way to a mail server's socket.

mod again;
mod brand;
mod link;
mod per_day;
mod sink;
mod smtp;
mod told;

use crate::harness::Server;
use opendrs_service::mail::{self, MailMessage};
use opendrs_texts::compose::ComposedMail;

impl Server {
    /// Every mail's kind, oldest first.
    pub async fn mail_kinds(&self) -> Vec<&'static str> {
        let mails = mail::list_newest(self.app(), 1000).await.unwrap();
        mails.iter().map(|mail| mail.content.kind()).collect()
    }

    /// The newest mail.
    pub async fn newest_mail(&self) -> MailMessage {
        let newest = mail::list_newest(self.app(), 1).await.unwrap().remove(0);
        mail::build_message(self.app(), &newest).await.unwrap().unwrap()
    }

    /// The text of the newest mail.
    pub async fn newest_mail_text(&self) -> String {
        ComposedMail::compose(&self.newest_mail().await).to_text().unwrap()
    }
}
