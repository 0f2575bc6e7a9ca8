//! Mail to customers: what they are told, where its links lead, and how it reaches a mail server's socket.

mod again;
mod link;
mod per_day;
mod sink;
mod smtp;
mod told;

use crate::harness::Server;
use opendrs_server::mail::words::Words;
use opendrs_service::mail::{self, Letter};

impl Server {
    /// Every mail's kind, oldest first.
    pub async fn mails(&self) -> Vec<&'static str> {
        let mails = mail::newest(self.app(), 1000).await.unwrap();
        mails.iter().map(|mail| mail.news.kind()).collect()
    }

    /// The newest mail.
    pub async fn letter(&self) -> Letter {
        let newest = mail::newest(self.app(), 1).await.unwrap().remove(0);
        mail::letter(self.app(), &newest).await.unwrap().unwrap()
    }

    /// The newest mail's words, as text.
    pub async fn text(&self) -> String {
        Words::of(&self.letter().await).text().unwrap()
    }
}
