//! Accounts: what the account pages do, with the mails that they need. On both engines.

mod change;
mod create;
mod delete;
mod export;
mod federation;
mod recovery;
mod retention;
mod second_factor;
mod sessions;

use crate::harness::{Server, TestBrowser};
use opendrs_service::mail::MailMessage;

/// A password that may be chosen.
const NEW_PASSWORD: &str = "mint tower canoe";

/// The path of the link in a mail, as its reader opens it.
fn link_path(mail: &MailMessage) -> String {
    let url = mail.account_url.as_deref().expect("the mail has a link");
    url[url.find("/account").unwrap()..].to_owned()
}

impl TestBrowser {
    /// Status and heading of the page.
    fn status_and_title(&self) -> (u16, String) {
        (self.page.status.as_u16(), self.title())
    }

    /// Asks for an account, and returns to the page for the code.
    async fn ask_for_account(server: &Server, email: &str) -> TestBrowser {
        let mut visit = TestBrowser::open(server, "/account/new").await;
        let form = visit.form("/account/new").fill("email", email);
        visit.submit(&form).await;
        visit
    }
}

impl Server {
    /// The code in the newest mail.
    async fn newest_code(&self) -> String {
        self.newest_mail().await.code.expect("the mail has a code")
    }
}
