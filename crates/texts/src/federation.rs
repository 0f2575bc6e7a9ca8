//! The texts of federated sign-in: the button, the pages after the provider's answer, the link of an account, and mails
//! about it. `provider` is the provider's name.

use super::Text;

/// Texts of federated sign-in.
pub struct FederationTexts {
    /// Link on the sign-in page that leads to the provider.
    pub continue_with: fn(provider: &str) -> String,
    /// Title of the page that asks whether to create an account.
    pub create_title: Text,
    /// Explains where name and mail address come from.
    pub create_why: fn(provider: &str, email: &str) -> String,
    /// What the account stores, which the customer agrees to with the button.
    pub create_terms: fn(provider: &str) -> String,
    /// Title of the page if there is an account with the mail address.
    pub exists_title: Text,
    /// Asks for the sign-in of that account.
    pub exists_why: fn(provider: &str, email: &str) -> String,
    /// Link to the sign-in page.
    pub exists_sign_in: Text,
    /// Title of the page that asks whether to link the account.
    pub link_title: fn(provider: &str) -> String,
    /// Explains the link.
    pub link_why: fn(provider: &str, email: &str) -> String,
    /// What becomes of an earlier link, if there is one. `earlier` is its provider.
    pub link_replaces: fn(earlier: &str) -> String,
    /// Button that links the account.
    pub link_now: Text,
    /// Link that goes on without a change.
    pub not_now: Text,
    /// Title of the page after a sign-in that failed.
    pub failed_title: Text,
    /// Link back from that page.
    pub back: Text,
    /// Heading of the part of the account's page.
    pub title: Text,
    /// State of the link. `day` is when it was made.
    pub linked_since: fn(provider: &str, day: &str) -> String,
    /// Button that removes the link.
    pub remove: Text,
    /// What follows if the link of an account without a password is removed.
    pub remove_why: Text,
    /// Confirms that it was removed.
    pub removed_saved: Text,
    /// State of an account without a password, and what needs one.
    pub no_password: Text,
    /// Link to the page on which the customer asks for the mail to choose one.
    pub choose_password: Text,
    /// Subject of the mail after an account was linked.
    pub linked_subject: fn(provider: &str) -> String,
    /// Its sentences. `earlier` is the provider of a link that ended with it.
    pub linked: fn(provider: &str, earlier: Option<&str>) -> [String; 2],
    /// Subject of the mail after the link was removed.
    pub removed_subject: fn(provider: &str) -> String,
    /// Its sentences.
    pub removed: fn(provider: &str) -> [String; 2],
}
