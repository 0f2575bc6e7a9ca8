//! The texts of the account pages, and of mails about an account.

use super::Text;

/// Texts of the pages on which a customer creates, recovers and changes an account.
pub struct AccountTexts {
    /// Title of the page that asks for the address of a new account, and the link to it.
    pub create: Text,
    /// What happens next.
    pub create_why: Text,
    /// Button that asks for a code.
    pub send_code: Text,
    /// Introduces the link to the sign-in.
    pub has_account: Text,
    /// Title of the pages after a mail was sent.
    pub check_mail: Text,
    /// Text of the page that asks for the code.
    pub code_sent: fn(email: &str) -> String,
    /// Label of the code.
    pub code: Text,
    /// Button that checks the code.
    pub check_code: Text,
    /// Help if no mail arrives.
    pub no_mail: Text,
    /// Link that asks for another mail.
    pub send_again: Text,
    /// Title of the page for name and password.
    pub details: Text,
    /// Text of the page for name and password; `email` is confirmed.
    pub confirmed: fn(email: &str) -> String,
    /// Label of the name.
    pub name: Text,
    /// Label of a new password.
    pub new_password: Text,
    /// The rule of a new password.
    pub password_rule: Text,
    /// Button that creates the account.
    pub create_now: Text,
    /// Title of the page for a forgotten password, and the link to it.
    pub forgotten: Text,
    /// What happens next.
    pub forgotten_why: Text,
    /// Button that sends the link.
    pub send_link: Text,
    /// Text after the link was sent, if there is such an account.
    pub link_sent: fn(email: &str) -> String,
    /// Title of the page for a new password.
    pub choose_password: Text,
    /// Text of that page.
    pub choose_password_for: fn(email: &str) -> String,
    /// Button that saves a new password.
    pub save_password: Text,
    /// Title after a password was saved.
    pub password_saved: Text,
    /// Text after a forgotten password was replaced.
    pub password_saved_text: Text,
    /// Title of the account's page, and the link to it.
    pub title: Text,
    /// Heading of the customer's name and address.
    pub you: Text,
    /// Button that saves the name.
    pub save_name: Text,
    /// Heading and label of the choice of the time zone.
    pub zone: Text,
    /// Text above that choice.
    pub zone_about: Text,
    /// Choice of the zone that follows from the address. `zone` is its name.
    pub zone_automatic: fn(zone: &str) -> String,
    /// Button of that choice.
    pub zone_save: Text,
    /// Confirms that the time zone was saved.
    pub zone_saved: Text,
    /// Feedback after the name was saved.
    pub name_saved: Text,
    /// Heading of the form for another mail address.
    pub change_email: Text,
    /// What the form does; `email` is the present address.
    pub change_email_why: fn(email: &str) -> String,
    /// Label of the new address.
    pub new_email: Text,
    /// Label of the current password.
    pub current_password: Text,
    /// Button that sends a mail to the new address.
    pub confirm_email: Text,
    /// Feedback after the mail was sent.
    pub email_sent: fn(email: &str) -> String,
    /// Title of the page that a link to a new address opens.
    pub use_email: Text,
    /// Text of that page.
    pub use_email_why: fn(email: &str) -> String,
    /// Button of that page.
    pub use_email_now: Text,
    /// Title after the address was changed.
    pub email_changed: Text,
    /// Text after the address was changed.
    pub email_changed_text: fn(email: &str) -> String,
    /// Heading of the form for another password.
    pub change_password: Text,
    /// Heading of the sessions.
    pub sessions: Text,
    /// What the list shows.
    pub sessions_why: Text,
    /// A session: its browser, and when it was used.
    pub session: fn(browser: &str, signed_in: &str, used: &str) -> String,
    /// The name of a browser on a system.
    pub browser_on: fn(browser: &str, system: &str) -> String,
    /// The name of a browser that is not known.
    pub unknown_browser: Text,
    /// Marks the session of this browser.
    pub this_browser: Text,
    /// Button that ends a session.
    pub end_session: Text,
    /// Button that ends all others.
    pub end_others: Text,
    /// Feedback after sessions were ended.
    pub sessions_ended: Text,
    /// Heading of the export of the customer's data.
    pub export: Text,
    /// What the export has.
    pub export_why: Text,
    /// Button that makes the export.
    pub export_now: Text,
    /// Heading of the notice while an export is prepared.
    pub export_preparing: Text,
    /// What the notice says.
    pub export_preparing_why: Text,
    /// Heading of the notice when the export is ready.
    pub export_ready: Text,
    /// What the notice says; `day` is when the link ends.
    pub export_until: fn(day: &str) -> String,
    /// Link to the file.
    pub export_download: Text,
    /// Heading of the deletion.
    pub delete: Text,
    /// What the deletion does; `day` is when, if the customer asks for it now.
    pub delete_why: fn(day: &str) -> String,
    /// Button that plans the deletion.
    pub delete_now: Text,
    /// Heading of the notice while a deletion is planned.
    pub deletion_planned: fn(day: &str) -> String,
    /// What the notice says.
    pub deletion_planned_why: Text,
    /// Button that keeps the account.
    pub keep: Text,
    /// Feedback after the account was kept.
    pub kept: Text,
    /// Link to the page from other pages.
    pub open: Text,
    /// Texts of mails.
    pub mails: AccountMailTexts,
}

/// Texts of mails about an account.
pub struct AccountMailTexts {
    /// Greeting of somebody whose name is not known.
    pub hello: Text,
    /// Last line of a mail to a customer.
    pub about: Text,
    /// Last line of a mail to an address whose owner need not be a customer.
    pub about_address: Text,
    /// Name of a fact: the code.
    pub code: Text,
    /// Subject of the mail that confirms a new account's address.
    pub confirm_subject: fn(code: &str) -> String,
    /// Its sentences.
    pub confirm: [Text; 2],
    /// Link of that mail.
    pub confirm_link: Text,
    /// Subject of the mail to an address that has an account.
    pub exists_subject: Text,
    /// Its sentences.
    pub exists: [Text; 2],
    /// Link to the page for a forgotten password.
    pub forgotten_link: Text,
    /// Subject of the mail after an account was created.
    pub created_subject: Text,
    /// Its sentences.
    pub created: [Text; 2],
    /// Link to the account.
    pub account_link: Text,
    /// Subject of the mail with the link for a new password.
    pub recovery_subject: Text,
    /// Its sentences.
    pub recovery: [Text; 2],
    /// Link of that mail.
    pub recovery_link: Text,
    /// Subject of the mail to an address without an account.
    pub unknown_subject: Text,
    /// Its sentences.
    pub unknown: [Text; 2],
    /// Link to the page that creates an account.
    pub create_link: Text,
    /// Subject of the mail after a password was changed.
    pub password_subject: Text,
    /// Its sentences.
    pub password: [Text; 2],
    /// Subject of the mail to a new address.
    pub new_email_subject: Text,
    /// Its sentences. The address may be another person's, so they name nobody.
    pub new_email: [Text; 2],
    /// Link of that mail.
    pub new_email_link: Text,
    /// Subject of the mail to an address that is replaced.
    pub email_subject: Text,
    /// Its sentences.
    pub email: [Text; 2],
    /// Subject of the mail after a deletion was planned.
    pub deletion_subject: fn(day: &str) -> String,
    /// Its sentences.
    pub deletion: [Text; 2],
    /// Subject of the mail after the account was kept.
    pub kept_subject: Text,
    /// Its sentences.
    pub kept: [Text; 2],
    /// Subject of the mail after the account was deleted.
    pub deleted_subject: Text,
    /// Its sentences.
    pub deleted: [Text; 2],
    /// Subject of the mail when an export is ready.
    pub export_subject: Text,
    /// Its first sentence.
    pub export: Text,
    /// Its second sentence; `day` is when the link ends.
    pub export_until: fn(day: &str) -> String,
    /// Link to the export.
    pub export_link: Text,
}
